import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { DefinitionType } from '../../src/definitions/registry.ts';

const registry = loadRegistry();
const ofBase = (type: DefinitionType) => registry.list(type).filter(({ source }) => source === 'base');

describe('the whole resources of the base', () => {
  test.each([
    ['StructureDefinition', 649],
    ['ValueSet', 1316],
    ['CodeSystem', 1062],
    ['ConceptMap', 19],
    ['SearchParameter', 1377],
    ['OperationDefinition', 46],
  ] as const)('%s: %i of them, each found by its url|version', (type, count) => {
    const listed = ofBase(type);
    expect(listed).toHaveLength(count);
    for (const { url, version, status } of listed) {
      expect(registry.resource(type, version === '' ? url : `${url}|${version}`)).toMatchObject({ resourceType: type, url, status });
    }
  });

  test('keep the displays, definitions, designations, properties and hierarchy of codes', () => {
    const sex = registry.resource('CodeSystem', 'http://terminology.hl7.org/CodeSystem/v2-0001');
    expect(sex?.concept?.[1]).toMatchObject({
      code: 'F',
      display: 'Female',
      designation: [
        { language: 'de', value: 'weiblich' },
        { language: 'nl', value: 'Vrouw' },
      ],
    });
    const acts = registry.resource('CodeSystem', 'http://terminology.hl7.org/CodeSystem/v3-ActMood');
    expect(acts?.concept?.find(({ code }) => code === '_ActMoodCompletionTrack')?.concept?.length).toBeGreaterThan(1);
    expect(JSON.stringify(acts?.concept)).toContain('"code":"status","valueCode":"deprecated"');
  });

  test('keep what a value set is composed of', () => {
    expect(
      registry.resource('ValueSet', 'http://hl7.org/fhir/ValueSet/observation-vitalsignresult')?.compose?.include[0]?.concept?.map(({ code }) => code),
    ).toContain('85353-1');
  });

  test('keep the context of an extension and what it demands', () => {
    const extension = registry.resource('StructureDefinition', 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace');
    expect(extension?.context).toEqual([{ type: 'element', expression: 'Patient' }]);
    expect(extension?.differential?.element.find(({ path }) => path === 'Extension.value[x]')?.type).toEqual([{ code: 'Address' }]);
    expect(ofBase('StructureDefinition').filter(({ url }) => registry.resource('StructureDefinition', url)?.type === 'Extension')).toHaveLength(394);
  });

  test('keep bindings with their maximum, fixed values and constraints of profiles', () => {
    const types = registry.resource('StructureDefinition', 'http://hl7.org/fhir/StructureDefinition/Observation')?.snapshot?.element;
    const language = types?.find(({ path }) => path === 'Observation.language');
    expect(language?.binding?.extension?.map(({ valueCanonical }) => valueCanonical)).toContain('http://hl7.org/fhir/ValueSet/all-languages');
    const weight = registry.resource('StructureDefinition', 'http://hl7.org/fhir/StructureDefinition/bodyweight');
    expect(weight?.differential?.element.map(({ path }) => path)).toContain('Observation.code');
    expect(weight?.snapshot?.element.flatMap(({ constraint }) => constraint?.map(({ key }) => key))).toContain('vs-2');
  });

  test('carry no narrative', () => {
    expect(registry.list('ValueSet').some(({ url, version }) => registry.resource('ValueSet', `${url}|${version}`)?.text !== undefined)).toBe(false);
  });

  test('are of R4, and give the two versions of a v2 table under one URL', () => {
    for (const type of ['StructureDefinition', 'ValueSet', 'CodeSystem', 'SearchParameter'] as const) {
      expect(ofBase(type).filter(({ version, url }) => version.startsWith('5.') || version === '4.3.0' || url.includes('|'))).toEqual([]);
    }
    expect(registry.versions('CodeSystem', 'http://terminology.hl7.org/CodeSystem/v2-0360').map(({ version }) => version)).toEqual(['2.7', '2.3.1']);
  });
});
