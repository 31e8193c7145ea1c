/**
 * One parameter of a query, name and value, as a search tree: modifiers, alternatives, chains and `_has`.
 * https://hl7.org/fhir/R4/search.html#modifiers, https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has
 */
import { FhirError } from '../fhir/outcome.ts';
import { and, atom, exists, type Link, not, or, type Test, type Tree } from './ast.ts';
import { splitUnescaped } from './escape.ts';
import type { Asked } from './kinds/kind.ts';
import { IDENTIFIER, kindOf, OF_TYPE } from './kinds/table.ts';
import { MAX_ALTERNATIVES, MAX_CHAIN_DEPTH, MAX_LINKS, MAX_NODES, tooCostly } from './limits.ts';
import type { Param } from './param.ts';
import { type Params, UNSUPPORTED } from './params.ts';
import { nearest } from './suggest.ts';

/** What the whole search has asked for so far. */
export interface Spent {
  nodes: number;
  links: number;
}

/** One parameter being read. */
export interface Reading {
  readonly params: Params;
  readonly base: string;
  /** ms since the epoch. */
  readonly now: number;
  /** The whole name and value, as the client wrote them. */
  readonly name: string;
  readonly value: string;
  readonly spent: Spent;
}

/**
 * Throws FhirError: `unknown-parameter` where no such parameter exists or it is not supported yet, `bad-parameter` for a
 * modifier or value that cannot be, `too-costly`.
 */
export function conditionTree(reading: Reading, type: string): Tree {
  return treeAt(reading, { type, name: reading.name, depth: 0 });
}

/** What is left of the name, asked of a type that many links away. */
interface Position {
  readonly type: string;
  readonly name: string;
  readonly depth: number;
}

const HAS = '_has:';

function treeAt(reading: Reading, position: Position): Tree {
  if (position.depth > MAX_CHAIN_DEPTH) {
    throw tooCostly(reading.name, `The search parameter '${shown(reading)}' follows more than ${MAX_CHAIN_DEPTH} links.`);
  }
  spend(reading);
  if (position.name.startsWith(HAS)) return hasTree(reading, position);
  return position.name.includes('.') ? chainTree(reading, position) : plainTree(reading, position);
}

function spend(reading: Reading): void {
  reading.spent.nodes++;
  if (reading.spent.nodes > MAX_NODES)
    throw tooCostly(reading.name, `This search asks for more than ${MAX_NODES} tests; name fewer values, or the types that you mean.`);
}

const shown = ({ name }: Reading): string => (name.length > 100 ? `${name.slice(0, 100)}…` : name);

function bad(reading: Reading, text: string): FhirError {
  return new FhirError('bad-parameter', text, { expression: `http.${shown(reading)}` });
}

// ---- links ----

/** `subject:Patient.name`; without a type, every type that the reference may point to and that has the rest. */
function chainTree(reading: Reading, { type, name, depth }: Position): Tree {
  const dot = name.indexOf('.');
  const [code, modifier] = splitName(name.slice(0, dot));
  const rest = name.slice(dot + 1);
  const param = linkParam(reading, type, code);
  const types = chainTypes(reading, param, modifier);
  const known = types.filter((target) => knows(reading.params, target, rest));
  if (known.length === 0) throw unknownEnd(reading, types, rest);
  const ends = known.map((target) => linked(reading, { direction: 'out', param, type: target }, { type: target, name: rest, depth: depth + 1 }));
  const good = ends.filter((end): end is Tree => !(end instanceof FhirError));
  if (good.length === 0) throw ends[0];
  return or(...good);
}

function spendLink(reading: Reading): void {
  reading.spent.links++;
  if (reading.spent.links > MAX_LINKS) {
    throw tooCostly(
      reading.name,
      `'${shown(reading)}' leads to too many types of resources (more than ${MAX_LINKS} links); name the types, as in subject:Patient.name.`,
    );
  }
}

/** A link's tree, or why the type at its other end cannot have one: another kind of parameter may bear the same name there. */
function linked(reading: Reading, link: Link, end: Position): Tree | FhirError {
  spendLink(reading);
  try {
    return exists(link, treeAt(reading, end));
  } catch (error) {
    if (error instanceof FhirError && error.fault !== 'too-costly') return error;
    throw error;
  }
}

function chainTypes(reading: Reading, param: Param, modifier: string): readonly string[] {
  if (modifier === '') return param.targets;
  if (param.targets.includes(modifier)) return [modifier];
  throw bad(reading, `'${param.code}' of ${param.type} cannot point to '${modifier}' in '${shown(reading)}'; it may point to ${listed(param.targets)}.`);
}

function knows(params: Params, type: string, rest: string): boolean {
  const [code] = splitName(rest.split('.', 1)[0] ?? '');
  return rest.startsWith(HAS) || params.of(type).has(code);
}

function unknownEnd(reading: Reading, types: readonly string[], rest: string): FhirError {
  const [only] = types;
  if (types.length === 1 && only !== undefined) return unknownParameter(reading.params, only, splitName(rest.split('.', 1)[0] ?? '')[0]);
  return new FhirError('unknown-parameter', `None of ${listed(types)} has a search parameter '${rest.slice(0, 100)}', as '${shown(reading)}' asks.`, {
    expression: `http.${shown(reading)}`,
  });
}

