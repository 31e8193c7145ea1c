/**
 * The worklist: who needs someone, how urgently, since when, due by when. Rows, titles and addresses carry no
 * diagnosis, instrument or symptom: the page may stand open at a reception desk.
 */
import type { CarePlan, Patient, QuestionnaireResponse, Task } from 'fhir/r4';
import { code, pointsAt, readNow, token } from '../exchange/find.ts';
import { codeSystem, extensionUrl } from '../fhir/names.ts';
import type { PageResponse } from '../http/message.ts';
import { awaitsNotice } from '../pro/forms.ts';
import { or } from '../search/ast.ts';
import type { Reader } from '../store/store.ts';
import { dueOf } from './deadline.ts';
import type { PageDeps } from './deps.ts';
import { type Html, html } from './html.ts';
import { page } from './page.ts';
import { nameOf } from './person.ts';
import { KINDS, kindOf, NOT_SEEN } from './task-kinds.ts';
import { ago, due } from './when.ts';

/** What stands open for one patient, the most urgent thing first. */
interface WorkRow {
  /** The page on which it is worked on. */
  readonly path: string;
  readonly name: string;
  readonly born: string | undefined;
  readonly urgency: Urgency;
  readonly what: string;
  readonly state: string;
  readonly open: number;
  readonly since: number;
  /** Infinity: nothing is due. */
  readonly dueBy: number;
}

type Urgency = 'critical' | 'severe' | 'moderate' | 'routine';
const URGENCIES: readonly Urgency[] = ['critical', 'severe', 'moderate', 'routine'];

/** Open work and silent patients shown at most; the page says when there are more. */
const MOST = 1000;

const OPEN = ['requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold', 'draft'];

const STATES: Readonly<Record<string, string>> = {
  raised: 'new',
  acknowledged: 'seen',
  assessed: 'assessed',
  intervened: 'acted upon',
  monitoring: 'watching',
};

/** What people have made of the work so far. */
export function stateOf(task: Task): string {
  const state = task.businessStatus?.coding?.[0]?.code ?? '';
  if (STATES[state] !== undefined && state !== 'raised' && awaitsNotice(task)) return NOT_SEEN;
  return STATES[state] ?? (task.status === 'requested' ? 'new' : task.status);
}

const PRESSING: readonly (string | undefined)[] = ['urgent', 'asap', 'stat'];

/** That of an alert is its tier. Other work has none: what waits there may be an answer that nobody has judged yet. */
export function urgencyOf(task: Task): Urgency {
  const tier = task.extension?.find(({ url }) => url === extensionUrl('tier'))?.valueCode;
  const found = URGENCIES.find((urgency) => urgency === tier);
  return found ?? urgencyOfKind(kindOf(task), PRESSING.includes(task.priority));
}

function urgencyOfKind(kind: string | undefined, isPressing: boolean): Urgency {
  if (kind === 'unreadable-red-flag') return 'critical';
  if (kind === 'unscorable-response') return 'severe';
  if (kind === 'confirm-patient-match' || kind === 'referral') return 'routine';
  return isPressing ? 'severe' : 'routine';
}

/** Later than any where nothing is due. */
const deadlineOf = (task: Task): number => dueOf(task)?.at ?? Number.POSITIVE_INFINITY;

const byUrgency = (a: WorkRow, b: WorkRow): number => URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency) || a.dueBy - b.dueBy || a.since - b.since;

function rowOf(patient: Patient | undefined, tasks: readonly Task[]): WorkRow {
  const [first] = tasks.toSorted((a, b) => URGENCIES.indexOf(urgencyOf(a)) - URGENCIES.indexOf(urgencyOf(b)) || deadlineOf(a) - deadlineOf(b));
  if (first === undefined) throw new Error('a row of the worklist without a task');
  return {
    path: pathOf(patient, tasks),
    name: patient === undefined ? 'Unknown patient' : nameOf(patient),
    born: patient?.birthDate,
    urgency: urgencyOf(first),
    what: KINDS[kindOf(first) ?? ''] ?? 'Task',
    state: stateOf(first),
    open: tasks.length,
    since: Math.min(...tasks.map((task) => Date.parse(task.authoredOn ?? task.meta?.lastUpdated ?? ''))),
    dueBy: Math.min(...tasks.map(deadlineOf)),
  };
}

