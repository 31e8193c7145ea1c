/** History in memory: newest first unless asked otherwise, in the order in which the versions were written. https://hl7.org/fhir/R4/http.html#history */
import { refOf } from '../../fhir/resource.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import type { HistoryPage, HistoryQuery } from '../store.ts';
import type { State, Stored } from './state.ts';

export function history(state: State, query: HistoryQuery): HistoryPage {
  const asked = versionsOf(state, query).filter((stored) => isAsked(state, stored, query));
  const found = behind(asked, query);
  const page = found.slice(0, query.count);
  const last = page.at(-1);
  return {
    versions: page.map((stored) => stored.version),
    ...(found.length > page.length && last ? { next: pageToken([last.seq]) } : {}),
    ...(query.total ? { total: asked.length } : {}),
  };
}

/** In the order asked for, from the place of the page on. */
function behind(asked: readonly Stored[], { after, oldestFirst = false }: HistoryQuery): readonly Stored[] {
  const ordered = oldestFirst ? asked : asked.toReversed();
  if (after === undefined) return ordered;
  const place = Number(readPageToken(after, 1)[0]);
  return ordered.filter(({ seq }) => (oldestFirst ? seq > place : seq < place));
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
