/** What the loader asks of the store: what a package brought, who defines a URL, what is installed. */

import type { Library } from 'fhir/r4';
import type { Registry } from '../definitions/registry.ts';
import { identifierSystem } from '../fhir/names.ts';
import type { Resource } from '../fhir/resource.ts';
import { and, atom, type Tree } from '../search/ast.ts';
import type { Params } from '../search/params.ts';
import type { Reader, Version } from '../store/store.ts';
import { isDefinition } from './content.ts';
import type { Dependency } from './manifest.ts';
import { PACKAGE_TAG, type PackageId } from './tag.ts';

/** A stored resource, read. */
export interface Stored {
  readonly version: Version;
  readonly resource: Resource;
}

export interface Installed {
  readonly id: PackageId;
  readonly name: string;
  readonly version: string;
  readonly canonical: string;
  readonly title: string;
  readonly dependencies: readonly Dependency[];
  /** The Library that stands for it. */
  readonly library: Stored;
}

export interface Shelves {
  /** Every definition that carries the tag of that package. */
  taggedWith(id: PackageId): Promise<readonly Stored[]>;
  /** What defines that URL in that version ('' for none). */
  definer(type: string, url: string, version: string): Promise<Stored | undefined>;
  installed(): Promise<readonly Installed[]>;
  /** Every stored definition of those types. */
  all(types: readonly string[]): AsyncIterable<Stored>;
  /** Up to `limit` resources of a type. */
  some(type: string, where: Tree, limit: number): Promise<readonly Version[]>;
  /** The types that define something for others. */
  readonly types: readonly string[];
}

const PAGE = 200;
const PACKAGE_IDENTIFIER = identifierSystem('package');
/** The Library of a package, which lists what it depends on; it is of this type, besides those that packages bring. */
export const MANIFEST_TYPE = 'Library';

export function createShelves(reader: Reader, params: Params): Shelves {
  const types = definitionTypes(params.registry);
  const paramOf = (type: string, code: string) => {
    const param = params.find(type, code);
    if (param === undefined) throw new Error(`The definitions have no search parameter ${type}.${code}.`);
    return param;
  };
  async function* search(type: string, where: Tree): AsyncGenerator<Stored> {
    let after: string | undefined;
    do {
      const page = await reader.search({ of: [{ type, where }], sort: [], count: PAGE, total: 'none', include: [], ...(after === undefined ? {} : { after }) });
      for (const version of page.matches) yield { version, resource: JSON.parse(version.text) as Resource }; // it was validated when it was stored
      after = page.next;
    } while (after !== undefined);
  }
  const gather = async (type: string, where: Tree): Promise<Stored[]> => Array.fromAsync(search(type, where));

  return {
    types,
    taggedWith: async (id) => {
      const found = await Promise.all(types.map((type) => gather(type, atom(paramOf(type, '_tag'), { is: 'token', system: PACKAGE_TAG, code: id }))));
      return found.flat();
    },
    definer: async (type, url, version) => {
      const found = await gather(type, atom(paramOf(type, 'url'), { is: 'uri', how: 'exact', value: url }));
      return found.find(({ resource }) => resource.url === url && (resource.version ?? '') === version);
    },
    installed: async () => {
      const libraries = await gather(MANIFEST_TYPE, and(atom(paramOf(MANIFEST_TYPE, 'identifier'), { is: 'token', system: PACKAGE_IDENTIFIER })));
      return libraries.flatMap((library) => installedIn(library));
    },
    all: async function* (wanted) {
      for (const type of wanted) yield* search(type, { op: 'all' });
    },
    some: async (type, where, limit) => (await reader.search({ of: [{ type, where }], sort: [], count: limit, total: 'none', include: [] })).matches,
  };
}

const definitionTypes = (registry: Registry): string[] => registry.resourceTypes.filter((type) => isDefinition(type, registry));

/** How the Library of a package says its name and version, and what it builds on. */
export function libraryOf(installed: Omit<Installed, 'library' | 'id'>, id: string): Library {
  const { name, version, canonical, title, dependencies } = installed;
  return {
    resourceType: 'Library',
    id,
    identifier: [{ system: PACKAGE_IDENTIFIER, value: name }],
    ...(canonical === '' ? {} : { url: `${canonical}/Library/${id}` }),
    version,
    name: `Package_${name.replace(/[^A-Za-z0-9]+/g, '_')}`,
    ...(title === '' ? {} : { title }),
    status: 'active',
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/library-type', code: 'asset-collection' }] },
    ...(dependencies.length === 0
      ? {}
      : { relatedArtifact: dependencies.map((dependency) => ({ type: 'depends-on', label: `${dependency.name}#${dependency.version}` })) }),
  };
}

function installedIn(library: Stored): Installed[] {
  const { identifier = [], url = '', version = '', title = '', relatedArtifact = [] } = library.resource as unknown as Library; // searched for by type
  const name = identifier.find(({ system }) => system === PACKAGE_IDENTIFIER)?.value;
  if (name === undefined) return [];
  const dependencies = relatedArtifact.filter(({ type, label }) => type === 'depends-on' && label?.includes('#')).map(({ label = '' }) => dependencyIn(label));
  return [{ id: `${name}#${version}`, name, version, canonical: url.replace(/\/Library\/[^/]*$/, ''), title, dependencies, library }];
}

function dependencyIn(label: string): Dependency {
  const mark = label.indexOf('#');
  return { name: label.slice(0, mark), version: label.slice(mark + 1) };
}
