/** One layer of the registry: definitions by type and URL, each with what is needed to choose between them. */
import type { Resource } from '../fhir/resource.ts';
import { type Candidate, versionAlgorithm } from './canonical.ts';
import type { DefinitionType, Listed, Source, StandInSource } from './registry.ts';

/** What a layer knows of a definition: enough to choose it, and where to read it. */
export interface Entry extends Listed, Candidate {
  read(): Resource;
}

export const DEFINITION_TYPES: readonly DefinitionType[] = [
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'SearchParameter',
  'OperationDefinition',
  'NamingSystem',
];

const TYPES: ReadonlySet<string> = new Set(DEFINITION_TYPES);

export const isDefinitionType = (type: string): type is DefinitionType => TYPES.has(type);

/** `base` is layer 0. */
const STAND_IN = -1;
const OWN = 1;
const LOADED = 2;

/** Of several with one version that of the highest layer. What stands in does so for URLs that nobody else defines, in whatever version. */
export function visible(entries: readonly Entry[]): Entry[] {
  if (entries.length < 2) return [...entries];
  const byVersion = new Map<string, Entry>();
  const defined = entries.filter(({ layer }) => layer !== STAND_IN);
  for (const entry of defined.length > 0 ? defined : entries) byVersion.set(entry.version, entry); // layers come from the lowest up
  return [...byVersion.values()];
}

export const listedOf = ({ type, url, version, status, source }: Entry): Listed => ({ type, url, version, status, source });

export interface Layer {
  add(entry: Entry): void;
  remove(type: DefinitionType, url: string, version: string): Entry | undefined;
  of(type: DefinitionType, url: string): readonly Entry[];
  all(type: DefinitionType): readonly Entry[];
}

export function createLayer(): Layer {
  const types = new Map<DefinitionType, Map<string, Entry[]>>();
  const of: Layer['of'] = (type, url) => types.get(type)?.get(url) ?? [];
  const without = (type: DefinitionType, url: string, version: string): Entry[] => of(type, url).filter((entry) => entry.version !== version);
  const set = (type: DefinitionType, url: string, entries: Entry[]): void => {
    const urls = types.get(type) ?? new Map<string, Entry[]>();
    if (entries.length > 0) urls.set(url, entries);
    else urls.delete(url);
    types.set(type, urls);
  };
  return {
    add: (entry) => set(entry.type, entry.url, [...without(entry.type, entry.url, entry.version), entry]),
    remove: (type, url, version) => {
      const removed = of(type, url).find((entry) => entry.version === version);
      set(type, url, without(type, url, version));
      return removed;
    },
    of,
    all: (type) => [...(types.get(type)?.values() ?? [])].flat(),
  };
}

/** None for what cannot be referred to; several for a NamingSystem. */
export function entriesFor(resource: Resource, source: Source): Entry[] {
  const { resourceType: type } = resource;
  if (!isDefinitionType(type)) return [];
  const common = {
    type,
    version: textOf(resource.version),
    status: textOf(resource.status),
    date: textOf(resource.date),
    algorithm: versionAlgorithm(resource),
    source,
    layer: layerOf(source),
    read: () => resource,
  };
  return urlsOf(resource).map((url) => ({ ...common, url }));
}

/** Of a guide that only stands in, a blank divides name and version. */
const isStandIn = (source: Source): source is StandInSource => source.includes(' ') && !source.includes('#');

function layerOf(source: Source): number {
  if (isStandIn(source)) return STAND_IN;
  if (source === 'base') return 0;
  return source === 'own' ? OWN : LOADED;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** https://hl7.org/fhir/R4/namingsystem.html */
export function urlsOf(resource: Resource): string[] {
  if (resource.resourceType !== 'NamingSystem') return typeof resource.url === 'string' && resource.url !== '' ? [resource.url] : [];
  const ids = Array.isArray(resource.uniqueId) ? (resource.uniqueId as { value?: unknown }[]) : []; // checked member by member
  return ids.map(({ value }) => value).filter((value) => typeof value === 'string');
}
