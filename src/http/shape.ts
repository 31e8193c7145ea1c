/**
 * `_summary` and `_elements`: less of each resource. Only here is stored text parsed and printed again.
 * https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements
 */
import type { ElementDefinition, Registry } from '../definitions/registry.ts';
import { keepNumbers, parseResource, printJson } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Coding, Resource } from '../fhir/resource.ts';
import type { Version } from '../store/store.ts';
import type { FhirResponse } from './message.ts';
import { one } from './query.ts';

export type Shape =
  | { readonly keep: 'all' }
  | { readonly keep: 'count' }
  | { readonly keep: 'summary' }
  | { readonly keep: 'text' }
  | { readonly keep: 'data' }
  /** `gender`, or of one type only `Patient.gender`. */
  | { readonly keep: 'elements'; readonly names: ReadonlySet<string> };

const ALL: Shape = Object.freeze({ keep: 'all' });
const SUMMARIES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['false', ALL],
  ['true', { keep: 'summary' }],
  ['text', { keep: 'text' }],
  ['data', { keep: 'data' }],
  ['count', { keep: 'count' }],
]);

export function shapeOf(query: URLSearchParams): Shape {
  if (query.size === 0) return ALL;
  const elements = one(query, '_elements');
  const summary = one(query, '_summary');
  if (elements !== undefined && elements !== '') return { keep: 'elements', names: new Set(elements.split(',').map((name) => name.trim())) };
  if (summary === undefined) return ALL;
  const shape = SUMMARIES.get(summary);
  if (shape === undefined)
    throw new FhirError('bad-parameter', `_summary=${JSON.stringify(summary.slice(0, 100))} is unknown; allowed: true, text, data, count, false.`);
  return shape;
}

/** The answer with its one resource cut to shape. */
export function shaped(response: FhirResponse, shape: Shape, registry: Registry): FhirResponse {
  if (shape.keep === 'all' || typeof response.body !== 'string') return response;
  return { ...response, body: shapeText(response.body, shape, registry) };
}

/** The text of one resource cut to shape and marked as such. */
/** A stored version with as much of its text as is asked for; a deletion has none. */
export const cutTo =
  (shape: Shape, registry: Registry) =>
  (version: Version): Version =>
    shape.keep === 'all' || version.text === '' ? version : { ...version, text: shapeText(version.text, shape, registry) };

export function shapeText(text: string, shape: Shape, registry: Registry): string {
  if (shape.keep === 'all' || shape.keep === 'count') return text;
  const resource = parseResource(text);
  const elements = registry.structure(resource.resourceType)?.elements ?? [];
  return printJson(marked(cut(resource, elements, shape)));
}

const ALWAYS = new Set(['resourceType', 'id', 'meta']);

function cut(resource: Resource, elements: readonly ElementDefinition[], shape: Shape): Resource {
  const wanted = wantedBy(shape, elements);
  const kept = Object.entries(resource).flatMap(([key, value]) => {
    const path = `${resource.resourceType}.${key.replace(/^_/, '')}`;
    if (ALWAYS.has(key)) return [[key, value] as const];
    const element = elementAt(elements, path);
    if (element === undefined || !wanted(element, key)) return [];
    return [[key, shape.keep === 'summary' ? summaryOf(value, element.path, elements) : value] as const];
  });
  return keepNumbers(resource, { resourceType: resource.resourceType, ...Object.fromEntries(kept) });
}

/** What is mandatory or changes the meaning is always kept: without it the rest could be misread. */
function wantedBy(shape: Shape, elements: readonly ElementDefinition[]): (element: ElementDefinition, key: string) => boolean {
  const root = elements[0]?.path ?? '';
  const needed = (element: ElementDefinition) => element.min > 0 || element.isModifier === true;
  if (shape.keep === 'data') return (element) => element.path !== `${root}.text`;
  if (shape.keep === 'text') return (element) => element.min > 0 || element.path === `${root}.text`;
  if (shape.keep === 'summary') return (element) => element.isSummary === true || needed(element);
  const names = shape.keep === 'elements' ? shape.names : new Set<string>();
  const isNamed = (name: string): boolean => names.has(name) || names.has(`${root}.${name}`);
  return (element, key) => needed(element) || isNamed(key.replace(/^_/, '')) || isNamed(element.path.slice(root.length + 1).replace('[x]', ''));
}

/** `Observation.valueQuantity` is defined as `Observation.value[x]`. */
function elementAt(elements: readonly ElementDefinition[], path: string): ElementDefinition | undefined {
  return elements.find(
    (element) =>
      element.path === path ||
      (element.path.endsWith('[x]') && path.startsWith(element.path.slice(0, -3)) && /^[A-Z]/.test(path.slice(element.path.length - 3))),
  );
}

/** Backbone elements have a summary of their own; the data types are kept whole. */
function summaryOf(value: unknown, path: string, elements: readonly ElementDefinition[]): unknown {
  if (Array.isArray(value)) return value.map((part) => summaryOf(part, path, elements));
  if (typeof value !== 'object' || value === null || !elements.some((element) => element.path.startsWith(`${path}.`))) return value;
  const kept = Object.entries(value).flatMap(([key, part]) => {
    const element = elementAt(elements, `${path}.${key.replace(/^_/, '')}`);
    return element === undefined || !(element.isSummary || element.min > 0 || element.isModifier)
      ? []
      : [[key, summaryOf(part, element.path, elements)] as const];
  });
  return keepNumbers(value, Object.fromEntries(kept));
}

const SUBSETTED: Coding = Object.freeze({ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' });

/** "Servers SHOULD mark it": so that nobody writes the part back as the whole. */
function marked(resource: Resource): Resource {
  return keepNumbers(resource, { ...resource, meta: { ...resource.meta, tag: [...(resource.meta?.tag ?? []), SUBSETTED] } });
}
