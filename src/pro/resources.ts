/** Scores, findings and alerts as FHIR resources. */
import type { CodeableConcept, DetectedIssue, Device, Flag, Observation, Provenance, QuestionnaireResponse, Reference, Task } from 'fhir/r4';
import { codeSystem, identifierSystem } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import type { Finding } from './finding.ts';
import { concept, type FormExtension, RULE_ENGINE, refTo, withExtension, withPriority, withReason } from './forms.ts';
import type { Policy, Symptom } from './instrument.ts';
import type { Score } from './score.ts';

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const UCUM = 'http://unitsofmeasure.org';

const reference = (ref: Ref): Reference => ({ reference: ref });

/** The resource that RULE_ENGINE names; written once, when the server starts. */
export function ruleEngine(): Device {
  return {
    resourceType: 'Device',
    id: 'pro-bridge-rules',
    status: 'active',
    deviceName: [{ name: 'PRO Bridge scoring and alert rules', type: 'user-friendly-name' }],
    type: { text: 'Software that scores questionnaires and raises alerts' },
  };
}

/** What a score is written for. */
export interface Scored {
  readonly response: QuestionnaireResponse;
  /** When the response was given; its receipt, where it does not say, or cannot be believed. */
  readonly given: string;
  /** `{ name: 'phq-9', version: '1.0.0' }`: the instrument's name and the version of its scoring. */
  readonly scoring: { readonly name: string; readonly version: string };
  /** `url|version` of the Questionnaire that it was read by. */
  readonly questionnaire: string;
  readonly now: Date;
}

/** `<id of the response>.<id of the score>`: the same Observation through all versions of the response. */
export const scoreKey = (responseId: string, scoreId: string): string => `${responseId}.${scoreId}`;

/** One score. `id` is a new one, or that of the Observation that it takes the place of; then the status says so. */
export function scoreObservation(score: Score, scored: Scored, { id, status }: Pick<Observation, 'status'> & { id: string }): Observation {
  const { rule } = score;
  const { response, scoring } = scored;
  const answered = { code: concept('score-part', 'items-answered', 'Items answered'), valueInteger: score.answered };
  return {
    resourceType: 'Observation',
    id,
    identifier: [{ system: identifierSystem('score'), value: scoreKey(response.id ?? '', rule.id) }],
    status,
    category: [{ coding: [{ system: `${TERMINOLOGY}/observation-category`, code: 'survey' }] }],
    code: { coding: [{ ...rule.code }], text: rule.text.en },
    ...(response.subject && { subject: response.subject }),
    ...(response.encounter && { encounter: response.encounter }),
    effectiveDateTime: scored.given,
    issued: scored.now.toISOString(),
    ...performerOf(response),
    ...resultOf(score),
    ...(score.prorated ? { note: [{ text: `Worked out from ${score.answered} answers of ${rule.items.length}.` }] } : {}),
    method: { coding: [{ system: codeSystem('scoring'), code: scoring.name, version: scoring.version }], text: methodOf(scored) },
    device: reference(RULE_ENGINE),
    derivedFrom: [reference(refTo(response))],
    ...(score.prorated || score.absent !== undefined ? { component: [answered] } : {}),
  };
}

/** With the version of the questionnaire, where the response leaves it open. */
function methodOf({ response, scoring, questionnaire }: Scored): string {
  const chosen = response.questionnaire === questionnaire ? '' : `, answers read as ${questionnaire}`;
  return `${scoring.name} scoring ${scoring.version}${chosen}`;
}

function performerOf({ source, subject }: QuestionnaireResponse): Pick<Observation, 'performer'> {
  const performer = source ?? subject;
  return performer === undefined ? {} : { performer: [performer] };
}

function resultOf({ rule, value, absent, band }: Score): Pick<Observation, 'valueQuantity' | 'dataAbsentReason' | 'interpretation'> {
  if (value === undefined) {
    return { dataAbsentReason: { coding: [{ system: `${TERMINOLOGY}/data-absent-reason`, code: absent?.code ?? 'unknown' }], text: absent?.text ?? '' } };
  }
  const interpretation = band && [{ coding: [{ system: `${TERMINOLOGY}/v3-ObservationInterpretation`, code: band.interpretation }], text: band.text.en }];
  const unit = rule.unit === '{score}' ? 'score' : rule.unit;
  return { valueQuantity: { value, unit, system: UCUM, code: rule.unit }, ...(interpretation && { interpretation }) };
}

/** What alerts are written for. */
export interface Alerting {
  readonly patient: Ref;
  readonly now: Date;
  readonly policy: Policy;
  readonly symptoms: readonly Symptom[];
  /** Score Observations by `scoreKey`, as far as known. */
  readonly observations: ReadonlyMap<string, Ref>;
}

export function issueOf(finding: Finding, alerting: Alerting, id: string): DetectedIssue {
  const issue: DetectedIssue = {
    resourceType: 'DetectedIssue',
    id,
    identifier: [{ system: identifierSystem('finding'), value: finding.key }],
    status: 'final',
    code: { coding: [{ system: codeSystem('alert-rule'), version: finding.rulesVersion, code: finding.rule }], text: finding.evidence.symptom.en },
    severity: alerting.policy.tiers[finding.tier].severity,
    patient: reference(alerting.patient),
    identifiedDateTime: alerting.now.toISOString(),
    author: reference(RULE_ENGINE),
    implicated: [finding.response, ...observationsOf(finding, alerting)].map(reference),
    detail: finding.detail,
  };
  return extensionsOf(finding).reduce((done, [name, value]) => withExtension(done, name, value), issue);
}

