/**
 * The oracle: whether a resource satisfies a search tree, decided in memory. What it says is right; every store's own
 * compiler is tested against it. Subscriptions and permits use it too.
 */
import type { Ref } from '../fhir/resource.ts';
import type { Atom, Exists, Link, Sort, Tree } from './ast.ts';
import type { Indexed, Value } from './entry.ts';
import { kindOf } from './kinds/table.ts';

export interface Candidate {
  readonly ref: Ref;
  readonly indexed: Indexed;
}

/** The other resources, for links. Current versions only, none deleted. */
export interface World {
  get(ref: Ref): Indexed | undefined;
  all(type: string): Iterable<Candidate>;
}

/** A world without other resources: no link leads anywhere. */
export const NOWHERE: World = Object.freeze({ get: () => undefined, all: () => [] });

export function match(tree: Tree, candidate: Candidate, world: World): boolean {
  switch (tree.op) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'and':
      return tree.of.every((part) => match(part, candidate, world));
    case 'or':
      return tree.of.some((part) => match(part, candidate, world));
    case 'not':
      return !match(tree.of, candidate, world);
    case 'atom':
      return atomMatches(tree, candidate.indexed);
    case 'exists':
      return tree.link.direction === 'out' ? leadsTo(tree, candidate, world) : isLedToBy(tree, candidate, world);
  }
}

/** True where any value that the resource has for the parameter passes the test. */
export function atomMatches({ param, test }: Atom, indexed: Indexed): boolean {
  if (test.is === 'missing') return test.missing !== indexed.entries.some((entry) => entry.param.code === param.code);
  const kind = kindOf(param);
  return indexed.entries.some((entry) => entry.param.code === param.code && kind.compare(entry.value, test));
}

function leadsTo({ link, tree }: Exists, candidate: Candidate, world: World): boolean {
  if (link.canonical) return canonicalEnds(link, candidate.indexed, world).some((end) => match(tree, end, world));
  return targetsOf(candidate.indexed, link.param.code).some((ref) => {
    const indexed = ref.startsWith(`${link.type}/`) ? world.get(ref) : undefined;
    return indexed !== undefined && match(tree, { ref, indexed }, world);
  });
}

function isLedToBy({ link, tree }: Exists, candidate: Candidate, world: World): boolean {
  for (const other of world.all(link.type)) {
    if (pointsAt(link, other.indexed, candidate) && match(tree, other, world)) return true;
  }
  return false;
}

/** Whether the link of a resource leads to the candidate. */
export function pointsAt(link: Link, from: Indexed, candidate: Candidate): boolean {
  return link.canonical
    ? canonicalsIn(from, link.param.code).some((canonical) => isMeant(canonical, candidate.indexed))
    : targetsOf(from, link.param.code).includes(candidate.ref);
}

/** The resources that the canonicals of a link mean. */
export function canonicalEnds({ param, type }: Link, from: Indexed, world: World): Candidate[] {
  const canonicals = canonicalsIn(from, param.code);
  return canonicals.length === 0 ? [] : [...world.all(type)].filter(({ indexed }) => canonicals.some((canonical) => isMeant(canonical, indexed)));
}

type ReferenceValue = Extract<Value, { kind: 'reference' }>;

const canonicalsIn = (indexed: Indexed, code: string): ReferenceValue[] =>
  indexed.entries.flatMap(({ param, value }) => (param.code === code && value.kind === 'reference' ? [value] : []));

/** By its `url` and, where one is named, its `version`. */
function isMeant({ target, version }: ReferenceValue, { entries }: Indexed): boolean {
  const isUrl = entries.some(({ param, value }) => param.code === 'url' && value.kind === 'uri' && value.value === target);
  return isUrl && (version === '' || entries.some(({ param, value }) => param.code === 'version' && value.kind === 'token' && value.code === version));
}

/** What the parameter's references point at: `Type/id`, or URLs, which lead nowhere on this server. */
export function targetsOf(indexed: Indexed, code: string): string[] {
  return indexed.entries.flatMap(({ param, value }) => (param.code === code && value.kind === 'reference' ? [value.target] : []));
}

/** Below zero where `a` comes first; 0 leaves it to the order in which they were written. */
export function compareBySort(sort: readonly Sort[], a: Indexed, b: Indexed): number {
  for (const { param, descending } of sort) {
    const order = compareKeys(sortKey(a, param.code, descending), sortKey(b, param.code, descending), descending);
    if (order !== 0) return order;
  }
  return 0;
}

export type SortKey = number | string;

/**
 * What a resource sorts by: its lowest value ascending, its highest descending; undefined, and so last, where it has none.
 * A date, number or quantity counts with its low end ascending and its high end descending, a quantity in its canonical
 * unit where it has one, a string folded (a mere spelling not at all), a token by its code. Text is ordered by Unicode code point, as UTF-8 bytes are.
 */
export function sortKey(indexed: Indexed, code: string, descending: boolean): SortKey | undefined {
  let best: SortKey | undefined;
  for (const { param, value } of indexed.entries) {
    if (param.code !== code) continue;
    const key = keyOf(value, descending);
    if (key === undefined) continue;
    if (best === undefined || (descending ? order(key, best) > 0 : order(key, best) < 0)) best = key;
  }
  return best;
}

function keyOf(value: Value, descending: boolean): SortKey | undefined {
  switch (value.kind) {
    case 'date':
    case 'number':
      return descending ? value.high : value.low;
    case 'quantity':
      return descending ? (value.canonical ?? value).high : (value.canonical ?? value).low;
    case 'string':
      return value.text === null ? undefined : value.folded;
    case 'token':
      return value.code;
    case 'reference':
      return value.target;
    case 'uri':
      return value.value;
    case 'composite':
    case 'text':
    case 'position':
      return '';
  }
}

function compareKeys(a: SortKey | undefined, b: SortKey | undefined, descending: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return descending ? order(b, a) : order(a, b);
}

/** Keys of one parameter are all numbers or all text. */
function order(a: SortKey, b: SortKey): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return orderText(String(a), String(b));
}

/** By code point; UTF-16's own order would put U+1F600 before U+FF5E. */
export function orderText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
