/**
 * `_include` and `_revinclude` as statements that go from the resources of a page, given as JSON, to what they lead to.
 * A reference to any type is one statement for all types, not one for each; what may be included is judged afterwards,
 * for the types that were found.
 */
import { type Include, or } from '../../../search/ast.ts';
import { paramKey } from '../index-rows.ts';
import { all, raw, type Sql, sql } from '../sql.ts';
import { isMeant } from './canonical.ts';
import { type Context, isCurrentOf, paramIs } from './context.ts';
import { holds } from './holds.ts';

export interface IncludePlan {
  /** Of the resources at hand, only those of this type lead on. */
  readonly from: string;
  readonly iterate: boolean;
  /** Whether the statement is given log positions (`out`) or references `Type/id` (`in`). */
  readonly given: 'positions' | 'refs';
  /** Finds log positions and their types' numbers. Before `values` comes the JSON array, behind them how many rows at most (-1: all). */
  readonly text: string;
  readonly values: Sql['values'];
  /** By a type's number: which of its log positions may be included. Their JSON array is the first value here too. */
  readonly filters: ReadonlyMap<number, Sql>;
}

/** Without those that can lead to nothing: what is not allowed at all, and types and parameters that no stored resource has. */
export function includePlans(context: Context, includes: readonly Include[]): IncludePlan[] {
  const possible = includes.filter(({ link, where }) => {
    const isKnown = context.number('type', link.type) !== undefined && context.number('param', paramKey(link.param)) !== undefined;
    return isKnown && where.op !== 'none';
  });
  const ways = Map.groupBy(
    possible,
    ({ link, from, iterate }) => `${link.direction} ${paramKey(link.param)} ${from} ${iterate} ${link.canonical && link.type}`,
  );
  return [...ways.values()].flatMap((way) => (way[0] ? [oneWay(context, way[0], way)] : []));
}

function oneWay(context: Context, { link, iterate, from }: Include, way: readonly Include[]): IncludePlan {
  const byType = Map.groupBy(way, ({ link: { type } }) => context.number('type', type) ?? 0);
  const allowed = [...byType].map(([type, includes]) => [type, or(...includes.map(({ where }) => where))] as const);
  const filters = new Map(allowed.flatMap(([type, where]) => (where.op === 'all' ? [] : [[type, filter(context, where)] as const])));
  if (link.canonical) return { from, iterate, given: 'positions', ...byCanonical(context, link, from), filters };
  if (link.direction === 'in') return { from, iterate, given: 'refs', ...inward(context, link), filters };
  const types = JSON.stringify([...byType.keys()]);
  return { from, iterate, given: 'positions', ...outward(context, link, types), filters };
}

function inward(context: Context, { param }: Include['link']): Sql {
  const [given, row, source] = [raw(context.alias('j')), context.alias('e'), raw(context.alias('v'))];
  return sql`SELECT DISTINCT ${source}.seq, ${source}.type FROM json_each(?) ${given} CROSS JOIN entry ${raw(row)} INDEXED BY entry_value CROSS JOIN log ${source}
    WHERE ${paramIs(context, param, row)} AND ${raw(row)}.value = ${given}.value AND ${source}.seq = ${raw(row)}.seq LIMIT ?`;
}

function outward(context: Context, { param }: Include['link'], types: string): Sql {
  const [given, row, target] = [raw(context.alias('j')), context.alias('e'), context.alias('v')];
  return sql`SELECT DISTINCT ${raw(target)}.seq, ${raw(target)}.type FROM json_each(?) ${given} CROSS JOIN entry ${raw(row)} NOT INDEXED CROSS JOIN log ${raw(target)}
    WHERE ${raw(row)}.seq = ${given}.value AND ${paramIs(context, param, row)} AND ${isCurrentOf(target, raw(`${row}.value`))}
    AND ${raw(target)}.type IN (SELECT value FROM json_each(${types})) LIMIT ?`;
}

/** From the rows of the canonical to those of the `url`, or the other way round. */
function byCanonical(context: Context, { direction, param, type }: Include['link'], from: string): Sql {
  const [given, row, url, found] = [raw(context.alias('j')), context.alias('e'), context.alias('e'), raw(context.alias('v'))];
  const [start, end] = direction === 'out' ? [row, url] : [url, row];
  const means = all([paramIs(context, param, row), isMeant(context, { row, url, types: [direction === 'out' ? type : from] })]);
  return sql`SELECT DISTINCT ${found}.seq, ${found}.type FROM json_each(?) ${given} CROSS JOIN entry ${raw(start)} NOT INDEXED CROSS JOIN entry ${raw(end)} INDEXED BY entry_value CROSS JOIN log ${found}
    WHERE ${raw(start)}.seq = ${given}.value AND ${means} AND ${found}.seq = ${raw(end)}.seq LIMIT ?`;
}

function filter(context: Context, where: Include['where']): Sql {
  const given = context.alias('j');
  return sql`SELECT ${raw(given)}.value FROM json_each(?) ${raw(given)} WHERE ${holds(context, where, raw(`${given}.value`))}`;
}
