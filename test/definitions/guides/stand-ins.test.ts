/** Extensions of guides that are not installed: each that the questionnaire engine reads is known, and held against its definition. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ElementDefinition, Extension, StructureDefinition } from 'fhir/r4';
import { loadRegistry } from '../../../src/definitions/load.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { listCodes } from '../../../src/terminology/expand.ts';
import { createValidator } from '../../../src/validate/create-validator.ts';

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const CORE = 'http://hl7.org/fhir/StructureDefinition/';

const own = globSync('profiles/*.json').map((file) => JSON.parse(readFileSync(file, 'utf8')) as Resource);
const registry = loadRegistry(own, listCodes);
const validator = createValidator(registry);
const definitionOf = (url: string): StructureDefinition | undefined => registry.resource('StructureDefinition', url);
const standIns = registry
  .list('StructureDefinition')
  .filter(({ source }) => source.includes(' '))
  .flatMap(({ url }) => definitionOf(url) ?? []);

/** Every URL of an extension that is written in the engine, with the prefixes that it uses written out. */
function urlsRead(): string[] {
  const sources = globSync('src/questionnaire/**/*.ts').map((file) => readFileSync(file, 'utf8').replace(/^ *(\/\*\*| \*|\/\/).*$/gm, ''));
  const found = sources.flatMap((source) => {
    const whole = [...source.matchAll(/'(https?:[^']+StructureDefinition\/[\w-]+)'/g)].map(([, url]) => url ?? '');
    const prefixed = [...source.matchAll(/\$\{(CORE|SDC)\}([\w-]+)/g)].map(([, prefix, name]) => `${prefix === 'CORE' ? CORE : SDC}${name}`);
    return [...whole, ...prefixed];
  });
  return [...new Set(found)].filter((url) => !url.endsWith('-'));
}

test.each(urlsRead())('%s, which the engine reads, is known', (url) => {
  expect(definitionOf(url)).toMatchObject({ type: 'Extension', kind: 'complex-type' });
});

test('there are as many as the engine is known to read', () => expect(urlsRead().length).toBeGreaterThanOrEqual(66));

// ---- one use of each

const VALUES: Readonly<Record<string, unknown>> = {
  Attachment: { contentType: 'image/png', url: 'https://a.example/b.png' },
  CodeableConcept: { text: 'x' },
  Coding: { system: 'https://a.example/codes', code: 'x' },
  Duration: { value: 1, system: 'http://unitsofmeasure.org', code: 'a' },
  Expression: { language: 'text/fhirpath', expression: '1' },
  Quantity: { value: 1 },
  Reference: { reference: 'Bundle/1' },
  boolean: true,
  canonical: 'https://a.example/x',
  code: 'x',
  decimal: 1.5,
  id: 'x',
  markdown: 'x',
  positiveInt: 1,
  string: 'x',
  uri: 'https://a.example/x',
  url: 'https://a.example/x',
};

const ANOTHER = { valueAge: { value: 1, system: 'http://unitsofmeasure.org', code: 'a' } };

const elementOf = ({ differential }: StructureDefinition, id: string): ElementDefinition | undefined =>
  differential?.element.find((element) => element.id === id);
