/** `_lastUpdated` is answered from the log itself, where every version has its instant: a range of 1 ms. No index rows are kept for it. */
import type { Atom, Test } from '../../../search/ast.ts';
import { all, existsIn, FALSE, raw, type Sql, sql, TRUE } from '../sql.ts';
import { dateCondition } from './condition.ts';
import type { Context } from './context.ts';
import type { Select } from './select-parts.ts';

type DateTest = Extract<Test, { is: 'date' }>;

const isAt = (test: DateTest, alias: string): Sql => dateCondition(test, { low: raw(`${alias}.updated`), high: raw(`(${alias}.updated + 1)`) });

export function updatedHolds(context: Context, { test }: Atom, seq: Sql): Sql {
  if (test.is !== 'date') return test.is === 'missing' && !test.missing ? TRUE : FALSE;
  const alias = context.alias('v');
  return existsIn(sql`log ${raw(alias)}`, all([sql`${raw(alias)}.seq = ${seq}`, isAt(test, alias)]));
}

/** The versions of the type in the order of their instants, those that are current. */
export function updatedRows(context: Context, { param, test }: Atom): Select {
  const type = context.number('type', param.type) ?? 0;
  const [version, current] = [context.alias('v'), context.alias('c')];
  const from = sql`log ${raw(version)} INDEXED BY log_updated`;
  const own = all([sql`${raw(version)}.type = ${type}`, ...(test.is === 'date' ? [bounds(test, raw(`${version}.updated`)), isAt(test, version)] : [])]);
  return {
    from: sql`${from} CROSS JOIN live ${raw(current)}`,
    where: all([own, sql`${raw(current)}.type = ${type} AND ${raw(current)}.seq = ${raw(version)}.seq`]),
    seq: raw(`${version}.seq`),
    repeats: false,
    answers: [],
    leads: [sql`SELECT 1 FROM ${from} WHERE ${own}`],
  };
}

/** What follows from the test for the bare column, which the index is in the order of. */
function bounds({ prefix, low, high }: DateTest, updated: Sql): Sql {
  switch (prefix) {
    case 'eq':
    case 'ap':
      return sql`${updated} >= ${low} AND ${updated} < ${high}`;
    case 'ge':
    case 'gt':
    case 'sa':
      return sql`${updated} >= ${low}`;
    case 'le':
    case 'lt':
    case 'eb':
      return sql`${updated} < ${high}`;
    case 'ne':
      return TRUE;
  }
}

export const updatedKey = (seq: Sql): Sql => sql`(SELECT updated FROM log WHERE seq = ${seq})`;
