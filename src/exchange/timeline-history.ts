/** What was found, done and given: one row a resource type says how its words are read. */
import type {
  AllergyIntolerance,
  CarePlan,
  Condition,
  DiagnosticReport,
  Encounter,
  FhirResource,
  MedicationAdministration,
  MedicationRequest,
  Observation,
  Procedure,
} from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';
import type { AllergyEntry, HistoryEntry, HistoryKind, MedicineEntry } from './timeline.ts';
import type { Sources } from './timeline-source.ts';
import { byTimeDescending, codeOf, maybe, resultOf, span, timeOf, titleOf, wordsOf } from './wording.ts';

/** The name of a medicine that is a resource of its own; undefined where it is not known. */
export type NameMedicine = (reference: string) => string | undefined;

type Words = Pick<HistoryEntry, 'title' | 'detail' | 'start' | 'end' | 'status'>;

export function historyEntry(resource: FhirResource, sources: Sources, nameMedicine: NameMedicine): HistoryEntry | undefined {
  const said = saidOf(resource, nameMedicine);
  return said === undefined || said.words.status === 'entered-in-error' ? undefined : { ...sources.entry(resource), kind: said.kind, ...said.words };
}

function saidOf(resource: FhirResource, nameMedicine: NameMedicine): { readonly kind: HistoryKind; readonly words: Words } | undefined {
  switch (resource.resourceType) {
    case 'Condition':
      return { kind: 'diagnosis', words: diagnosis(resource) };
    case 'Procedure':
      return { kind: 'procedure', words: procedure(resource) };
    case 'MedicationAdministration':
      return { kind: 'treatment', words: treatment(resource, nameMedicine) };
    case 'Encounter':
      return { kind: 'visit', words: visit(resource) };
    case 'DiagnosticReport':
      return { kind: 'report', words: report(resource) };
    case 'Observation':
      return { kind: 'result', words: laboratory(resource) };
    case 'CarePlan':
      return isEnrolment(resource) ? undefined : { kind: 'plan', words: plan(resource) };
    default:
      return undefined;
  }
}

function diagnosis({ code, stage = [], clinicalStatus, verificationStatus, recordedDate, onsetDateTime, onsetPeriod, abatementDateTime }: Condition): Words {
  const detail = stage.flatMap(({ summary }) => wordsOf(summary) ?? []).join(', ');
  const when = onsetDateTime === undefined && onsetPeriod === undefined ? span(recordedDate) : span(onsetDateTime, onsetPeriod);
  const verified = codeOf(verificationStatus);
  const status = verified === 'entered-in-error' || verified === 'refuted' ? 'entered-in-error' : diagnosisStatus(codeOf(clinicalStatus), verified);
  return { title: titleOf(code), ...maybe('detail', detail === '' ? undefined : detail), ...when, ...maybe('end', abatementDateTime ?? when.end), status };
}

/** "active", or "active, provisional": what is not confirmed is not shown as if it were. */
const diagnosisStatus = (clinical = 'unknown', verified = 'confirmed'): string => (verified === 'confirmed' ? clinical : `${clinical}, ${verified}`);

function procedure({ code, status, performedDateTime, performedPeriod, performedString, outcome, note }: Procedure): Words {
  const detail = wordsOf(outcome) ?? note?.[0]?.text ?? performedString;
  return { title: titleOf(code), ...maybe('detail', detail), ...span(performedDateTime, performedPeriod), status };
}

function treatment({ dosage, status, effectiveDateTime, effectivePeriod, ...medicine }: MedicationAdministration, nameMedicine: NameMedicine): Words {
  const amount = dosage?.text ?? (dosage?.dose === undefined ? undefined : `${dosage.dose.value} ${dosage.dose.unit ?? ''}`.trim());
  const detail = [amount, wordsOf(dosage?.route)].flatMap((part) => part ?? []).join(', ');
  return {
    title: medicineOf(medicine, nameMedicine),
    ...maybe('detail', detail === '' ? undefined : detail),
    ...span(effectiveDateTime, effectivePeriod),
    status,
  };
}

