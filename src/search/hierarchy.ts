/**
 * `:below` and `:above` of references to resources that are parts of each other, as Locations and Organizations are:
 * `Encounter?location:below=7` finds what happened at 7 or at any part of it. https://hl7.org/fhir/R4/search.html#reference
 */
import { atom, exists, or, type Test, type Tree } from './ast.ts';
import { linkTo } from './links.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';

/** Levels that are followed, from one part to the next. */
const MAX_LEVELS = 8;

const WHOLE = ['partof', 'part-of'];

/** The parameter by which one resource of the type says of which other one it is a part. */
function partOf(params: Params, type: string): Param | undefined {
  return WHOLE.map((code) => params.of(type).get(code)).find((param) => param?.kind === 'reference' && param.targets.length === 1 && param.targets[0] === type);
}

export const isHierarchical = (params: Params, type: string): boolean => partOf(params, type) !== undefined;

interface Asked {
  readonly params: Params;
  readonly param: Param;
  readonly direction: 'above' | 'below';
  /** Called for each link. */
  readonly spend: () => void;
}

type Reference = Extract<Test, { is: 'reference' }>;

/** Undefined where the reference names no resource that has parts. */
export function hierarchyTree(asked: Asked, test: Reference): Tree | undefined {
  const { params, param, spend } = asked;
  const type = test.type ?? param.targets.find((target) => isHierarchical(params, target));
  const whole = type === undefined ? undefined : partOf(params, type);
  const id = type === undefined ? undefined : params.of(type).get('_id');
  if (type === undefined || whole === undefined || id === undefined) return undefined;
  const self: Reference = { is: 'reference', type, id: test.id };
  spend();
  const start = asked.direction === 'below' ? atom(whole, self) : atom(id, { is: 'token', code: test.id });
  const link = linkTo(params, whole, type);
  const next = (tree: Tree): Tree => {
    spend();
    return exists(asked.direction === 'below' ? link : { ...link, direction: 'in' }, tree);
  };
  return or(atom(param, self), exists(linkTo(params, param, type), levels(start, next)));
}

/** `start`, or what a link away is `start`, and so on. */
function levels(start: Tree, next: (tree: Tree) => Tree): Tree {
  let tree = start;
  for (let level = 1; level < MAX_LEVELS; level++) tree = or(start, next(tree));
  return tree;
}
