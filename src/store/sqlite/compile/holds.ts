/**
 * A tree as a condition on one resource, known by the log position of its current version. NOT INDEXED leaves the primary
 * key alone to look up its rows with. https://www.sqlite.org/lang_indexedby.html
 */
import type { Atom, Exists, Link, Tree } from '../../../search/ast.ts';
import { holdsWords } from '../../../search/full-text.ts';
import type { Param } from '../../../search/param.ts';
import { isId, isUpdated } from '../index-rows.ts';
import { all, any, existsIn, FALSE, not, raw, type Sql, sql, TRUE } from '../sql.ts';
import { idHolds } from './by-id.ts';
import { updatedHolds } from './by-updated.ts';
import { isMeant } from './canonical.ts';
import { type Context, deeper, isCurrentOf, isOfType, knownRowCondition, paramIs } from './context.ts';
import { anyWordsHold, wordsHold } from './words.ts';

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
      return not(inside(tree.of));
    case 'atom':
      return atomHolds(context, tree, seq);
    case 'exists':
      return existsHolds(context, tree, { seq, depth: deeper(depth) });
  }
}

function atomHolds(context: Context, atom: Atom, seq: Sql): Sql {
  const { param, test } = atom;
  if (isId(param)) return idHolds(atom, seq);
  if (isUpdated(param)) return updatedHolds(context, atom, seq);
  if (test.is === 'words') return wordsHold(context, atom, test, seq);
  if (test.is === 'missing' && holdsWords(param)) return anyWordsHold(context, atom, test.missing, seq);
  const alias = context.alias('e');
  const passes = test.is === 'missing' ? TRUE : knownRowCondition(context, test, alias);
  const has = existsIn(sql`entry ${raw(alias)} NOT INDEXED`, all([sql`${raw(alias)}.seq = ${seq}`, paramIs(context, param, alias), passes]));
  return test.is === 'missing' && test.missing ? not(has) : has;
}

interface Inner {
  readonly seq: Sql;
  readonly depth: number;
  readonly tree: Tree;
}

function existsHolds(context: Context, { link, tree }: Exists, at: Omit<Inner, 'tree'>): Sql {
  return link.direction === 'out' ? pointsAt(context, link, { ...at, tree }) : isPointedAt(context, link, { ...at, tree });
}

function pointsAt(context: Context, { param, type, canonical }: Link, { seq, depth, tree }: Inner): Sql {
  const row = context.alias('e');
  if (canonical) return meansOne(context, { row, param, type }, { seq, depth, tree });
  const target = context.alias('v');
  const value = raw(`${row}.value`);
  const points = [sql`${raw(row)}.seq = ${seq}`, paramIs(context, param, row), isOfType(value, type), isCurrentOf(target, value)];
  return existsIn(sql`entry ${raw(row)} NOT INDEXED CROSS JOIN log ${raw(target)}`, all([...points, holds(context, tree, raw(`${target}.seq`), depth)]));
}

interface Canonical {
  readonly row: string;
  readonly param: Param;
  readonly type: string;
}

function meansOne(context: Context, { row, param, type }: Canonical, { seq, depth, tree }: Inner): Sql {
  const url = context.alias('e');
  const means = [sql`${raw(row)}.seq = ${seq}`, paramIs(context, param, row), isMeant(context, { row, url, types: [type] })];
  const from = sql`entry ${raw(row)} NOT INDEXED CROSS JOIN entry ${raw(url)} INDEXED BY entry_value`;
  return existsIn(from, all([...means, holds(context, tree, raw(`${url}.seq`), depth)]));
}

function isPointedAt(context: Context, { param, canonical }: Link, { seq, depth, tree }: Inner): Sql {
  const row = context.alias('e');
  if (canonical) {
    const url = context.alias('e');
    const means = [sql`${raw(url)}.seq = ${seq}`, isMeant(context, { row, url, types: param.targets }), paramIs(context, param, row)];
    const from = sql`entry ${raw(url)} NOT INDEXED CROSS JOIN entry ${raw(row)} INDEXED BY entry_value`;
    return existsIn(from, all([...means, holds(context, tree, raw(`${row}.seq`), depth)]));
  }
  const points = [paramIs(context, param, row), sql`${raw(row)}.value = (SELECT ref FROM log WHERE seq = ${seq})`];
  return existsIn(sql`entry ${raw(row)} INDEXED BY entry_value`, all([...points, holds(context, tree, raw(`${row}.seq`), depth)]));
}
