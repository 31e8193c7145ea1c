/** `_include` and `_revinclude` as statements that go from the resources of a page, given as JSON, to what they lead to. */
import type { Include } from '../../../search/ast.ts';
import { raw, type Sql, sql } from '../sql.ts';
import { type Context, isCurrentOf, isOfType, paramIs } from './context.ts';
import { holds } from './holds.ts';

export interface IncludePlan {
  /** Of the resources at hand, only those of this type lead on. */
  readonly from: string;
  readonly iterate: boolean;
  /** Whether the statement is given log positions (`out`) or references `Type/id` (`in`). */
  readonly given: 'positions' | 'refs';
  /** Finds log positions; its first value is the JSON array, to be put before `values`. */
  readonly text: string;
  readonly values: Sql['values'];
}

export function includePlan(context: Context, { link, where, iterate, from }: Include): IncludePlan {
  const [given, row] = [raw(context.alias('j')), context.alias('e')];
  if (link.direction === 'in') {
    const step = sql`SELECT DISTINCT ${raw(row)}.seq FROM json_each(?) ${given} CROSS JOIN entry ${raw(row)} INDEXED BY entry_value
      WHERE ${paramIs(context, link.param, row)} AND ${raw(row)}.value = ${given}.value AND ${holds(context, where, raw(`${row}.seq`))} ORDER BY 1`;
    return { from, iterate, given: 'refs', ...step };
  }
  const [target, value] = [context.alias('v'), raw(`${row}.value`)];
  const step = sql`SELECT DISTINCT ${raw(target)}.seq FROM json_each(?) ${given} CROSS JOIN entry ${raw(row)} CROSS JOIN log ${raw(target)}
    WHERE ${raw(row)}.seq = ${given}.value AND ${paramIs(context, link.param, row)} AND ${isOfType(value, link.type)}
    AND ${isCurrentOf(target, value)} AND ${holds(context, where, raw(`${target}.seq`))} ORDER BY 1`;
  return { from, iterate, given: 'positions', ...step };
}
