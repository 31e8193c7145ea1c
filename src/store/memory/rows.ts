/** Plain rows in memory. */
import { orderText } from '../../search/match.ts';
import type { Row, RowQuery } from '../store.ts';
import type { State } from './state.ts';

export function rows(state: State, query: RowQuery): Row[] {
  const { dueBefore, prefix = '', limit } = query;
  const ofKind = [...(state.rows.get(query.kind)?.values() ?? [])].filter((row) => row.key.startsWith(prefix));
  const inKeyOrder = ofKind.sort((a, b) => orderText(a.key, b.key));
  if (dueBefore === undefined) return inKeyOrder.slice(0, limit);
  const isDue = (row: Row): boolean => row.due !== undefined && row.due < dueBefore && (row.lease ?? -Infinity) <= dueBefore;
  return inKeyOrder
    .filter(isDue)
    .sort((a, b) => (a.due ?? 0) - (b.due ?? 0))
    .slice(0, limit);
}
