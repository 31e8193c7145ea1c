/** The primary-care centre's own records before anything is pulled: who is registered, enrolled, and has consented to what. */
import type { CarePlan, Consent, FhirResource, Patient } from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';
import { daysBefore, demographics, PEOPLE, type Person, TEST_DATA } from './people.ts';

/** Before `fever`. */
const ENROLLED_DAYS_BEFORE = 70;

/** Patients, then their enrolments and consents, in an order in which they can be stored one by one. */
export function centrePatients(fever: Date): readonly FhirResource[] {
  const since = daysBefore(fever, ENROLLED_DAYS_BEFORE).toISOString();
  const consenting = PEOPLE.filter(({ consents }) => consents);
  return [...PEOPLE.map(patient), ...PEOPLE.map((person) => enrolment(person, since)), ...consenting.map((person) => consent(person, since))];
}

const patient = (person: Person): Patient => ({
  resourceType: 'Patient',
  id: person.id,
  meta: TEST_DATA,
  ...demographics(person),
  birthDate: person.birthDate,
});

const enrolment = ({ id }: Person, since: string): CarePlan => ({
  resourceType: 'CarePlan',
  id: `enrolment-${id}`,
  meta: TEST_DATA,
  status: 'active',
  intent: 'plan',
  category: [{ coding: [{ system: codeSystem('care-plan'), code: 'symptom-monitoring' }] }],
  title: 'Symptom follow-up',
  subject: { reference: `Patient/${id}` },
  period: { start: since },
});

const consent = ({ id }: Person, since: string): Consent => ({
  resourceType: 'Consent',
  id: `consent-${id}`,
  meta: TEST_DATA,
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: codeSystem('consent'), code: 'share-hospital-record' }] }],
  patient: { reference: `Patient/${id}` },
  dateTime: since,
  policyRule: { text: 'The hospital record may be fetched and shown to the centre’s staff.' },
  provision: { type: 'permit', period: { start: since } },
});
