/**
 * Security narrows the store: a handler or page holds what `restrict` returns and nothing wider, so it cannot forget.
 *
 * - A resource is visible where a grant of the permit for that action and type is true of it. No grant: nothing.
 * - A version is visible where it and the current one are; a tombstone where the resource's last content was.
 * - Every `exists` that the caller writes (a chain, a `_has`), also below a `not`, sees only what the caller may
 *   search; so do `_include` and `_revinclude`. What an `exists` inside a grant sees is judged by the system,
 *   otherwise no grant could say "patients of my organisation" to someone who may not read organisations.
 * - Hidden resources take up no place on a page and are in no total; forbidden and absent look the same.
 */
import { refOf } from '../fhir/resource.ts';
import type { Include, Query, Tree } from '../search/ast.ts';
import { and, exists, not, or } from '../search/ast.ts';
import type { Indexer } from '../search/extract.ts';
import type { HistoryPage, HistoryQuery, Reader, Version } from '../store/store.ts';
import type { Image, World } from './judge.ts';
import { imageOfVersion, satisfies } from './judge.ts';
import type { Action, Permit } from './permit.ts';

/** What of a type the permit grants for an action: `NONE` without a grant. */
export function granted(permit: Permit, action: Action, type: string): Tree {
  return or(...permit.grants.filter((grant) => grant.type === type && grant.actions.includes(action)).map((grant) => grant.where));
}

/** Whether the permit allows an action on a resource as `image` shows it. Asked before and after a write. */
export async function allows(permit: Permit, action: Action, image: Image, world: World): Promise<boolean> {
  return permit.everything || satisfies(granted(permit, action, image.type), image, world);
}

/** A tree of the caller's own, narrowed to what the permit lets its holder search. */
export function narrowed(permit: Permit, type: string, tree: Tree): Tree {
  if (permit.everything) return tree;
  const searchable = (of: string): Tree => granted(permit, 'search', of);
  return and(searchable(type), narrowTree(tree, searchable));
}

/** The same port, narrowed to what the permit lets its holder see. `index` makes index values as the store does. */
export function restrict(reader: Reader, permit: Permit, index: Indexer): Reader {
  if (permit.everything) return reader;
  const sight = sightOf(reader, permit, index);
  return {
    read: (type, id) => readVisible(sight, type, id),
    vread: (type, id, version) => vreadVisible(sight, { type, id, version }),
    search: (query) => reader.search(narrowQuery(query, sight.searchable)),
    history: (query) => historyVisible(sight, query),
  };
}

interface Sight {
  readonly reader: Reader;
  readonly searchable: (type: string) => Tree;
  /** Whether the content of the version (for a tombstone: the content before it) satisfies what is granted. */
  readonly permits: (action: Action, version: Version) => Promise<boolean>;
}

function sightOf(reader: Reader, permit: Permit, index: Indexer): Sight {
  const world: World = { reader, index };
  const permits = async (action: Action, version: Version): Promise<boolean> => {
    const tree = granted(permit, action, version.type);
    if (tree.op === 'all' || tree.op === 'none') return tree.op === 'all';
    const content = await lastContent(reader, version);
    return content !== undefined && satisfies(tree, imageOfVersion(content, index), world);
  };
  return { reader, searchable: (type) => granted(permit, 'search', type), permits };
}

async function lastContent(reader: Reader, version: Version): Promise<Version | undefined> {
  let candidate: Version | undefined = version;
  while (candidate?.method === 'delete') candidate = await reader.vread(candidate.type, candidate.id, candidate.version - 1);
  return candidate;
}

async function readVisible({ reader, permits }: Sight, type: string, id: string): Promise<Version | undefined> {
  const version = await reader.read(type, id);
  return version !== undefined && (await permits('read', version)) ? version : undefined;
}

async function vreadVisible({ reader, permits }: Sight, of: { type: string; id: string; version: number }): Promise<Version | undefined> {
  const version = await reader.vread(of.type, of.id, of.version);
  if (version === undefined || !(await permits('read', version))) return undefined;
  const current = await reader.read(of.type, of.id);
  return current !== undefined && (await permits('read', current)) ? version : undefined;
}

