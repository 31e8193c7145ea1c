/**
 * A value set's definition compiled: each include and exclude with its code system, its filters as tests and the sets it
 * imports. What cannot be worked out is kept as a fault, so that others of its codes can still be judged.
 * https://hl7.org/fhir/R4/valueset.html#compositions
 */
import type { ValueSet, ValueSetComposeInclude, ValueSetComposeIncludeConcept, ValueSetExpansionContains } from 'fhir/r4';
import { type ConceptTest, conceptTest } from './filter.ts';
import { isInactive } from './properties.ts';
import { printCanonical } from './source.ts';
import type { FilterText, System } from './system.ts';

/** Why a part of a value set cannot be worked out. */
export interface Fault {
  readonly kind: 'system-not-found' | 'value-set-not-found' | 'invalid' | 'circle';
  readonly text: string;
  /** What was not found: `url` or `url|version`. */
  readonly canonical?: string;
}

/** One include or exclude. */
export interface Part {
  /** The code system's url; undefined where only sets are imported. */
  readonly url: string | undefined;
  /** The version that it asks for. */
  readonly version: string | undefined;
  readonly system: System | undefined;
  /** The codes that it names; undefined: all of the system that pass the tests. */
  readonly concepts: ReadonlyMap<string, ValueSetComposeIncludeConcept> | undefined;
  readonly filters: readonly FilterText[];
  readonly tests: readonly ConceptTest[];
  readonly sets: readonly CompiledSet[];
  readonly faults: readonly Fault[];
}

export interface CompiledSet {
  readonly definition: ValueSet;
  readonly includes: readonly Part[];
  readonly excludes: readonly Part[];
  /** `compose.inactive` is false: what is out of use is not in the set. */
  readonly activeOnly: boolean;
  readonly faults: readonly Fault[];
  /** Includes and excludes of it and of all that it draws on, as often as it draws on them. */
  readonly size: number;
}

/** What compiling needs from around it. */
export interface Library {
  /** The system that a part means: the version it asks for, changed by what the request says of versions. */
  system(url: string, version: string | undefined): { readonly system: System | undefined; readonly version: string | undefined; readonly fault?: Fault };
  valueSet(canonical: string): ValueSet | undefined;
}

/** Sets may import sets; a chain longer than this is refused. */
const MAX_CHAIN = 50;
/** Includes and excludes of a set and all that it draws on: a few sets that name each other twice could unfold to any number. */
const MAX_PARTS = 5000;

export const compileSet = (definition: ValueSet, library: Library): CompiledSet =>
  compile(definition, { library, chain: [], root: definition, budget: { parts: MAX_PARTS }, done: new Map() });

interface Surroundings {
  readonly library: Library;
  /** The sets that are being compiled, outermost first. */
  readonly chain: readonly ValueSet[];
  /** Holds the contained sets that `#id` names. */
  readonly root: ValueSet;
  readonly budget: { parts: number };
  /** What was compiled whole already: drawn on twice, a set is listed once. */
  readonly done: Map<ValueSet, CompiledSet>;
}

function compile(definition: ValueSet, around: Surroundings): CompiledSet {
  const { compose, expansion } = definition;
  const inner = { ...around, chain: [...around.chain, definition] };
  const common = { definition, activeOnly: compose?.inactive === false, size: 0 };
  const before = around.budget.parts;
  if (compose === undefined && expansion !== undefined) return { ...common, includes: listedParts(expansion.contains ?? []), excludes: [], faults: [] };
  const includes = (compose?.include ?? []).map((part) => compilePart(part, inner));
  const excludes = (compose?.exclude ?? []).map((part) => compilePart(part, inner));
  const empty: Fault = {
    kind: 'invalid',
    text: `The value set ${nameOf(definition)} does not say which codes it has: it has no compose.include and no expansion.`,
  };
  const set = { ...common, size: before - around.budget.parts, includes, excludes, faults: includes.length === 0 ? [empty] : [] };
  // One with a fault may have it only because of the chain that led here.
  if (faultsOf(set).length === 0) around.done.set(definition, set);
  return set;
}

