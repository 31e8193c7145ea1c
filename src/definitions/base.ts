/**
 * The registry over the compact files of `src/definitions/r4`. Structures and value sets stay text until first asked for,
 * so that the server starts at once and holds only the types it meets.
 */
import type { Library } from './library.ts';
import type { BaseLayer } from './live.ts';
import type { ElementDefinition, SearchParameterDefinition, Structure } from './registry.ts';

/** The files as text, each as `scripts/build-definitions.ts` writes it. */
export interface BaseFiles {
  /** `Type⇥{structure}` a line */
  readonly structures: string;
  /** The constraints that elements name by place. */
  readonly constraints: string;
  readonly searchParameters: string;
  readonly compartments: string;
  /** `url⇥{system: [code]}` a line */
  readonly valueSets: string;
}

type Constraint = NonNullable<ElementDefinition['constraints']>[number];

interface CompactElement extends Omit<ElementDefinition, 'max' | 'constraints'> {
  readonly max: string;
  readonly constraints?: readonly number[];
}

interface CompactStructure extends Omit<Structure, 'elements' | 'base'> {
  readonly base?: string;
  readonly elements: readonly CompactElement[];
}

/** The layer of the base. The files are our own build's: their shape is trusted. */
export function baseRegistry(files: BaseFiles, library: Library): BaseLayer {
  const structureLines = indexLines(files.structures);
  const valueSetLines = indexLines(files.valueSets);
  const constraints = JSON.parse(files.constraints) as Constraint[];
  const structure = remember((type: string) => structureLines.read<CompactStructure, Structure>(type, (raw) => openStructure(raw, constraints)));
  const compartments = new Map(
    Object.entries(JSON.parse(files.compartments) as Record<string, Record<string, string[]>>).map(([code, rows]) => [code, new Map(Object.entries(rows))]),
  );
  const resourceTypes = structureLines.keys().filter((type) => structureLines.textOf(type)?.includes('"kind":"resource","abstract":false'));
  const known = new Set(resourceTypes);
  return {
    resourceTypes,
    isResourceType: (name) => known.has(name),
    structure,
    searchParameters: JSON.parse(files.searchParameters) as SearchParameterDefinition[],
    compartment: (type) => compartments.get(type) ?? new Map(),
    valueSetCodes: remember((url: string) => valueSetLines.read(stripVersion(url), openCodes)),
    ...library,
  };
}

function openStructure(raw: CompactStructure, constraints: readonly Constraint[]): Structure {
  return { ...raw, base: raw.base, elements: raw.elements.map((element) => openElement(element, constraints)) };
}

function openElement(raw: CompactElement, constraints: readonly Constraint[]): ElementDefinition {
  const { constraints: numbers, max, ...rest } = raw;
  const opened = { ...rest, max: max === '*' ? Number.POSITIVE_INFINITY : Number(max) };
  if (numbers === undefined) return opened;
  return { ...opened, constraints: numbers.map((number) => constraints[number]).filter((constraint) => constraint !== undefined) };
}

function openCodes(bySystem: Record<string, string[]>): ReadonlySet<string> {
  return new Set(Object.entries(bySystem).flatMap(([system, codes]) => codes.map((code) => `${system}|${code}`)));
}

const stripVersion = (canonical: string): string => canonical.split('|', 1)[0] ?? canonical;

/** Answers are kept where there is one; a name nobody defines is looked up anew, so that strangers' names pile up nowhere. */
function remember<T extends object>(find: (key: string) => T | undefined): (key: string) => T | undefined {
  const found = new Map<string, T>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const value = find(key);
    if (value !== undefined) found.set(key, value);
    return value;
  };
}

interface Lines {
  keys(): string[];
  textOf(key: string): string | undefined;
  read<Raw, T>(key: string, open: (raw: Raw) => T): T | undefined;
}

/** Where each `key⇥json` line lies in the text, without parsing the JSON. */
function indexLines(text: string): Lines {
  const places = new Map<string, readonly [start: number, end: number]>();
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const tab = text.indexOf('\t', start);
    places.set(text.slice(start, tab), [tab + 1, end]);
    start = end + 1;
  }
  const textOf = (key: string): string | undefined => {
    const place = places.get(key);
    return place && text.slice(...place);
  };
  const read = <Raw, T>(key: string, open: (raw: Raw) => T): T | undefined => {
    const line = textOf(key);
    return line === undefined ? undefined : open(JSON.parse(line) as Raw);
  };
  return { keys: () => [...places.keys()], textOf, read };
}
