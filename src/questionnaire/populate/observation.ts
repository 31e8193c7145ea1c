/** Answers out of Observations on record, by the codes of the questions. https://hl7.org/fhir/uv/sdc/populate.html#obs-pop */
import type { Coding, Duration, Observation, ObservationComponent, Questionnaire, QuestionnaireItem, Reference } from 'fhir/r4';
import { parseDateTime } from '../../fhir/datetime.ts';
import type { World } from '../evaluate.ts';
import { extensionsOf } from '../extension.ts';
import { asRecord, codingKey } from '../value.ts';

/** Where Observations come from. */
export interface Observing {
  readonly world: Pick<World, 'answers' | 'now'>;
  readonly subject: Reference | undefined;
  /** Given with the request: looked at besides what is stored. */
  readonly data: readonly Observation[];
  /** Queries to be answered first are added to these. */
  readonly openQueries: Set<string>;
}

/** An Observation, or a part of one: what has codes and a value. */
export type Measured = Pick<Observation, 'code'> & Partial<Observation & ObservationComponent>;

/** The item's own period, or that of the whole questionnaire. */
export function linkPeriod(item: QuestionnaireItem, questionnaire: Questionnaire): Duration | undefined {
  const [own, root] = [item, questionnaire].map((holder) => extensionsOf(holder, 'observationLinkPeriod')[0]?.valueDuration);
  return own ?? root;
}

/** Those that may answer the item, the latest first. Of an item inside one that has its Observation, only what belongs to that. */
export function measuredFor(item: QuestionnaireItem, period: Duration, around: Measured | undefined, observing: Observing): readonly Measured[] {
  const codes = (item.code ?? []).filter(({ code }) => code !== undefined);
  if (codes.length === 0) return [];
  return around === undefined ? latest(codes, period, observing) : within(around, codes, observing);
}

function latest(codes: readonly Coding[], period: Duration, { world, subject, data, openQueries }: Observing): readonly Measured[] {
  const since = sinceOf(period, world.now);
  if (subject?.reference === undefined || since === undefined) return [];
  const found = ask(queryFor(codes, subject.reference, since), { world, openQueries });
  return [...found, ...data].filter((one) => counts(one, { codes, subject: subject.reference ?? '', since })).toSorted(byTime);
}

/** Enough to find one whose value fits, where the latest ones have none. */
const MOST = 50;

function queryFor(codes: readonly Coding[], subject: string, since: Date): string {
  const code = codes.map((one) => encodeURIComponent(one.system === undefined ? (one.code ?? '') : codingKey(one))).join(',');
  return `Observation?subject=${encodeURIComponent(subject)}&code=${code}&status=${STATUSES.join(',')}&date=ge${since.toISOString()}&_sort=-date&_count=${MOST}`;
}

const STATUSES = ['final', 'amended', 'corrected'] as const;

interface Wanted {
  readonly codes: readonly Coding[];
  readonly subject: string;
  readonly since: Date;
}

/** What is given with the request has not been searched for, and what was found may have a focus. */
function counts(one: Observation, { codes, subject, since }: Wanted): boolean {
  const isAboutSubject = one.subject?.reference === subject || one.subject?.reference?.endsWith(`/${subject}`) === true;
  const hasOtherFocus = (one.focus ?? []).some(({ reference }) => reference !== one.subject?.reference);
  return STATUSES.some((status) => status === one.status) && isAboutSubject && !hasOtherFocus && hasCode(one, codes) && timeOf(one) >= since.getTime();
}

const hasCode = ({ code }: Pick<Measured, 'code'>, codes: readonly Coding[]): boolean =>
  (code?.coding ?? []).some((own) => codes.some((wanted) => own.code === wanted.code && (wanted.system === undefined || own.system === wanted.system)));

/** Where it ends: a period that reaches into the window counts. */
function timeOf({ effectiveDateTime, effectivePeriod, effectiveInstant, issued }: Observation): number {
  const text = effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.end ?? effectivePeriod?.start ?? issued;
  return (text === undefined ? undefined : parseDateTime(text)?.high) ?? 0;
}

const byTime = (a: Observation, b: Observation): number => timeOf(b) - timeOf(a);

/** Components, and members that the Observation points at. */
function within(around: Measured, codes: readonly Coding[], { world, data, openQueries }: Observing): readonly Measured[] {
  const components: readonly Measured[] = (around.component ?? []).filter((component) => hasCode(component, codes));
  if (components.length > 0) return components;
  const refs = (around.hasMember ?? []).flatMap(({ reference }) => reference ?? []);
  const ids = refs.flatMap((reference) => (reference.startsWith('Observation/') ? [reference.slice('Observation/'.length)] : []));
  const stored = ids.length === 0 ? [] : ask(`Observation?_id=${ids.map(encodeURIComponent).join(',')}&_count=${MOST}`, { world, openQueries });
  const given = data.filter(({ id }) => refs.includes(`Observation/${id}`));
  return [...stored, ...given].filter((one) => STATUSES.some((status) => status === one.status) && hasCode(one, codes));
}

function ask(query: string, { world, openQueries }: Pick<Observing, 'world' | 'openQueries'>): Observation[] {
  const values = world.answers(query);
  if (values === undefined) openQueries.add(query);
  return (values ?? []).flatMap((bundle) => {
    const { entry } = asRecord(bundle);
    const resources = (Array.isArray(entry) ? entry : []).map((one) => asRecord(asRecord(one).resource));
    return resources.filter(({ resourceType }) => resourceType === 'Observation') as unknown as Observation[]; // of that type, stored by this server
  });
}

/** UCUM's units of time. A month and a year end on the same day of the calendar. */
const BACK: Readonly<Record<string, (date: Date, count: number) => void>> = {
  a: (date, count) => date.setUTCFullYear(date.getUTCFullYear() - count),
  mo: (date, count) => date.setUTCMonth(date.getUTCMonth() - count),
  wk: (date, count) => date.setUTCDate(date.getUTCDate() - 7 * count),
  d: (date, count) => date.setUTCDate(date.getUTCDate() - count),
  h: (date, count) => date.setUTCHours(date.getUTCHours() - count),
  min: (date, count) => date.setUTCMinutes(date.getUTCMinutes() - count),
};
const SPELLED: Readonly<Record<string, string>> = {
  y: 'a',
  year: 'a',
  years: 'a',
  month: 'mo',
  months: 'mo',
  week: 'wk',
  weeks: 'wk',
  day: 'd',
  days: 'd',
  hours: 'h',
};

/** No longer than four thousand years: the calendar has an end. */
const EARLIEST = new Date(0).setUTCFullYear(1);

function sinceOf({ value, code, unit }: Duration, now: Date): Date | undefined {
  const named = code ?? unit ?? '';
  const name = Object.hasOwn(SPELLED, named) ? (SPELLED[named] ?? '') : named;
  const back = Object.hasOwn(BACK, name) ? BACK[name] : undefined;
  if (back === undefined || typeof value !== 'number') return undefined;
  const since = new Date(now);
  back(since, value);
  return Number.isNaN(since.getTime()) || since.getTime() < EARLIEST ? new Date(EARLIEST) : since;
}

/** value[x] as it stands; undefined where it has none. */
export function valueIn(measured: Measured): unknown {
  const [, raw] = Object.entries(measured).find(([key]) => /^value[A-Z]/.test(key)) ?? [];
  return raw;
}
