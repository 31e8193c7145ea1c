/**
 * What a clinician needs on one page about one patient: open alerts with the answers behind them, scores over time,
 * and the treatment history beside them, each thing with its source and its age. Facts ready to be shown, in words,
 * without markup. Times are FHIR dateTimes as they stand in the resources; lists are newest first unless they say otherwise.
 */
import type {
  AllergyIntolerance,
  DetectedIssue,
  FhirResource,
  Flag,
  MedicationRequest,
  Observation,
  Patient,
  QuestionnaireResponse,
  ServiceRequest,
  Task,
} from 'fhir/r4';
import type { Ref } from '../fhir/resource.ts';
import type { HospitalStatus } from './status.ts';

export interface Timeline {
  readonly patient: TimelinePatient;
  /** When it was put together. */
  readonly asOf: string;
  /** Active ones, the most urgent first. */
  readonly alerts: readonly TimelineAlert[];
  /** The answers that alerts rest on, and the latest others. */
  readonly responses: readonly TimelineResponse[];
  /** One series a code, each in the order of time. */
  readonly scores: readonly ScoreSeries[];
  /** What the patient wrote and nobody has marked as read. */
  readonly unread: readonly FreeText[];
  /** Silence is not recovery: undefined where nothing was ever answered. */
  readonly lastAnswer?: TimelineResponse;
  readonly history: readonly HistoryEntry[];
  /** The latest medicine given or procedure done by a hospital; what the centre itself does stands in the history. */
  readonly lastTreatment?: HistoryEntry;
  readonly medicines: readonly MedicineEntry[];
  readonly allergies: readonly AllergyEntry[];
  readonly referrals: readonly ReferralEntry[];
  /** Open work that is neither an alert's nor a referral's: an answer that could not be read, a match to confirm. */
  readonly openTasks: readonly TaskEntry[];
  /** How each category stands at each hospital. */
  readonly hospitals: readonly HospitalStatus[];
  /** Sections that had more than is read at once; the newest are here. */
  readonly cut: readonly Section[];
}

export const SECTIONS = ['alerts', 'scores', 'free-text', 'history', 'medicines', 'allergies', 'referrals', 'tasks'] as const;
export type Section = (typeof SECTIONS)[number];

/** Where a resource came from. */
export interface Source {
  /** The hospital's name; undefined: recorded here. */
  readonly hospital?: string;
  /** Its URL there. */
  readonly url?: string;
  /** When the hospital was last seen to say so; for what was recorded here, when it was stored. */
  readonly fetched: string;
}

/** What every entry has. */
interface Entry<T extends FhirResource> {
  readonly ref: Ref;
  readonly source: Source;
  readonly resource: T;
}

export interface TimelinePatient extends Entry<Patient> {
  readonly name: string;
  readonly birthDate?: string;
  /** Whole years. */
  readonly age?: number;
  /** BCP-47, the preferred first. */
  readonly languages: readonly string[];
  /** In the order in which they are to be tried. */
  readonly phones: readonly { readonly number: string; readonly whose: string }[];
  /** Recorded here, or said by a hospital whose record is linked. */
  readonly deceased: boolean;
}

export interface TimelineAlert extends Entry<Flag> {
  /** The symptom's key. */
  readonly symptom: string;
  readonly title: string;
  readonly tier: string;
  /** First reported. */
  readonly since?: string;
  /** A correction took away a reason; the alert stands until a person closes it. */
  readonly corrected: boolean;
  /** The latest first; of one answer the most urgent first. */
  readonly findings: readonly TimelineFinding[];
  /** Those that a correction took away: what was said at first. */
  readonly withdrawn: readonly TimelineFinding[];
  /** The work item; undefined where it is not visible. */
  readonly task?: TaskEntry;
}

export interface TimelineFinding extends Entry<DetectedIssue> {
  /** One sentence. */
  readonly detail: string;
  readonly tier: string;
  readonly rule: string;
  readonly ruleVersion?: string;
  /** By the sender's clock, but never after the receipt. */
  readonly reported?: string;
  readonly received?: string;
  readonly late: boolean;
  readonly withdrawn: boolean;
  /** References to `Timeline.responses`. */
  readonly responses: readonly Ref[];
}

export interface TaskEntry extends Entry<Task> {
  /** https://pro-bridge.example/fhir/CodeSystem/task */
  readonly kind: string;
  readonly status: string;
  /** Of an alert: raised, acknowledged, assessed, intervened, monitoring, closed. */
  readonly state?: string;
  readonly deadline?: string;
  readonly description?: string;
  readonly authored?: string;
}

export interface TimelineResponse extends Entry<QuestionnaireResponse> {
  readonly questionnaire: string;
  /** When it was answered; where the response does not say, when it was last stored. */
  readonly at: string;
  readonly status: string;
  /** `patient`, or the words for who answered instead. */
  readonly by: string;
  /** v3-ParticipationMode code, where it is said. */
  readonly mode?: string;
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly linkId: string;
  readonly question: string;
  /** Empty: not answered. */
  readonly values: readonly string[];
  /** Written by the patient in their own words. */
  readonly isFreeText: boolean;
}

export interface FreeText {
  readonly response: Ref;
  readonly at: string;
  readonly by: string;
  readonly question: string;
  readonly text: string;
}

export interface ScoreSeries {
  readonly system: string;
  readonly code: string;
  readonly title: string;
  /** As printed; '' for a bare score. */
  readonly unit: string;
  /** Oldest first. */
  readonly points: readonly ScorePoint[];
}

export interface ScorePoint extends Entry<Observation> {
  /** When it was answered, by a clock that may be ahead; never after it was worked out. */
  readonly at: string;
  /** Undefined where it could not be scored; then `absent` says why. */
  readonly value?: number;
  readonly absent?: string;
  /** In words: "moderate". */
  readonly band?: string;
  /** v3-ObservationInterpretation. */
  readonly interpretation?: string;
  /** What must be known to read it: prorated, amended. */
  readonly remarks: readonly string[];
  readonly response?: Ref;
  /** The instrument and the version of its scoring. */
  readonly method?: string;
}

export type HistoryKind = 'diagnosis' | 'procedure' | 'treatment' | 'visit' | 'report' | 'result' | 'plan';

export interface HistoryEntry extends Entry<FhirResource> {
  readonly kind: HistoryKind;
  readonly title: string;
  readonly detail?: string;
  readonly start?: string;
  readonly end?: string;
  readonly status: string;
}

export interface MedicineEntry extends Entry<MedicationRequest> {
  readonly title: string;
  readonly dosage?: string;
  readonly status: string;
  readonly isActive: boolean;
  readonly prescribed?: string;
}

export interface AllergyEntry extends Entry<AllergyIntolerance> {
  readonly title: string;
  readonly reactions: readonly string[];
  readonly criticality?: string;
  /** active, inactive or resolved. */
  readonly status?: string;
}

export interface ReferralEntry extends Entry<ServiceRequest> {
  readonly title: string;
  readonly to?: string;
  readonly authored?: string;
  readonly status: string;
  /** What the receiver has made of it; undefined where it is not visible. */
  readonly task?: TaskEntry;
}
