/** A tree as a condition on one resource, known by the log position of its current version. */
import type { Atom, Exists, Link, Tree } from '../../../search/ast.ts';
import { isId } from '../index-rows.ts';
import { all, any, FALSE, raw, type Sql, sql, TRUE } from '../sql.ts';
import { idHolds } from './by-id.ts';
import { type Context, deeper, isCurrentOf, isOfType, paramIs, rowCondition } from './context.ts';

export function holds(context: Context, tree: Tree, seq: Sql, depth = 0): Sql {
  const inside = (inner: Tree): Sql => holds(context, inner, seq, deeper(depth));
  switch (tree.op) {
    case 'all':
      return TRUE;
    case 'none':
      return FALSE;
    case 'and':
      return all(tree.of.map(inside));
    case 'or':
      return any(tree.of.map(inside));
    case 'not':
      return sql`NOT (${inside(tree.of)})`;
    case 'atom':
      return atomHolds(context, tree, seq);
    case 'exists':
      return existsHolds(context, tree, { seq, depth: deeper(depth) });
  }
}

function atomHolds(context: Context, atom: Atom, seq: Sql): Sql {
  const { param, test } = atom;
  if (isId(param)) return idHolds(atom, seq);
  const alias = context.alias('e');
  const has = (passes: Sql): Sql =>
    sql`EXISTS (SELECT 1 FROM entry ${raw(alias)} WHERE ${raw(alias)}.seq = ${seq} AND ${paramIs(context, param, alias)} AND ${passes})`;
  if (test.is === 'missing') return test.missing ? sql`NOT ${has(TRUE)}` : has(TRUE);
  return has(rowCondition(context, test, alias));
}

function existsHolds(context: Context, { link, tree }: Exists, at: { seq: Sql; depth: number }): Sql {
  return link.direction === 'out' ? pointsAt(context, link, { ...at, tree }) : isPointedAt(context, link, { ...at, tree });
}

interface Inner {
  readonly seq: Sql;
  readonly depth: number;
  readonly tree: Tree;
}

function pointsAt(context: Context, link: Link, { seq, depth, tree }: Inner): Sql {
  const row = context.alias('e');
  const target = context.alias('v');
  const value = raw(`${row}.value`);
  return sql`EXISTS (SELECT 1 FROM entry ${raw(row)} CROSS JOIN log ${raw(target)}
    WHERE ${raw(row)}.seq = ${seq} AND ${paramIs(context, link.param, row)} AND ${isOfType(value, link.type)}
    AND ${isCurrentOf(target, value)} AND ${holds(context, tree, raw(`${target}.seq`), depth)})`;
}

function isPointedAt(context: Context, link: Link, { seq, depth, tree }: Inner): Sql {
  const row = context.alias('e');
  return sql`EXISTS (SELECT 1 FROM entry ${raw(row)} INDEXED BY entry_value
    WHERE ${paramIs(context, link.param, row)} AND ${raw(row)}.value = (SELECT ref FROM log WHERE seq = ${seq})
    AND ${holds(context, tree, raw(`${row}.seq`), depth)})`;
}
