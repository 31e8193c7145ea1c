/**
 * What people do about an alert: acknowledged, assessed, acted upon, watched, closed. Pure: each step answers with the
 * resources to write, or refuses with FhirError `business-rule`. Closing is a human act and needs what is said at `closeAlert`.
 */
import type { Communication, DomainResource, Flag, Observation, Procedure, Provenance, Reference, ServiceRequest, Task } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import type { IdMaker } from '../fhir/resource.ts';
import { type AlertState, awaitsNotice, codeIn, concept, hasReached, keyHeldBy, readExtension, refTo, STATES, tierOf, withExtension } from './forms.ts';

/** An alert as it stands. */
export interface AlertCase {
  readonly flag: Flag;
  readonly task: Task;
  /** The assessments that the Task names in its output. */
  readonly assessments: readonly Observation[];
}

export interface Acting {
  /** Who does it: a Practitioner or PractitionerRole, or a display where nobody is on record. */
  readonly by: Reference;
  readonly now: Date;
  readonly ids: IdMaker;
}

export interface CareStep {
  readonly puts: readonly DomainResource[];
  /** Unique keys that the alert gives up by being closed. */
  readonly releases: readonly string[];
}

/** Somebody has taken note. Also of what came in after somebody did before. */
export function acknowledge(alert: AlertCase, acting: Acting): CareStep {
  requireOpen(alert);
  return step([noted(advance(alert.task, 'acknowledged', acting), acting)], acting);
}

export interface Assessment {
  readonly contact: 'phone' | 'in-person';
  /** Somebody spoke with the patient, not only about them. */
  readonly withPatient: boolean;
  readonly severity: 'none' | 'mild' | 'moderate' | 'severe';
  readonly note?: string;
}

/** The clinician's own view of the symptom, kept beside the patient's answers and never over them. */
export function assess(alert: AlertCase, assessment: Assessment, acting: Acting): CareStep {
  requireOpen(alert);
  const observation = assessmentOf(alert, assessment, acting);
  const output = { type: concept('care', 'symptom-assessment'), valueReference: { reference: refTo(observation) } };
  const task = withOutput(noted(advance(alert.task, 'assessed', acting), acting), output);
  return step([observation, task], acting);
}

export type Action =
  | { readonly kind: 'education' | 'psychological-support' | 'medication-advice'; readonly note?: string }
  /** `target`: to whom, in words. */
  | { readonly kind: 'referral'; readonly target: string; readonly note?: string }
  | { readonly kind: 'none'; readonly reason: string };

export function act(alert: AlertCase, action: Action, acting: Acting): CareStep {
  requireOpen(alert);
  requireAssessment(alert, 'An action answers an assessment; record the assessment first.');
  const task = noted(advance(alert.task, 'intervened', acting), acting);
  const type = concept('action', action.kind);
  if (action.kind === 'none') {
    requireText(action.reason, 'Doing nothing needs a reason; say why no action is needed.');
    return step([withOutput(task, { type, valueString: action.reason })], acting);
  }
  const done = action.kind === 'referral' ? refer(alert, action, acting) : [doneAs(alert, action, acting)];
  const [first] = done;
  return step([...done, first === undefined ? task : withOutput(task, { type, valueReference: { reference: refTo(first) } })], acting);
}

/** What was done is being watched. */
export function monitor(alert: AlertCase, acting: Acting): CareStep {
  requireOpen(alert);
  if (!hasReached(alert.task, 'intervened')) throw refused('Watching comes after an action; record what was done, or why nothing was.');
  return step([advance(alert.task, 'monitoring', acting)], acting);
}

const ENDINGS = ['died', 'admitted', 'unreachable'] as const;

export interface Closing {
  /** A score of the patient's from after the alert. */
  readonly followUp?: Observation;
  /** Why it is closed, where no follow-up score says so. */
  readonly reason?: string;
  /** The alert ends without having been resolved. `unreachable` needs a reason that says what was tried. */
  readonly ending?: (typeof ENDINGS)[number];
}

/**
 * An assessment always; a follow-up score or a reason besides; for a critical alert, direct contact with the patient.
 * Death, admission and a patient who cannot be reached are endings of their own.
 */
export function closeAlert(alert: AlertCase, closing: Closing, acting: Acting): CareStep {
  requireOpen(alert);
  requireMayClose(alert, closing);
  const now = acting.now.toISOString();
  const flag: Flag = { ...alert.flag, status: 'inactive', period: { ...alert.flag.period, end: now } };
  const key = keyHeldBy(alert.flag);
  return { puts: step([flag, closedTask(alert.task, closing, acting)], acting).puts, releases: key === undefined ? [] : [key] };
}