/** `_has:Observation:patient:code` */
function hasTree(reading: Reading, { type, name, depth }: Position): Tree {
  const [, from = '', code = '', ...rest] = name.split(':');
  if (rest.length === 0)
    throw bad(reading, `'${shown(reading)}' is not complete: _has is written as _has:Type:reference:parameter, as in _has:Observation:patient:code.`);
  if (!reading.params.registry.isResourceType(from)) throw bad(reading, `'${from.slice(0, 64)}' in '${shown(reading)}' is not a resource type of FHIR R4.`);
  const param = linkParam(reading, from, code);
  if (!param.targets.includes(type))
    throw bad(reading, `'${code}' of ${from} in '${shown(reading)}' cannot point to ${type}; it may point to ${listed(param.targets)}.`);
  spendLink(reading);
  return exists({ direction: 'in', param, type: from }, treeAt(reading, { type: from, name: rest.join(':'), depth: depth + 1 }));
}

/** A parameter that links to resources of this server. */
function linkParam(reading: Reading, type: string, code: string): Param {
  const param = knownParam(reading.params, type, code);
  if (param.kind !== 'reference')
    throw bad(reading, `'${code}' of ${type} in '${shown(reading)}' is a ${param.kind} parameter; only a reference leads to another resource.`);
  if (!leadsToResources(reading.params, param))
    throw bad(reading, `'${code}' of ${type} in '${shown(reading)}' holds canonical URLs, and following those is not supported yet.`);
  return param;
}

/** False where all that the parameter finds are canonical or other URLs. */
export const leadsToResources = (params: Params, param: Param): boolean =>
  params.branches(param).some(({ type }) => type === 'Reference' || type === 'Resource' || type === '');

/** The parameter of that code. Throws FhirError `unknown-parameter` that lists those that exist. */
export function knownParam(params: Params, type: string, code: string): Param {
  const param = params.of(type).get(code);
  if (param === undefined) throw unknownParameter(params, type, code);
  return param;
}

function unknownParameter(params: Params, type: string, code: string): FhirError {
  const expression = `http.${code.slice(0, 100)}`;
  if (UNSUPPORTED.has(code)) return new FhirError('unknown-parameter', `The search parameter '${code}' is not supported yet.`, { expression });
  const codes = [...params.of(type).keys()].sort();
  const meant = nearest(code, codes);
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  return new FhirError('unknown-parameter', `${type} has no search parameter '${code.slice(0, 100)}'.${hint} It has: ${codes.join(', ')}.`, { expression });
}

// ---- values ----

/** `code` and `modifier`, '' where there is none. */
function splitName(name: string): readonly [string, string] {
  const colon = name.indexOf(':');
  return colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)];
}

function plainTree(reading: Reading, { type, name }: Position): Tree {
  const [code, modifier] = splitName(name);
  const param = knownParam(reading.params, type, code);
  if (modifier === 'missing') return missingTree(reading, param);
  const asked = modified(reading, param, modifier);
  const tests = alternativesOf(reading).map((text) => testFor(reading, asked, text));
  const tree = or(...tests.map((test) => atom(asked.param, test)));
  return asked.modifier === 'not' ? not(tree) : tree;
}

/** A reference that has only an identifier is there, too. */
function missingTree(reading: Reading, param: Param): Tree {
  if (reading.value !== 'true' && reading.value !== 'false')
    throw bad(reading, `'${shown(reading)}' is either true or false, not '${reading.value.slice(0, 100)}'.`);
  const missing = reading.value === 'true';
  const identifier = reading.params.find(param.type, param.code + IDENTIFIER);
  const all = [param, ...(param.kind === 'reference' && identifier !== undefined ? [identifier] : [])].map((each) => atom(each, { is: 'missing', missing }));
  return missing ? and(...all) : or(...all);
}

interface Modified {
  readonly param: Param;
  readonly modifier: string;
}

/** The parameter that holds what the modifier asks for, and what remains of the modifier. */
function modified(reading: Reading, param: Param, modifier: string): Modified {
  if (modifier === '') return { param, modifier };
  const derived = reading.params.find(param.type, `${param.code}:${modifier}`);
  if (derived !== undefined) return { param: derived, modifier: '' };
  if (modifiersOf(reading.params, param).includes(modifier)) return { param, modifier };
  throw bad(
    reading,
    `'${param.code}' of ${param.type} has no modifier '${modifier.slice(0, 64)}', or it is not supported yet; it has ${listed(modifiersOf(reading.params, param))}.`,
  );
}

/** The modifiers that a parameter takes, the types of references included. */
function modifiersOf(params: Params, param: Param): readonly string[] {
  const derived = [IDENTIFIER, OF_TYPE].filter((suffix) => params.find(param.type, param.code + suffix) !== undefined).map((suffix) => suffix.slice(1));
  const types = param.kind === 'reference' ? param.targets : [];
  return ['missing', ...kindOf(param).modifiers, ...derived, ...types];
}

function alternativesOf(reading: Reading): string[] {
  const texts = splitUnescaped(reading.value, ',');
  if (texts.length > MAX_ALTERNATIVES)
    throw tooCostly(reading.name, `'${shown(reading)}' has ${texts.length} values; at most ${MAX_ALTERNATIVES} may be joined by commas.`);
  if (texts.includes(''))
    throw bad(reading, `'${shown(reading)}' has an empty value; values are joined by single commas, and a comma inside one is written as \\,.`);
  return texts;
}

function testFor(reading: Reading, { param, modifier }: Modified, text: string): Test {
  spend(reading);
  const asked: Asked = {
    param,
    name: shown(reading),
    text,
    modifier: modifier === 'not' ? '' : modifier,
    base: reading.base,
    now: reading.now,
    branches: reading.params.branches(param),
    registry: reading.params.registry,
  };
  return kindOf(param).parse(asked);
}

const SHOWN_NAMES = 20;

/** The first of a long list, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - SHOWN_NAMES;
  return more > 0 ? `${names.slice(0, SHOWN_NAMES).join(', ')} and ${more} more` : names.join(', ');
}