export const nameOf = ({ url, version, id }: ValueSet): string => (url === undefined ? `#${id ?? ''}` : printCanonical(url, version));

/** A set that gives no definition, only what it once expanded to. */
function listedParts(contains: readonly ValueSetExpansionContains[]): readonly Part[] {
  const bySystem = new Map<string, Map<string, ValueSetComposeIncludeConcept>>();
  const open = [...contains].reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of [...(next.contains ?? [])].reverse()) open.push(child);
    const { system, code, display, abstract } = next;
    if (system === undefined || code === undefined || abstract === true) continue;
    const codes = bySystem.get(system) ?? new Map();
    bySystem.set(system, codes.set(code, { code, ...(display === undefined ? {} : { display }) }));
  }
  return [...bySystem].map(([url, concepts]) => ({ url, version: undefined, system: undefined, concepts, filters: [], tests: [], sets: [], faults: [] }));
}

function compilePart(part: ValueSetComposeInclude, around: Surroundings): Part {
  around.budget.parts -= 1;
  const imported = (part.valueSet ?? []).map((canonical) => importSet(canonical, around));
  const sets = imported.filter((set): set is CompiledSet => !isFault(set));
  const faults = imported.filter(isFault);
  if (part.system !== undefined) return systemPart({ ...part, system: part.system }, around, { sets, faults });
  const nothing: Fault = { kind: 'invalid', text: `An include of ${nameOf(lastOf(around))} names neither a system nor a value set.` };
  return { ...EMPTY_PART, sets, faults: imported.length === 0 ? [nothing] : faults };
}

const lastOf = ({ chain, root }: Surroundings): ValueSet => chain.at(-1) ?? root;

const EMPTY_PART: Part = { url: undefined, version: undefined, system: undefined, concepts: undefined, filters: [], tests: [], sets: [], faults: [] };

const isFault = (found: CompiledSet | Fault): found is Fault => 'kind' in found;

function importSet(canonical: string, around: Surroundings): CompiledSet | Fault {
  const found = canonical.startsWith('#') ? containedSet(around.root, canonical.slice(1)) : around.library.valueSet(canonical);
  if (found === undefined)
    return { kind: 'value-set-not-found', canonical, text: `The value set ${canonical}, which ${nameOf(lastOf(around))} draws on, is not known here.` };
  if (around.chain.includes(found))
    return { kind: 'circle', text: `The value sets ${[...around.chain, found].map(nameOf).join(' → ')} draw on each other in a circle.` };
  if (around.chain.length >= MAX_CHAIN || around.budget.parts <= 0)
    return { kind: 'invalid', text: `The value sets that ${nameOf(around.root)} draws on are more than ${MAX_CHAIN} deep, or more than ${MAX_PARTS} in all.` };
  const known = around.done.get(found);
  if (known === undefined) return compile(found, around);
  around.budget.parts -= known.size;
  return known;
}

const containedSet = (root: ValueSet, id: string): ValueSet | undefined =>
  root.contained?.find((resource): resource is ValueSet => resource.resourceType === 'ValueSet' && resource.id === id);

type SystemInclude = ValueSetComposeInclude & { readonly system: string };

function systemPart(part: SystemInclude, { library }: Surroundings, imported: Pick<Part, 'sets' | 'faults'>): Part {
  const { system, version, fault } = library.system(part.system, part.version);
  const concepts = part.concept === undefined ? undefined : new Map(part.concept.map((concept) => [ownSpelling(system, concept.code), concept]));
  const tests = system === undefined ? [] : (part.filter ?? []).map((filter) => conceptTest(filter, system));
  const wrong = tests.filter((test) => typeof test === 'string').map((text): Fault => ({ kind: 'invalid', text: `A filter cannot be worked out: ${text}.` }));
  const missing = fault !== undefined && (concepts === undefined || fault.kind === 'invalid') ? [fault] : [];
  return {
    url: part.system,
    version,
    system,
    concepts,
    filters: (part.filter ?? []).map(({ property, op, value }) => ({ property, op, value })),
    tests: tests.filter((test) => typeof test !== 'string'),
    sets: imported.sets,
    faults: [...imported.faults, ...missing, ...wrong],
  };
}

