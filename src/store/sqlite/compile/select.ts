/**
 * A tree over one resource type as a statement that finds log positions. The most selective condition of a conjunction
 * leads and is a range scan of an index; the others are looked up for each row it yields. Tables are joined with CROSS
 * JOIN, which SQLite keeps in the order written. https://www.sqlite.org/optoverview.html#crossjoin
 */
import { type Atom, and, type Exists, type Link, type Tree } from '../../../search/ast.ts';
import { isId, isUpdated } from '../index-rows.ts';
import { all, FALSE, isFalse, join, raw, type Sql, sql, TRUE } from '../sql.ts';
import { idRows } from './by-id.ts';
import { updatedRows } from './by-updated.ts';
import { isMeant } from './canonical.ts';
import { type Context, deeper, isCurrentOf, isOfType, paramIs } from './context.ts';
import { type Folds, foldsIn, noFolds } from './fold.ts';
import { holds } from './holds.ts';
import { RANK, rankOf } from './rank.ts';
import { rowsFor } from './rows-for.ts';
import type { Select } from './select-parts.ts';
import { wordRows } from './words.ts';

export interface Scope {
  readonly type: string;
  readonly depth: number;
}

/** Nothing but the log positions, each once. */
export function positions({ repeats, seq, from, where }: Select): Sql {
  return sql`SELECT ${raw(repeats ? 'DISTINCT ' : '')}${seq} AS seq FROM ${from} WHERE ${where}`;
}

export function select(context: Context, tree: Tree, scope: Scope): Select {
  if (tree.op === 'and') return conjunction(context, tree.of, scope);
  if (tree.op === 'none' || (tree.op === 'or' && tree.of.length === 0)) return NOTHING;
  if (rankOf(tree, noFolds(context.facts)) === RANK.wholeType) return filtered(context, wholeType(context, scope), [tree]);
  return led(context, tree, { ...scope, folds: noFolds(context.facts) });
}

interface Lead extends Scope {
  readonly folds: Folds;
}

/** `tree` leads; what it answers of the folds besides is in the result. */
function led(context: Context, tree: Tree, lead: Lead): Select {
  switch (tree.op) {
    case 'atom':
      return ofAtom(context, tree, lead);
    case 'or':
      return union(context, tree.of, lead);
    case 'exists':
      return linked(context, tree, lead);
    default:
      return select(context, tree, { ...lead, depth: deeper(lead.depth) });
  }
}

function conjunction(context: Context, conjuncts: readonly Tree[], scope: Scope): Select {
  const folds = foldsIn(context.facts, conjuncts);
  const [leader] = conjuncts.map((tree) => ({ tree, rank: rankOf(tree, folds) })).toSorted((a, b) => a.rank - b.rank);
  if (leader === undefined || leader.rank === RANK.wholeType) return filtered(context, wholeType(context, scope), conjuncts);
  const lead = led(context, leader.tree, { ...scope, folds: leader.tree === folds.patient ? { ...folds, patient: undefined } : folds });
  const answered = new Set<Tree>([leader.tree, ...lead.answers]);
  return filtered(
    context,
    lead,
    conjuncts.filter((tree) => !answered.has(tree)),
  );
}

function filtered(context: Context, base: Select, trees: readonly Tree[]): Select {
  return narrowed(base, all([base.where, ...trees.map((tree) => holds(context, tree, base.seq))]));
}

function wholeType(context: Context, { type }: Scope): Select {
  const no = context.number('type', type);
  if (no === undefined) return NOTHING;
  const alias = context.alias('c');
  const from = sql`live ${raw(alias)}`;
  const where = sql`${raw(alias)}.type = ${no}`;
  return { from, where, seq: raw(`${alias}.seq`), repeats: false, answers: [], leads: [sql`SELECT 1 FROM ${from} WHERE ${where}`] };
}

/** The patients of a link are found first; an atom's rows are then read for each. */
function ofAtom(context: Context, atom: Atom, { folds, depth }: Lead): Select {
  if (atom.test.is === 'words') return narrowed(wordRows(context, atom, atom.test));
  if (isUpdated(atom.param)) return updatedRows(context, atom);
  const byId = isId(atom.param) ? idRows(context, atom) : undefined;
  if (byId) return byId;
  const link = folds.patient?.op === 'exists' ? folds.patient : undefined;
  const found = link && select(context, link.tree, { type: 'Patient', depth: deeper(depth) });
  if (found && isFalse(found.where)) return NOTHING;
  const rows = rowsFor(context, atom, { folds, patients: found && { found: positions(found), leads: found.leads } });
  return narrowed(rows);
}