function narrowQuery(query: Query, searchable: (type: string) => Tree): Query {
  return {
    ...query,
    of: query.of.map(({ type, where }) => ({ type, where: and(searchable(type), narrowTree(where, searchable)) })),
    include: query.include.map((include) => narrowInclude(include, searchable)),
  };
}

const narrowInclude = (include: Include, searchable: (type: string) => Tree): Include => ({
  ...include,
  where: and(searchable(include.link.type), narrowTree(include.where, searchable)),
});

function narrowTree(tree: Tree, searchable: (type: string) => Tree): Tree {
  switch (tree.op) {
    case 'and':
      return and(...tree.of.map((part) => narrowTree(part, searchable)));
    case 'or':
      return or(...tree.of.map((part) => narrowTree(part, searchable)));
    case 'not':
      return not(narrowTree(tree.of, searchable));
    case 'exists':
      return exists(tree.link, and(searchable(tree.link.type), narrowTree(tree.tree, searchable)));
    default:
      return tree;
  }
}

/** How many hidden versions are passed over at a time when looking for one more visible version. */
const LOOK_AHEAD = 128;

async function historyVisible(sight: Sight, { total, ...query }: HistoryQuery): Promise<HistoryPage> {
  const page = await visiblePage(sight, query);
  return total ? { ...page, total: await countVisible(sight, query) } : page;
}

/** Each version is looked at: the store's own count would tell of hidden ones. */
async function countVisible(sight: Sight, { after: _, ...query }: HistoryQuery): Promise<number> {
  const isVisible = visibilityOf(sight);
  let count = 0;
  let page: HistoryPage = await sight.reader.history({ ...query, count: LOOK_AHEAD });
  while (true) {
    for (const version of page.versions) if (await isVisible(version)) count += 1;
    if (page.next === undefined) return count;
    page = await sight.reader.history(continued(query, page.next, LOOK_AHEAD));
  }
}

/**
 * Fills the page by asking for exactly as many versions as are still missing: a page is full only when the last
 * version asked for is itself visible, so the cursor given out always points at a version that the caller has seen.
 */
async function visiblePage(sight: Sight, query: HistoryQuery): Promise<HistoryPage> {
  if (query.count === 0) return { versions: [] };
  const isVisible = visibilityOf(sight);
  const shown: Version[] = [];
  let page: HistoryPage = { versions: [], ...(query.after === undefined ? {} : { next: query.after }) };
  do {
    page = await sight.reader.history(continued(query, page.next, query.count - shown.length));
    for (const version of page.versions) if (await isVisible(version)) shown.push(version);
  } while (shown.length < query.count && page.next !== undefined);
  const more = page.next !== undefined && (await anyVisible(sight.reader, continued(query, page.next, LOOK_AHEAD), isVisible));
  return more && page.next !== undefined ? { versions: shown, next: page.next } : { versions: shown };
}

async function anyVisible(reader: Reader, query: HistoryQuery, isVisible: (version: Version) => Promise<boolean>): Promise<boolean> {
  let next: string | undefined = query.after;
  while (next !== undefined) {
    const page: HistoryPage = await reader.history(continued(query, next, query.count));
    for (const version of page.versions) if (await isVisible(version)) return true;
    next = page.next;
  }
  return false;
}

function continued(query: HistoryQuery, after: string | undefined, count: number): HistoryQuery {
  const { after: _, ...rest } = query;
  return after === undefined ? { ...rest, count } : { ...rest, count, after };
}

/** Judges the current version of each resource once, however many of its versions are on the page. */
function visibilityOf({ reader, permits }: Sight): (version: Version) => Promise<boolean> {
  const currents = new Map<string, Promise<boolean>>();
  const currentPermitted = async (version: Version): Promise<boolean> => {
    const current = await reader.read(version.type, version.id);
    return current !== undefined && permits('history', current);
  };
  return async (version) => {
    const ref = refOf(version.type, version.id);
    const current = currents.get(ref) ?? currentPermitted(version);
    currents.set(ref, current);
    return (await current) && permits('history', version);
  };
}
