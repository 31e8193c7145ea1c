/** https://hl7.org/fhir/R4/http.html#history */
import { history as historyBundle } from '../../fhir/bundle.ts';
import { parseDateTime, type Range } from '../../fhir/datetime.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { PAGE_PARAMETER } from '../../search/parse.ts';
import type { HistoryQuery } from '../../store/store.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { requestLinks } from '../links.ts';
import type { FhirRequest, FhirResponse } from '../message.ts';
import { countOf, one, refuseUnknown } from '../query.ts';
import { cutTo, shapeOf } from '../shape.ts';

/** Of one resource, of a type, or of everything: whatever the path names. */
export async function history({ request, named, reader, services }: Call): Promise<FhirResponse> {
  refuseUnknown(request, ['_since', '_at', '_count', '_sort', '_total', PAGE_PARAMETER]);
  const { type, id } = named;
  const shape = shapeOf(request.query);
  const asked = queryOf(request, { ...(type === undefined ? {} : { type }), ...(id === undefined ? {} : { id }) });
  const page = await reader.history(shape.keep === 'count' ? { ...asked, count: 0, total: true } : asked);
  if (id !== undefined && page.versions.length === 0 && (await reader.read(type ?? '', id)) === undefined) {
    throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  }
  const cut = cutTo(shape, services.registry);
  const total = page.total === undefined ? {} : { total: page.total };
  return jsonAnswer(200, historyBundle({ base: request.base, links: requestLinks(request, page.next), versions: page.versions.map(cut), ...total }));
}

function queryOf({ query }: FhirRequest, of: Pick<HistoryQuery, 'type' | 'id'>): HistoryQuery {
  const since = one(query, '_since');
  const at = query.getAll('_at');
  const after = one(query, PAGE_PARAMETER);
  const count = countOf(query);
  return {
    ...of,
    count,
    oldestFirst: isOldestFirst(query),
    total: count === 0 || isTotalWanted(query),
    ...(since === undefined ? {} : { since: momentIn('_since', since).low }),
    ...(at.length === 0 ? {} : { at: at.map(periodOf).reduce(overlapOf) }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Only the time can be sorted by. Without `_sort` the newest comes first. */
function isOldestFirst(query: URLSearchParams): boolean {
  const sort = one(query, '_sort');
  if (sort === undefined || sort === '-_lastUpdated') return false;
  if (sort === '_lastUpdated') return true;
  throw new FhirError(
    'bad-parameter',
    `_sort=${JSON.stringify(sort.slice(0, 100))} is not offered here; allowed: -_lastUpdated (newest first), _lastUpdated (oldest first).`,
  );
}

function isTotalWanted(query: URLSearchParams): boolean {
  const total = one(query, '_total') ?? 'none';
  if (!['none', 'estimate', 'accurate'].includes(total))
    throw new FhirError('bad-parameter', `_total=${JSON.stringify(total.slice(0, 100))} is unknown; allowed: none, estimate, accurate.`);
  return total !== 'none';
}

function momentIn(name: string, text: string): Range {
  // An unescaped + in a URL, here that of a time zone, is read as a blank.
  const moment = parseDateTime(text.replace(' ', '+'));
  if (moment === undefined)
    throw new FhirError('bad-parameter', `${name}=${JSON.stringify(text.slice(0, 100))} is not a date or instant such as 2026-03-01 or 2026-03-01T08:00:00Z.`);
  return moment;
}

const PERIODS: ReadonlyMap<string, (range: Range) => Range> = new Map<string, (range: Range) => Range>([
  ['eq', (range) => range],
  ['ge', ({ low }) => ({ low, high: Number.POSITIVE_INFINITY })],
  ['gt', ({ high }) => ({ low: high, high: Number.POSITIVE_INFINITY })],
  ['le', ({ high }) => ({ low: Number.NEGATIVE_INFINITY, high })],
  ['lt', ({ low }) => ({ low: Number.NEGATIVE_INFINITY, high: low })],
]);

/** `2026-03` is all of March; a prefix opens it to one side, and two of them make a period. https://hl7.org/fhir/R4/search.html#date */
function periodOf(text: string): Range {
  const prefix = /^[a-z]{2}/.exec(text)?.[0] ?? 'eq';
  const period = PERIODS.get(prefix);
  if (period === undefined)
    throw new FhirError('bad-parameter', `_at=${JSON.stringify(text.slice(0, 100))} has the prefix ${prefix}; allowed: ${[...PERIODS.keys()].join(', ')}.`);
  const { low, high } = momentIn('_at', text.replace(/^[a-z]{2}/, ''));
  return period({ low, high });
}

function overlapOf(left: Range, right: Range): Range {
  const both = { low: Math.max(left.low, right.low), high: Math.min(left.high, right.high) };
  if (both.low < both.high) return both;
  throw new FhirError('bad-parameter', 'The periods of _at do not overlap; there is no moment in all of them.');
}