/** Alerts are worked on at the patient's page; other work has pages of its own. */
function pathOf(patient: Patient | undefined, tasks: readonly Task[]): string {
  const [only] = tasks;
  const isOther = tasks.length === 1 && only !== undefined && kindOf(only) !== 'respond-to-alert';
  return patient === undefined || isOther ? `/tasks/${only?.id}` : `/patients/${patient.id}`;
}

/** One row a patient; work about nobody who could be told stands alone. */
async function rowsOf(reader: Reader, tasks: readonly Task[]): Promise<readonly WorkRow[]> {
  const byRef = Map.groupBy(tasks, (task) => (task.for?.reference?.startsWith('Patient/') ? task.for.reference : `Task/${task.id}`));
  return Promise.all([...byRef].map(async ([ref, group]) => rowOf(ref.startsWith('Patient/') ? await readNow<Patient>(reader, ref) : undefined, group)));
}

/** Everyone for whom something stands open, the most urgent first. */
async function openWork({ find }: PageDeps, reader: Reader): Promise<{ rows: readonly WorkRow[]; more: boolean }> {
  const kinds = or(...Object.keys(KINDS).map((kind) => find.where('Task', 'code', token(codeSystem('task'), kind))));
  const open = or(...OPEN.map((status) => find.where('Task', 'status', code(status))));
  const { resources, more } = await find.list(reader, { type: 'Task', where: [open, kinds], sort: 'authored-on', limit: MOST });
  const rows = await rowsOf(reader, resources);
  return { rows: rows.toSorted(byUrgency), more };
}

interface SilentRow {
  readonly patientId: string;
  readonly name: string;
  readonly born: string | undefined;
  /** When the last answer was given; undefined: never. */
  readonly last: number | undefined;
}

const DAY = 86_400_000;

/** Enrolled patients whose next two answers are overdue, longest silent first. Silence is not recovery. */
async function silentPatients(deps: PageDeps, reader: Reader): Promise<readonly SilentRow[]> {
  const { find } = deps;
  const enrolled = await find.list(reader, {
    type: 'CarePlan',
    where: [find.where('CarePlan', 'status', code('active')), find.where('CarePlan', 'category', token(codeSystem('care-plan'), 'symptom-monitoring'))],
    limit: MOST,
  });
  const plans = new Map(enrolled.resources.map((plan) => [plan.subject.reference ?? '', plan]));
  const rows = await Promise.all([...plans].map(([ref, plan]) => silentRow(deps, reader, { ref, plan })));
  return rows.flatMap((row) => row ?? []).toSorted((a, b) => (a.last ?? 0) - (b.last ?? 0));
}

/** Drafts and withdrawn answers say nothing of how somebody is. */
const ANSWERED = ['completed', 'amended', 'stopped'];

async function silentRow(deps: PageDeps, reader: Reader, { ref, plan }: { ref: string; plan: CarePlan }): Promise<SilentRow | undefined> {
  const patient = await readNow<Patient>(reader, ref);
  if (patient === undefined || patient.deceasedBoolean === true || patient.deceasedDateTime !== undefined) return undefined;
  const latest = await deps.find.list(reader, {
    type: 'QuestionnaireResponse',
    where: [
      deps.find.where('QuestionnaireResponse', 'patient', pointsAt(ref)),
      or(...ANSWERED.map((status) => deps.find.where('QuestionnaireResponse', 'status', code(status)))),
    ],
    limit: LATEST_WRITTEN,
  });
  const now = deps.clock().getTime();
  const { answer, at: last } = latestAnswer(latest.resources, now) ?? {};
  const since = last ?? Date.parse(plan.created ?? plan.period?.start ?? plan.meta?.lastUpdated ?? '');
  return now - since > silentAfter(deps, answer) * DAY ? { patientId: patient.id ?? '', name: nameOf(patient), born: patient.birthDate, last } : undefined;
}

