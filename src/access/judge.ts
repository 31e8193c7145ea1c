/**
 * Does one version of a resource satisfy a tree? Asked for what no search can be asked: a version of the past, a
 * tombstone, a resource that is about to be written. Atoms look at the resource's own index values; what lies at
 * the other end of a link is looked up in `world` and judged as it is now.
 */
import type { Resource } from '../fhir/resource.ts';
import type { Exists, Query, Tree } from '../search/ast.ts';
import { and, atom } from '../search/ast.ts';
import type { Indexed } from '../search/entry.ts';
import type { Indexer } from '../search/extract.ts';
import { meaning, meantBy } from '../search/links.ts';
import { atomMatches, targetsOf } from '../search/match.ts';
import type { Reader, Version } from '../store/store.ts';

/** A resource as it is, was, or is about to be. */
export interface Image {
  readonly type: string;
  readonly id: string;
  readonly indexed: Indexed;
}

export const imageOf = (type: string, id: string, resource: Resource, index: Indexer): Image => ({ type, id, indexed: index(resource) });

/** The image of a version that has content. */
export const imageOfVersion = (version: Version, index: Indexer): Image => imageOf(version.type, version.id, JSON.parse(version.text) as Resource, index);

/** What the links of a tree are followed through: the whole store, never the caller's narrower one. */
export interface World {
  readonly reader: Pick<Reader, 'read' | 'search'>;
  readonly index: Indexer;
}

/** Whether the tree is true of the image. */
export async function satisfies(tree: Tree, image: Image, world: World): Promise<boolean> {
  return decided(tree, image.indexed) ?? follow(tree, image, world);
}

/** The answer, where the resource's own values give it; undefined where links must be followed, which costs a look into the store. */
function decided(tree: Tree, indexed: Indexed): boolean | undefined {
  switch (tree.op) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'atom':
      return atomMatches(tree, indexed);
    case 'not':
      return negated(decided(tree.of, indexed));
    case 'and':
      return decidedBy(tree.of, indexed, false);
    case 'or':
      return decidedBy(tree.of, indexed, true);
    case 'exists':
      return undefined;
  }
}

const negated = (answer: boolean | undefined): boolean | undefined => (answer === undefined ? undefined : !answer);

/** One `telling` answer settles it; without one, all must be known. */
function decidedBy(trees: readonly Tree[], indexed: Indexed, telling: boolean): boolean | undefined {
  const answers = trees.map((tree) => decided(tree, indexed));
  if (answers.includes(telling)) return telling;
  return answers.includes(undefined) ? undefined : !telling;
}

async function follow(tree: Tree, image: Image, world: World): Promise<boolean> {
  switch (tree.op) {
    case 'and':
      return every(tree.of, image, world);
    case 'or':
      return some(tree.of, image, world);
    case 'not':
      return !(await satisfies(tree.of, image, world));
    case 'exists':
      return tree.link.direction === 'out' ? leadsTo(tree, image, world) : isLedToBy(tree, image, world);
    default:
      return decided(tree, image.indexed) === true;
  }
}

async function every(trees: readonly Tree[], image: Image, world: World): Promise<boolean> {
  for (const tree of trees) if (!(await satisfies(tree, image, world))) return false;
  return true;
}

async function some(trees: readonly Tree[], image: Image, world: World): Promise<boolean> {
  for (const tree of trees) if (await satisfies(tree, image, world)) return true;
  return false;
}

async function leadsTo({ link, tree }: Exists, image: Image, world: World): Promise<boolean> {
  if (link.canonical) return anyFound(world, link.type, and(meantBy(link, image.indexed), tree));
  const prefix = `${link.type}/`;
  const targets = targetsOf(image.indexed, link.param.code).filter((target) => target.startsWith(prefix));
  for (const target of new Set(targets)) {
    const version = await world.reader.read(link.type, target.slice(prefix.length));
    if (version === undefined || version.method === 'delete') continue;
    if (tree.op === 'all' || (await satisfies(tree, imageOfVersion(version, world.index), world))) return true;
  }
  return false;
}

async function isLedToBy({ link, tree }: Exists, image: Image, world: World): Promise<boolean> {
  const pointsHere = link.canonical ? meaning(link, image.indexed) : atom(link.param, { is: 'reference', type: image.type, id: image.id });
  return anyFound(world, link.type, and(pointsHere, tree));
}

async function anyFound({ reader }: World, type: string, where: Tree): Promise<boolean> {
  const page = await reader.search(anyOne(type, where));
  return page.matches.length > 0;
}

const anyOne = (type: string, where: Tree): Query => ({ of: [{ type, where }], sort: [], count: 1, total: 'none', include: [] });
