/** By what the slices of an element are told apart. https://hl7.org/fhir/R4/profiling.html#discriminator */
import { canonicalOf, type DiscriminatorType, type Slicing } from '../../definitions/snapshot/element.ts';
import { expand } from '../../definitions/snapshot/generate.ts';
import type { Node } from '../../definitions/snapshot/tree.ts';
import { holdsPattern, isSame } from '../../fhir/same.ts';
import type { Member } from '../member.ts';
import { text } from '../read.ts';
import { isObject, type Visit } from '../visit.ts';
import { fits } from './check.ts';
import { type PathStep, parsePath } from './path.ts';
import type { Facet, Matcher, Slice, SliceGroup } from './shape.ts';
import type { Tools } from './tools.ts';
import { type Found, valuesAt } from './values-at.ts';

type CompileFacet = (slice: Node) => Facet;

export function compileSlicing(node: Node, members: readonly Member[], tools: Tools, facetOf: CompileFacet): SliceGroup | undefined {
  const { slicing } = node.element;
  if (slicing === undefined || node.slices.size === 0) return undefined;
  const slices = [...node.slices].map(([name, slice]) => compileSlice({ name, slice, slicing, members }, tools, facetOf));
  const by = slicing.discriminators.map(({ type, path }) => `${type} of ${path}`).join(', ') || 'all that they ask';
  return { ordered: slicing.ordered, rules: slicing.rules, by, slices: [...slices.filter(isNamed), ...slices.filter((slice) => !isNamed(slice))] };
}

/** The slice for all that is left. https://hl7.org/fhir/R4/profiling.html#default-slice */
const DEFAULT = '@default';
const isNamed = ({ name }: Slice): boolean => name !== DEFAULT;

interface SlicePlan {
  readonly name: string;
  readonly slice: Node;
  readonly slicing: Slicing;
  readonly members: readonly Member[];
}

function compileSlice(plan: SlicePlan, tools: Tools, facetOf: CompileFacet): Slice {
  const facet = facetOf(plan.slice);
  const matchers = plan.name === DEFAULT ? [] : plan.slicing.discriminators.map(({ type, path }) => compileMatcher(type, path, plan.slice, tools));
  const undecided = plan.name !== DEFAULT && (matchers.length === 0 || matchers.includes(undefined));
  const known = matchers.filter((matcher) => matcher !== undefined);
  const holds: Matcher = (item, visit) => known.every((matcher) => matcher(item, visit)) && (!undecided || fits(facet, item, visit));
  return { ...facet, name: plan.name, holds };
}

/** Undefined where the slice says nothing by which its values could be known; then all that it asks decides. */
function compileMatcher(type: DiscriminatorType, path: string, slice: Node, tools: Tools): Matcher | undefined {
  const steps = parsePath(path);
  if (steps === undefined) return undefined;
  const nodes = steps.reduce<readonly Node[]>((found, step) => found.flatMap((node) => stepInto(node, step, tools)), [slice]);
  const test = MATCHERS[type]?.(nodes, tools);
  return test && ((item, visit) => test(valuesAt(item, steps, visit), visit));
}

type Test = (values: readonly Found[], visit: Visit) => boolean;
type MakeTest = (nodes: readonly Node[], tools: Tools) => Test | undefined;

const byValue: MakeTest = (nodes, tools) => {
  const tests = nodes.map((node) => valueTest(node, tools)).filter((test) => test !== undefined);
  return tests.length === 0 ? undefined : (values) => values.some(({ value }) => tests.some((test) => test(value)));
};

const byExistence: MakeTest = (nodes) => {
  const [first] = nodes;
  if (first === undefined) return undefined;
  if (first.element.max === 0) return (values) => values.length === 0;
  return first.element.min > 0 || nodes.some(({ element }) => element.min > 0) ? (values) => values.length > 0 : undefined;
};

const byType: MakeTest = (nodes) => {
  const codes = new Set(nodes.flatMap(({ element }) => element.types.map(({ code }) => code)));
  if (codes.size === 0) return undefined;
  return (values) => values.some(({ type }) => type !== undefined && (codes.has(type) || (codes.has('Resource') && /^[A-Z]/.test(type))));
};

