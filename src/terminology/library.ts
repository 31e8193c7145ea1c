/** Code systems and value sets as the registry has them, compiled when first asked for and kept within bounds. */
import type { CodeSystem, ValueSet } from 'fhir/r4';
import { createLastUsed, type LastUsed } from '../fhir/last-used.ts';
import { allParts, type CompiledSet, compileSet, type Fault, type Library } from './compose.ts';
import { grammarSystem } from './grammar.ts';
import { heldSystem } from './held-system.ts';
import { implicitValueSet } from './implicit.ts';
import { layered, printCanonical, splitCanonical, type TerminologyResource, type TerminologySource, versionFits } from './source.ts';
import type { System } from './system.ts';

/** What a request says of the versions of code systems, each by the system's url. https://hl7.org/fhir/R4/valueset-operation-expand.html */
export interface VersionRules {
  /** `system-version`: where the value set names none. */
  readonly preset: ReadonlyMap<string, string>;
  /** `check-system-version`: another one is an error. */
  readonly check: ReadonlyMap<string, string>;
  /** `force-system-version`: whatever the value set names. */
  readonly force: ReadonlyMap<string, string>;
  /** `default-valueset-version`: for value sets that are drawn on without a version. */
  readonly valueSets: ReadonlyMap<string, string>;
}

const NO_RULES: VersionRules = { preset: new Map(), check: new Map(), force: new Map(), valueSets: new Map() };

/** Systems that are kept outside the registry: in the store, or by another server. */
export interface OutsideSystems {
  /** Of all of them. */
  readonly urls: ReadonlySet<string>;
  find(url: string, version: string | undefined): System | undefined;
}

export interface Shelf extends Library {
  readonly source: TerminologySource;
  compiled(valueSet: ValueSet): CompiledSet;
  /** A system by url and version, under no rules: what a code's own system says of it. */
  codeSystem(url: string, version?: string): System | undefined;
  /** The set that a canonical means, implicit ones included. */
  valueSet(canonical: string): ValueSet | undefined;
  /** The same with what one request brings along. */
  with(request: RequestParts): Shelf;
}

export interface RequestParts {
  readonly resources?: readonly TerminologyResource[];
  readonly rules?: VersionRules;
  /** Canonicals of supplements to work in. */
  readonly supplements?: readonly string[];
  readonly outside?: OutsideSystems;
}

/** Compiled systems and sets that are kept. */
const MAX_SYSTEMS = 200;
const MAX_SETS = 1000;

/** What was worked out under one revision of the definitions. */
interface Kept {
  readonly revision: number;
  /** False: not known. */
  readonly systems: LastUsed<System | false>;
  readonly valueSets: LastUsed<ValueSet | false>;
  /** Goes with the sets themselves. */
  readonly compiled: WeakMap<ValueSet, CompiledSet>;
  translations: readonly CodeSystem[] | undefined;
}

const nothingKept = (revision: number): Kept => ({
  revision,
  systems: createLastUsed(MAX_SYSTEMS),
  valueSets: createLastUsed(MAX_SETS),
  compiled: new WeakMap(),
  translations: undefined,
});

export function createShelf(source: TerminologySource, parts: RequestParts = {}): Shelf {
  const { rules = NO_RULES, supplements = [], outside } = parts;
  let kept = nothingKept(source.revision);
  const fresh = (): Kept => {
    if (source.revision !== kept.revision) kept = nothingKept(source.revision);
    return kept;
  };
  const asked = (): readonly CodeSystem[] => supplements.flatMap((canonical) => source.resource('CodeSystem', canonical) ?? []);
  const supplementsFor = (definition: CodeSystem): readonly CodeSystem[] => {
    const now = fresh();
    now.translations ??= languagePacks(source);
    const whole = asked();
    const spoken = now.translations.filter((pack) => !whole.includes(pack)).map(designationsOf);
    return [...whole, ...spoken].filter((supplement) => isSupplementOf(supplement, definition));
  };
  const codeSystem = (url: string, version?: string): System | undefined =>
    fresh().systems.getOr(printCanonical(url, version), () => findSystem({ source, outside, supplementsFor }, url, version) ?? false) || undefined;
  const findSet = (canonical: string): ValueSet | undefined => source.resource('ValueSet', canonical) ?? implicitValueSet(canonical, source);

  const shelf: Shelf = {
    source,
    codeSystem,
    system: (url, version) => underRules({ url, asked: version, rules }, codeSystem),
    valueSet: (canonical) => {
      const { url, version } = splitCanonical(canonical);
      const wanted = version === undefined ? printCanonical(url, rules.valueSets.get(url)) : canonical;
      return fresh().valueSets.getOr(wanted, () => findSet(wanted) ?? false) || undefined;
    },
    compiled: (valueSet) => {
      const { compiled } = fresh();
      const set = compiled.get(valueSet) ?? compileSet(valueSet, shelf);
      compiled.set(valueSet, set);
      return set;
    },
    with: ({ outside: beyond, ...more }) => {
      const inner = Object.keys(more).length === 0 ? shelf : createShelf(layered(source, more.resources ?? []), { ...parts, ...more });
      return beyond === undefined ? inner : withOutside(inner, { ...parts, ...more, outside: beyond });
    },
  };
  return shelf;
}

