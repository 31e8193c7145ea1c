/** A whole query as the statements of one page: its matches, their total, and whether finding them may take long. */
import type { Query, Sort } from '../../../search/ast.ts';
import type { Param } from '../../../search/param.ts';
import type { Key } from '../../page-token.ts';
import { readPageToken } from '../../page-token.ts';
import { isId, isUpdated, WITH_CANONICAL } from '../index-rows.ts';
import { all, any, isFalse, join, raw, type Sql, sql, TRUE } from '../sql.ts';
import { idKey } from './by-id.ts';
import { updatedKey } from './by-updated.ts';
import { type Context, paramIs } from './context.ts';
import { isClinicalDate } from './fold.ts';
import { positions, select } from './select.ts';
import type { Select } from './select-parts.ts';
import { narrowerThan } from './widen.ts';

export interface PagePlan {
  /** Columns: those of `VERSION_COLUMNS`, then a sort key each. One row more than asked for tells that there is a next page. Undefined where none are asked for. */
  readonly matches: Sql | undefined;
  readonly count: number;
  readonly total: Sql | undefined;
  /** Statements that read what the search is led by; none where it is known to be short. */
  readonly leads: readonly Sql[];
}

/** What `toVersion` reads. */
export const VERSION_COLUMNS = 'seq, ref, version, updated, method, text';

interface Branch {
  readonly type: string;
  readonly found: Select;
}

export function pagePlan(context: Context, query: Query): PagePlan {
  const branches = query.of
    .map(({ type, where }) => ({ type, found: select(context, where, { type, depth: 0 }) }))
    .filter(({ found }) => !isFalse(found.where));
  const after = query.after === undefined ? undefined : readPageToken(query.after, query.sort.length + 1);
  const isAsked = query.count > 0 && branches.length > 0;
  return {
    matches: isAsked ? withText(page(context, query, { branches, after }), query.sort.length) : undefined,
    count: query.count,
    total: query.total === 'accurate' ? totalOf(branches) : undefined,
    leads: branches.flatMap(({ found }) => found.leads),
  };
}

function totalOf(branches: readonly Branch[]): Sql {
  const all = branches.map(({ found }) => positions(found));
  return all.length === 0 ? sql`SELECT 0` : sql`SELECT count(*) FROM (${join(all, ' UNION ALL ')})`;
}

/** The nested loop keeps the order of the page, which the inner statement has settled. */
function withText(page: Sql, keys: number): Sql {
  const columns = VERSION_COLUMNS.split(', ').map((name) => `v.${name}`);
  const sortKeys = Array.from({ length: keys }, (_, i) => `m.k${i}`);
  return sql`SELECT ${raw([...columns, ...sortKeys].join(', '))} FROM (${page}) m CROSS JOIN log v WHERE v.seq = m.seq`;
}

interface Paging {
  readonly branches: readonly Branch[];
  readonly after: readonly Key[] | undefined;
}

function page(context: Context, query: Query, { branches, after }: Paging): Sql {
  const [only] = branches;
  const limit = query.count + 1;
  if (only && branches.length === 1 && isInOrder(context, query, only)) return orderedPage(only.found, after, limit);
  const rows = join(
    branches.map((branch) => keyed(context, query.sort, branch)),
    ' UNION ALL ',
  );
  const order = [...query.sort.flatMap(({ descending }, i) => [`k${i} IS NULL`, `k${i}${descending ? ' DESC' : ''}`]), 'seq'].join(', ');
  return sql`SELECT * FROM (${rows}) WHERE ${after ? behind(query.sort, after) : TRUE} ORDER BY ${raw(order)} LIMIT ${limit}`;
}

/** Whether reading the index yields what was asked in the order that was asked: the latest clinical date first. */
function isInOrder({ facts }: Context, { sort }: Query, { type, found }: Branch): boolean {
  const [only] = sort;
  return sort.length === 1 && only !== undefined && only.descending && found.ordered === true && isClinicalDate(facts, type, only.param);
}

