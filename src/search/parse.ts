/**
 * A search's query as a typed tree: the only place where query text is read. https://hl7.org/fhir/R4/search.html
 */
import { FhirError } from '../fhir/outcome.ts';
import { and, type Include, type Query, type Sort, type Tree } from './ast.ts';
import { conditionTree, knownParam, type Reading, type Spent } from './condition.ts';
import { filterTree } from './filter.ts';
import { isFullText } from './full-text.ts';
import { parseInclude } from './includes.ts';
import { DEFAULT_COUNT, MAX_COUNT, MAX_NAME_LENGTH, MAX_PARAMETERS, MAX_VALUE_LENGTH, tooCostly } from './limits.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';

export interface SearchRequest {
  /** One for a type search, all that may be found for a system search (`_type` then narrows them). */
  readonly types: readonly string[];
  /** Decoded names and values, in the order given. */
  readonly query: Iterable<readonly [string, string]>;
  /** This server's base, without a trailing slash. */
  readonly base: string;
  readonly params: Params;
  /** ms since the epoch, for `ap`. */
  readonly now: number;
  /** False: parameters that do not exist are left out and reported, not refused (`Prefer: handling=lenient`). */
  readonly strict: boolean;
}

type Summary = 'true' | 'text' | 'data' | 'count' | 'false';

export interface ParsedSearch {
  readonly query: Query;
  /** What was used, as the self link must state it. */
  readonly applied: readonly (readonly [string, string])[];
  readonly ignored: readonly { readonly name: string; readonly reason: string }[];
  readonly summary?: Summary;
  readonly elements?: readonly string[];
}

/** Where the `next` link keeps its place (`Query.after`). */
export const PAGE_PARAMETER = '_after';

/** Throws FhirError: `unknown-parameter` (strict), `bad-parameter`, `too-costly`. */
export function parseSearch(request: SearchRequest): ParsedSearch {
  const query = limited(request.query);
  const draft = startDraft(request, query);
  for (const [name, value] of query) apply(draft, name, value);
  return finish(draft);
}