const byProfile: MakeTest = (nodes, { conformance }) => {
  const types = nodes.flatMap(({ element }) => element.types);
  const canonicals = types.flatMap(({ code, profiles }) => profiles ?? [canonicalOf(code)]);
  if (canonicals.length === 0) return undefined;
  const codes = new Set(types.map(({ code }) => code));
  // Of what lies elsewhere only the type can be seen.
  return (values, visit) =>
    values.some(({ value, type }) =>
      value === undefined ? type !== undefined && codes.has(type) : canonicals.some((canonical) => conformance.conforms(value, canonical, visit)),
    );
};

const MATCHERS: Readonly<Record<DiscriminatorType, MakeTest>> = { value: byValue, pattern: byValue, exists: byExistence, type: byType, profile: byProfile };

/** The definitions that a path leads to: the element and its slices, either of which may say what is looked for. */
function stepInto(node: Node, step: PathStep, tools: Tools): readonly Node[] {
  if (step.kind === 'resolve') return targetsOf(node, tools);
  if (step.kind === 'type')
    return [{ ...node, element: { ...node.element, types: node.element.types.filter(({ code }) => code === step.type) }, slices: new Map() }];
  expand(node, tools.sources);
  if (step.kind === 'extension') return slicesOf(node.children.get('extension')).filter((slice) => isExtension(slice, step.url, tools));
  const child = node.children.get(step.name) ?? node.children.get(`${step.name}[x]`);
  return child === undefined ? [] : [child, ...slicesOf(child)];
}

const slicesOf = (node: Node | undefined): readonly Node[] => [...(node?.slices.values() ?? [])].flatMap((slice) => [slice, ...slicesOf(slice)]);

function isExtension(slice: Node, url: string, { sources }: Tools): boolean {
  if (slice.element.types.some(({ profiles }) => profiles?.includes(url))) return true;
  expand(slice, sources);
  return slice.children.get('url')?.element.fixed?.value === url;
}

/** What a reference may lead to, as definitions of those resources. */
function targetsOf({ element }: Node, { sources, registry }: Tools): readonly Node[] {
  return element.types
    .flatMap(({ targets }) => targets ?? [])
    .map((target) => {
      const type = registry.isResourceType(target) ? target : (sources.profiledType(target) ?? 'Resource');
      const profiles = type === target ? {} : { profiles: [target] };
      return { element: { min: 0, max: 1, types: [{ code: type, ...profiles }] }, children: new Map(), slices: new Map() };
    });
}

type ValueTest = (value: unknown) => boolean;

/** What is fixed at an element or below it; undefined where nothing is. */
function valueTest(node: Node, tools: Tools): ValueTest | undefined {
  const { fixed, pattern, binding } = node.element;
  if (fixed !== undefined) return (value) => isSame(value, fixed.value);
  if (pattern !== undefined) return (value) => holdsPattern(value, pattern.value);
  const below = testsBelow(node, tools);
  if (below !== undefined) return below;
  return binding?.strength === 'required' ? (value) => isBound(value, binding.valueSet, tools) : undefined;
}

function testsBelow(node: Node, tools: Tools): ValueTest | undefined {
  const tests = [...node.children].flatMap(([name, child]) => {
    const own = [child, ...slicesOf(child)].map((candidate) => valueTest(candidate, tools)).filter((test) => test !== undefined);
    return own.length === 0 || name === 'extension' ? [] : [(value: unknown) => partsOf(value, name).some((part) => own.some((test) => test(part)))];
  });
  return tests.length === 0 ? undefined : (value) => tests.every((test) => test(value));
}

function partsOf(value: unknown, name: string): readonly unknown[] {
  const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return Array.isArray(found) ? found : found === undefined ? [] : [found];
}

/** Of a set that nobody can list nothing is known, and the value is not of this slice. */
function isBound(value: unknown, valueSet: string, { terms }: Tools): boolean {
  const members = terms.of(valueSet);
  if (typeof value === 'string') return members.code(value).is === 'in';
  const codings = [value, ...partsOf(value, 'coding')].map((coding) => ({ system: text(coding, 'system') ?? '', code: text(coding, 'code') ?? '' }));
  return codings.some((coding) => members.coding(coding).is === 'in');
}
