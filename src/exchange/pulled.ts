/** What is pulled, in which order, and where staff look for it. */
import type { Resource } from '../fhir/resource.ts';

/** Where a clinician looks for it. */
export const CATEGORIES = ['history', 'medicines', 'allergies'] as const;
export type Category = (typeof CATEGORIES)[number];

export interface PulledType {
  readonly type: string;
  readonly category: Category;
  /** The element that names the patient. */
  readonly patient: 'subject' | 'patient';
  /** Search parameters beside `patient` and `_lastUpdated`. */
  readonly only: Readonly<Record<string, string>>;
  /** False for what a server returns that ignores `only`. */
  readonly wanted: (resource: Resource) => boolean;
}

const all = (): boolean => true;
const row = (type: string, category: Category): PulledType => ({ type, category, patient: 'subject', only: {}, wanted: all });

/** Types come after those that they usually refer to. */
export const PULLED: readonly PulledType[] = [
  row('Encounter', 'history'),
  row('Condition', 'history'),
  { ...row('AllergyIntolerance', 'allergies'), patient: 'patient' },
  { ...row('Observation', 'history'), only: { category: 'laboratory' }, wanted: isLaboratory },
  row('DiagnosticReport', 'history'),
  row('Procedure', 'history'),
  row('MedicationRequest', 'medicines'),
  row('MedicationAdministration', 'history'),
  row('CarePlan', 'history'),
];

/** Read one by one, where a pulled resource refers to them. */
export const REFERENCED: ReadonlySet<string> = new Set(['Organization', 'Practitioner', 'Medication']);

/** Every type of which a hospital's resource may come to be ours. */
export const KEPT: ReadonlySet<string> = new Set([...PULLED.map(({ type }) => type), ...REFERENCED]);

/** http://terminology.hl7.org/CodeSystem/observation-category */
function isLaboratory({ category }: Resource): boolean {
  return Array.isArray(category) && category.some((concept) => Array.isArray(concept?.coding) && concept.coding.some(isLaboratoryCode));
}

const isLaboratoryCode = (coding: unknown): boolean => typeof coding === 'object' && coding !== null && 'code' in coding && coding.code === 'laboratory';
