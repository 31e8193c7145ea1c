/**
 * Reads one type of a patient's record to its end, page by page, from where the last pull came to. A page is taken
 * over before the next is asked for, and noted after it was: a pull that breaks off goes on at that page.
 */
import { codeSystem } from '../fhir/names.ts';
import { and } from '../search/ast.ts';
import { pointsAt, token } from './find.ts';
import { HospitalFault, type RemotePage } from './hospital.ts';
import type { PulledType } from './pulled.ts';
import type { PullRow, Skipped, TypeState } from './rows.ts';
import { storePage } from './store-page.ts';
import { nowOf, saveState, type Visit } from './visit.ts';

/** Servers give a change its time before they can be asked for it; what is read twice is recognised. In ms. */
const OVERLAP = 10 * 60 * 1000;
/** In one pull; what comes after follows at the next. */
const MOST_PAGES = 50;
/** Of one type: those that are kept with their names. */
const MOST_SKIPPED = 50;
const MOST_OPEN = 500;

export const NOT_YET: TypeState = Object.freeze({ skipped: Object.freeze([]) });

/** Throws HospitalFault, NotShared, and what the store throws; what was read until then is kept. */
export async function pullType(visit: Visit, pulled: PulledType, remotePatient: string): Promise<void> {
  let page = await firstPage(visit, pulled, remotePatient);
  const followed = new Set<string>();
  while (true) {
    await takeOver(visit, pulled, { page, remotePatient });
    if (page.next === undefined) return finish(visit, pulled);
    refuseEndless(followed, page.next);
    page = await visit.client.follow(page.next);
  }
}

const stateOf = (visit: Visit, { type }: PulledType): TypeState => visit.state.types[type] ?? NOT_YET;

/** The page at which the last pull broke off, if the hospital still knows it; otherwise what changed since it ended. */
async function firstPage(visit: Visit, pulled: PulledType, remotePatient: string): Promise<RemotePage> {
  const { next, since } = stateOf(visit, pulled);
  if (next !== undefined) {
    const page = await visit.client.follow(next).catch(unlessForgotten);
    if (page !== undefined) return page;
  }
  const from = since === undefined ? {} : { _lastUpdated: `ge${new Date(Date.parse(since) - OVERLAP).toISOString()}` };
  return visit.client.search(pulled.type, { patient: `Patient/${remotePatient}`, ...pulled.only, ...from });
}

/** Links to pages do not live for ever: an error status to one is no reason not to ask anew. */
function unlessForgotten(fault: unknown): undefined {
  if (!(fault instanceof HospitalFault) || fault.reason !== 'failed') throw fault;
}

async function takeOver(visit: Visit, pulled: PulledType, { page, remotePatient }: { page: RemotePage; remotePatient: string }): Promise<void> {
  const result = await storePage(visit, pulled, { entries: page.resources, remotePatient });
  const { next: _, highest: known, ...state } = stateOf(visit, pulled);
  const highest = Math.max(result.highest, Date.parse(known ?? '') || Number.NEGATIVE_INFINITY);
  const skipped = [...state.skipped.filter(({ url }) => !result.seen.has(url) && !isAmong(url, result.skipped)), ...result.skipped].slice(-MOST_SKIPPED);
  const reached = {
    ...state,
    skipped,
    ...(page.next === undefined ? {} : { next: page.next }),
    ...(Number.isFinite(highest) ? { highest: new Date(highest).toISOString() } : {}),
  };
  const open = [...new Set([...visit.state.open, ...result.open])].slice(-MOST_OPEN);
  await saveState(visit, { ...withType(visit, pulled, reached), open }, result.notes);
  if (result.skipped.length > 0) logSkipped(visit, pulled, result.skipped.length);
}

const withType = ({ state }: Visit, { type }: PulledType, reached: TypeState): PullRow => ({ ...state, types: { ...state.types, [type]: reached } });

const isAmong = (url: string, skipped: readonly Skipped[]): boolean => skipped.some((other) => other.url === url);

function logSkipped({ parts, hospital, patient }: Visit, { type }: PulledType, skipped: number): void {
  parts.log.warn({ hospital: hospital.name, patient, type, skipped }, 'resources could not be taken over; the status names them and says why');
}

function refuseEndless(followed: Set<string>, next: string): void {
  if (followed.has(next)) throw new HospitalFault('nonsense', 'The pages lead back to one that was read already.');
  if (followed.size >= MOST_PAGES) throw new HospitalFault('nonsense', `The pages did not end after ${MOST_PAGES}; the next pull goes on from there.`);
  followed.add(next);
}

/**
 * The next pull asks from the latest change seen: the hospital's own time, since ours says nothing about when its
 * changes come to light; but never from the future, should its clock be wrong.
 */
async function finish(visit: Visit, pulled: PulledType): Promise<void> {
  const { highest, next: _, problem: _solved, ...state } = stateOf(visit, pulled);
  const now = nowOf(visit);
  const latest = Math.max(...[highest, state.since].map((text) => Date.parse(text ?? '') || Number.NEGATIVE_INFINITY));
  const since = Number.isFinite(latest) ? { since: new Date(Math.min(latest, Date.parse(now))).toISOString() } : {};
  await saveState(visit, withType(visit, pulled, { ...state, fetched: now, count: await held(visit, pulled), ...since }));
}

function held({ find, parts, hospital, patient }: Visit, { type }: PulledType): Promise<number> {
  const ofPatient = find.where(type, 'patient', pointsAt(patient));
  return find.count(parts.store, type, and(ofPatient, find.where(type, '_tag', token(codeSystem('source'), hospital.name))));
}