/** The query text of a self or next link. */
export function printQuery(applied: Iterable<readonly [string, string]>): string {
  return [...applied].map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

/** Percent-encoded, but for what may stand in a query and keeps it readable. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(?:3A|2C|2F|24|40)/g, decodeURIComponent);
}

interface Draft {
  readonly request: SearchRequest;
  readonly types: readonly string[];
  readonly where: Map<string, Tree[]>;
  readonly applied: [string, string][];
  readonly ignored: { name: string; reason: string }[];
  readonly spent: Spent;
  readonly seen: Set<string>;
  sort: readonly Sort[];
  count: number;
  total: Query['total'];
  after?: string;
  summary?: Summary;
  elements?: readonly string[];
  readonly include: Include[];
}

function startDraft(request: SearchRequest, query: readonly (readonly [string, string])[]): Draft {
  const types = request.types.length > 1 ? narrowTypes(request.types, query) : request.types;
  return {
    request,
    types,
    where: new Map(types.map((type) => [type, []])),
    applied: [],
    ignored: [],
    spent: { nodes: 0, links: 0, scans: 0 },
    seen: new Set(),
    sort: [],
    count: DEFAULT_COUNT,
    total: 'none',
    include: [],
  };
}

/** R4 does not let `_include` go with `_summary=text`. https://hl7.org/fhir/R4/search.html#summary */
function finish(draft: Draft): ParsedSearch {
  const { types, where, sort, count, total, after, include, applied, ignored, summary, elements } = draft;
  if (summary === 'text' && include.length > 0)
    throw bad('_summary', 'cannot be text where others are included: their links are left out of it. Ask for _summary=true or _elements.');
  const of = types.map((type) => Object.freeze({ type, where: and(...(where.get(type) ?? [])) }));
  const query: Query = Object.freeze({ of, sort, count, total, include, ...(after === undefined ? {} : { after }) });
  return { query, applied, ignored, ...(summary === undefined ? {} : { summary }), ...(elements === undefined ? {} : { elements }) };
}

function limited(query: SearchRequest['query']): (readonly [string, string])[] {
  const all: (readonly [string, string])[] = [];
  for (const [name, value] of query) {
    all.push([name, value]);
    if (all.length > MAX_PARAMETERS) throw tooCostly(name, `The search has more than ${MAX_PARAMETERS} parameters.`);
    if (name.length > MAX_NAME_LENGTH) throw tooCostly(name, `The name of a search parameter is longer than ${MAX_NAME_LENGTH} characters.`);
    if (value.length > MAX_VALUE_LENGTH) throw tooCostly(name, `The value of '${name.slice(0, 100)}' is longer than ${MAX_VALUE_LENGTH} characters.`);
    if (value.includes('\0') || name.includes('\0')) throw bad(name.replaceAll('\0', '�'), 'contains a null character, which no FHIR text has.');
  }
  return all;
}

function bad(name: string, text: string): FhirError {
  return new FhirError('bad-parameter', `The search parameter '${name.slice(0, 100)}' ${text}`, { expression: `http.${name.slice(0, 100)}` });
}

/** `_type=A,B` of a system search. https://hl7.org/fhir/R4/search.html#all */
function narrowTypes(types: readonly string[], query: readonly (readonly [string, string])[]): readonly string[] {
  const named = query.filter(([name]) => name === '_type').flatMap(([, value]) => value.split(','));
  const unknown = named.find((type) => !types.includes(type));
  if (unknown !== undefined) throw bad('_type', `names '${unknown.slice(0, 64)}', which is not a resource type that can be searched here.`);
  return named.length === 0 ? types : types.filter((type) => named.includes(type));
}

/** Reads one parameter into the draft. Each says what was applied, perhaps in other words than it was asked. */
type Apply = (draft: Draft, name: string, value: string) => string;

/** Parameters about the result, by the name before any modifier. https://hl7.org/fhir/R4/search.html#return */
const RESULT_PARAMETERS: ReadonlyMap<string, Apply> = new Map([
  ['_sort', applySort],
  ['_count', applyCount],
  ['_total', applyTotal],
  ['_summary', applySummary],
  ['_elements', applyElements],
  ['_include', applyInclude],
  ['_revinclude', applyInclude],
  ['_contained', applyContained],
  ['_containedType', applyContained],
  ['_format', (_draft, _name, value) => value],
  ['_pretty', (_draft, _name, value) => value],
  [PAGE_PARAMETER, applyAfter],
]);

/** What stands for something about the result in every search. */
export const RESULT_NAMES: ReadonlySet<string> = new Set([...RESULT_PARAMETERS.keys(), '_type']);

/** May be given more than once; any other parameter about the result may not. */
const REPEATABLE: ReadonlySet<string> = new Set(['_include', '_revinclude']);

function apply(draft: Draft, name: string, value: string): void {
  try {
    const said = applierOf(draft, name)(draft, name, value);
    if (name !== PAGE_PARAMETER) draft.applied.push([name, said]);
  } catch (error) {
    if (draft.request.strict || !(error instanceof FhirError) || error.fault !== 'unknown-parameter') throw error;
    draft.ignored.push({ name, reason: error.message });
  }
}

function applierOf(draft: Draft, name: string): Apply {
  if (name === '_type' && draft.request.types.length > 1) return (_draft, _name, value) => value;
  const base = name.split(':', 1)[0] ?? '';
  const result = RESULT_PARAMETERS.get(REPEATABLE.has(base) ? base : name);
  if (result === undefined && RESULT_PARAMETERS.has(base)) throw bad(base, `has no modifier such as that in '${name.slice(0, 100)}'.`);
  if (result === undefined) return applyCondition;
  if (draft.seen.has(name) && !REPEATABLE.has(base)) throw bad(name, 'is given more than once; it can have one value only.');
  draft.seen.add(name);
  return result;
}

/** For each type, so that a parameter that one of them lacks is refused. */
function applyCondition(draft: Draft, name: string, value: string): string {
  const { params, base, now } = draft.request;
  if (value === '') throw bad(name, 'has no value.');
  const reading = { params, base, now, name, value, spent: draft.spent };
  const treeOf: (reading: Reading, type: string) => Tree = name === '_filter' ? filterTree : conditionTree;
  try {
    const trees = draft.types.map((type) => [type, treeOf(reading, type)] as const);
    for (const [type, tree] of trees) draft.where.get(type)?.push(tree);
  } catch (error) {
    throw draft.types.length > 1 ? ofSeveral(error, name) : error;
  }
  return value;
}

/** One of the types lacks the parameter: says what to do about it before naming what that type has. */
function ofSeveral(error: unknown, name: string): unknown {
  if (!(error instanceof FhirError) || error.fault !== 'unknown-parameter') return error;
  const text = `A search of several types asks by what all of them have; narrow it with _type. ${error.message}`;
  return new FhirError('unknown-parameter', text, { expression: `http.${name.slice(0, 100)}` });
}

/** `name`, `-date`. https://hl7.org/fhir/R4/search.html#sort */
function applySort(draft: Draft, name: string, value: string): string {
  draft.sort = value.split(',').map((rule) => sortRule(draft, name, rule));
  return value;
}

const UNORDERED: ReadonlySet<Param['kind']> = new Set<Param['kind']>(['composite', 'special']);

/** In a system search the parameter is the first type's; it stands for the one of the same code of every type. */
function sortRule(draft: Draft, name: string, rule: string): Sort {
  const descending = rule.startsWith('-');
  const code = descending ? rule.slice(1) : rule;
  if (code === '') throw bad(name, 'names no parameter to sort by; write _sort=_lastUpdated, or _sort=-_lastUpdated for the newest first.');
  const [param] = draft.types.map((type) => knownParam(draft.request.params, type, code));
  if (param === undefined || UNORDERED.has(param.kind) || isFullText(code)) throw bad(name, `cannot sort by '${code.slice(0, 64)}', which has no order.`);
  return Object.freeze({ param, descending });
}

function applyCount(draft: Draft, name: string, value: string): string {
  const asked = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(asked)) throw bad(name, `is a whole number from 0 on, not '${value.slice(0, 64)}'.`);
  draft.count = draft.summary === 'count' ? 0 : Math.min(asked, MAX_COUNT);
  if (draft.count === 0) draft.total = 'accurate';
  return String(Math.min(asked, MAX_COUNT));
}

