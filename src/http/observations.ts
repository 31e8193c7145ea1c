/** All Observations that a search finds, for the operations that reckon with them. */
import type { Query } from '../search/ast.ts';
import { MAX_COUNT, tooCostly } from '../search/limits.ts';
import type { Params } from '../search/params.ts';
import type { Reader, Version } from '../store/store.ts';

/** Two measurements a minute for a week; more is asked for in pieces. */
const MAX_OBSERVATIONS = 20_000;

/** Newest first, those without a time last. Throws `too-costly` beyond `MAX_OBSERVATIONS`. */
export async function observationsOf(reader: Reader, params: Params, of: Query['of']): Promise<readonly Version[]> {
  const date = params.find('Observation', 'date');
  if (date === undefined) throw new Error('Observation has no date parameter');
  const query: Query = { of, sort: [{ param: date, descending: true }], count: MAX_COUNT, total: 'none', include: [] };
  const found: Version[] = [];
  let page = await reader.search(query);
  found.push(...page.matches);
  while (page.next !== undefined) {
    if (found.length >= MAX_OBSERVATIONS) throw tooCostly('date', `More than ${MAX_OBSERVATIONS} Observations match; narrow the time, or the codes.`);
    page = await reader.search({ ...query, after: page.next });
    found.push(...page.matches);
  }
  return found;
}