/** What has nothing to do with the systems outside is taken from the shelf below, where it is kept for longer than one request. */
function withOutside(below: Shelf, parts: RequestParts & { readonly outside: OutsideSystems }): Shelf {
  const { urls } = parts.outside;
  const own = createShelf(below.source, parts);
  const shelfFor = (url: string): Shelf => (urls.has(url) ? own : below);
  return {
    ...below,
    codeSystem: (url, version) => shelfFor(url).codeSystem(url, version),
    system: (url, version) => shelfFor(url).system(url, version),
    compiled: (valueSet) => {
      const set = below.compiled(valueSet);
      return allParts(set).some(({ url }) => url !== undefined && urls.has(url)) ? own.compiled(valueSet) : set;
    },
    with: (more) => withOutside(below.with(more), { ...parts, ...more }),
  };
}

/** Every supplement that came on top of the base: translations are used wherever a display is chosen. */
const languagePacks = (source: TerminologySource): readonly CodeSystem[] =>
  source
    .list('CodeSystem')
    .filter((listed) => listed.source !== 'base')
    .flatMap(({ url, version }) => source.resource('CodeSystem', printCanonical(url, version)) ?? [])
    .filter(({ content }) => content === 'supplement');

function isSupplementOf({ supplements = '' }: CodeSystem, definition: CodeSystem): boolean {
  const { url, version } = splitCanonical(supplements);
  return url === definition.url && (version === undefined || definition.version === undefined || versionFits(definition.version, version));
}

const words = new WeakMap<CodeSystem, CodeSystem>();

/** A supplement that nobody asked for lends its words in other languages, not its properties. */
function designationsOf(supplement: CodeSystem): CodeSystem {
  const stripped = (concepts: CodeSystem['concept']): CodeSystem['concept'] => concepts?.map(({ property: _, extension: __, ...concept }) => concept);
  const { concept, ...rest } = supplement;
  const spoken = stripped(concept);
  const made = words.get(supplement) ?? { ...rest, ...(spoken === undefined ? {} : { concept: spoken }) };
  words.set(supplement, made);
  return made;
}

interface Places {
  readonly source: TerminologySource;
  readonly outside: OutsideSystems | undefined;
  readonly supplementsFor: (definition: CodeSystem) => readonly CodeSystem[];
}

/** A definition that holds the concepts goes before one that only says that they exist. */
function findSystem({ source, outside, supplementsFor }: Places, url: string, version: string | undefined): System | undefined {
  const definition = source.resource('CodeSystem', printCanonical(url, version));
  if (definition?.content === 'complete' || definition?.content === 'fragment') return heldSystem(definition, supplementsFor(definition));
  return outside?.find(url, version) ?? grammarSystem(url, version) ?? (definition === undefined ? undefined : heldSystem(definition));
}

interface Wish {
  readonly url: string;
  /** The version that the value set names. */
  readonly asked: string | undefined;
  readonly rules: VersionRules;
}

function underRules({ url, asked, rules }: Wish, codeSystem: Shelf['codeSystem']): ReturnType<Library['system']> {
  const version = rules.force.get(url) ?? asked ?? rules.preset.get(url) ?? rules.check.get(url);
  const system = codeSystem(url, version);
  const fault = faultOf({ url, version, system }) ?? wrongVersion(rules.check.get(url), url, system?.version ?? version);
  return { system, version, ...(fault === undefined ? {} : { fault }) };
}

function faultOf({ url, version, system }: { url: string; version: string | undefined; system: System | undefined }): Fault | undefined {
  const canonical = printCanonical(url, version);
  if (system === undefined) return { kind: 'system-not-found', canonical, text: `The code system ${canonical} is not known here.` };
  const { content } = system.about;
  if (content === 'supplement')
    return { kind: 'invalid', canonical, text: `${canonical} is a supplement: codes are taken from the system that it supplements.` };
  if (content === 'not-present' || content === 'example')
    return { kind: 'system-not-found', canonical, text: `Of the code system ${canonical} only the name is known here, not its codes (content: ${content}).` };
  return undefined;
}

function wrongVersion(wanted: string | undefined, url: string, found: string | undefined): Fault | undefined {
  if (wanted === undefined || (found !== undefined && versionFits(found, wanted))) return undefined;
  return {
    kind: 'invalid',
    canonical: printCanonical(url, found),
    text: `The value set uses version ${found ?? 'unknown'} of ${url}, but ${wanted} is demanded (check-system-version).`,
  };
}
