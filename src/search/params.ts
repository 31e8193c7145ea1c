/**
 * The search parameters of each resource type, made from the registry's definitions. R4 defines many of them once for
 * several types, as a union of paths; here each type gets its own part. https://hl7.org/fhir/R4/searchparameter-registry.html
 */
import type { Registry, SearchParameterDefinition } from '../definitions/registry.ts';
import { isFullText, LABEL } from './full-text.ts';
import { IDENTIFIER, OF_TYPE } from './kinds/table.ts';
import type { Param } from './param.ts';
import { type Branch, compilePath, placeOf } from './path.ts';
import { ALL_READY, type Progress, type Readiness } from './readiness.ts';
import { createTerms, type Terms } from './terms.ts';

export interface Params {
  readonly registry: Registry;
  /** Asked when a search is read, never when a resource is indexed. */
  readonly terms: Terms;
  /** Rises with every change of what can be asked. */
  readonly revision: number;
  /** What a client may use on that type, by code; empty for a type that does not exist. */
  of(type: string): ReadonlyMap<string, Param>;
  /** By code, a parameter for each modifier that needs values of its own included; undefined where there is none that can be asked. */
  find(type: string, code: string): Param | undefined;
  /** All that is indexed of that type, what cannot be asked yet included. The same list as long as it does not change. */
  indexed(type: string): readonly Param[];
  /** Those of that type that are not of the base, whether or not they can be asked. */
  added(type: string): readonly Param[];
  /** How far the index is with a parameter that cannot be asked yet; undefined for any other. */
  waiting(type: string, code: string): Progress | undefined;
  /** What the parameter finds, compiled once. Not for the parts of composites. */
  branches(param: Param): readonly Branch[];
}

/** Pure and lazy: a type is worked out when it is first asked for, and again when other search parameters are in force. */
export function createParams(registry: Registry, readiness: Readiness = ALL_READY): Params {
  const branches = new WeakMap<Param, readonly Branch[]>();
  let known = definitionsOf(registry.searchParameters);

  function setOf(type: string): ParamSet {
    if (!registry.isResourceType(type)) return NO_PARAMS;
    if (known.from !== registry.searchParameters) known = definitionsOf(registry.searchParameters);
    const set = known.sets.get(type) ?? makeSet(type, known, { registry, branches: branchesOf });
    const current = set.revision === readiness.revision ? set : withReady(set, readiness);
    known.sets.set(type, current);
    return current;
  }

  function branchesOf(param: Param): readonly Branch[] {
    const compiled = branches.get(param) ?? compileParam(param, registry);
    branches.set(param, compiled);
    return compiled;
  }

  return {
    registry,
    terms: createTerms(registry),
    get revision() {
      return registry.revision + readiness.revision;
    },
    of: (type) => setOf(type).public,
    find: (type, code) => setOf(type).askable.get(code),
    indexed: (type) => setOf(type).indexed,
    added: (type) => setOf(type).added,
    waiting: (type, code) => {
      const param = setOf(type).added.find((one) => one.code === code);
      return param === undefined || readiness.isReady(param) ? undefined : (readiness.progress(type) ?? NOT_BEGUN);
    },
    branches: branchesOf,
  };
}

const NOT_BEGUN: Progress = Object.freeze({ done: 0, total: 0 });

function compileParam(param: Param, registry: Registry): readonly Branch[] {
  const place = placeOf(registry, param.type);
  return place === undefined || param.expression === '' ? [] : compilePath(param.expression, place, registry);
}

/** What is in force on one type. */
interface Force {
  /** By the names that clients use. */
  readonly open: ReadonlyMap<string, Param>;
  readonly indexed: readonly Param[];
  readonly added: readonly Param[];
}

/** With it, what of it can be asked, at one revision of the readiness. */
interface ParamSet extends Force {
  readonly revision: number;
  readonly public: ReadonlyMap<string, Param>;
  readonly askable: ReadonlyMap<string, Param>;
}

const NOTHING: Force = { open: new Map(), indexed: [], added: [] };
const NO_PARAMS: ParamSet = { ...NOTHING, revision: 0, public: NOTHING.open, askable: NOTHING.open };

function withReady({ open, indexed, added }: Force, readiness: Readiness): ParamSet {
  const waiting = new Set(added.filter((param) => !readiness.isReady(param)).map(({ code }) => code));
  const isAskable = ({ code }: Param): boolean => !waiting.has(code.split(':', 1)[0] ?? '');
  return {
    open,
    indexed,
    added,
    revision: readiness.revision,
    public: waiting.size === 0 ? open : new Map([...open].filter(([, param]) => isAskable(param))),
    askable: new Map(indexed.filter(isAskable).map((param) => [param.code, param])),
  };
}

interface Definitions {
  /** The list that they were made from. */
  readonly from: readonly SearchParameterDefinition[];
  readonly byType: ReadonlyMap<string, readonly SearchParameterDefinition[]>;
  readonly byUrl: ReadonlyMap<string, SearchParameterDefinition>;
  /** What was worked out of them. */
  readonly sets: Map<string, ParamSet>;
}

function definitionsOf(from: readonly SearchParameterDefinition[]): Definitions {
  const byType = new Map<string, SearchParameterDefinition[]>();
  for (const definition of from) {
    for (const base of definition.base) {
      const known = byType.get(base);
      if (known === undefined) byType.set(base, [definition]);
      else known.push(definition);
    }
  }
  return { from, byType, byUrl: new Map(from.map((definition) => [definition.url, definition])), sets: new Map() };
}

