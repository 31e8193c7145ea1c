/**
 * The filters of a value set's definition. https://hl7.org/fhir/R4/valueset-filter-operator.html; `child-of` and
 * `descendent-leaf` are of R5 and are read here too. https://hl7.org/fhir/R5/valueset-filter-operator.html
 */
import type { ValueSetComposeIncludeFilter } from 'fhir/r4';
import { regexOf } from '../fhir/regex.ts';
import { codesOf, valueText } from './properties.ts';
import { type Concept, isBelow, type System } from './system.ts';

export type ConceptTest = (concept: Concept) => boolean;

type Operator = (filter: Required<Pick<ValueSetComposeIncludeFilter, 'property' | 'value'>>, system: System) => ConceptTest | string;

/** The test that a filter stands for, or why there is none. */
export function conceptTest(filter: ValueSetComposeIncludeFilter, system: System): ConceptTest | string {
  const { property, op, value } = filter;
  const operator = OPERATORS.get(op);
  if (operator === undefined) return `the operator ${JSON.stringify(op ?? '')} is none of ${[...OPERATORS.keys()].join(', ')}`;
  if (typeof value !== 'string' || value === '') return `the filter on ${JSON.stringify(property ?? '')} has no value`;
  if (!isProperty(property, system)) return `${system.url} has no property ${JSON.stringify(property ?? '')}`;
  return operator({ property, value }, system);
}

const OF_EVERY_CONCEPT: ReadonlySet<string> = new Set([
  'concept',
  'code',
  'display',
  'definition',
  'parent',
  'child',
  'status',
  'inactive',
  'deprecated',
  'notSelectable',
]);

/** Declared by the system, or standing for something that every system has. */
const isProperty = (property: string, { about }: System): boolean =>
  OF_EVERY_CONCEPT.has(property) ||
  (about.property ?? []).some(({ code }) => code === property) ||
  (about.filter ?? []).some(({ code }) => code === property) ||
  about.property === undefined;

/** What a concept has for a property, as text. */
function valuesOf({ code, raw, parents, children }: Concept, property: string, system: System): readonly string[] {
  if (property === 'concept' || property === 'code') return [code];
  if (property === 'display') return raw.display === undefined ? [] : [raw.display];
  if (property === 'definition') return raw.definition === undefined ? [] : [raw.definition];
  const stated = (raw.property ?? []).filter((row) => row.code === property).map(valueText);
  if (codesOf(system.about, 'parent').has(property)) return [...stated, ...parents.map((parent) => parent.code)];
  if (codesOf(system.about, 'child').has(property)) return [...stated, ...children.map((child) => child.code)];
  return stated;
}

const OF_HIERARCHY: ReadonlySet<string> = new Set(['concept', 'code']);

/** Hierarchy is of concepts alone. */
const hierarchical =
  (make: (value: string) => ConceptTest): Operator =>
  ({ property, value }) =>
    OF_HIERARCHY.has(property) ? make(value) : `a filter by hierarchy is on "concept", not on ${JSON.stringify(property)}`;

const byValue =
  (make: (value: string) => ((text: string) => boolean) | string, combine: 'some' | 'none' = 'some'): Operator =>
  ({ property, value }, system) => {
    const test = make(value);
    if (typeof test === 'string') return test;
    return (concept) => valuesOf(concept, property, system).some(test) === (combine === 'some');
  };

const isA =
  (value: string): ConceptTest =>
  (concept) =>
    concept.code === value || isBelow(concept, value);

const listOf = (value: string): ReadonlySet<string> => new Set(value.split(',').map((item) => item.trim()));

/** A property may hold nothing, which counts as the standard `false` for the two flags that have one. */
const isUnsaidFalse = (property: string, value: string): boolean => value === 'false' && (property === 'inactive' || property === 'notSelectable');

const equals: Operator =
  ({ property, value }, system) =>
  (concept) => {
    const values = valuesOf(concept, property, system);
    return values.includes(value) || (values.length === 0 && isUnsaidFalse(property, value));
  };

const generalizes: Operator = ({ property, value }, system) => {
  if (!OF_HIERARCHY.has(property)) return `generalizes is on "concept", not on ${JSON.stringify(property)}`;
  const from = system.find(value);
  return (concept) => concept.code === value || (from !== undefined && isBelow(from, concept.code));
};

const exists: Operator = ({ property, value }, system) => {
  if (value !== 'true' && value !== 'false') return `exists takes true or false, not ${JSON.stringify(value)}`;
  return (concept) => valuesOf(concept, property, system).length > 0 === (value === 'true');
};

const matches = (value: string): ((text: string) => boolean) | string => {
  const regex = regexOf(value);
  return regex === undefined
    ? `${JSON.stringify(value.slice(0, 100))} is no regular expression that runs in linear time (look-around and back-references are not offered)`
    : (text) => regex.matches(text);
};

const SNOMED = 'http://snomed.info/sct';

/** With SNOMED CT the list is the id of a reference set, and reference sets are not held. https://hl7.org/fhir/R4/snomedct.html#filters */
const isIn: Operator = (filter, system) =>
  system.url === SNOMED && OF_HIERARCHY.has(filter.property)
    ? `the reference set ${filter.value} of SNOMED CT is not held here`
    : byValue((value) => (text) => listOf(value).has(text))(filter, system);

const OPERATORS: ReadonlyMap<string | undefined, Operator> = new Map<string, Operator>([
  ['=', equals],
  ['is-a', hierarchical(isA)],
  ['descendent-of', hierarchical((value) => (concept) => isBelow(concept, value))],
  ['is-not-a', hierarchical((value) => (concept) => !isA(value)(concept))],
  ['child-of', hierarchical((value) => (concept) => concept.parents.some(({ code }) => code === value))],
  ['descendent-leaf', hierarchical((value) => (concept) => concept.children.length === 0 && isBelow(concept, value))],
  ['generalizes', generalizes],
  ['regex', byValue(matches)],
  ['in', isIn],
  ['not-in', byValue((value) => (text) => listOf(value).has(text), 'none')],
  ['exists', exists],
]);
