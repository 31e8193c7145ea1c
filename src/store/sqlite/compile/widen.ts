/** A tree in the terms of what is kept: a parameter that has values of others (`kept-once`) is asked for together with them. */
import { type Atom, and, atom, exists, not, or, type Query, type Tree } from '../../../search/ast.ts';
import type { Param } from '../../../search/param.ts';
import type { Facts } from './facts.ts';

export const widenedQuery = (facts: Facts, query: Query): Query => ({
  ...query,
  of: query.of.map(({ type, where }) => ({ type, where: widened(facts, where) })),
  include: query.include.map((include) => ({ ...include, where: widened(facts, include.where) })),
});

export function widened(facts: Facts, tree: Tree): Tree {
  switch (tree.op) {
    case 'and':
      return and(...tree.of.map((part) => widened(facts, part)));
    case 'or':
      return or(...tree.of.map((part) => widened(facts, part)));
    case 'not':
      return not(widened(facts, tree.of));
    case 'exists':
      return exists(tree.link, widened(facts, tree.tree));
    case 'atom':
      return widenedAtom(facts, tree);
    default:
      return tree;
  }
}

function widenedAtom(facts: Facts, tree: Atom): Tree {
  const narrower = narrowerThan(facts, tree.param);
  if (narrower.length === 0) return tree;
  const atoms = [tree.param, ...narrower].map((param) => atom(param, tree.test));
  return tree.test.is === 'missing' && tree.test.missing ? and(...atoms) : or(...atoms);
}

export const narrowerThan = (facts: Facts, { type, code }: Param): readonly Param[] => facts(type).narrower.get(code) ?? [];
