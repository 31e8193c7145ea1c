/**
 * What guides beyond the base define and this server understands: extensions with the code systems and value sets that they are
 * bound to. They stand in until the guide itself is installed, or anybody else defines one of the URLs.
 */
import type { CodeSystem, StructureDefinition, ValueSet } from 'fhir/r4';
import type { Resource } from '../../fhir/resource.ts';
import { type Entry, entriesFor } from '../layer.ts';
import type { BaseLayer } from '../live.ts';
import type { StandInSource } from '../registry.ts';
import { CORE_EXTENSIONS, CORE_VERSION, FEATURE_EXTENSIONS, FEATURE_VERSION, FORMER_EXTENSIONS, LATER_EXTENSIONS, LATER_VERSION } from './core.ts';
import { type ExtensionRow, extensionDefinition } from './row.ts';
import { SDC_EXTENSIONS, SDC_VERSION } from './sdc.ts';
import { sdcTerms } from './terms.ts';

interface Guide {
  readonly source: StandInSource;
  readonly definitions: readonly (StructureDefinition | CodeSystem | ValueSet)[];
}

const extensions = (rows: readonly ExtensionRow[], version: string): StructureDefinition[] => rows.map((row) => extensionDefinition(row, version));

const guides = (): readonly Guide[] => [
  { source: `SDC ${SDC_VERSION}`, definitions: [...extensions([...SDC_EXTENSIONS, ...FORMER_EXTENSIONS], SDC_VERSION), ...sdcTerms(SDC_VERSION)] },
  { source: `FHIR extensions ${CORE_VERSION}`, definitions: extensions(CORE_EXTENSIONS, CORE_VERSION) },
  { source: `FHIR ${LATER_VERSION}`, definitions: extensions(LATER_EXTENSIONS, LATER_VERSION) },
  { source: `Application features ${FEATURE_VERSION}`, definitions: extensions(FEATURE_EXTENSIONS, FEATURE_VERSION) },
];

type Definitions = Pick<BaseLayer, 'entries' | 'list'>;

const nameOf = (type: string, url: string): string => `${type} ${url}`;

function shelve(): ReadonlyMap<string, readonly Entry[]> {
  const entries = guides().flatMap(
    ({ source, definitions }) => definitions.flatMap((definition) => entriesFor(definition as unknown as Resource, source)), // FHIR resources, each of a type of its own
  );
  return Map.groupBy(entries, ({ type, url }) => nameOf(type, url));
}

/** The definitions of the base, and below them those that stand in: made when first asked for. */
export function withStandIns({ entries, list }: Definitions): Definitions {
  let shelf: ReadonlyMap<string, readonly Entry[]> | undefined;
  const standIns = (): ReadonlyMap<string, readonly Entry[]> => {
    shelf ??= shelve();
    return shelf;
  };
  return {
    entries: (type, url) => [...(standIns().get(nameOf(type, url)) ?? []), ...entries(type, url)],
    list: (type) => [...[...standIns().values()].flat().filter((entry) => entry.type === type), ...list(type)],
  };
}