/** Every include and exclude of a set and of those it draws on. */
export const allParts = (set: CompiledSet): readonly Part[] => [...set.includes, ...set.excludes].flatMap((part) => [part, ...part.sets.flatMap(allParts)]);

/** Every fault of a set and of those it draws on. */
export function faultsOf(set: CompiledSet): readonly Fault[] {
  return [...set.faults, ...[...set.includes, ...set.excludes].flatMap((part) => [...part.faults, ...part.sets.flatMap(faultsOf)])];
}

export type Standing = 'in' | 'out' | 'unknown';

/** Whether a code is in a set, without listing the set. */
export function standingIn(set: CompiledSet, system: string, code: string): Standing {
  const included = anyOf(set.includes, (part) => standingInPart(part, system, code));
  const standing = set.faults.length > 0 && included === 'out' ? 'unknown' : included;
  if (standing === 'out') return 'out';
  const excluded = anyOf(set.excludes, (part) => standingInPart(part, system, code));
  if (excluded === 'in') return 'out';
  if (set.activeOnly && isOutOfUse(set, system, code)) return 'out';
  return excluded === 'unknown' ? 'unknown' : standing;
}

function isOutOfUse(set: CompiledSet, system: string, code: string): boolean {
  return systemsIn(set).some((held) => {
    const concept = held.url === system ? held.find(code) : undefined;
    return concept !== undefined && isInactive(held.about, concept);
  });
}

/** The code systems that a set and those it draws on take codes from, each once. */
function systemsIn(set: CompiledSet): readonly System[] {
  return [...new Set(set.includes.flatMap((part) => [...(part.system === undefined ? [] : [part.system]), ...part.sets.flatMap(systemsIn)]))];
}

function anyOf<T>(rows: readonly T[], standing: (row: T) => Standing): Standing {
  let result: Standing = 'out';
  for (const row of rows) {
    const found = standing(row);
    if (found === 'in') return 'in';
    if (found === 'unknown') result = 'unknown';
  }
  return result;
}

function allOf<T>(rows: readonly T[], standing: (row: T) => Standing): Standing {
  let result: Standing = 'in';
  for (const row of rows) {
    const found = standing(row);
    if (found === 'out') return 'out';
    if (found === 'unknown') result = 'unknown';
  }
  return result;
}

function standingInPart(part: Part, system: string, code: string): Standing {
  if (part.url !== undefined && part.url !== system) return 'out';
  const own = part.url === undefined ? 'in' : standingInSystem(part, code);
  if (own === 'out') return 'out';
  const common = allOf(part.sets, (set) => standingIn(set, system, code));
  if (common === 'out') return 'out';
  return part.faults.length > 0 ? 'unknown' : common === 'unknown' ? 'unknown' : own;
}

function standingInSystem({ system, concepts, tests, faults }: Part, code: string): Standing {
  if (concepts !== undefined) return concepts.has(code) || concepts.has(ownSpelling(system, code)) ? 'in' : 'out';
  if (system === undefined) return 'unknown';
  const concept = system.find(code);
  if (concept === undefined) return system.lacks(code) ? 'out' : 'unknown';
  if (tests.every((test) => test(concept))) return faults.length > 0 ? 'unknown' : 'in';
  return 'out';
}

/** As the system spells the code, where it takes no heed of case. */
const ownSpelling = (system: System | undefined, code: string): string => (system?.about.caseSensitive === false ? (system.find(code)?.code ?? code) : code);
