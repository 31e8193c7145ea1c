/** The hospital's records, loaded as they come to be, and the centre's pulls of them. */
import type { Bundle, FhirResource, Parameters, ParametersParameter } from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';
import type { Client } from './client.ts';
import { HOSPITAL_NAME } from './stage.ts';
import { check } from './story.ts';
import type { Tale } from './tale.ts';

/** Stores resources under the ids that they have, all or none. */
export async function load(client: Client, resources: readonly FhirResource[]): Promise<void> {
  const entry = resources.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } }));
  const { body } = await client.send<Bundle>('POST', '', { resourceType: 'Bundle', type: 'transaction', entry }, 200);
  const stored = (body.entry ?? []).filter(({ response }) => response?.status.startsWith('20') === true).length;
  check(stored === resources.length, `all of ${resources.length} resources are stored`, stored);
}

/** When the hospital comes to know of it; undefined for what it has known all along. */
export function knownFrom(resource: FhirResource): Date | undefined {
  const text = timeOf(resource);
  return text === undefined ? undefined : new Date(text);
}

function timeOf(resource: FhirResource): string | undefined {
  switch (resource.resourceType) {
    case 'Encounter':
    case 'CarePlan':
      return resource.period?.start;
    case 'Condition':
    case 'AllergyIntolerance':
      return resource.recordedDate;
    case 'Procedure':
      return resource.performedPeriod?.start;
    case 'MedicationAdministration':
      return resource.effectivePeriod?.start;
    case 'MedicationRequest':
      return resource.authoredOn;
    case 'DiagnosticReport':
    case 'Observation':
      return resource.effectiveDateTime;
    default:
      return undefined;
  }
}

/** How a pull went for one patient. */
export interface Pulled {
  readonly patient: string;
  readonly outcome: string;
  readonly created: number;
  readonly updated: number;
  readonly problem: string;
}

/** Lets the centre ask the hospital for everybody's record. */
export async function pull({ centre }: Tale): Promise<readonly Pulled[]> {
  const { body } = await centre.send<Parameters>('POST', '$pull', { resourceType: 'Parameters' }, 200);
  return (body.parameter ?? []).flatMap(({ name, part }) => (name === 'pull' && part !== undefined ? [pulledIn(part)] : []));
}

function pulledIn(parts: readonly ParametersParameter[]): Pulled {
  const part = (name: string) => parts.find((one) => one.name === name);
  return {
    patient: part('patient')?.valueReference?.reference ?? '',
    outcome: part('outcome')?.valueCode ?? '',
    created: part('created')?.valueInteger ?? 0,
    updated: part('updated')?.valueInteger ?? 0,
    problem: part('problem')?.valueString ?? '',
  };
}

/** Types of which the centre fetches what is about a patient. */
const RECORD_TYPES = [
  'Encounter',
  'Condition',
  'AllergyIntolerance',
  'Observation',
  'DiagnosticReport',
  'Procedure',
  'MedicationRequest',
  'MedicationAdministration',
  'CarePlan',
] as const;

/** Everything that the centre holds from the hospital: which version of what, by the hospital's address of it. */
export async function held({ centre }: Tale, patient?: string): Promise<ReadonlyMap<string, string>> {
  const whose = patient === undefined ? '' : `&patient=${patient}`;
  const tag = encodeURIComponent(`${codeSystem('source')}|${HOSPITAL_NAME}`);
  const lists = await Promise.all(RECORD_TYPES.map((type) => centre.search(`${type}?_tag=${tag}${whose}&_count=1000`)));
  return new Map(lists.flat().map(({ resourceType, id, meta }) => [meta?.source ?? '', `${resourceType}/${id}/_history/${meta?.versionId}`]));
}

/** Addresses of what the hospital holds of these patients of its own. */
export async function atHospital({ stage }: Tale, patients: readonly string[]): Promise<readonly string[]> {
  const { client } = stage.hospital;
  const whose = patients.map((id) => `Patient/${id}`).join(',');
  const lists = await Promise.all(
    RECORD_TYPES.map((type) => client.search(`${type}?patient=${whose}&_count=1000${type === 'Observation' ? '&category=laboratory' : ''}`)),
  );
  return lists.flat().map(({ resourceType, id }) => `${client.base}/${resourceType}/${id}`);
}
