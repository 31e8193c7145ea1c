/** What a reference of a form may point at: a short list, where there is one. */
import type { FhirResource, Patient } from 'fhir/r4';
import { pointsAt, readNow } from '../../exchange/find.ts';
import { asRecord } from '../../questionnaire/value.ts';
import type { Reader } from '../../store/store.ts';
import type { PageDeps } from '../deps.ts';
import { nameOf } from '../person.ts';
import { typesOf } from './controls/reference.ts';
import type { Draft } from './drafts.ts';
import type { Referable } from './view.ts';

/** Longest list of resources to choose from. */
const MOST = 20;

/** What is the patient's own. */
const OF_PATIENT = [
  'Condition',
  'MedicationRequest',
  'MedicationStatement',
  'Procedure',
  'AllergyIntolerance',
  'RelatedPerson',
  'Encounter',
  'CarePlan',
  'CareTeam',
  'Device',
  'Immunization',
  'Observation',
  'Goal',
] as const;
/** What belongs to no patient. */
const OF_NOBODY = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Medication'] as const;
type Listed = (typeof OF_PATIENT)[number] | (typeof OF_NOBODY)[number];

export async function referableTo(deps: PageDeps, reader: Reader, { plan, response }: Draft): Promise<ReadonlyMap<string, readonly Referable[]>> {
  const types = new Set([...plan.byLinkId.values()].filter(({ definition }) => definition.type === 'reference').flatMap((item) => typesOf(item)));
  const patient = response.subject?.reference ?? '';
  return new Map(await Promise.all([...types].map(async (type) => [type, await listed(deps, reader, { type, patient })] as const)));
}

async function listed({ find }: PageDeps, reader: Reader, { type, patient }: { type: string; patient: string }): Promise<readonly Referable[]> {
  if (type === 'Patient')
    return (await Promise.all([readNow<Patient>(reader, patient)])).flatMap((one) => (one === undefined ? [] : [{ reference: patient, display: nameOf(one) }]));
  const known = [...OF_PATIENT, ...OF_NOBODY].find((one) => one === type);
  if (known === undefined) return [];
  const where = OF_PATIENT.some((one) => one === known) ? [find.where(known, 'patient', pointsAt(patient))] : [];
  const { resources, more } = await find.list<Listed>(reader, { type: known, where, limit: MOST });
  return more ? [] : resources.map(referable);
}

function referable(resource: FhirResource): Referable {
  const { id, resourceType } = resource;
  return { reference: `${resourceType}/${id}`, display: nameIn(resource) ?? `${resourceType} ${id}` };
}

/** As resources say what they are: a name, a code, a title. */
function nameIn(resource: FhirResource): string | undefined {
  const { name, code, title, medicationCodeableConcept, vaccineCode, description } = asRecord(resource);
  const [first] = Array.isArray(name) ? name.map(asRecord) : [];
  const concept = asRecord(code ?? medicationCodeableConcept ?? vaccineCode);
  const [coding] = Array.isArray(concept.coding) ? concept.coding.map(asRecord) : [];
  const said =
    first === undefined
      ? [name, title, concept.text, coding?.display, description]
      : [first.text, [first.given, first.family].flat().filter(Boolean).join(' ')];
  return said.find((one): one is string => typeof one === 'string' && one !== '');
}

/** People who may answer for a patient. */
export async function relativesOf(deps: PageDeps, reader: Reader, patient: string): Promise<readonly Referable[]> {
  return listed(deps, reader, { type: 'RelatedPerson', patient });
}