const nameOf = (type: string): string => `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;

function codeIn(valueSet: string): { readonly system: string; readonly code: string } {
  const codes = [...(registry.valueSetCodes(valueSet) ?? [])];
  const first = codes.find((code) => code.endsWith('|Patient')) ?? codes[0] ?? '';
  const bar = first.indexOf('|');
  return { system: first.slice(0, bar), code: first.slice(bar + 1) };
}

function exampleOf(element: ElementDefinition | undefined, wanted?: string): object {
  const type = wanted ?? element?.type?.[0]?.code ?? 'string';
  const { valueSet } = element?.binding ?? {};
  if (valueSet !== undefined && type === 'code') return { valueCode: codeIn(valueSet).code };
  if (valueSet !== undefined && type === 'Coding') return { valueCoding: codeIn(valueSet) };
  return { [nameOf(type)]: VALUES[type] };
}

const partsOf = ({ differential }: StructureDefinition): readonly ElementDefinition[] =>
  (differential?.element ?? []).filter(({ sliceName }) => sliceName !== undefined);

/** With all its parts, each once. */
function useOf(definition: StructureDefinition, type?: string): Extension {
  const parts = partsOf(definition).map(({ sliceName = '', id }) => ({ url: sliceName, ...exampleOf(elementOf(definition, `${id}.value[x]`)) }));
  if (parts.length > 0) return { url: definition.url, extension: parts };
  return { url: definition.url, ...exampleOf(elementOf(definition, 'Extension.value[x]'), type) };
}

const form = (more: object): object => ({ resourceType: 'Questionnaire', status: 'draft', ...more });
const item = (more: object): object => form({ item: [{ linkId: 'a', type: 'choice', ...more }] });
const answers = (more: object): object => ({ resourceType: 'QuestionnaireResponse', status: 'completed', item: [{ linkId: 'a', ...more }] });

/** Something that has the extension on an element of that name. */
const HOSTS: Readonly<Record<string, (extension: Extension) => object>> = {
  Questionnaire: (extension) => form({ extension: [extension] }),
  Resource: (extension) => form({ modifierExtension: [extension] }),
  'Questionnaire.item': (extension) => item({ extension: [extension] }),
  'Questionnaire.item.code': (extension) => item({ code: [{ code: 'x', extension: [extension] }] }),
  Coding: (extension) => item({ code: [{ code: 'x', extension: [extension] }] }),
  'Questionnaire.item.answerOption': (extension) => item({ answerOption: [{ valueString: 'x', extension: [extension] }] }),
  'Questionnaire.derivedFrom': (extension) => form({ derivedFrom: ['https://a.example/x'], _derivedFrom: [{ extension: [extension] }] }),
  'QuestionnaireResponse.item': (extension) => answers({ extension: [extension] }),
  'QuestionnaireResponse.item.answer': (extension) => answers({ answer: [{ valueString: 'x', extension: [extension] }] }),
  Element: (extension) => form({ _title: { extension: [extension] } }),
  ActivityDefinition: (extension) => ({ resourceType: 'ActivityDefinition', status: 'draft', extension: [extension] }),
  ServiceRequest: (extension) => ({
    resourceType: 'ServiceRequest',
    status: 'draft',
    intent: 'order',
    subject: { display: 'x' },
    extension: [extension],
  }),
  CapabilityStatement: (extension) => ({
    resourceType: 'CapabilityStatement',
    status: 'draft',
    date: '2026',
    kind: 'requirements',
    description: 'x',
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [{ mode: 'server' }],
    extension: [extension],
  }),
  'ElementDefinition.type': (extension) => ({
    resourceType: 'StructureDefinition',
    url: 'https://a.example/x',
    name: 'X',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: `${CORE}Patient`,
    derivation: 'constraint',
    differential: { element: [{ id: 'Patient.name', path: 'Patient.name', type: [{ code: 'HumanName', extension: [extension] }] }] },
  }),
};

/** Here none of them may stand, but for those that may stand anywhere. */
const elsewhere = (extension: Extension): object => ({ resourceType: 'Patient', name: [{ family: 'x', extension: [extension] }] });

const issuesOf = (resource: object) => validator.validate(resource as Resource).issues.filter(({ severity }) => severity !== 'information');
const errorsOf = (resource: object): string[] => issuesOf(resource).flatMap(({ severity, text }) => (severity === 'error' ? [text] : []));

describe.each(standIns.map((definition) => [definition.url, definition] as const))('%s', (_url, definition) => {
  const contexts = (definition.context ?? []).map(({ expression }) => expression);
  const host = HOSTS[contexts[0] ?? ''] ?? form;
  const types = elementOf(definition, 'Extension.value[x]')?.type?.map(({ code }) => code) ?? [undefined];
  const changed = (change: (parts: readonly Extension[], name: string) => readonly Extension[], { sliceName = '' }: ElementDefinition): string[] => {
    const { extension = [], ...rest } = useOf(definition);
    return errorsOf(host({ ...rest, extension: [...change(extension, sliceName)] }));
  };

  test.each(types.map((type) => [type ?? 'in parts', type] as const))('may stand where it belongs: %s', (_name, type) =>
    expect(issuesOf(host(useOf(definition, type)))).toEqual([]),
  );

  test('is refused elsewhere', () => {
    const wrong = errorsOf(elsewhere(useOf(definition)));
    if (contexts.includes('Element')) expect(wrong).toEqual([]);
    else expect(wrong).toContainEqual(expect.stringContaining('may not stand on'));
  });

  test('is refused with another type of value', () => {
    const value = elementOf(definition, 'Extension.value[x]');
    expect(errorsOf(host({ url: definition.url, ...ANOTHER }))).toContainEqual(
      expect.stringContaining(value?.max === '0' ? "'value' is not" : "'valueAge' is not"),
    );
    for (const part of partsOf(definition).filter(({ id }) => elementOf(definition, `${id}.value[x]`)?.type !== undefined))
      expect(changed((parts, name) => parts.map((use) => (use.url === name ? { url: name, ...ANOTHER } : use)), part)).toContainEqual(
        expect.stringContaining("'valueAge' is not"),
      );
  });

  test('is refused without a part that it needs', () => {
    for (const part of partsOf(definition).filter(({ min }) => min === 1))
      expect(changed((parts, name) => parts.filter(({ url }) => url !== name), part)).toContainEqual(expect.stringContaining(`extension:${part.sliceName}`));
  });

  test('is refused with a part too often', () => {
    for (const part of partsOf(definition).filter(({ max }) => max === '1'))
      expect(changed((parts, name) => [...parts, ...parts.filter(({ url }) => url === name)], part)).toContainEqual(
        expect.stringContaining(`extension:${part.sliceName}`),
      );
  });
});

// ---- facts that are easily got wrong

test.each([
  ['entryMode', { valueCode: 'any' }, 'Questionnaire', "'any' is not one of the codes allowed here: sequential, prior-edit, random"],
  ['assemble-expectation', { valueCode: 'assembled' }, 'Questionnaire', 'independent-child'],
  ['observationExtract', { valueCode: 'part' }, 'Questionnaire.item', 'component, member, derived, independent'],
  ['itemExtractionContext', { valueCode: 'Nobody' }, 'Questionnaire.item', "'Nobody' is not one of the codes allowed"],
  ['calculatedExpression', { valueString: '1' }, 'Questionnaire.item', 'valueString'],
  ['calculatedExpression', { valueExpression: VALUES.Expression }, 'Questionnaire', 'may not stand on Questionnaire'],
  ['launchContext', { extension: [] }, 'Questionnaire.item', 'may not stand on'],
  ['enableWhenExpression', { valueExpression: { language: 'application/x-fhir-query', expression: 'Patient' } }, 'Questionnaire.item', 'sdc-inv1'],
] as const)('%s %j on %s: %s', (name, use, on, says) => {
  expect(errorsOf(HOSTS[on]?.({ url: `${SDC}${name}`, ...use } as Extension) ?? {})).toContainEqual(expect.stringContaining(says));
});

test.each([
  ['patient', ['Patient'], []],
  ['patient', ['Practitioner'], [expect.stringContaining('sdc-lcext-1')]],
  ['user', ['Practitioner', 'RelatedPerson'], []],
  ['clinical', ['Observation'], []],
] as const)('the launch context %s may be %j: %j', (code, types, wrong) => {
  const name = { url: 'name', valueCoding: { system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext', code } };
  const context = { url: `${SDC}launchContext`, extension: [name, ...types.map((type) => ({ url: 'type', valueCode: type }))] };
  expect(errorsOf(HOSTS.Questionnaire?.(context) ?? {})).toEqual(wrong);
});

test('the instruments and the forms of the tests use no extension that is not known', () => {
  const files = [...globSync('questionnaires/*/questionnaire.json'), ...globSync('test/fixtures/sdc/*.json')];
  const forms = files.flatMap((file) => formsIn(JSON.parse(readFileSync(file, 'utf8'))));
  expect(forms.length).toBeGreaterThan(25);
  const unknown = forms.flatMap((resource) => issuesOf(resource).filter(({ text }) => text.includes('not known')));
  expect(unknown).toEqual([]);
});

function formsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'resourceType' in value && value.resourceType === 'Questionnaire' ? [value] : Object.values(value).flatMap(formsIn);
}

// ---- standing in

describe('a definition that is loaded', () => {
  const url = `${SDC}entryMode`;
  const loaded = (version: string) => ({ ...definitionOf(url), version, title: 'loaded' }) as unknown as Resource;

  test.each(['4.0.0', '3.0.0', '9.0.0'])('holds instead, with version %s, until it goes', (version) => {
    const live = loadRegistry();
    live.put(loaded(version), `hl7.fhir.uv.sdc#${version}`);
    expect(live.resource('StructureDefinition', url)).toMatchObject({ version, title: 'loaded' });
    expect(live.versions('StructureDefinition', url)).toHaveLength(1);
    expect(live.list('StructureDefinition').filter((listed) => listed.url === url)).toHaveLength(1);
    live.remove('StructureDefinition', url, version);
    expect(live.versions('StructureDefinition', url)).toMatchObject([{ version: '4.0.0', source: 'SDC 4.0.0' }]);
  });

  test('leaves the others', () => {
    const live = loadRegistry();
    live.put(loaded('3.0.0'), 'hl7.fhir.uv.sdc#3.0.0');
    expect(live.resource('StructureDefinition', `${SDC}launchContext`)).toMatchObject({ version: '4.0.0' });
  });
});

test('nothing of the base is repeated', () => {
  const base = new Set(registry.list('StructureDefinition').flatMap(({ url, source }) => (source === 'base' ? [url] : [])));
  expect(standIns.filter(({ url }) => base.has(url))).toEqual([]);
});