/** Answers among which the last is looked for: the newest written, since the sender's clock may be wrong. */
const LATEST_WRITTEN = 20;

/** The last answer and when it was given: by the sender's clock, but never after it was stored, nor after now. */
export function latestAnswer(answers: readonly QuestionnaireResponse[], now: number): { answer: QuestionnaireResponse; at: number } | undefined {
  const timed = answers.map((answer) => {
    const times = [answer.authored, answer.meta?.lastUpdated].flatMap((text) => (text === undefined ? [] : Date.parse(text)));
    return { answer, at: Math.min(now, ...times) };
  });
  return timed.toSorted((a, b) => b.at - a.at)[0];
}

/** Two missed windows, in days: the questionnaire's interval twice, and its grace. */
function silentAfter({ intervals }: PageDeps, answer: QuestionnaireResponse | undefined): number {
  const interval = intervals.get(answer?.questionnaire?.split('|')[0] ?? '');
  const longest = Math.max(7, ...[...intervals.values()].map(({ days }) => days));
  return interval === undefined ? 2 * longest : 2 * interval.days + interval.graceDays;
}

const WORDS: Readonly<Record<Urgency, string>> = { critical: 'Critical', severe: 'Severe', moderate: 'Moderate', routine: 'Routine' };

function workRow({ when, clock }: PageDeps, row: WorkRow): Html {
  const now = clock().getTime();
  const overdue = row.dueBy < now;
  return html`<tr><th scope="row"><a href="${row.path}">${row.name}</a>${row.born !== undefined && html` <span class="soft">born ${row.born}</span>`}</th>
<td data-label="Urgency"><span class="tier ${row.urgency}">${WORDS[row.urgency]}</span> ${row.state}</td>
<td data-label="What">${row.what}${row.open > 1 && html` <span class="soft">and ${row.open - 1} more</span>`}</td>
<td data-label="Since">${when.at(row.since)}</td>
<td data-label="Due">${row.dueBy === Number.POSITIVE_INFINITY ? 'no deadline' : html`<span class="${overdue ? 'overdue' : ''}">${due(row.dueBy, now)}</span> <span class="soft">${when.at(row.dueBy)}</span>`}</td></tr>`;
}

function silentItem({ when, clock }: PageDeps, row: SilentRow): Html {
  const last = row.last === undefined ? 'has never answered' : `last answer ${when.day(row.last)}, ${ago(row.last, clock().getTime())}`;
  return html`<li><a href="/patients/${row.patientId}">${row.name}</a>${row.born !== undefined && html` <span class="soft">born ${row.born}</span>`}: ${last}</li>`;
}

export async function worklistPage(deps: PageDeps, reader: Reader): Promise<PageResponse> {
  const [{ rows, more }, silent] = await Promise.all([openWork(deps, reader), silentPatients(deps, reader)]);
  const waiting = rows.length === 0 ? html`<p class="card">Nobody is waiting for a response.</p>` : workTable(deps, rows);
  const quiet =
    silent.length > 0 &&
    html`<h2>No answer for a while</h2><p class="soft">Silence is not recovery: a telephone call may be needed.</p><ul class="plain card">${silent.map((row) => silentItem(deps, row))}</ul>`;
  const cut = more && html`<p class="problem">There is more open work than this page shows. The oldest is left out.</p>`;
  return page({ ...deps, title: 'Worklist' }, html`<h1>Worklist</h1>${cut}${waiting}${quiet}`);
}

const workTable = (deps: PageDeps, rows: readonly WorkRow[]): Html =>
  html`<table class="worklist card"><caption>${rows.length} ${rows.length === 1 ? 'person' : 'people'}, the most urgent first</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Urgency</th><th scope="col">What</th><th scope="col">Since</th><th scope="col">Due</th></tr></thead>
<tbody>${rows.map((row) => workRow(deps, row))}</tbody></table>`;
