/**
 * The filters of a value set's definition. https://hl7.org/fhir/R4/valueset-filter-operator.html; `child-of` and
 * `descendent-leaf` are of R5 and are read here too. https://hl7.org/fhir/R5/valueset-filter-operator.html
 */
import type { ValueSetComposeIncludeFilter } from 'fhir/r4';
import { regexOf } from '../fhir/regex.ts';
import { codesOf, valueText } from './properties.ts';
import { ancestorsOf, type Concept, descendantsOf, type System } from './system.ts';

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
  (make: (value: string, system: System) => ConceptTest): Operator =>
  ({ property, value }, system) =>
    OF_HIERARCHY.has(property) ? make(value, system) : `a filter by hierarchy is on "concept", not on ${JSON.stringify(property)}`;

/** Below the code at any distance: by what a concept kept elsewhere says, else by one walk down for all. */
function isUnder(value: string, system: System): ConceptTest {
  let under: ReadonlySet<Concept> | undefined;
  const walk = (): ReadonlySet<Concept> => {
    const top = system.find(value);
    return top === undefined ? new Set() : descendantsOf(top);
  };
  return (concept) => {
    if (concept.above !== undefined) return concept.above.has(value);
    under ??= walk();
    return under.has(concept);
  };
}

const byValue =
  (make: (value: string) => ((text: string) => boolean) | string, combine: 'some' | 'none' = 'some'): Operator =>
  ({ property, value }, system) => {
    const test = make(value);
    if (typeof test === 'string') return test;
    return (concept) => valuesOf(concept, property, system).some(test) === (combine === 'some');
  };

function isA(value: string, system: System): ConceptTest {
  const under = isUnder(value, system);
  return (concept) => concept.code === value || under(concept);
}

function isNotA(value: string, system: System): ConceptTest {
  const within = isA(value, system);
  return (concept) => !within(concept);
}

const isChild =
  (value: string): ConceptTest =>
  (concept) =>
    concept.parents.some(({ code }) => code === value);

function isLeafUnder(value: string, system: System): ConceptTest {
  const under = isUnder(value, system);
  return (concept) => concept.children.length === 0 && under(concept);
}

function isOver(value: string, system: System): ConceptTest {
  const from = system.find(value);
  const over = from === undefined ? new Set<string>() : (from.above ?? new Set([...ancestorsOf(from)].map(({ code }) => code)));
  return (concept) => concept.code === value || over.has(concept.code);
}

const listOf = (value: string): ReadonlySet<string> => new Set(value.split(',').map((item) => item.trim()));

/** A property may hold nothing, which counts as the standard `false` for the two flags that have one. */
const isUnsaidFalse = (property: string, value: string): boolean => value === 'false' && (property === 'inactive' || property === 'notSelectable');

const equals: Operator =
  ({ property, value }, system) =>
  (concept) => {
    const values = valuesOf(concept, property, system);
    return values.includes(value) || (values.length === 0 && isUnsaidFalse(property, value));
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
  ['descendent-of', hierarchical(isUnder)],
  ['is-not-a', hierarchical(isNotA)],
  ['child-of', hierarchical(isChild)],
  ['descendent-leaf', hierarchical(isLeafUnder)],
  ['generalizes', hierarchical(isOver)],
  ['regex', byValue(matches)],
  ['in', isIn],
  ['not-in', byValue((value) => (text) => listOf(value).has(text), 'none')],
  ['exists', exists],
]);
