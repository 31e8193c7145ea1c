/**
 * Each native invariant against the FHIRPath expression that the base gives it: on elements that hold every combination of
 * the parts that the expression speaks of, both must give the same verdict.
 */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { ElementDefinition } from '../../src/definitions/registry.ts';
import { compileFhirPath, compilePartPath } from '../../src/fhir/fhirpath.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { INVARIANTS, RULED } from '../../src/validate/invariants/all.ts';
import { sampleValue } from '../support/resources.ts';

const registry = loadRegistry();
const validator = createValidator(registry);
const typeNames = [
  ...registry.resourceTypes,
  ...['Age', 'Attachment', 'ContactPoint', 'Count', 'DataRequirement', 'Distance', 'Duration', 'Expression'],
  ...['Period', 'Quantity', 'Range', 'Ratio', 'Timing', 'TriggerDefinition'],
];
const elements = typeNames.flatMap((type) => registry.structure(type)?.elements ?? []);
const byPath = new Map(elements.map((element) => [element.path, element]));

interface Place {
  readonly element: ElementDefinition;
  readonly key: string;
  readonly expression: string;
}

const constraints: readonly Place[] = elements.flatMap((element) =>
  (element.constraints ?? []).map(({ key, expression = '' }) => ({ element, key, expression })),
);
const isNative = ({ element, key }: Place): boolean => INVARIANTS.has(key) || INVARIANTS.has(`${element.path} ${key}`);
/**
 * Published expressions that do not say what their sentences say: con-3 compares a concept with text, que-7 asks for a type that no
 * answer has, ppc-* for a system called 'something'; or ask of another server (ctm-1).
 */
const BROKEN = ['con-3', 'que-7', 'ppc-2', 'ppc-3', 'ppc-4', 'ppc-5', 'ctm-1'];
const natives = constraints.filter((place) => isNative(place) && !BROKEN.includes(place.key));

// ---- elements with every combination of parts

const MAX_PARTS = 6;
const MAX_CASES = 48;