function observationsOf({ measured, response }: Finding, { observations }: Alerting): Ref[] {
  const responseId = response.slice(response.indexOf('/') + 1);
  return measured.flatMap((what) => ('score' in what ? (observations.get(scoreKey(responseId, what.score)) ?? []) : []));
}

function extensionsOf(finding: Finding): [FormExtension, string | boolean | undefined][] {
  return [
    ['tier', finding.tier],
    ['symptom', finding.symptom],
    ['reported', finding.clock === 'unreadable' ? undefined : finding.reported],
    ['received', finding.received],
    ['late', finding.late ? true : undefined],
  ];
}

/** A new alert. It stands on its first reason; more may be added. */
export function flagOf(finding: Finding, issue: Ref, alerting: Alerting, id: string): Flag {
  const symptom = alerting.symptoms.find(({ key }) => key === finding.symptom);
  const flag: Flag = {
    resourceType: 'Flag',
    id,
    identifier: [{ system: identifierSystem('alert'), value: id }],
    status: 'active',
    category: [{ coding: [{ system: `${TERMINOLOGY}/flag-category`, code: symptom?.category ?? 'clinical' }] }],
    code: symptomConcept(finding, symptom),
    subject: reference(alerting.patient),
    period: { start: startOf(finding) },
    author: reference(RULE_ENGINE),
  };
  return withReason(withPriority(withExtension(flag, 'tier', finding.tier), alerting.policy.tiers[finding.tier].flagPriority), issue);
}

function symptomConcept(finding: Finding, symptom: Symptom | undefined): CodeableConcept {
  const own = concept('symptom', finding.symptom, finding.evidence.symptom.en);
  return symptom?.code === undefined ? own : { ...own, coding: [...(own.coding ?? []), { ...symptom.code }] };
}

/** When the patient first said so. */
export const startOf = ({ judgedAt }: Finding): string => new Date(judgedAt).toISOString();

/** The work that a new alert means. Deadline, priority and tier are set by who knows the tier. */
export function taskOf(flag: Flag, issue: Ref, { patient, now }: Alerting, id: string): Task {
  return {
    resourceType: 'Task',
    id,
    identifier: [{ system: identifierSystem('alert-task'), value: flag.id ?? '' }],
    status: 'requested',
    businessStatus: concept('alert-state', 'raised'),
    intent: 'order',
    code: concept('task', 'respond-to-alert'),
    focus: reference(refTo(flag)),
    for: reference(patient),
    authoredOn: now.toISOString(),
    lastModified: now.toISOString(),
    requester: reference(RULE_ENGINE),
    performerType: [concept('role', 'phc-team')],
    reasonReference: reference(issue),
  };
}

type AttentionCode = 'unscorable-response' | 'unextracted-response' | 'unreadable-red-flag' | 'answer-corrected' | 'confirm-patient-match';

export interface Attention {
  /** Names it, so that the same need is not written twice. */
  readonly key: string;
  readonly code: AttentionCode;
  readonly patient: Ref | undefined;
  readonly focus: Ref | undefined;
  /** For lists: what is to be done, without a word of diagnosis, instrument or symptom. */
  readonly description: string;
  /** For who opens it: the particulars. */
  readonly note?: string;
  readonly now: Date;
  readonly due: Date;
  readonly priority: NonNullable<Task['priority']>;
}

/** Work for people that is not an alert. */
export function attentionTask({ key, code, patient, focus, description, note, now, due, priority }: Attention, id: string): Task {
  return {
    resourceType: 'Task',
    id,
    identifier: [{ system: identifierSystem('attention'), value: key }],
    status: 'requested',
    intent: 'order',
    priority,
    code: concept('task', code),
    description,
    ...(focus === undefined ? {} : { focus: reference(focus) }),
    ...(patient === undefined ? {} : { for: reference(patient) }),
    authoredOn: now.toISOString(),
    lastModified: now.toISOString(),
    requester: reference(RULE_ENGINE),
    performerType: [concept('role', 'phc-team')],
    restriction: { period: { end: due.toISOString() } },
    ...(note === undefined ? {} : { note: [{ text: note }] }),
  };
}

export interface Derivation {
  /** What was made or changed. */
  readonly targets: readonly Ref[];
  /** `QuestionnaireResponse/7/_history/2`: what it was made from. */
  readonly source: Ref;
  readonly now: Date;
  readonly activity: 'CREATE' | 'UPDATE';
}

/** https://hl7.org/fhir/R4/provenance.html */
export function provenanceOf({ targets, source, now, activity }: Derivation, id: string): Provenance {
  return {
    resourceType: 'Provenance',
    id,
    target: targets.map(reference),
    recorded: now.toISOString(),
    activity: { coding: [{ system: `${TERMINOLOGY}/v3-DataOperation`, code: activity }] },
    agent: [{ type: { coding: [{ system: `${TERMINOLOGY}/provenance-participant-type`, code: 'assembler' }] }, who: reference(RULE_ENGINE) }],
    entity: [{ role: 'source', what: reference(source) }],
  };
}