const TOTALS: ReadonlyMap<string, Query['total']> = new Map([
  ['none', 'none'],
  ['estimate', 'accurate'],
  ['accurate', 'accurate'],
]);

/** An estimate may be exact. https://hl7.org/fhir/R4/search.html#total */
function applyTotal(draft: Draft, name: string, value: string): string {
  const total = TOTALS.get(value);
  if (total === undefined) throw bad(name, `is none, estimate or accurate, not '${value.slice(0, 64)}'.`);
  if (draft.count > 0) draft.total = total;
  return value;
}

const SUMMARIES: readonly Summary[] = ['true', 'text', 'data', 'count', 'false'];

/** https://hl7.org/fhir/R4/search.html#summary */
function applySummary(draft: Draft, name: string, value: string): string {
  const summary = SUMMARIES.find((candidate) => candidate === value);
  if (summary === undefined) throw bad(name, `is one of ${SUMMARIES.join(', ')}, not '${value.slice(0, 64)}'.`);
  draft.summary = summary;
  if (summary === 'count') [draft.count, draft.total] = [0, 'accurate'];
  return value;
}

/** https://hl7.org/fhir/R4/search.html#elements */
function applyElements(draft: Draft, name: string, value: string): string {
  const elements = value.split(',').map((element) => element.trim());
  if (!elements.every((element) => /^[A-Za-z][A-Za-z0-9.]*$/.test(element))) throw bad(name, 'is a list of element names, as in id,subject,valueQuantity.');
  draft.elements = elements;
  return value;
}

/** Asked twice it is done once. */
function applyInclude(draft: Draft, name: string, value: string): string {
  const asked = `${name}=${value}`;
  if (!draft.seen.has(asked)) draft.include.push(...parseInclude({ params: draft.request.params, types: draft.types, name, value }));
  draft.seen.add(asked);
  return value;
}

/** Contained resources are part of the one that contains them, and are not found by themselves. https://hl7.org/fhir/R4/search.html#contained */
function applyContained(_draft: Draft, name: string, value: string): string {
  if (name === '_contained' && value === 'false') return value;
  throw bad(name, 'is not offered: contained resources are not searched by themselves. Leave it out, or write _contained=false.');
}

function applyAfter(draft: Draft, _name: string, value: string): string {
  draft.after = value;
  return value;
}