const childrenOf = (path: string): ElementDefinition[] =>
  elements.filter((element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes('.'));
const bareName = (element: ElementDefinition): string => element.path.slice(element.path.lastIndexOf('.') + 1).replace('[x]', '');
const jsonName = (element: ElementDefinition, type: string): string =>
  element.path.endsWith('[x]') ? `${bareName(element)}${type[0]?.toUpperCase()}${type.slice(1)}` : bareName(element);

/** The ways in which one part may be there: absent, or with each value that may matter. */
function choices(element: ElementDefinition, expression: string): (readonly [string, unknown] | undefined)[] {
  const quoted = [...expression.matchAll(/'([^' ]+)'/g)].map((match) => match[1]);
  if (element.contentReference !== undefined) return [undefined, [bareName(element), [{ linkId: 'x' }]]];
  const values = element.types.flatMap(({ code }) =>
    valuesOf(element, code, quoted).map((value) => [jsonName(element, code), element.max > 1 ? listOf(value) : value] as const),
  );
  return [...(element.min > 0 ? [] : [undefined]), ...values.slice(0, 12)];
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

function valuesOf(element: ElementDefinition, type: string, quoted: readonly (string | undefined)[]): unknown[] {
  if (type === 'code') return [...quoted, sampleValue(registry, element, type)];
  if (type === 'uri') return [...quoted, 'http://unitsofmeasure.org', 'http://x.example'];
  if (type === 'boolean') return [true, false];
  if (type === 'decimal') return [-1, 0, 2.5];
  if (type === 'CodeableConcept') return [...concepts(quoted), { text: 'x' }];
  if (type === 'BackboneElement') return [[backbone(element)], [backbone(element), backbone(element), backbone(element)]];
  return [sampleValue(registry, element, type)];
}

const concepts = (quoted: readonly (string | undefined)[]): unknown[] => {
  const systems = quoted.filter((text) => text?.includes(':'));
  return quoted.filter((text) => !text?.includes(':')).flatMap((code) => systems.map((system) => ({ coding: [{ system, code }] })));
};

/** A child with what it requires, or with any one thing, so that it is there at all. */
function backbone(element: ElementDefinition): object {
  const isSimple = ({ types }: ElementDefinition): boolean => types.length > 0 && types[0]?.code !== 'Extension' && types[0]?.code !== 'BackboneElement';
  const simple = childrenOf(element.path).filter(isSimple);
  const required = simple.filter(({ min }) => min > 0);
  const parts = (required.length > 0 ? required : simple.slice(0, 1)).map((child) => {
    const value = sampleValue(registry, child);
    return [jsonName(child, child.types[0]?.code ?? ''), child.max > 1 ? [value] : value];
  });
  return Object.fromEntries(parts);
}

function casesOf({ element, expression }: Place): object[] {
  const parts = childrenOf(element.path).filter((child) => new RegExp(`\\b${bareName(child)}\\b`).test(expression));
  let cases: (readonly (readonly [string, unknown])[])[] = [[]];
  for (const part of parts.slice(0, MAX_PARTS)) {
    cases = cases.flatMap((known) => choices(part, expression).map((choice) => (choice === undefined ? known : [...known, choice])));
    if (cases.length > MAX_CASES) cases = thinned(cases);
  }
  // With the extension there is an element even where none of its parts is.
  const filler = /\bextension\b/.test(expression) ? {} : { extension: [{ url: 'http://x.example/filler', valueBoolean: true }] };
  // An object with nothing in it is another fault (ele-1).
  return cases.map((parts) => ({ ...filler, ...Object.fromEntries(parts) })).filter((value) => Object.keys(value).length > 0);
}

/** Evenly chosen, with a step that shares no factor with the repetitions. */
const thinned = <T>(list: readonly T[]): T[] => Array.from({ length: MAX_CASES }, (_, place) => list[(place * 37) % list.length] as T);

/** A resource with the value at the path, and nothing else; data types travel in Parameters. */
function carry(path: string, value: unknown): { readonly resource: Resource; readonly path: string } {
  const [type = '', ...names] = path.split('.');
  let inner = value;
  for (const [place, name] of [...names.entries()].reverse()) {
    const max = byPath.get([type, ...names.slice(0, place + 1)].join('.'))?.max ?? 1;
    inner = { [name]: max > 1 && !Array.isArray(inner) ? [inner] : inner };
  }
  if (registry.isResourceType(type)) return { resource: { resourceType: type, ...(inner as object) }, path };
  const resource = { resourceType: 'Parameters', parameter: [{ name: 'a', [`value${type}`]: inner }] };
  return { resource, path: ['Parameters.parameter.value', ...names].join('.') };
}

/** Undefined where FHIRPath cannot tell either. */
function expected(resource: Resource, path: string, expression: string): boolean | undefined {
  const verdicts = compileFhirPath(`${path}.select(iif((${expression}).empty(), 'unknown', (${expression})))`)(resource, { resource });
  if (verdicts.includes(false)) return false;
  return verdicts.includes('unknown') || verdicts.length === 0 ? undefined : true;
}

/** Faults of the same kind in what the element repeats inside itself are another element's. */
function holds(resource: Resource, { element, key }: Place): boolean {
  const inner = childrenOf(element.path).filter(({ contentReference }) => contentReference !== undefined);
  const isInner = (expression = ''): boolean => inner.some(({ path }) => expression.replaceAll(/\[\d+\]/g, '').startsWith(path));
  return !validator.validate(resource).issues.some(({ text, expression }) => text.startsWith(`${key}: `) && !isInner(expression?.[0]));
}

// ---- cases that combinations do not reach

const observation = { resourceType: 'Observation', status: 'final' };
const score = { coding: [{ system: 'http://loinc.org', code: '44261-6' }] };
const percent = (value: number) => ({ value, system: 'http://unitsofmeasure.org', code: '%' });
const named = (type: string) => ({
  [`${type} name`]: [
    { resourceType: type, name: 'Good_Name1' },
    { resourceType: type, name: 'bad name' },
  ],
});
const entries = (type: string, ...entry: object[]) => ({ resourceType: 'Bundle', type, entry });

/** By key: resources to ask as well. */
const MORE: Readonly<Record<string, readonly object[]>> = {
  'app-3': [{ resourceType: 'Appointment', status: 'booked' }],
  'bdl-2': [entries('searchset', { search: { mode: 'match' } }), entries('collection', { search: { mode: 'match' } })],
  'bdl-7': [
    entries('collection', { fullUrl: 'urn:a:1' }, { fullUrl: 'urn:a:1' }),
    entries('history', { fullUrl: 'urn:a:1' }, { fullUrl: 'urn:a:1' }),
    entries(
      'collection',
      { fullUrl: 'urn:a:1', resource: { resourceType: 'Patient', meta: { versionId: '1' } } },
      { fullUrl: 'urn:a:1', resource: { resourceType: 'Patient', meta: { versionId: '2' } } },
    ),
    entries('collection', { resource: { resourceType: 'Patient' } }, { resource: { resourceType: 'Patient' } }),
  ],
  'bdl-8': [entries('collection', { fullUrl: 'http://x.example/Patient/1/_history/2' })],
  'bdl-11': [entries('document', { resource: { resourceType: 'Composition' } }), entries('document', { resource: { resourceType: 'Patient' } })],
  'bdl-12': [entries('message', { resource: { resourceType: 'MessageHeader' } }), entries('message', { resource: { resourceType: 'Patient' } })],
  'cpb-3': ['instance', 'capability'].map((kind) => ({
    resourceType: 'CapabilityStatement',
    kind,
    messaging: [{ endpoint: [{ address: 'http://x.example' }] }],
  })),
  'cpb-9': ['Patient', 'Group'].map((type) => ({ resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource: [{ type: 'Patient' }, { type }] }] })),
  'cpb-12': ['a', 'b'].map((name) => ({
    resourceType: 'CapabilityStatement',
    rest: [{ resource: [{ type: 'Patient', searchParam: [{ name: 'a' }, { name }] }] }],
  })),
  'csd-1': ['a', 'b', 'c'].map((code) => ({ resourceType: 'CodeSystem', concept: [{ code: 'a', concept: [{ code: 'b' }] }, { code }] })),
  'lst-2': ['changes', 'working'].map((mode) => ({ resourceType: 'List', mode, entry: [{ deleted: true }] })),
  'lst-3': ['changes', 'working'].map((mode) => ({ resourceType: 'List', mode, entry: [{ date: '2026-03-02' }] })),
  'mdd-1': ['2026-03-01', '2026-03-02', '2026-03-03'].map((whenHandedOver) => ({
    resourceType: 'MedicationDispense',
    whenHandedOver,
    whenPrepared: '2026-03-02',
  })),
  'mea-1': [{ code: { text: 'x' } }, { component: [{ code: { text: 'x' } }] }, { code: { text: 'x' }, component: [{ code: { text: 'x' } }] }].map(
    (stratifier) => ({
      resourceType: 'Measure',
      group: [{ stratifier: [stratifier] }],
    }),
  ),
  'mrp-2': [{ value: { text: 'x' } }, { value: { text: 'x' }, component: [{ code: { text: 'x' } }] }].map((stratum) => ({
    resourceType: 'MeasureReport',
    group: [{ stratifier: [{ stratum: [stratum] }] }],
  })),
  'md-1': ['*', '2', '0'].map((max) => ({ resourceType: 'MessageDefinition', focus: [{ code: 'Patient', min: 0, max }] })),
  'msq-3': [0, 1, 2].map((coordinateSystem) => ({ resourceType: 'MolecularSequence', coordinateSystem })),
  'nsd-1': ['uuid', 'oid'].map((type) => ({ resourceType: 'NamingSystem', kind: 'root', uniqueId: [{ type, value: 'x' }] })),
  'nsd-2': [true, false].map((preferred) => ({
    resourceType: 'NamingSystem',
    uniqueId: [
      { type: 'oid', value: 'x', preferred },
      { type: 'oid', value: 'y', preferred: true },
    ],
  })),
  'obs-7': [
    { ...observation, code: score, valueInteger: 1, component: [{ code: score }] },
    { ...observation, code: score, component: [{ code: score }] },
    { ...observation, code: score, valueInteger: 1, component: [{ code: { text: 'x' } }, { code: { coding: [{ system: 'http://loinc.org', code: '1' }] } }] },
    { ...observation, code: score, valueInteger: 1, component: [{ code: { coding: [{ code: '44261-6' }] } }] },
  ],
  'org-2': ['home', 'work'].map((use) => ({ resourceType: 'Organization', address: [{ use, city: 'x' }] })),
  'org-3': ['home', 'work'].map((use) => ({ resourceType: 'Organization', telecom: [{ use, system: 'phone', value: '1' }] })),
  'per-1': [
    ['2026-03-01', '2026-03-02'],
    ['2026-03-02', '2026-03-02'],
    ['2026-03-03', '2026-03-02'],
    ['2026-03', '2026-02'],
    ['2026-03-02T10:00:00+02:00', '2026-03-02T08:30:00Z'],
    ['2026-03-02T10:00:00Z', '2026-03-02T10:30:00+02:00'],
  ].map(([start, end]) => ({ resourceType: 'Parameters', parameter: [{ name: 'a', valuePeriod: { start, end } }] })),
  'que-2': ['a', 'b', 'c'].map((linkId) => ({ resourceType: 'Questionnaire', item: [{ linkId: 'a', item: [{ linkId: 'b' }] }, { linkId }] })),
  'que-5': ['choice', 'group', 'text'].map((type) => ({ resourceType: 'Questionnaire', item: [{ linkId: 'a', type, answerOption: [{ valueInteger: 1 }] }] })),
  'ras-1': [percent(5), { value: 5, system: 'http://unitsofmeasure.org', code: 'mg' }].map((low) => ({
    resourceType: 'RiskAssessment',
    prediction: [{ probabilityRange: { low, high: percent(9) } }],
  })),
  'ras-2': [20, 101].map((probabilityDecimal) => ({ resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal }] })),
  'rng-2': [1, 2, 3].map((value) => ({ resourceType: 'Parameters', parameter: [{ name: 'a', valueRange: { low: percent(value), high: percent(2) } }] })),
  'Task inv-1': ['2026-03-01', '2026-03-02', '2026-03-03'].map((lastModified) => ({ resourceType: 'Task', lastModified, authoredOn: '2026-03-02' })),
  ...Object.assign({}, ...registry.resourceTypes.map(named)),
};