/** Whoever closes it, and by whatever way. Throws FhirError `business-rule`. */
export function requireMayClose(alert: AlertCase, closing: Closing): void {
  if (closing.ending === undefined) requireResolved(alert, closing);
  else if (closing.ending === 'unreachable') requireText(closing.reason, 'Say what was tried to reach the patient.');
}

function requireResolved({ flag, task, assessments }: AlertCase, { followUp, reason }: Closing): void {
  requireAssessment({ flag, task, assessments }, 'An alert is not closed without an assessment; record how the patient is.');
  if (awaitsNotice(task)) throw refused('A new answer came in that nobody has taken note of; acknowledge it first.');
  const spoken = assessments.some((assessment) => readExtension(assessment, 'with-patient') === true);
  if (tierOf(flag) === 'critical' && !spoken) throw refused('A critical alert is closed only after somebody spoke with the patient; record that contact.');
  if (followUp !== undefined) requireFollowUp(followUp, { flag, task });
  else requireText(reason, 'Closing needs a follow-up score from after the alert, or a reason.');
}

/** Given after the alert, and worked out after it: the clock of a telephone may put the answer that raised the alert later than the alert itself. */
function requireFollowUp({ subject, effectiveDateTime, issued, status }: Observation, { flag, task }: Pick<AlertCase, 'flag' | 'task'>): void {
  if (subject?.reference !== flag.subject.reference) throw refused('The follow-up score is of another patient.');
  if (status !== 'final' && status !== 'amended') throw refused(`The follow-up score has the status ${status}; it must be final or amended.`);
  const raised = Date.parse(task.authoredOn ?? '');
  const isAfter = Date.parse(effectiveDateTime ?? '') > raised && Date.parse(issued ?? effectiveDateTime ?? '') > raised;
  if (!isAfter) throw refused('The follow-up score is from before the alert; ask the patient again, or give a reason.');
}

function closedTask(task: Task, { followUp, reason, ending }: Closing, acting: Acting): Task {
  const closed = { ...advance(task, 'closed', acting), status: 'completed' as const };
  const statusReason = { ...(ending === undefined ? {} : concept('ending', ending)), ...(reason === undefined ? {} : { text: reason }) };
  const withReason = ending === undefined && reason === undefined ? closed : { ...closed, statusReason };
  const period = { ...closed.executionPeriod, end: acting.now.toISOString() };
  const done = { ...withReason, executionPeriod: period };
  return followUp === undefined ? done : withOutput(done, { type: concept('care', 'follow-up-score'), valueReference: { reference: refTo(followUp) } });
}

const refused = (text: string): FhirError => new FhirError('business-rule', text, { expression: 'Task.businessStatus' });

function requireOpen({ flag, task }: AlertCase): void {
  if (flag.status === 'active' && task.status !== 'completed' && task.status !== 'cancelled') return;
  throw refused('This alert is closed; a new answer that calls for it raises a new one.');
}

function requireText(text: string | undefined, demand: string): void {
  if (text === undefined || text.trim() === '') throw refused(demand);
}

function requireAssessment({ task }: AlertCase, demand: string): void {
  if (!hasAssessment(task)) throw refused(demand);
}

/** How a Task says that its alert was closed; `followUp` is what `followUpRef` names. */
export function closingIn({ statusReason }: Task, followUp: Observation | undefined): Closing {
  const ending = ENDINGS.find((one) => one === codeIn(statusReason, 'ending'));
  const reason = statusReason?.text;
  return { ...(ending && { ending }), ...(reason !== undefined && { reason }), ...(followUp && { followUp }) };
}

/** An assessment is among what came out of the work. */
const hasAssessment = (task: Task): boolean => assessmentRefs(task).length > 0;

const outputRefs = ({ output = [] }: Task, kind: 'symptom-assessment' | 'follow-up-score'): Reference[] =>
  output.flatMap(({ type, valueReference }) => (codeIn(type, 'care') === kind && valueReference !== undefined ? [valueReference] : []));

export const assessmentRefs = (task: Task): Reference[] => outputRefs(task, 'symptom-assessment');
export const followUpRef = (task: Task): Reference | undefined => outputRefs(task, 'follow-up-score')[0];

/** Forward only: what has been reached stays reached. */
function advance(task: Task, state: AlertState, { by, now }: Acting): Task {
  const reached =
    STATES[
      Math.max(
        STATES.indexOf(state),
        STATES.findLastIndex((one) => hasReached(task, one)),
      )
    ] ?? state;
  return {
    ...task,
    status: 'in-progress',
    businessStatus: concept('alert-state', reached),
    owner: task.owner ?? by,
    executionPeriod: { ...task.executionPeriod, start: task.executionPeriod?.start ?? now.toISOString() },
    lastModified: now.toISOString(),
  };
}