function orderedPage({ from, where, seq, row = '', dated }: Select, after: readonly Key[] | undefined, limit: number): Sql {
  const high = raw(`${row}.high`);
  const [key = null, position = 0] = after ?? [];
  const later = key === null ? sql`${high} IS NULL AND ${seq} > ${position}` : behindDate({ high, seq }, { key, position, dated: dated === true });
  return sql`SELECT ${seq} AS seq, ${high} AS k0 FROM ${from} WHERE ${all([where, ...(after ? [later] : [])])} ORDER BY ${high} DESC, ${seq} LIMIT ${limit}`;
}

/** Begins with a bound that the index can seek to, unless rows without a date come behind. */
function behindDate({ high, seq }: { high: Sql; seq: Sql }, { key, position, dated }: { key: Key; position: Key; dated: boolean }): Sql {
  const later = sql`${high} <= ${key} AND (${high} < ${key} OR ${seq} > ${position})`;
  return dated ? later : sql`(${high} IS NULL OR (${later}))`;
}

function keyed(context: Context, sort: readonly Sort[], { type, found }: Branch): Sql {
  const keysOf = (seq: Sql, row: string | undefined): Sql[] => sort.map((by, i) => sql`${keyOf(context, by, { type, seq, row })} AS ${raw(`k${i}`)}`);
  if (!found.repeats) return sql`SELECT ${join([sql`${found.seq} AS seq`, ...keysOf(found.seq, found.row)], ', ')} FROM ${found.from} WHERE ${found.where}`;
  const alias = context.alias('s');
  const seq = raw(`${alias}.seq`);
  return sql`SELECT ${join([sql`${seq} AS seq`, ...keysOf(seq, undefined)], ', ')} FROM (${positions(found)}) ${raw(alias)}`;
}

interface Keyed {
  readonly type: string;
  readonly seq: Sql;
  readonly row: string | undefined;
}

/** By the rules of `sortKey` in `search/match`. In a search over several types each sorts by its own parameter of that code. */
function keyOf(context: Context, { param, descending }: Sort, { type, seq, row }: Keyed): Sql {
  if (isId(param)) return idKey(seq);
  if (isUpdated(param)) return updatedKey(seq);
  if (row !== undefined && isClinicalDate(context.facts, type, param)) return raw(`${row}.${descending ? 'high' : 'low'}`);
  const alias = context.alias('e');
  const own = { ...param, type };
  const isParam = any([own, ...narrowerThan(context.facts, own)].map((one) => paramIs(context, one, alias)));
  const of = sql`FROM entry ${raw(alias)} NOT INDEXED WHERE ${raw(alias)}.seq = ${seq} AND ${isParam}`;
  if (param.kind === 'composite') return sql`(SELECT '' ${of} LIMIT 1)`;
  const column = raw(`${alias}.${columnFor(param, descending)}`);
  const counted = sql`${of} AND ${countsFor(param, alias)}`;
  return descending ? sql`(SELECT max(${column}) ${counted})` : sql`(SELECT min(${column}) ${counted})`;
}

/** Of the rows of one value, the one that it is sorted by: the whole text, the canonical quantity. */
function countsFor({ kind }: Param, alias: string): Sql {
  if (kind === 'string') return sql`${raw(alias)}.text IS NOT NULL`;
  return kind === 'quantity' ? sql`${raw(alias)}.value <> ${WITH_CANONICAL}` : TRUE;
}

const RANGES: ReadonlySet<Param['kind']> = new Set<Param['kind']>(['date', 'number', 'quantity']);
const columnFor = ({ kind }: Param, descending: boolean): string => (RANGES.has(kind) ? (descending ? 'high' : 'low') : 'value');

/** What comes after the last resource of the page before. */
function behind(sort: readonly Sort[], after: readonly Key[]): Sql {
  const position = sql`seq > ${after[sort.length] ?? 0}`;
  return sort.reduceRight((rest, { descending }, i) => {
    const [column, key] = [raw(`k${i}`), after[i] ?? null];
    const same = sql`${column} IS ${key}`;
    if (key === null) return all([same, rest]);
    const beyond = descending ? sql`${column} < ${key}` : sql`${column} > ${key}`;
    return any([beyond, sql`${column} IS NULL`, all([same, rest])]);
  }, position);
}