/** What can find nothing reads nothing. */
const narrowed = (base: Select, where = base.where): Select => (isFalse(where) ? NOTHING : { ...base, where });

const NOTHING: Select = { from: raw('(SELECT 0 AS seq) s0'), where: FALSE, seq: raw('s0.seq'), repeats: false, answers: [], leads: [] };

/** More arms than a compound SELECT may have are put together in groups. https://www.sqlite.org/limits.html */
const ARMS = 200;

function union(context: Context, arms: readonly Tree[], lead: Lead): Select {
  const pushed: readonly Tree[] = [...(lead.folds.patient ? [lead.folds.patient] : []), ...lead.folds.dates];
  const selects = arms.map((arm) => select(context, and(arm, ...pushed), { ...lead, depth: deeper(lead.depth) }));
  const possible = selects.filter(({ where }) => !isFalse(where));
  const [only = NOTHING] = possible;
  if (possible.length <= 1) return { ...only, answers: pushed };
  const alias = context.alias('s');
  const from = sql`(${grouped(possible.map(positions))}) ${raw(alias)}`;
  return { from, where: TRUE, seq: raw(`${alias}.seq`), repeats: false, answers: pushed, leads: possible.flatMap((arm) => arm.leads) };
}

function grouped(arms: readonly Sql[]): Sql {
  if (arms.length <= ARMS) return join(arms, ' UNION ');
  const groups: Sql[] = [];
  for (let at = 0; at < arms.length; at += ARMS) groups.push(sql`SELECT seq FROM (${grouped(arms.slice(at, at + ARMS))})`);
  return grouped(groups);
}

function linked(context: Context, { link, tree }: Exists, { type, depth }: Scope): Select {
  const inner = select(context, tree, { type: link.type, depth: deeper(depth) });
  if (isFalse(inner.where)) return NOTHING;
  const found = { positions: positions(inner), leads: inner.leads };
  return narrowed(link.direction === 'out' ? pointingAt(context, link, found) : pointedAt(context, link, { ...found, type }));
}

interface Found {
  readonly positions: Sql;
  readonly leads: readonly Sql[];
}

/** What points at the resources found. */
function pointingAt(context: Context, { param, type, canonical }: Link, { positions: found, leads }: Found): Select {
  const [end, row, target] = [raw(context.alias('s')), context.alias('e'), raw(context.alias('v'))];
  if (canonical) {
    const url = context.alias('e');
    const from = sql`(${found}) ${end} CROSS JOIN entry ${raw(url)} NOT INDEXED CROSS JOIN entry ${raw(row)} INDEXED BY entry_value`;
    const where = all([sql`${raw(url)}.seq = ${end}.seq`, paramIs(context, param, row), isMeant(context, { row, url, types: [type] })]);
    return { from, where, seq: raw(`${row}.seq`), repeats: true, answers: [], leads };
  }
  return {
    from: sql`(${found}) ${end} CROSS JOIN log ${target} CROSS JOIN entry ${raw(row)} INDEXED BY entry_value`,
    where: all([sql`${target}.seq = ${end}.seq`, paramIs(context, param, row), sql`${raw(row)}.value = ${target}.ref`]),
    seq: raw(`${row}.seq`),
    repeats: true,
    answers: [],
    leads,
  };
}

/** What the resources found point at. */
function pointedAt(context: Context, { param, canonical }: Link, { positions: found, leads, type }: Found & { readonly type: string }): Select {
  const [start, row, target] = [raw(context.alias('s')), context.alias('e'), context.alias('v')];
  if (canonical) {
    const url = context.alias('e');
    const from = sql`(${found}) ${start} CROSS JOIN entry ${raw(row)} NOT INDEXED CROSS JOIN entry ${raw(url)} INDEXED BY entry_value`;
    const where = all([sql`${raw(row)}.seq = ${start}.seq`, paramIs(context, param, row), isMeant(context, { row, url, types: [type] })]);
    return { from, where, seq: raw(`${url}.seq`), repeats: true, answers: [], leads };
  }
  const value = raw(`${row}.value`);
  return {
    from: sql`(${found}) ${start} CROSS JOIN entry ${raw(row)} NOT INDEXED CROSS JOIN log ${raw(target)}`,
    where: all([sql`${raw(row)}.seq = ${start}.seq`, paramIs(context, param, row), isOfType(value, type), isCurrentOf(target, value)]),
    seq: raw(`${target}.seq`),
    repeats: true,
    answers: [],
    leads,
  };
}
