import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';

const registry = loadRegistry();
const element = (path: string) => registry.structure(path.split('.')[0] ?? '')?.elements.find((candidate) => candidate.path === path);

describe('types', () => {
  test('are the 146 concrete resource types of R4, sorted', () => {
    expect(registry.resourceTypes).toHaveLength(146);
    expect(registry.resourceTypes).toEqual(registry.resourceTypes.toSorted());
    expect(registry.resourceTypes).toEqual(expect.arrayContaining(['Patient', 'QuestionnaireResponse', 'VisionPrescription']));
    for (const absent of ['Resource', 'DomainResource', 'SubscriptionStatus', 'MetadataResource', 'Bot', 'constructor', '__proto__']) {
      expect(registry.isResourceType(absent)).toBe(false);
    }
  });

  test('agree with the value set of resource types', () => {
    const codes = [...(registry.valueSetCodes('http://hl7.org/fhir/ValueSet/resource-types') ?? [])].map((code) => code.split('|')[1]);
    expect(codes.filter((code) => code !== 'Resource' && code !== 'DomainResource').toSorted()).toEqual(registry.resourceTypes);
  });

  test('all open, and every type they name is defined', () => {
    const names = registry.resourceTypes.flatMap((type) => registry.structure(type)?.elements.flatMap(({ types }) => types.map(({ code }) => code)) ?? []);
    const undefinedNames = new Set(names.filter((name) => registry.structure(name) === undefined));
    expect([...undefinedNames]).toEqual([]);
  });

  test('keep cardinality, binding, constraints and content references', () => {
    expect(element('Observation.status')).toMatchObject({
      min: 1,
      max: 1,
      types: [{ code: 'code' }],
      binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/observation-status|4.0.1' },
      isModifier: true,
    });
    expect(element('Observation.component')?.max).toBe(Number.POSITIVE_INFINITY);
    expect(element('Observation.component.referenceRange')?.contentReference).toBe('#Observation.referenceRange');
    expect(element('Observation')?.constraints?.map(({ key }) => key)).toEqual(['dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6', 'obs-6', 'obs-7']);
    expect(element('Patient.id')?.types).toEqual([{ code: 'id' }]);
    expect(element('Extension.url')?.types).toEqual([{ code: 'uri' }]);
    expect(element('Observation.subject')?.types[0]?.targets).toEqual(['Patient', 'Group', 'Device', 'Location']);
  });

  test('are those of HL7, not of the package they are read from', () => {
    for (const added of ['Meta.project', 'Binary.url', 'ResearchStudy.name', 'DeviceDefinition.bodySite', 'EvidenceVariable.characteristic.linkId']) {
      expect(element(added)).toBeUndefined();
    }
    expect(element('EvidenceVariable.characteristic.participantEffective[x]')?.types).toHaveLength(4);
    expect(element('DetectedIssue.status')?.binding?.valueSet).toBe('http://hl7.org/fhir/ValueSet/observation-status|4.0.1');
    expect(element('Bundle.entry.response.outcome')?.types).toEqual([{ code: 'Resource' }]);
  });

  test('whose name is on the prototype of objects are unknown', () => {
    expect(registry.structure('constructor')).toBeUndefined();
    expect(registry.structure('__proto__')).toBeUndefined();
  });
});

describe('search parameters', () => {
  const find = (base: string, code: string) => registry.searchParameters.find((row) => row.base.includes(base) && row.code === code);

  test('include those of every resource and those without an expression', () => {
    expect(find('Resource', '_id')).toMatchObject({ type: 'token', expression: 'Resource.id' });
    expect(find('Resource', '_lastUpdated')?.type).toBe('date');
    expect(find('Resource', '_content')?.expression).toBe('');
  });

  test('keep targets and components', () => {
    expect(find('Observation', 'code-value-quantity')?.component.map(({ expression }) => expression)).toEqual(['code', 'value.as(Quantity)']);
    expect(find('QuestionnaireResponse', 'author')?.target).toContain('Patient');
  });

  test('are R4 only and name only R4 types', () => {
    expect(registry.searchParameters).toHaveLength(1377);
    const bases = new Set(registry.searchParameters.flatMap(({ base }) => base));
    expect([...bases].filter((base) => !registry.isResourceType(base)).toSorted()).toEqual(['DomainResource', 'Resource']);
  });
});

describe('compartments', () => {
  test("are HL7's: Task is in no patient's", () => {
    expect(registry.compartment('Patient').get('Observation')).toEqual(['subject', 'performer']);
    expect(registry.compartment('Patient').get('QuestionnaireResponse')).toEqual(['subject', 'author']);
    for (const type of ['Task', 'Organization', 'Questionnaire']) expect(registry.compartment('Patient').has(type)).toBe(false);
  });

  test('are five, and anything else is empty', () => {
    for (const type of ['Patient', 'Encounter', 'RelatedPerson', 'Practitioner', 'Device']) expect(registry.compartment(type).size).toBeGreaterThan(20);
    expect(registry.compartment('constructor').size).toBe(0);
  });
});

describe('value sets', () => {
  test('list their codes, with or without a version', () => {
    const url = 'http://hl7.org/fhir/ValueSet/administrative-gender';
    expect([...(registry.valueSetCodes(`${url}|4.0.1`) ?? [])].map((code) => code.split('|')[1])).toEqual(['male', 'female', 'other', 'unknown']);
    expect(registry.valueSetCodes(url)?.has('http://hl7.org/fhir/administrative-gender|male')).toBe(true);
  });

  test('are unlistable where the code system is not in the base', () => {
    expect(registry.valueSetCodes('http://hl7.org/fhir/ValueSet/mimetypes')).toBeUndefined();
    expect(registry.valueSetCodes('http://hl7.org/fhir/ValueSet/currencies')).toBeUndefined();
    expect(registry.valueSetCodes('http://example.org/nobody-knows')).toBeUndefined();
  });

  test('stand behind every required binding but the few that nobody can list', () => {
    const bindings = registry.resourceTypes.flatMap((type) => registry.structure(type)?.elements.map(({ binding }) => binding) ?? []);
    const required = new Set(bindings.filter((binding) => binding?.strength === 'required').map((binding) => binding?.valueSet ?? ''));
    expect([...required].filter((url) => registry.valueSetCodes(url) === undefined).toSorted()).toEqual([
      'http://hl7.org/fhir/ValueSet/mimetypes|4.0.1',
      'http://hl7.org/fhir/ValueSet/ucum-units|4.0.1',
      'http://loinc.org/vs/LL379-9|4.0.1',
    ]);
  });
});
