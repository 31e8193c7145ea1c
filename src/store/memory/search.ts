/** Search in memory: every living resource of the types asked for, filtered, sorted, cut into pages. */
import { type Ref, refOf } from '../../fhir/resource.ts';
import type { Include, Link, Query, Sort } from '../../search/ast.ts';
import type { Indexed } from '../../search/entry.ts';
import { type Candidate, canonicalEnds, match, orderText, pointsAt, sortKey, targetsOf, type World } from '../../search/match.ts';
import { fittingPage, MAX_INCLUDED, MAX_ITERATIONS, tooManyIncluded } from '../limits.ts';
import { type Key, pageToken, readPageToken } from '../page-token.ts';
import type { Page } from '../store.ts';
import { currentOf, living, type State, type Stored } from './state.ts';

interface Resource extends Candidate {
  readonly stored: Stored;
}

interface Living extends World {
  get(ref: Ref): Indexed | undefined;
  all(type: string): Resource[];
}

const asResource = (stored: Stored): Resource[] =>
  stored.indexed ? [{ ref: refOf(stored.version.type, stored.version.id), indexed: stored.indexed, stored }] : [];

function worldOf(state: State): Living {
  const all = living(state);
  return {
    get: (ref) => currentOf(state, ref)?.indexed,
    all: (type) => all.filter((stored) => stored.version.type === type).flatMap(asResource),
  };
}

export function search(state: State, query: Query): Page {
  const world = worldOf(state);
  const found = findAll(world, query.of).map((resource) => ({ resource, keys: keysOf(resource, query.sort) }));
  const inOrder = found.toSorted((a, b) => compareKeys(query.sort, a.keys, b.keys));
  const after = query.after === undefined ? undefined : readPageToken(query.after, query.sort.length + 1);
  const rest = after ? inOrder.filter(({ keys }) => compareKeys(query.sort, keys, after) > 0) : inOrder;
  const page = rest.slice(0, Math.min(query.count, fittingPage(rest.slice(0, query.count).map(({ resource }) => resource.stored.version.text))));
  const last = page.at(-1);
  const matches = page.map(({ resource }) => resource);
  return {
    matches: matches.map(({ stored }) => stored.version),
    included: included(world, query.include, matches).map(({ stored }) => stored.version),
    ...(last && rest.length > page.length ? { next: pageToken(last.keys) } : {}),
    ...(query.total === 'accurate' ? { total: found.length } : {}),
  };
}

/** References of at most so many that the trees find, in the order of writing. */
export const findRefs = (state: State, of: Query['of'], limit: number): Ref[] =>
  findAll(worldOf(state), of)
    .toSorted((a, b) => a.stored.seq - b.stored.seq)
    .slice(0, limit)
    .map(({ ref }) => ref);

const findAll = (world: Living, of: Query['of']): Resource[] =>
  of.flatMap(({ type, where }) => world.all(type).filter((resource) => match(where, resource, world)));

/** Its sort keys, and behind them its position, which settles ties. */
const keysOf = ({ indexed, stored }: Resource, sort: readonly Sort[]): Key[] => [
  ...sort.map(({ param, descending }) => sortKey(indexed, param.code, descending) ?? null),
  stored.seq,
];

function compareKeys(sort: readonly Sort[], a: readonly Key[], b: readonly Key[]): number {
  for (const [i, key] of a.entries()) {
    const order = compareKey(key, b[i] ?? null, sort[i]?.descending === true);
    if (order !== 0) return order;
  }
  return 0;
}

/** What has no value comes last in both directions. */
function compareKey(a: Key, b: Key, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'string' || typeof b === 'string' ? orderText(String(a), String(b)) : Number(a > b) - Number(a < b);
  return descending ? -order : order;
}

/** Round by round: first from the matches; then, for `:iterate`, from what the round before brought. In the order of writing. */
function included(world: Living, includes: readonly Include[], matches: readonly Resource[]): Resource[] {
  const seen = new Map(matches.map((resource) => [resource.ref, resource]));
  let at = matches;
  for (let round = 0; round < MAX_ITERATIONS && at.length > 0; round++) {
    const steps = round === 0 ? includes : includes.filter(({ iterate }) => iterate);
    const reached = steps.flatMap((include) => step(world, include, at));
    at = [...new Map(reached.map((resource) => [resource.ref, resource])).values()].filter(({ ref }) => !seen.has(ref));
    for (const resource of at) seen.set(resource.ref, resource);
    const all = [...seen.values()].slice(matches.length).map(({ stored }) => stored.version.text);
    if (all.length > MAX_INCLUDED || fittingPage(all) < all.length) throw tooManyIncluded();
  }
  return [...seen.values()].slice(matches.length).toSorted((a, b) => a.stored.seq - b.stored.seq);
}

function step(world: Living, { link, where, from }: Include, at: readonly Resource[]): Resource[] {
  const sources = at.filter(({ stored }) => stored.version.type === from);
  return world.all(link.type).filter((resource) => isReached(world, link, { resource, sources }) && match(where, resource, world));
}

function isReached(world: Living, link: Link, { resource, sources }: { readonly resource: Resource; readonly sources: readonly Resource[] }): boolean {
  if (link.direction === 'in') return sources.some((source) => pointsAt(link, resource.indexed, source));
  if (!link.canonical) return sources.some(({ indexed }) => targetsOf(indexed, link.param.code).includes(resource.ref));
  return sources.some(({ indexed }) => canonicalEnds(link, indexed, world).some(({ ref }) => ref === resource.ref));
}