type Compiler = Pick<Params, 'registry' | 'branches'>;

/** Of two definitions with one code the first counts: a package cannot replace what HL7 defines. */
function makeSet(type: string, definitions: Definitions, compiler: Compiler): ParamSet {
  const open = new Map<string, Param>();
  const all = new Map<string, Param>();
  for (const definition of basesOf(type, compiler.registry).flatMap((base) => definitions.byType.get(base) ?? [])) {
    const param = open.has(definition.code) ? undefined : paramFor(type, definition, definitions);
    if (param === undefined || !compiles(param, compiler)) continue;
    open.set(param.code, param);
    for (const each of [param, ...extrasOf(param, compiler)]) all.set(each.code, each);
  }
  const indexed = [...all.values()];
  const added = [...open.values()].filter((param) => param.added !== undefined);
  return { open, indexed, added, revision: NEVER, public: NOTHING.open, askable: NOTHING.open };
}

/** Of no revision: what can be asked is still to be worked out. */
const NEVER = -1;

/** Definitions are checked where they are loaded; one that slipped through must not take its whole type with it. */
function compiles(param: Param, { registry, branches }: Compiler): boolean {
  try {
    for (const { place } of branches(param)) for (const part of param.parts) if (place !== undefined) compilePath(part.expression, place, registry);
    return true;
  } catch {
    return false;
  }
}

/** The type and what it is derived from: `Observation`, `DomainResource`, `Resource`. */
function basesOf(type: string, registry: Registry): string[] {
  const bases: string[] = [];
  for (let name: string | undefined = type; name !== undefined; name = registry.structure(name)?.base) bases.push(name);
  return bases;
}

/** What can stand in a query: no modifier, no chain. */
export const isCode = (code: string): boolean => /^[A-Za-z0-9_-]+$/.test(code);

function paramFor(type: string, definition: SearchParameterDefinition, definitions: Definitions): Param | undefined {
  if (!isCode(definition.code)) return undefined;
  const expression = narrow(definition.expression, type);
  if ((expression === '' && !isFullText(definition.code)) || (definition.type === 'special' && definition.code !== 'near')) return undefined;
  const parts = definition.component.map((component) => partOf(type, component, definitions));
  if (!parts.every((part) => part !== undefined)) return undefined;
  const { code, type: kind, url, target: targets, source } = definition;
  return Object.freeze({ type, code, kind, url, expression, targets, parts: Object.freeze(parts), ...(source === undefined ? {} : { added: source }) });
}

function partOf(type: string, component: { readonly definition: string; readonly expression: string }, definitions: Definitions): Param | undefined {
  const definition = definitions.byUrl.get(component.definition);
  if (definition === undefined) return undefined;
  const { code, type: kind, url, target: targets } = definition;
  return Object.freeze({ type, code, kind, url, expression: component.expression, targets, parts: [] });
}

/** The parts of a union that speak of this type; where no part names any type, all of them. */
export function narrow(expression: string, type: string): string {
  const parts = splitUnion(expression);
  const own = parts.filter((part) => startsAt(part, type) || startsAt(part, 'Resource') || startsAt(part, 'DomainResource'));
  return (own.length > 0 ? own : parts.filter((part) => !/^\(*[A-Z]/.test(part))).join(' | ');
}

function startsAt(part: string, type: string): boolean {
  let at = 0;
  while (part[at] === '(') at++;
  return part.startsWith(type, at) && !/\w/.test(part[at + type.length] ?? '');
}

/** At the bars that stand outside of parentheses and literals. */
export function splitUnion(expression: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const bar of bars(expression)) {
    parts.push(expression.slice(from, bar).trim());
    from = bar + 1;
  }
  return parts.filter((part) => part !== '');
}

/** Where the bars of the outermost union stand, the end of the text included. */
function bars(expression: string): number[] {
  const found: number[] = [];
  let [depth, quoted] = [0, false];
  for (let at = 0; at < expression.length; at++) {
    const char = expression[at];
    if (char === "'") quoted = !quoted;
    if (quoted) continue;
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === '|' && depth === 0) found.push(at);
  }
  return [...found, expression.length];
}

/** `subject:identifier` beside `subject`, `identifier:of-type` and `identifier:text` beside `identifier`. */
function extrasOf(param: Param, { branches }: Compiler): Param[] {
  if (param.kind !== 'reference' && param.kind !== 'token') return [];
  const types = new Set(branches(param).map(({ type }) => type));
  const extra = (suffix: string, kind: Param['kind'], expression: string): Param =>
    Object.freeze({ ...param, code: param.code + suffix, kind, expression, targets: Object.freeze([]) });
  if (param.kind === 'reference') return types.has('Reference') ? [extra(IDENTIFIER, 'token', `(${param.expression}).identifier`)] : [];
  const hasLabels = LABELLED.some((type) => types.has(type));
  return [...(types.has('Identifier') ? [extra(OF_TYPE, 'token', param.expression)] : []), ...(hasLabels ? [extra(LABEL, 'string', param.expression)] : [])];
}

/** The types whose codes have words beside them. https://hl7.org/fhir/R4/search.html#token, `:text` */
const LABELLED = ['CodeableConcept', 'Coding', 'Identifier'];
