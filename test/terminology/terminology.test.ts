import { describe, expect, test } from '@jest/globals';
import type { CodeSystem, ValueSet } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createTerminology } from '../../src/terminology/terminology.ts';

const registry = loadRegistry();
const base = createTerminology(registry);
const HL7 = 'http://hl7.org/fhir/ValueSet';

/** A terminology over the base and these resources. */
function over(...resources: (CodeSystem | ValueSet)[]) {
  const live = loadRegistry();
  for (const resource of resources) live.put(resource as unknown as Resource, 'posted');
  return { live, terminology: createTerminology(live) };
}

const mood: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://x.example/mood',
  version: '1.0.0',
  status: 'active',
  content: 'complete',
  property: [{ code: 'inactive', type: 'boolean' }],
  concept: [
    { code: 'bad', display: 'Bad', extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/codesystem-ordinalValue', valueDecimal: 0 }] },
    { code: 'good', display: 'Good', property: [{ code: 'itemWeight', valueDecimal: 2 }], concept: [{ code: 'great', display: 'Great' }] },
    { code: 'so-so', display: 'So-so', property: [{ code: 'inactive', valueBoolean: true }] },
  ],
};
const set = (url: string, compose: ValueSet['compose']): ValueSet => ({
  resourceType: 'ValueSet',
  status: 'active',
  url,
  ...(compose === undefined ? {} : { compose }),
});

describe('membership', () => {
  test.each([
    ['administrative-gender', 'male', 'in'],
    ['administrative-gender', 'constructor', 'out'],
    ['mimetypes', 'application/pdf', 'in'],
    ['mimetypes', 'text/plain; charset=utf-8', 'in'],
    ['mimetypes', 'json', 'in'],
    ['mimetypes', 'pdf', 'out'],
    ['all-languages', 'de-CH', 'in'],
    ['all-languages', 'not a language', 'out'],
    ['all-languages', 'qq-AB', 'unknown'],
    ['currencies', 'NOK', 'in'],
    ['currencies', 'nok', 'out'],
    ['currencies', 'ZZQ', 'unknown'],
    ['iso3166-1-2', 'NO', 'in'],
    ['iso3166-1-2', 'ZZ', 'out'],
    ['iso3166-1-3', 'NOR', 'unknown'],
    ['ucum-units', 'mg/dL', 'in'],
    ['ucum-units', 'mg/dLx', 'out'],
  ])('%s: %s is %s', (name, code, expected) => {
    expect(base.membership(`${HL7}/${name}|4.0.1`).code(code).is).toBe(expected);
  });

  test('a coding needs its system, a concept one coding of several', () => {
    const genders = base.membership(`${HL7}/administrative-gender`);
    const female = { system: 'http://hl7.org/fhir/administrative-gender', code: 'female' };
    expect(genders.coding(female).is).toBe('in');
    expect(genders.coding({ code: 'female' }).is).toBe('out');
    expect(genders.concept([{ system: 'http://x.example', code: 'f' }, female]).is).toBe('in');
    expect(genders.concept([]).is).toBe('out');
    expect(genders.summary()).toBe('male, female, other, unknown');
    expect(base.membership(`${HL7}/resource-types`).summary()).toMatch(/^(?:\w+, ){11}\w+ and 136 more$/);
  });

  test('what is not known here is a question, with the code and nothing else', () => {
    const verdict = base.membership(`${HL7}/observation-codes`).coding({ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' });
    expect(verdict).toEqual({
      is: 'unknown',
      why: 'The code system http://loinc.org is not known here.',
      question: { valueSet: `${HL7}/observation-codes`, system: 'http://loinc.org', version: undefined, code: '8867-4' },
    });
    expect(base.membership('http://x.example/none').code('a')).toMatchObject({ is: 'unknown', why: 'The value set http://x.example/none is not known here.' });
  });

  test('another system than the ones that cannot be looked into is certain to be out', () => {
    expect(base.membership(`${HL7}/observation-codes`).coding({ system: 'http://x.example', code: 'a' }).is).toBe('out');
  });

  test('an answer changes with the definitions', () => {
    const { live, terminology } = over(mood, set('http://x.example/moods', { include: [{ system: mood.url ?? '' }] }));
    const moods = terminology.membership('http://x.example/moods');
    const great = { system: mood.url ?? '', code: 'great' };
    expect(moods.coding(great).is).toBe('in');
    live.put({ ...mood, concept: [{ code: 'bad' }] } as unknown as Resource, 'posted');
    expect(moods.coding(great).is).toBe('out');
    live.remove('CodeSystem', mood.url ?? '', '1.0.0');
    expect(moods.coding(great).is).toBe('unknown');
  });

  test('what is out of use is left out where the set says so', () => {
    const compose = { include: [{ system: mood.url ?? '' }] };
    const { terminology } = over(mood, set('http://x.example/all', compose), set('http://x.example/active', { inactive: false, ...compose }));
    const soSo = { system: mood.url ?? '', code: 'so-so' };
    expect(terminology.membership('http://x.example/all').coding(soSo).is).toBe('in');
    expect(terminology.membership('http://x.example/active').coding(soSo).is).toBe('out');
  });

  test('a set that is contained, and draws on another that it contains', () => {
    const { terminology } = over(mood);
    const inner = { ...set('', { include: [{ system: mood.url ?? '', concept: [{ code: 'bad' }] }] }), id: 'inner' };
    const outer: ValueSet = { ...set('', { include: [{ valueSet: ['#inner'] }] }), contained: [inner] };
    expect(terminology.membership(outer).coding({ system: mood.url ?? '', code: 'bad' }).is).toBe('in');
    expect(terminology.membership(outer).coding({ system: mood.url ?? '', code: 'good' }).is).toBe('out');
  });
});

describe('for questionnaires and searches', () => {
  const { terminology } = over(mood, set('http://x.example/moods', { include: [{ system: mood.url ?? '' }] }));
  const system = mood.url ?? '';

  test('options have displays and weights; what is out of use is none', () => {
    expect(terminology.options('http://x.example/moods')).toEqual([
      { coding: { system, version: '1.0.0', code: 'bad', display: 'Bad' }, weight: 0 },
      { coding: { system, version: '1.0.0', code: 'good', display: 'Good' }, weight: 2 },
      { coding: { system, version: '1.0.0', code: 'great', display: 'Great' }, weight: undefined },
    ]);
    expect(terminology.options('http://x.example/none')).toBe('The value set http://x.example/none is not known here.');
    expect(terminology.weight({ system, code: 'good' })).toBe(2);
  });

  test('codes of a set, and codes below and above one', () => {
    expect([...(terminology.codes('http://x.example/moods') ?? [])]).toEqual(['bad', 'good', 'great', 'so-so'].map((code) => `${system}|${code}`));
    expect(terminology.below(system, 'good')).toEqual(['good', 'great']);
    expect(terminology.above(system, 'great')).toEqual(['great', 'good']);
    expect(terminology.below('http://loinc.org', '1-8')).toBeUndefined();
  });

  test('a whole code system by its CodeSystem.valueSet', () => {
    const { terminology: other } = over({ ...mood, valueSet: 'http://x.example/vs/mood' });
    expect(other.membership('http://x.example/vs/mood').code('great').is).toBe('in');
  });
});

test('most sets of the base can be listed', () => {
  const listed = registry.list('ValueSet').filter(({ url }) => base.codes(url) !== undefined);
  expect(listed.length).toBeGreaterThan(1200);
});
