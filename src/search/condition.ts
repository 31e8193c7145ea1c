/**
 * One parameter of a query, name and value, as a search tree: modifiers, alternatives, chains and `_has`.
 * https://hl7.org/fhir/R4/search.html#modifiers, https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has
 */
import { FhirError } from '../fhir/outcome.ts';
import { and, atom, exists, not, or, type Test, type Tree } from './ast.ts';
import { splitUnescaped, unescapeValue } from './escape.ts';
import { CONTENT, isFullText, LABEL, TEXT } from './full-text.ts';
import { hierarchyTree, isHierarchical } from './hierarchy.ts';
import type { Asked } from './kinds/kind.ts';
import { IDENTIFIER, kindOf, OF_TYPE } from './kinds/table.ts';
import { codesTests } from './kinds/token.ts';
import { MAX_ALTERNATIVES, MAX_CHAIN_DEPTH, MAX_LINKS, MAX_NODES, MAX_SCANS, tooCostly } from './limits.ts';
import { isCanonical, leadsToResources, linkTo } from './links.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';
import { nearest } from './suggest.ts';
import type { Codes } from './terms.ts';
import { textTree } from './text-query.ts';

/** What the whole search has asked for so far. */
export interface Spent {
  nodes: number;
  links: number;
  scans: number;
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
 * Throws FhirError: `unknown-parameter` where no such parameter exists, `bad-parameter` for a modifier or value that cannot
 * be, `too-costly`.
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

export const HAS = '_has:';
const LIST = '_list';

function treeAt(reading: Reading, position: Position): Tree {
  spend(reading);
  if (position.name.startsWith(HAS)) return hasTree(reading, position);
  if (position.name === LIST) return listTree(reading);
  return position.name.includes('.') ? chainTree(reading, position) : plainTree(reading, position);
}

export function spend(reading: Reading): void {
  reading.spent.nodes++;
  if (reading.spent.nodes > MAX_NODES)
    throw tooCostly(reading.name, `This search asks for more than ${MAX_NODES} tests; name fewer values, or the types that you mean.`);
}

/** What can only be found by looking at every value is dear where there are many. */
export function spendScan(reading: Reading, test: Test): void {
  if (test.is !== 'string' || (test.how !== 'contains' && test.how !== 'end')) return;
  reading.spent.scans++;
  if (reading.spent.scans > MAX_SCANS)
    throw tooCostly(
      reading.name,
      `This search looks for more than ${MAX_SCANS} texts inside of others, which no index helps with; name fewer, or search by how words begin.`,
    );
}

const shown = ({ name }: Reading): string => (name.length > 100 ? `${name.slice(0, 100)}…` : name);

export function bad(reading: Reading, text: string): FhirError {
  return new FhirError('bad-parameter', text, { expression: `http.${shown(reading)}` });
}

// ---- links ----

/** One link on the way: the parameter, perhaps with a type behind it, asked of a type that many links away. */
export interface Step {
  readonly type: string;
  /** `subject` or `subject:Patient` */
  readonly name: string;
  readonly depth: number;
}

/** What is asked of the resources that a step leads to. */
export interface End {
  /** The next name, which a type must have to be meant. */
  readonly name: string;
  readonly tree: (type: string) => Tree;
}

/** `subject:Patient.name`; without a type, every type that the reference may point to and that has the rest. */
function chainTree(reading: Reading, { type, name, depth }: Position): Tree {
  const dot = name.indexOf('.');
  const rest = name.slice(dot + 1);
  return followed(
    reading,
    { type, name: name.slice(0, dot), depth },
    { name: rest, tree: (end) => treeAt(reading, { type: end, name: rest, depth: depth + 1 }) },
  );
}

/** Follows one link to every type that it may lead to and that can answer the rest. */
export function followed(reading: Reading, step: Step, end: End): Tree {
  if (step.depth >= MAX_CHAIN_DEPTH) throw tooDeep(reading);
  const [code, modifier] = splitName(step.name);
  const param = linkParam(reading, step.type, code);
  const types = chainTypes(reading, param, modifier);
  const known = types.filter((target) => knows(reading.params, target, end.name));
  if (known.length === 0) throw unknownEnd(reading, types, end.name);
  const ends = known.map((target) => linked(reading, () => exists(linkTo(reading.params, param, target), end.tree(target))));
  const good = ends.filter((tree): tree is Tree => !(tree instanceof FhirError));
  if (good.length === 0) throw ends[0];
  return or(...good);
}

const tooDeep = (reading: Reading): FhirError =>
  tooCostly(reading.name, `The search parameter '${shown(reading)}' follows more than ${MAX_CHAIN_DEPTH} links.`);

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
function linked(reading: Reading, tree: () => Tree): Tree | FhirError {
  spendLink(reading);
  try {
    return tree();
  } catch (error) {
    if (error instanceof FhirError && error.fault !== 'too-costly' && error.fault !== 'unavailable') return error;
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
  refuseWaiting(params, type, code);
  return rest.startsWith(HAS) || code === LIST || params.of(type).has(code);
}

function unknownEnd(reading: Reading, types: readonly string[], rest: string): FhirError {
  const [only] = types;
  if (types.length === 1 && only !== undefined) return unknownParameter(reading.params, only, splitName(rest.split('.', 1)[0] ?? '')[0]);
  return new FhirError('unknown-parameter', `None of ${listed(types)} has a search parameter '${rest.slice(0, 100)}', as '${shown(reading)}' asks.`, {
    expression: `http.${shown(reading)}`,
  });
}

/** `_has:Observation:patient:code` */
function hasTree(reading: Reading, position: Position): Tree {
  return reversed(reading, position, (from, rest) => treeAt(reading, { type: from, name: rest, depth: position.depth + 1 }));
}

/** Follows `_has:Type:reference:` backwards; `tree` is what is asked, by the rest of the name, of the resources found there. */
export function reversed(reading: Reading, { type, name, depth }: Step, tree: (from: string, rest: string) => Tree): Tree {
  const [, from = '', code = '', ...rest] = name.split(':');
  if (depth >= MAX_CHAIN_DEPTH) throw tooDeep(reading);
  if (rest.length === 0)
    throw bad(reading, `'${shown(reading)}' is not complete: _has is written as _has:Type:reference:parameter, as in _has:Observation:patient:code.`);
  if (!reading.params.registry.isResourceType(from)) throw bad(reading, `'${from.slice(0, 64)}' in '${shown(reading)}' is not a resource type of FHIR R4.`);
  const param = linkParam(reading, from, code);
  if (!param.targets.includes(type))
    throw bad(reading, `'${code}' of ${from} in '${shown(reading)}' cannot point to ${type}; it may point to ${listed(param.targets)}.`);
  spendLink(reading);
  return exists({ ...linkTo(reading.params, param, from), direction: 'in' }, tree(from, rest.join(':')));
}

/** A parameter that links to resources of this server. */
function linkParam(reading: Reading, type: string, code: string): Param {
  const param = knownParam(reading.params, type, code);
  if (param.kind !== 'reference')
    throw bad(reading, `'${code}' of ${type} in '${shown(reading)}' is a ${param.kind} parameter; only a reference leads to another resource.`);
  if (!leadsToResources(reading.params, param))
    throw bad(reading, `'${code}' of ${type} in '${shown(reading)}' holds URLs that name no resource of this server.`);
  return param;
}

/** `_list=7`: what the List 7 has as items. https://hl7.org/fhir/R4/search.html#list */
function listTree(reading: Reading): Tree {
  const item = knownParam(reading.params, 'List', 'item');
  const id = knownParam(reading.params, 'List', '_id');
  const lists = alternativesOf(reading).map((text) => text.replace(/^List\//, ''));
  const odd = lists.find((list) => !/^[A-Za-z0-9.-]{1,64}$/.test(list));
  if (odd !== undefined)
    throw bad(reading, `'${odd.slice(0, 64)}' is no id of a List. Lists that are known by a name, as $current-problems, are not kept here.`);
  spendLink(reading);
  return exists({ direction: 'in', param: item, type: 'List' }, or(...lists.map((list) => atom(id, { is: 'token', code: list }))));
}

/** The parameter of that code. Throws FhirError: `unknown-parameter` that lists those that exist, `unavailable` for one whose index is not complete. */
export function knownParam(params: Params, type: string, code: string): Param {
  const param = params.of(type).get(code);
  if (param !== undefined) return param;
  refuseWaiting(params, type, code);
  throw unknownParameter(params, type, code);
}

const WAIT_SECONDS = 5;

/** What is indexed in part would find a part. */
function refuseWaiting(params: Params, type: string, code: string): void {
  const progress = params.waiting(type, code);
  if (progress === undefined) return;
  const far = progress.total === 0 ? 'That has not begun yet' : `${progress.done} of ${progress.total} are done`;
  const text = `'${code}' of ${type} is new: the ${type} resources that are stored are being indexed for it. ${far}; GET SearchParameter/$status tells. Ask again then.`;
  throw new FhirError('unavailable', text, { expression: `http.${code}`, headers: { 'Retry-After': String(WAIT_SECONDS) } });
}

/** What every type can be searched by besides its SearchParameters, and what it finds. https://hl7.org/fhir/R4/search.html#all */
export const BESIDES: ReadonlyMap<string, string> = new Map([
  ['_filter', "An expression of R4's filter language, over any of the parameters."],
  ['_has', 'What other resources that point here are: _has:Observation:patient:code.'],
  [LIST, 'The items of a List, by its id.'],
]);

/** What R4 has and this server does not. */
const NOT_OFFERED: ReadonlyMap<string, string> = new Map([['_query', 'This server has no named queries.']]);

function unknownParameter(params: Params, type: string, code: string): FhirError {
  const expression = `http.${code.slice(0, 100)}`;
  const codes = [...params.of(type).keys(), ...BESIDES.keys()].sort();
  const meant = nearest(code, codes);
  const hint = NOT_OFFERED.get(code) ?? (meant === undefined ? '' : `Did you mean '${meant}'?`);
  const said = [`${type} has no search parameter '${code.slice(0, 100)}'.`, ...(hint === '' ? [] : [hint]), `It has: ${codes.join(', ')}.`];
  return new FhirError('unknown-parameter', said.join(' '), { expression });
}

// ---- values ----

/** `code` and `modifier`, '' where there is none. */
function splitName(name: string): readonly [string, string] {
  const colon = name.indexOf(':');
  return colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)];
}

/** The modifiers that ask for whatever the rest of the condition does not find, resources without any value among it. */
const NEGATING: ReadonlySet<string> = new Set(['not', 'not-in']);

function plainTree(reading: Reading, { type, name }: Position): Tree {
  const [code, modifier] = splitName(name);
  const param = knownParam(reading.params, type, code);
  if (isFullText(code)) return fullTextTree(reading, param, modifier);
  if (modifier === 'missing') return missingTree(reading, param, reading.value);
  const asked = modified(reading, param, modifier);
  const tree = or(...alternativesOf(reading).map((text) => valueTree(reading, asked, text)));
  return NEGATING.has(asked.modifier) ? not(tree) : tree;
}

/** `_text`: the narrative. `_content`: that or anything else. */
function fullTextTree(reading: Reading, param: Param, modifier: string): Tree {
  const narrative = reading.params.find(param.type, TEXT);
  const params = [param, ...(param.code === CONTENT && narrative !== undefined ? [narrative] : [])];
  if (modifier === 'missing') return missingOf(params, isMissing(reading, reading.value));
  if (modifier !== '') throw bad(reading, `'${param.code}' has no modifier '${modifier.slice(0, 64)}' but missing; write an expression with AND, OR and NOT.`);
  const leaf = (test: Test): Tree => {
    spend(reading);
    return or(...params.map((each) => atom(each, test)));
  };
  return or(...alternativesOf(reading).map((text) => textTree(reading.name, unescapeValue(text), leaf)));
}

/** A reference that has only an identifier is there, too. */
export function missingTree(reading: Reading, param: Param, value: string): Tree {
  const identifier = reading.params.find(param.type, param.code + IDENTIFIER);
  return missingOf([param, ...(param.kind === 'reference' && identifier !== undefined ? [identifier] : [])], isMissing(reading, value));
}

function isMissing(reading: Reading, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw bad(reading, `'${shown(reading)}' is either true or false, not '${value.slice(0, 100)}'.`);
  return value === 'true';
}

/** None of the parameters has a value; or one has. */
function missingOf(params: readonly Param[], missing: boolean): Tree {
  const all = params.map((param) => atom(param, { is: 'missing', missing }));
  return missing ? and(...all) : or(...all);
}

export interface Modified {
  readonly param: Param;
  readonly modifier: string;
}

/** The parameter that holds what the modifier asks for, and what remains of the modifier. */
function modified(reading: Reading, param: Param, modifier: string): Modified {
  if (modifier === '') return { param, modifier };
  const derived = reading.params.find(param.type, `${param.code}:${modifier}`);
  if (derived !== undefined) return { param: derived, modifier: '' };
  const modifiers = modifiersOf(reading.params, param);
  if (modifiers.includes(modifier)) return { param, modifier };
  throw bad(reading, `'${param.code}' of ${param.type} has no modifier '${modifier.slice(0, 64)}'; it has ${listed(modifiers)}.`);
}

/** The modifiers that a parameter takes, the types of references included. */
export function modifiersOf(params: Params, param: Param): readonly string[] {
  if (isFullText(param.code)) return ['missing'];
  const derived = [IDENTIFIER, OF_TYPE, LABEL].filter((suffix) => params.find(param.type, param.code + suffix) !== undefined).map((suffix) => suffix.slice(1));
  const own = kindOf(param).modifiers.filter((modifier) => param.kind !== 'reference' || takes(params, param, modifier));
  const types = param.kind === 'reference' && !isCanonical(params, param) ? param.targets : [];
  return ['missing', ...own, ...derived, ...types];
}

/** `below` of canonicals; both directions where the resources pointed at are parts of each other; `identifier` has a parameter of its own. */
function takes(params: Params, param: Param, modifier: string): boolean {
  if (isCanonical(params, param)) return modifier === 'below';
  return isDirection(modifier) && param.targets.some((type) => isHierarchical(params, type));
}

const isDirection = (modifier: string): modifier is 'above' | 'below' => modifier === 'above' || modifier === 'below';

function alternativesOf(reading: Reading): string[] {
  const texts = splitUnescaped(reading.value, ',');
  if (texts.length > MAX_ALTERNATIVES)
    throw tooCostly(reading.name, `'${shown(reading)}' has ${texts.length} values; at most ${MAX_ALTERNATIVES} may be joined by commas.`);
  if (texts.includes(''))
    throw bad(reading, `'${shown(reading)}' has an empty value; values are joined by single commas, and a comma inside one is written as \\,.`);
  return texts;
}

/** What one value asks, before any negation. */
export function valueTree(reading: Reading, modified: Modified, text: string): Tree {
  const { param, modifier } = modified;
  spend(reading);
  if (param.kind === 'token' && SETS.has(modifier)) return setTree(reading, modified, text);
  const asked = askedFor(reading, modified, text);
  const test = kindOf(param).parse(asked);
  spendScan(reading, test);
  if (test.is === 'reference' && isDirection(modifier))
    return hierarchyTree({ params: reading.params, param, direction: modifier, spend: () => spendLink(reading) }, test) ?? atom(param, test);
  return atom(param, test);
}

function askedFor(reading: Reading, { param, modifier }: Modified, text: string): Asked {
  const { params, base, now } = reading;
  const ofTree = modifier === 'not' || (param.kind === 'reference' && isDirection(modifier) && !isCanonical(params, param));
  return {
    param,
    name: shown(reading),
    text,
    modifier: ofTree ? '' : modifier,
    base,
    now,
    branches: params.branches(param),
    registry: params.registry,
    terms: params.terms,
  };
}

// ---- sets of codes ----

const SETS: ReadonlySet<string> = new Set(['in', 'not-in', 'above', 'below']);

/** The members of a value set; a concept with all that lie above or below it. https://hl7.org/fhir/R4/search.html#token */
function setTree(reading: Reading, modified: Modified, text: string): Tree {
  const { terms } = reading.params;
  const inSet = modified.modifier === 'in' || modified.modifier === 'not-in';
  const codes = inSet ? terms.members(unescapeValue(text)) : familyOf(reading, modified.modifier, text);
  if (codes === undefined) throw bad(reading, `The value set '${text.slice(0, 200)}' is not known here, or its codes cannot be listed.`);
  const tests = codesTests(askedFor(reading, { ...modified, modifier: '' }, text), codes);
  reading.spent.nodes += tests.length;
  if (tests.some((test) => test.is === 'codes' && test.codes.length > MAX_CODES))
    throw tooCostly(reading.name, `'${shown(reading)}' stands for more than ${MAX_CODES} codes.`);
  return or(...tests.map((test) => atom(modified.param, test)));
}

/** Codes that one value may stand for. */
const MAX_CODES = 50_000;

function familyOf(reading: Reading, modifier: string, text: string): Codes {
  const [system = '', code = ''] = splitUnescaped(text, '|').map(unescapeValue);
  if (system === '' || code === '') throw bad(reading, `'${shown(reading)}' asks for a concept, written as system|code.`);
  const family = reading.params.terms.family(modifier === 'below' ? 'below' : 'above', system, code);
  if (family === undefined)
    throw bad(
      reading,
      `What lies ${modifier} ${system.slice(0, 200)}|${code.slice(0, 100)} is not known here: the code system is not at hand, or has no such code.`,
    );
  return family;
}

const SHOWN_NAMES = 20;

/** The first of a long list, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - SHOWN_NAMES;
  return more > 0 ? `${names.slice(0, SHOWN_NAMES).join(', ')} and ${more} more` : names.join(', ');
}
