/** History in memory: newest first, in the order in which the versions were written. https://hl7.org/fhir/R4/http.html#history */
import { refOf } from '../../fhir/resource.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import type { HistoryPage, HistoryQuery } from '../store.ts';
import type { State, Stored } from './state.ts';

export function history(state: State, query: HistoryQuery): HistoryPage {
  const below = query.after === undefined ? Infinity : Number(readPageToken(query.after, 1)[0]);
  const found = versionsOf(state, query)
    .filter((stored) => stored.seq < below && isAsked(state, stored, query))
    .reverse();
  const page = found.slice(0, query.count);
  const last = page.at(-1);
  const versions = page.map((stored) => stored.version);
  return found.length > page.length && last ? { versions, next: pageToken([last.seq]) } : { versions };
}

function versionsOf(state: State, { type, id }: HistoryQuery): Stored[] {
  if (type === undefined) return state.log;
  if (id === undefined) return state.log.filter((stored) => stored.version.type === type);
  return state.versions.get(refOf(type, id)) ?? [];
}

function isAsked(state: State, stored: Stored, { since, at }: HistoryQuery): boolean {
  const from = Date.parse(stored.version.updated);
  if (since !== undefined && from < since) return false;
  return at === undefined || (from < at.high && replacedAt(state, stored) > at.low);
}

/** When the version stopped being the current one: Infinity while it still is. */
function replacedAt(state: State, { version }: Stored): number {
  const next = state.versions.get(refOf(version.type, version.id))?.[version.version];
  return next === undefined ? Infinity : Date.parse(next.version.updated);
}