const noted = (task: Task, { now }: Acting): Task => withExtension(task, 'acknowledged', now.toISOString());

const withOutput = (task: Task, output: NonNullable<Task['output']>[number]): Task => ({ ...task, output: [...(task.output ?? []), output] });

function assessmentOf({ flag }: AlertCase, { contact, withPatient, severity, note }: Assessment, { by, now, ids }: Acting): Observation {
  const observation: Observation = {
    resourceType: 'Observation',
    id: ids(),
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'exam' }] }],
    code: concept('care', 'symptom-assessment'),
    subject: flag.subject,
    focus: [{ reference: refTo(flag) }],
    effectiveDateTime: now.toISOString(),
    performer: [by],
    method: concept('contact', contact),
    valueCodeableConcept: concept('verified-severity', severity),
    ...(note === undefined || note.trim() === '' ? {} : { note: [{ text: note }] }),
  };
  return withExtension(observation, 'with-patient', withPatient);
}

type Told = Extract<Action, { kind: 'education' | 'psychological-support' | 'medication-advice' }>;

/** As the code system `action` displays them. */
const ACTION_WORDS = { education: 'Education', 'psychological-support': 'Psychological support', 'medication-advice': 'Advice on medicines' } as const;

/** Support is given, and a Procedure; education and advice are said, and a Communication. */
function doneAs(alert: AlertCase, { kind, note }: Told, acting: Acting): Communication | Procedure {
  const text = note === undefined || note.trim() === '' ? undefined : note;
  return kind === 'psychological-support' ? supported(alert, text, acting) : told(alert, { kind, text }, acting);
}

function supported({ flag, task }: AlertCase, text: string | undefined, { by, now, ids }: Acting): Procedure {
  return {
    resourceType: 'Procedure',
    id: ids(),
    status: 'completed',
    code: concept('action', 'psychological-support', ACTION_WORDS['psychological-support']),
    subject: flag.subject,
    performedDateTime: now.toISOString(),
    performer: [{ actor: by }],
    reasonReference: assessmentRefs(task),
    ...(text === undefined ? {} : { note: [{ text }] }),
  };
}

function told({ flag, task }: AlertCase, { kind, text }: { kind: Told['kind']; text: string | undefined }, { by, now, ids }: Acting): Communication {
  return {
    resourceType: 'Communication',
    id: ids(),
    status: 'completed',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'instruction' }] }],
    topic: concept('action', kind, ACTION_WORDS[kind]),
    subject: flag.subject,
    about: [{ reference: refTo(flag) }],
    reasonReference: assessmentRefs(task),
    sent: now.toISOString(),
    sender: by,
    recipient: [flag.subject],
    ...(text === undefined ? {} : { payload: [{ contentString: text }] }),
  };
}

/** The order and the work of carrying it out, which its receiver accepts, refuses or completes. */
function refer({ flag, task }: AlertCase, { target, note }: Extract<Action, { kind: 'referral' }>, { by, now, ids }: Acting): [ServiceRequest, Task] {
  requireText(target, 'A referral needs to say to whom.');
  const request: ServiceRequest = {
    resourceType: 'ServiceRequest',
    id: ids(),
    status: 'active',
    intent: 'order',
    priority: task.priority ?? 'routine',
    code: concept('action', 'referral', `Referral to ${target}`),
    subject: flag.subject,
    authoredOn: now.toISOString(),
    requester: by,
    performer: [{ display: target }],
    reasonReference: assessmentRefs(task),
    supportingInfo: [{ reference: refTo(flag) }],
    ...(note === undefined || note.trim() === '' ? {} : { note: [{ text: note }] }),
  };
  return [request, referralTask(request, { by, now, ids })];
}

function referralTask(request: ServiceRequest, { by, now, ids }: Acting): Task {
  return {
    resourceType: 'Task',
    id: ids(),
    status: 'requested',
    intent: 'order',
    priority: request.priority ?? 'routine',
    code: concept('task', 'referral'),
    focus: { reference: refTo(request) },
    for: request.subject,
    authoredOn: now.toISOString(),
    lastModified: now.toISOString(),
    requester: by,
    performerType: [concept('role', 'tertiary-team')],
  };
}

/** Who did it and when, beside what was done. */
function step(puts: readonly DomainResource[], { by, now, ids }: Acting): CareStep {
  const provenance: Provenance = {
    resourceType: 'Provenance',
    id: ids(),
    target: puts.map((resource) => ({ reference: refTo(resource) })),
    recorded: now.toISOString(),
    agent: [{ type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'performer' }] }, who: by }],
  };
  return { puts: [...puts, provenance], releases: [] };
}
