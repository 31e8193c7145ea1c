/**
 * What is known of a patient's record at each hospital, and since when: never a blank. Consent is asked at the moment
 * of looking, so that one withdrawn counts at once.
 */
import type { Ref } from '../fhir/resource.ts';
import type { Store } from '../store/store.ts';
import type { Gate } from './gate.ts';
import type { Hospital } from './hospital.ts';
import { CATEGORIES, type Category, PULLED } from './pulled.ts';
import { EMPTY_PULL, type LinkRow, type MatchState, type Problem, type PullRow, pairKey, readRow, type Skipped, type TypeState } from './rows.ts';

export interface BridgeStatus {
  /** In the order of the configuration; empty where no hospital is configured. */
  readonly hospitals: readonly HospitalStatus[];
}

export interface HospitalStatus {
  readonly name: string;
  readonly url: string;
  /** The patient is enrolled and consents now. */
  readonly shared: boolean;
  /** What was pulled may be shown: shared, and the hospital's patient is known to be ours. */
  readonly visible: boolean;
  readonly match: MatchState | { readonly state: 'never-asked' };
  readonly link?: LinkRow;
  readonly categories: Readonly<Record<Category, CategoryStatus>>;
  /** What could not be taken over, newest last. */
  readonly skipped: readonly Skipped[];
  /** When the hospital was last asked about this patient, with whatever result. */
  readonly attempted?: string;
}

export type CategoryStatus =
  | { readonly state: 'not-shared'; readonly why: 'no-consent' | 'hospital-refused'; readonly fetched?: string }
  | { readonly state: 'never-fetched'; readonly why: 'not-asked-yet' | 'to-confirm' | 'declined' | 'not-found' }
  /** `count` 0: none recorded. `skipped`: that many could not be taken over, so the list is not whole. */
  | { readonly state: 'fetched'; readonly fetched: string; readonly count: number; readonly skipped: number }
  /** Since when, at which types, and what; with the last good time and count, where there were any. */
  | { readonly state: 'failed'; readonly since: string; readonly what: string; readonly fetched?: string; readonly count: number };

export async function statusOf(parts: { store: Store; gate: Gate; hospitals: readonly Hospital[] }, patient: Ref): Promise<BridgeStatus> {
  const shared = await parts.gate.maySee(patient);
  const hospitals = parts.hospitals.map(async (hospital) => {
    const key = pairKey(hospital.url, patient);
    const row = (await readRow(parts.store, 'pull', key)) ?? EMPTY_PULL;
    return hospitalStatus(hospital, { shared, row, link: await readRow(parts.store, 'link', key) });
  });
  return { hospitals: await Promise.all(hospitals) };
}

interface Known {
  readonly shared: boolean;
  readonly row: PullRow;
  readonly link: LinkRow | undefined;
}

function hospitalStatus({ name, url }: Hospital, { shared, row, link }: Known): HospitalStatus {
  const entries = CATEGORIES.map((category) => [category, categoryStatus(category, { shared, row, link })] as const);
  const linked = link === undefined ? {} : { link };
  return {
    name,
    url,
    shared,
    visible: shared && link !== undefined,
    match: row.match ?? { state: 'never-asked' },
    ...(shared ? linked : {}),
    categories: Object.fromEntries(entries) as HospitalStatus['categories'], // one entry for each of CATEGORIES
    skipped: Object.values(row.types).flatMap(({ skipped }) => skipped),
    ...(row.attempted === undefined ? {} : { attempted: row.attempted }),
  };
}

function categoryStatus(category: Category, { shared, row, link }: Known): CategoryStatus {
  if (!shared) return { state: 'not-shared', why: 'no-consent' };
  const types = PULLED.filter((pulled) => pulled.category === category).map(({ type }) => ({ type, state: row.types[type] }));
  const fetched = oldest(types.map(({ state }) => state?.fetched));
  const problems = problemsOf(row.problem, types);
  if (problems.length > 0) return broken(problems, fetched, countOf(types));
  if (link === undefined) return { state: 'never-fetched', why: whyUnlinked(row.match) };
  if (fetched === undefined) return { state: 'never-fetched', why: 'not-asked-yet' };
  const skipped = types.reduce((sum, { state }) => sum + (state?.skipped.length ?? 0), 0);
  return { state: 'fetched', fetched, count: countOf(types), skipped };
}

interface TypeOf {
  readonly type: string;
  readonly state: TypeState | undefined;
}

const countOf = (types: readonly TypeOf[]): number => types.reduce((sum, { state }) => sum + (state?.count ?? 0), 0);

/** A category is as old as its oldest part; undefined where a part was never read to its end. */
function oldest(times: readonly (string | undefined)[]): string | undefined {
  return times.every((time) => time !== undefined) ? times.toSorted()[0] : undefined;
}

function problemsOf(whole: Problem | undefined, types: readonly TypeOf[]): readonly Problem[] {
  const own = types.flatMap(({ type, state }) => (state?.problem === undefined ? [] : [{ ...state.problem, text: `${type}: ${state.problem.text}` }]));
  return whole === undefined ? own : [whole, ...own];
}

function broken(problems: readonly Problem[], fetched: string | undefined, count: number): CategoryStatus {
  const last = fetched === undefined ? {} : { fetched };
  if (problems.every(({ refused }) => refused)) return { state: 'not-shared', why: 'hospital-refused', ...last };
  const since = problems.map((problem) => problem.since).toSorted()[0] ?? '';
  return { state: 'failed', since, what: [...new Set(problems.map(({ text }) => text))].join(' '), count, ...last };
}

function whyUnlinked(match: MatchState | undefined): 'not-asked-yet' | 'to-confirm' | 'declined' | 'not-found' {
  return match === undefined || match.state === 'linked' ? 'not-asked-yet' : match.state;
}
