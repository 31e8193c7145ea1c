/** Where code systems, value sets and concept maps are found: the registry, and for one request its own resources on top. */
import type { CodeSystem, ConceptMap, ValueSet } from 'fhir/r4';
import { choose, newestFirst, parseCanonical } from '../definitions/canonical.ts';
import { type Entry, entriesFor } from '../definitions/layer.ts';
import type { Definitions, DefinitionType, Registry } from '../definitions/registry.ts';
import type { Resource } from '../fhir/resource.ts';

export type TerminologySource = Pick<Registry, 'revision' | 'resource' | 'versions' | 'list'>;

export type TerminologyResource = CodeSystem | ValueSet | ConceptMap;

export const printCanonical = (url: string | undefined, version: string | undefined): string =>
  version === undefined || version === '' ? (url ?? '') : `${url ?? ''}|${version}`;

/** `url|version`, the version undefined where none is asked for. */
export function splitCanonical(canonical: string): { readonly url: string; readonly version: string | undefined } {
  const { url, version } = parseCanonical(canonical);
  return { url, version: version === '' ? undefined : version };
}

/** Whether a version is one that another, partial or with wildcards, means: 1.0.2 is meant by 1.0.2, 1.0, 1.x and 1.*.2. */
export const versionFits = (version: string, wanted: string): boolean =>
  choose([{ version, status: 'active', date: '', algorithm: '', layer: 0 }], wanted) !== undefined;

/** `resources` before what `below` has of the same url. */
export function layered(below: TerminologySource, resources: readonly TerminologyResource[]): TerminologySource {
  if (resources.length === 0) return below;
  const entries = resources.flatMap((resource) => entriesFor(resource as unknown as Resource, 'posted')); // a FHIR resource
  const own = Map.groupBy(entries, ({ type, url }) => `${type} ${url}`);
  const of = (type: DefinitionType, url: string): readonly Entry[] => own.get(`${type} ${url}`) ?? [];
  return {
    get revision() {
      return below.revision;
    },
    resource: <Type extends DefinitionType>(type: Type, canonical: string) => {
      const { url, version } = parseCanonical(canonical);
      const chosen = choose(of(type, url), version);
      // an entry's type is that of the resource it was made of
      return chosen === undefined ? below.resource(type, canonical) : (chosen.read() as unknown as Definitions[Type]);
    },
    versions: (type, url) => [...newestFirst(of(type, url)), ...below.versions(type, url)],
    list: (type) => [...entries.filter((entry) => entry.type === type), ...below.list(type)],
  };
}
