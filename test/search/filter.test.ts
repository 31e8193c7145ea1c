import { describe, expect, test } from '@jest/globals';
import { FhirError } from '../../src/fhir/outcome.ts';
import { ask, finds, worldOf } from './fixture.ts';

const ORGANIZATION = { resourceType: 'Organization', id: 'o', name: 'North Clinic', active: true };
const PATIENT = {
  resourceType: 'Patient',
  id: 'p',
  active: true,
  gender: 'female',
  birthDate: '1950-03-04',
  name: [{ family: 'Petersen', given: ['Anna Lise', 'Bo'] }],
  identifier: [{ system: 'urn:mrn', value: 'A-1' }],
  managingOrganization: { reference: 'Organization/o' },
  generalPractitioner: [{ reference: 'Practitioner/dr' }],
};
const OBSERVATION = {
  resourceType: 'Observation',
  id: 'x',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '72514-3', display: 'Pain severity' }] },
  subject: { reference: 'Patient/p' },
  effectivePeriod: { start: '2026-01-10', end: '2026-01-20' },
  valueQuantity: { value: 500, system: 'http://unitsofmeasure.org', code: 'mg', unit: 'mg' },
};
const world = worldOf([ORGANIZATION, PATIENT, OBSERVATION]);

const holds = (resource: typeof PATIENT | typeof OBSERVATION, filter: string): boolean => {
  const where = ask(resource.resourceType, '').query; // the fixture splits at &, which a filter may hold
  expect(where.of).toHaveLength(1);
  return finds(resource, `_filter=${filter}`, world);
};

describe('every operator', () => {
  test.each<[string, boolean]>([
    ['family eq "petersen"', true],
    ['family eq "peters"', false],
    ['family eq petersen', true],
    ['given eq "anna lise"', true],
    ['given ne "anna lise"', true],
    ['family ne "PETERSEN"', false],
    ['name co "ete"', true],
    ['name co "pet\\u0065r"', true],
    ['given sw "anna"', true],
    ['given sw "lise"', false],
    ['given ew "lise"', true],
    ['family ew "pet"', false],
    ['birthdate eq 1950', true],
    ['birthdate ne 1950', false],
    ['birthdate gt 1949', true],
    ['birthdate lt 1950-03-04', false],
    ['birthdate ge 1950-03-04', true],
    ['birthdate le 1950-03', true],
    ['birthdate sa 1950-03-03', true],
    ['birthdate eb 1950-03-04', false],
    ['birthdate ap 1950', true],
    ['birthdate po 1950-03', true],
    ['birthdate pr true', true],
    ['birthdate pr false', false],
    ['death-date pr false', true],
    ['gender eq female', true],
    ['gender eq http://hl7.org/fhir/administrative-gender|female', true],
    ['gender ne female', false],
    ['gender ne male', true],
    ['gender in http://hl7.org/fhir/ValueSet/administrative-gender', true],
    ['gender ni http://hl7.org/fhir/ValueSet/administrative-gender', false],
    ['gender ss http://hl7.org/fhir/administrative-gender|female', true],
    ['gender sb http://hl7.org/fhir/administrative-gender|male', false],
    ['identifier eq urn:mrn|A-1', true],
    ['identifier eq "urn:mrn|A-1"', true],
    ['identifier ne urn:mrn|A-1', false],
    ['organization re Organization/o', true],
    ['organization re "Organization/other"', false],
    ['organization ne Organization/o', false],
    ['_id eq p', true],
    ['_id ne p', false],
  ])('%s: %s', (filter, expected) => {
    expect(holds(PATIENT, filter)).toBe(expected);
  });
});

describe('and, or, not, parentheses, paths', () => {
  test.each<[string, boolean]>([
    ['given co "anna" and birthdate ge 1950', true],
    ['given co "zoe" or birthdate ge 1950', true],
    ['given co "zoe" and gender eq male or active eq true', true],
    ['active eq true or given co "zoe" and gender eq male', false],
    ['active eq true or (given co "zoe" and gender eq male)', true],
    ['not (gender eq male)', true],
    ['not(gender eq male) and active eq true', true],
    ['not (not (gender eq male))', false],
    ['((gender eq female))', true],
    ['organization.name co "clinic"', true],
    ['organization:Organization.name eq "north clinic"', true],
    ['organization[active eq true].name sw "north"', true],
    ['organization[active eq false].name sw "north"', false],
    ['_has:Observation:subject:status eq final', true],
    ['_has:Observation:patient:code eq 72514-3 and gender eq female', true],
  ])('%s: %s', (filter, expected) => {
    expect(holds(PATIENT, filter)).toBe(expected);
  });

  test.each<[string, boolean]>([
    ['subject.name co "pet"', true],
    ['subject:Patient.organization.name co "north"', true],
    ['patient[gender eq female and birthdate lt 1960].family eq "petersen"', true],
    ['date po 2026-01-15', true],
    ['date po 2026-01-21', false],
    ['date eq 2026-01', true],
    ['value-quantity gt 0.4|http://unitsofmeasure.org|g', true],
    ['value-quantity eq 0.5|http://unitsofmeasure.org|g', true],
    ['value-quantity ne 500', false],
    ['code-value-quantity eq 72514-3$gt400', true],
  ])('of an Observation: %s: %s', (filter, expected) => {
    expect(holds(OBSERVATION, filter)).toBe(expected);
  });
});

describe('what cannot be is refused where it stands', () => {
  test.each([
    ['', /has no value/],
    ['name', /an operator/],
    ['name eq', /a value is missing/],
    ['name foo "a"', /no operator 'foo'; it has eq, ne, co/],
    ['name eq "a', /quotation mark/],
    ['name eq "a" and', /name of a search parameter is missing/],
    ['(name eq "a"', /a '\)' is missing/],
    ['name eq "a")', /should end here/],
    ['name eq "a" "b"', /should end here/],
    ['name eq "\\q"', /as in JSON/],
    ['organization[active eq true', /a '\]' is missing/],
    ['organization[active eq true] eq x', /stands before a further step/],
    ['gender co "a"', /'co' compares parameters of type string/],
    ['name gt "a"', /date, number, quantity/],
    ['birthdate po x', /a date is written/],
    ['nam eq "a"', /Did you mean 'name'/],
    ['constructor eq "a"', /no search parameter 'constructor'/],
    ['organization.__proto__ eq "a"', /no search parameter '__proto__'/],
    ['gender pr maybe', /true or false/],
    [`${'('.repeat(30)}name eq "a"`, /nests more than 20/],
    [`${'not('.repeat(30)}name eq "a"`, /nests more than 20/],
    ['link.organization.partof.partof.partof.partof.partof.name eq "a"', /.*/],
  ])('%s', (filter, message) => {
    expect(() => ask('Patient', `_filter=${filter}`)).toThrow(FhirError);
    expect(() => ask('Patient', `_filter=${filter}`)).toThrow(message);
  });
});
