import { describe, expect, test } from '@jest/globals';
import type { FhirResource, MedicationAdministration } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { centrePatients } from '../../src/demo/centre-data.ts';
import { hospitalRecords } from '../../src/demo/hospital-data.ts';
import { CAST, FEVER_DAYS_AFTER_INFUSION, hospitalPatientId, PEOPLE } from '../../src/demo/people.ts';
import { matchPatient } from '../../src/exchange/match.ts';
import { PULLED, REFERENCED } from '../../src/exchange/pulled.ts';
import { referencesIn } from '../../src/fhir/reference.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';

const fever = new Date(2026, 10, 21, 20, 30);
const hospital = hospitalRecords(fever);
const centre = centrePatients(fever);
const validator = createValidator(loadRegistry());

const general = (resource: FhirResource): Resource => resource as unknown as Resource;
const refsOf = (resources: readonly FhirResource[]): string[] => resources.map(({ resourceType, id }) => `${resourceType}/${id}`);

describe.each([
  ['hospital', hospital],
  ['centre', centre],
])('the %s', (_place, resources) => {
  test('has valid resources only', () => {
    const errors = resources.flatMap((resource) =>
      validator.validate(general(resource)).issues.filter(({ severity }) => severity !== 'information' && severity !== 'warning'),
    );
    expect(errors).toEqual([]);
  });

  test('names each resource once, and refers to nothing that it lacks', () => {
    const refs = refsOf(resources);
    expect(new Set(refs).size).toBe(refs.length);
    const targets = resources.flatMap((resource) => referencesIn(general(resource)).map(({ text }) => text));
    expect(targets.filter((target) => !refs.includes(target))).toEqual([]);
  });
});

test('the hospital has something of every type that is pulled', () => {
  const types = new Set(hospital.map(({ resourceType }) => resourceType));
  expect([...PULLED.map(({ type }) => type), ...REFERENCED].filter((type) => !types.has(type as FhirResource['resourceType']))).toEqual([]);
});

test('the last infusion before the fever lies exactly nine days back', () => {
  const mine = `Patient/h-${CAST.fever}`;
  const starts = hospital
    .filter((resource): resource is MedicationAdministration => resource.resourceType === 'MedicationAdministration' && resource.subject.reference === mine)
    .map(({ effectivePeriod }) => new Date(effectivePeriod?.start ?? ''));
  const last = new Date(Math.max(...starts.map(Number)));
  expect([last.getFullYear(), last.getMonth(), last.getDate()]).toEqual([2026, 10, 21 - FEVER_DAYS_AFTER_INFUSION]);
});

test('all match with certainty but the one that is left to a person', () => {
  const patients = (resources: readonly FhirResource[]) => resources.filter((resource) => resource.resourceType === 'Patient');
  const grades = PEOPLE.map((person) => {
    const [here] = patients(centre).filter(({ id }) => id === person.id);
    if (here === undefined) throw new Error(person.id);
    return [person.id, matchPatient(here, patients(hospital)).grade];
  });
  expect(grades.filter(([, grade]) => grade !== 'certain')).toEqual([[CAST.nearMatch, 'possible']]);
});

test('the cast is as it is said to be', () => {
  const allergies = (id: string) =>
    hospital.filter((resource) => resource.resourceType === 'AllergyIntolerance' && resource.patient.reference === `Patient/h-${id}`);
  expect(allergies(CAST.noAllergiesRecorded)).toEqual([]);
  expect(allergies(CAST.penicillinAllergy)).toMatchObject([{ code: { text: 'Allergy to penicillin' } }]);
  const consenting = centre.flatMap((resource) => (resource.resourceType === 'Consent' ? [resource.patient?.reference] : []));
  expect(PEOPLE.filter(({ id }) => !consenting.includes(`Patient/${id}`)).map(({ id }) => id)).toEqual([CAST.noConsent]);
  expect(PEOPLE.map(hospitalPatientId)).toHaveLength(12);
});
