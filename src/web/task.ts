/**
 * One piece of open work that is not an alert's: what it is about, what a person needs to decide, and the form by which
 * they do: an answer that could not be taken in, a hospital's record to confirm, a referral that waits.
 */
import type { Binary, Patient, Task, TaskInput } from 'fhir/r4';
import { isUnanswered } from '../exchange/confirm.ts';
import { readNow } from '../exchange/find.ts';
import { codeSystem } from '../fhir/names.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Context, PageResponse } from '../http/message.ts';
import type { Reader } from '../store/store.ts';
import { actorOf, commitWork, requireSameVersion, signatureIn, textIn } from './actions.ts';
import type { PageDeps } from './deps.ts';
import { typedInVain } from './forms.ts';
import { type Content, type Html, html } from './html.ts';
import { page } from './page.ts';
import { nameOf } from './person.ts';
import { refusedAnswers } from './refused-answers.ts';
import { KINDS, kindOf } from './task-kinds.ts';

/** The Task, where it is one that this page is for. An alert's is worked on at the patient's page. */
async function taskAt(reader: Reader, id: string): Promise<Task> {
  const task = await readNow<Task>(reader, `Task/${id}`);
  const kind = task && kindOf(task);
  if (task === undefined || kind === undefined || kind === 'respond-to-alert')
    throw new FhirError('not-found', 'There is no such work, or it is not yours to see.');
  return task;
}

export interface TaskPage {
  readonly taskId: string;
  readonly actor: string;
  readonly problem?: string;
  readonly done?: string;
  /** What was typed into the form that was just refused. */
  readonly typed?: URLSearchParams;
}

export async function taskPage(deps: PageDeps, { reader }: Context, { taskId, actor, problem, done, typed }: TaskPage, status = 200): Promise<PageResponse> {
  const task = await taskAt(reader, taskId);
  const patient = task.for?.reference === undefined ? undefined : await readNow<Patient>(reader, task.for.reference);
  const content = html`${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}${done !== undefined && html`<p class="done" role="status">${done}</p>`}
<h1>${KINDS[kindOf(task) ?? ''] ?? 'Task'}</h1>
<p>${patient === undefined ? 'Which patient it is about could not be told.' : html`<a href="/patients/${patient.id}">${nameOf(patient)}</a>${patient.birthDate !== undefined && html` <span class="soft">born ${patient.birthDate}</span>`}`}</p>
<div class="card"><p>${task.description}</p>${details(task)}${await refused(reader, task)}</div>${isUnanswered(task) ? decision(task, actor, typed) : html`<p class="card">This is done.</p>${typed && typedInVain(typed)}`}`;
  return page({ ...deps, title: 'Work' }, content, status);
}

/** What stands beside the question in words: for a match, what differs here and there. */
function details({ input = [] }: Task): Content {
  const rows = input.filter(({ valueString }) => valueString !== undefined);
  return rows.length > 0 && html`<dl class="facts">${rows.map(({ type, valueString }) => html`<dt>${type.text}</dt><dd>${valueString}</dd>`)}</dl>`;
}

async function refused(reader: Reader, { input = [] }: Task): Promise<Content> {
  const kept = input.find(({ type }) => type.coding?.some(({ code }) => code === 'refused-response'))?.valueReference?.reference;
  const binary = kept === undefined ? undefined : await readNow<Binary>(reader, kept);
  if (binary === undefined) return undefined;
  const answers = refusedAnswers(Buffer.from(binary.data ?? '', 'base64').toString('utf8'));
  return html`<h2>What was answered</h2><dl class="facts">${answers.map(({ question, value }) => html`<dt>${question}</dt><dd>${value}</dd>`)}</dl>`;
}

const recordsIn = ({ input = [] }: Task): readonly TaskInput[] => input.filter(({ valueUrl }) => valueUrl !== undefined);

function decision(task: Task, actor: string, typed: URLSearchParams | undefined): Html {
  const choices = kindOf(task) === 'confirm-patient-match' && matchChoices(recordsIn(task), typed?.get('record'));
  return html`<form class="card" method="post" action="/tasks/${task.id}"><input type="hidden" name="version" value="${task.meta?.versionId}">${choices}
<label>Your name<input type="text" name="actor" value="${actor}" required autocomplete="name" maxlength="100"></label>
<label>Note (optional)<textarea name="note" rows="3" maxlength="4000">${typed?.get('note') ?? ''}</textarea></label><p><button type="submit">This is done</button></p></form>`;
}

const matchChoices = (records: readonly TaskInput[], chosen: string | null | undefined): Html =>
  html`<fieldset><legend>Is it the same person?</legend>${records.map(({ valueUrl }) => html`<label class="inline"><input type="radio" name="record" value="${valueUrl}" required${valueUrl === chosen && html` checked`}>Yes${records.length > 1 && `, the record ${valueUrl}`}: fetch and show it</label>`)}
<label class="inline"><input type="radio" name="record" value="none" required${chosen === 'none' && html` checked`}>No, it is somebody else: show nothing of it</label></fieldset>`;

/** Completes the work. Throws FhirError where a choice is missing or somebody was faster. */
export async function completeTask(deps: PageDeps, { reader, permit }: Context, taskId: string, form: URLSearchParams): Promise<void> {
  const task = await taskAt(reader, taskId);
  if (!isUnanswered(task)) throw new FhirError('business-rule', 'This was already done.');
  const display = signatureIn(form);
  requireSameVersion(task, form);
  const now = deps.clock().toISOString();
  const by = actorOf(permit, display);
  const note = textIn(form, 'note');
  const completed: Task = {
    ...task,
    status: 'completed',
    owner: task.owner ?? by,
    lastModified: now,
    executionPeriod: { ...task.executionPeriod, end: now },
    ...(kindOf(task) === 'confirm-patient-match' ? { output: [matchOutput(task, form.get('record'))] } : {}),
    ...(note === '' ? {} : { note: [...(task.note ?? []), { authorString: display, time: now, text: note }] }),
  };
  const resource = completed as unknown as Resource; // a Task is a resource
  await commitWork(deps, permit, task, [{ op: 'update', id: taskId, resource, ifMatch: Number(task.meta?.versionId) }]);
}

/** As the bridge reads it at the next pull: the URL of the record that is the patient's, or that none is. */
function matchOutput(task: Task, chosen: string | null): NonNullable<Task['output']>[number] {
  const type = { coding: [{ system: codeSystem('match-detail'), code: 'record' }] };
  if (chosen === 'none') return { type, valueBoolean: false };
  const record = recordsIn(task).find(({ valueUrl }) => valueUrl === chosen)?.valueUrl;
  if (record === undefined) throw new FhirError('business-rule', 'Choose whether it is the same person.', { expression: 'record' });
  return { type, valueUrl: record };
}
