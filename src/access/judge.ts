/**
 * Does one version of a resource satisfy a tree? Asked for what no search can be asked: a version of the past, a
 * tombstone, a resource that is about to be written. Atoms look at the resource's own index values; what lies at
 * the other end of a link is looked up in `world` and judged as it is now.
 */
import type { Resource } from '../fhir/resource.ts';
import type { Exists, Query, Tree } from '../search/ast.ts';
import { and, atom } from '../search/ast.ts';
import type { Entry, Indexed } from '../search/entry.ts';
import { atomMatches } from '../search/match.ts';
import type { Reader, Version } from '../store/store.ts';

/** Index values of a resource, as every store makes them. */
export type Index = (resource: Resource) => Indexed;

/** A resource as it is, was, or is about to be. */
export interface Image {
  readonly type: string;
  readonly id: string;
  readonly entries: readonly Entry[];
}

export const imageOf = (type: string, id: string, resource: Resource, index: Index): Image => ({ type, id, entries: index(resource).entries });

/** The image of a version that has content. */
export const imageOfVersion = (version: Version, index: Index): Image => imageOf(version.type, version.id, JSON.parse(version.text) as Resource, index);

/** What the links of a tree are followed through: the whole store, never the caller's narrower one. */
export interface World {
  readonly reader: Pick<Reader, 'read' | 'search'>;
  readonly index: Index;
}

/** Whether the tree is true of the image. */
export async function satisfies(tree: Tree, image: Image, world: World): Promise<boolean> {
  switch (tree.op) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'and':
      return every(tree.of, image, world);
    case 'or':
      return some(tree.of, image, world);
    case 'not':
      return !(await satisfies(tree.of, image, world));
    case 'atom':
      return atomMatches(tree, image.entries);
    case 'exists':
      return tree.link.direction === 'out' ? reaches(tree, image, world) : isReached(tree, image, world);
  }
}

async function every(trees: readonly Tree[], image: Image, world: World): Promise<boolean> {
  for (const tree of cheapFirst(trees)) if (!(await satisfies(tree, image, world))) return false;
  return true;
}

async function some(trees: readonly Tree[], image: Image, world: World): Promise<boolean> {
  for (const tree of cheapFirst(trees)) if (await satisfies(tree, image, world)) return true;
  return false;
}

/** Atoms cost nothing, links cost a look into the store. */
const cheapFirst = (trees: readonly Tree[]): readonly Tree[] =>
  trees.every((tree) => tree.op === 'atom') ? trees : trees.toSorted((left, right) => Number(left.op !== 'atom') - Number(right.op !== 'atom'));

async function reaches({ link, tree }: Exists, image: Image, world: World): Promise<boolean> {
  for (const id of idsPointedAt(link.param.code, link.type, image)) {
    const version = await world.reader.read(link.type, id);
    if (version === undefined || version.method === 'delete') continue;
    if (tree.op === 'all' || (await satisfies(tree, imageOfVersion(version, world.index), world))) return true;
  }
  return false;
}

function idsPointedAt(code: string, type: string, image: Image): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { param, value } of image.entries) {
    if (param.code === code && value.kind === 'reference' && value.target.startsWith(`${type}/`)) ids.add(value.target.slice(type.length + 1));
  }
  return ids;
}

async function isReached({ link, tree }: Exists, image: Image, world: World): Promise<boolean> {
  const pointsHere = atom(link.param, { is: 'reference', type: image.type, id: image.id });
  const page = await world.reader.search(anyOne(link.type, and(pointsHere, tree)));
  return page.matches.length > 0;
}

const anyOne = (type: string, where: Tree): Query => ({ of: [{ type, where }], sort: [], count: 1, total: 'none', include: [] });