function casesFor(place: Place): { readonly resource: Resource; readonly path: string }[] {
  const { path } = place.element;
  const made = casesOf(place).map((value) => carry(path.replace('[x]', ''), value));
  const keys = [place.key, `${path} ${place.key}`, ...(place.key.endsWith('-0') ? [`${path} name`] : [])];
  const more = keys.flatMap((key) => MORE[key] ?? []).map((resource) => ({ resource: resource as Resource, path: carry(path.replace('[x]', ''), {}).path }));
  return [...made, ...more];
}

test('every invariant of the base is a rule, a closure, or left to FHIRPath, which can evaluate it', () => {
  const left = constraints.filter((place) => !isNative(place) && !RULED.has(place.key));
  for (const { element, expression } of left) expect(() => compilePartPath(expression, element.path)).not.toThrow();
  expect(new Set(left.map(({ key }) => key.replace(/-.*/, '')))).toEqual(new Set(['cpb', 'ig', 'sdf', 'tst']));
});

describe('agrees with FHIRPath, in good and bad cases, on', () => {
  test.each(natives.map((place) => [`${place.key} at ${place.element.path}`, place] as const))('%s', (_name, place) => {
    const verdicts = casesFor(place).map(({ resource, path }) => ({
      resource,
      fhirpath: expected(resource, path, place.expression),
      native: holds(resource, place),
    }));
    expect(verdicts.filter(({ fhirpath, native }) => fhirpath !== undefined && fhirpath !== native)).toEqual([]);
    expect(verdicts.map(({ fhirpath }) => fhirpath)).toEqual(expect.arrayContaining([true, false]));
  });
});