function visit({ type, class: place, period, status, reasonCode, serviceProvider }: Encounter): Words {
  const detail = wordsOf(reasonCode?.[0]) ?? serviceProvider?.display;
  return { title: wordsOf(type?.[0]) ?? place.display ?? place.code ?? 'Visit', ...maybe('detail', detail), ...span(undefined, period), status };
}

const report = ({ code, conclusion, effectiveDateTime, effectivePeriod, issued, status }: DiagnosticReport): Words => ({
  title: titleOf(code),
  ...maybe('detail', conclusion),
  ...span(effectiveDateTime ?? (effectivePeriod === undefined ? issued : undefined), effectivePeriod),
  status,
});

const laboratory = (observation: Observation): Words => ({
  title: titleOf(observation.code),
  detail: resultOf(observation),
  ...span(observation.effectiveDateTime ?? (observation.effectivePeriod === undefined ? observation.issued : undefined), observation.effectivePeriod),
  status: observation.status,
});

const plan = ({ title, category, description, period, created, status }: CarePlan): Words => ({
  title: title ?? wordsOf(category?.[0]) ?? 'Plan',
  ...maybe('detail', description),
  ...(period === undefined ? span(created) : span(undefined, period)),
  status,
});

/** In our own programme: no part of the treatment. */
const isEnrolment = ({ category = [] }: CarePlan): boolean =>
  category.some(({ coding = [] }) => coding.some(({ system }) => system === codeSystem('care-plan')));

type Medicine = Pick<MedicationRequest, 'medicationCodeableConcept' | 'medicationReference'>;

function medicineOf({ medicationCodeableConcept, medicationReference }: Medicine, nameMedicine: NameMedicine): string {
  const known = medicationReference?.reference === undefined ? undefined : nameMedicine(medicationReference.reference);
  return wordsOf(medicationCodeableConcept) ?? known ?? medicationReference?.display ?? 'Medicine not named';
}

/** The reference to a Medication whose name is needed. */
export function medicationRef(resource: FhirResource): string | undefined {
  return resource.resourceType === 'MedicationRequest' || resource.resourceType === 'MedicationAdministration'
    ? resource.medicationReference?.reference
    : undefined;
}

/** One that was stopped had begun. */
const BEGUN: ReadonlySet<string> = new Set(['completed', 'in-progress', 'on-hold', 'stopped']);

/** The hospital's latest medicine given, or procedure done, that has begun by then. */
export function lastTreatmentOf(history: readonly HistoryEntry[], now: Date): HistoryEntry | undefined {
  return history
    .filter(({ kind, status, source }) => source.hospital !== undefined && (kind === 'treatment' || kind === 'procedure') && BEGUN.has(status))
    .filter(({ start }) => start !== undefined && timeOf(start) <= now.getTime())
    .toSorted((left, right) => byTimeDescending(left.start, right.start))[0];
}

export function medicineEntry(resource: MedicationRequest, sources: Sources, nameMedicine: NameMedicine): MedicineEntry | undefined {
  const { status, authoredOn, doNotPerform, dosageInstruction = [] } = resource;
  if (status === 'entered-in-error') return undefined;
  const dosage = dosageInstruction.flatMap(({ text }) => text ?? []).join('; ');
  return {
    ...sources.entry(resource),
    title: `${doNotPerform === true ? 'Not to be given: ' : ''}${medicineOf(resource, nameMedicine)}`,
    ...maybe('dosage', dosage === '' ? undefined : dosage),
    status,
    isActive: status === 'active',
    ...maybe('prescribed', authoredOn),
  };
}

export function allergyEntry(resource: AllergyIntolerance, sources: Sources): AllergyEntry | undefined {
  const { code, reaction = [], criticality, clinicalStatus, verificationStatus } = resource;
  const verified = codeOf(verificationStatus);
  if (verified === 'entered-in-error' || verified === 'refuted') return undefined;
  const reactions = reaction.flatMap(({ manifestation }) => manifestation.flatMap((sign) => wordsOf(sign) ?? []));
  return { ...sources.entry(resource), title: titleOf(code), reactions, ...maybe('criticality', criticality), ...maybe('status', codeOf(clinicalStatus)) };
}
