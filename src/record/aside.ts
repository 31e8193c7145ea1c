/**
 * Answers that must be refused for some fault, but in which a red flag can be read, are kept aside: their text as a
 * Binary, with a critical Task for staff, in a commit of their own. The sender still gets the refusal, which says so.
 * Nothing that a patient said is lost.
 */
import { createHash } from 'node:crypto';
import type { Binary, Task } from 'fhir/r4';
import type { Permit } from '../access/permit.ts';
import { granted, restrict } from '../access/restrict.ts';
import { printJson } from '../fhir/json.ts';
import { type FaultName, FhirError, type Issue } from '../fhir/outcome.ts';
import { printed } from '../fhir/printed.ts';
import { parseReference } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import { inLanguage } from '../pro/advice.ts';
import { deadlineFrom } from '../pro/deadline.ts';
import { concept } from '../pro/forms.ts';
import type { Instrument } from '../pro/instrument.ts';
import { redFlagsIn } from '../pro/refused.ts';
import { attentionTask } from '../pro/resources.ts';
import { compilePlan } from '../questionnaire/compile.ts';
import type { Indexer } from '../search/extract.ts';
import { patientOf } from './answers.ts';
import type { DeriveParts } from './derive.ts';
import { createOverlay, type Overlay } from './overlay.ts';
import { findOne } from './plan.ts';
import type { Commit, Operation } from './record.ts';

export interface AsideParts extends DeriveParts {
  readonly index: Indexer;
}

/** What was asked for and refused. */
export interface Refused {
  readonly commit: Commit;
  readonly permit: Permit;
  readonly now: Date;
}

/** Refusals for what was sent. One for who sent it, or for the state of things, is no fault of the answer. */
const FOR_CONTENT: ReadonlySet<FaultName> = new Set<FaultName>([
  'invalid',
  'business-rule',
  'bad-request',
  'bad-parameter',
  'unknown-parameter',
  'multiple-matches',
]);

/** The error to be sent: the same, with a word on what was kept aside, where something was. */
export async function keepAside(error: FhirError, refused: Refused, parts: AsideParts): Promise<FhirError> {
  if (!FOR_CONTENT.has(error.fault) || error.issues.some(isNotice)) return error;
  const answers = refused.commit.operations.flatMap((operation) => answerIn(operation, refused.permit));
  const urgent = answers.filter((answer) => hasRedFlag(answer, parts.rules.instruments));
  for (const answer of urgent) await storeAside(answer, refused, parts);
  const issues = [...error.issues, ...urgent.slice(0, 1).map((answer) => notice(answer, parts))];
  return urgent.length === 0 ? error : new FhirError(error.fault, error.message, { issues, headers: error.headers, cause: error.cause });
}

/** Only of callers who may write answers at all: others cannot call staff. */
function answerIn(operation: Operation, permit: Permit): Resource[] {
  if (!('resource' in operation) || operation.resource.resourceType !== 'QuestionnaireResponse') return [];
  const action = operation.op === 'create' ? 'create' : 'update';
  const may = permit.everything || granted(permit, action, 'QuestionnaireResponse').op !== 'none';
  return may && operation.resource.status !== 'entered-in-error' ? [operation.resource] : [];
}

/** By the instrument that it names; by any instrument where it names none that is known. */
function hasRedFlag(answer: Resource, instruments: readonly Instrument[]): boolean {
  const url = typeof answer.questionnaire === 'string' ? answer.questionnaire.split('|')[0] : undefined;
  const named = instruments.filter(({ questionnaire }) => questionnaire.url === url);
  const inQuestion = named.length > 0 ? named : instruments;
  return inQuestion.some(({ alerts, questionnaire }) => alerts !== undefined && redFlagsIn(alerts, compilePlan(questionnaire), answer).length > 0);
}

/** The same text refused again is kept once. */
async function storeAside(answer: Resource, refused: Refused, parts: AsideParts): Promise<void> {
  const text = printJson(answer);
  const key = `refused|${createHash('sha256').update(text).digest('hex')}`;
  const overlay = createOverlay(parts.store, parts.index, refused.now);
  const where = parts.trees.attention(key);
  const { stored } = await overlay.find('Task', where, 1);
  if (stored.length > 0) return;
  const patient = await subjectOf(answer, refused, { overlay, parts });
  const binary = binaryOf(text, patient, parts.ids());
  stageNew(binary, overlay);
  stageNew(taskOf({ key, binary, patient, now: refused.now }, parts), overlay);
  overlay.also([], [{ expect: 'search', type: 'Task', where, found: undefined, guard: key }]);
  await parts.store.transact(overlay.transaction()); // its only conflict: the same text was kept aside a moment ago
}

function stageNew(resource: Binary | Task, overlay: Overlay): void {
  const { resourceType: type, id = '' } = resource;
  overlay.stage({ type, id, before: undefined, method: 'create', resource: resource as unknown as Resource }); // FHIR's own types lack an index signature
}

interface Looking {
  readonly overlay: Overlay;
  readonly parts: AsideParts;
}

/** The patient, where the subject leads to one in the caller's sight. Nothing has looked at the answer's shape yet. */
async function subjectOf({ subject }: Resource, refused: Refused, looking: Looking): Promise<Ref | undefined> {
  const { overlay, parts } = looking;
  const reference = typeof subject === 'object' && subject !== null && 'reference' in subject ? printed(subject.reference) : '';
  const ref =
    (await conditionalSubject(reference, refused, looking)) ?? patientOf({ resourceType: 'QuestionnaireResponse', subject: { reference } }, parts.index);
  if (ref === undefined) return undefined;
  const version = await restrict(overlay.reader, refused.permit, parts.index).read('Patient', ref.slice('Patient/'.length));
  return version === undefined || version.method === 'delete' ? undefined : ref;
}

async function conditionalSubject(text: string, { commit, permit }: Refused, { overlay, parts }: Looking): Promise<Ref | undefined> {
  const reference = parseReference(text);
  if (reference.kind !== 'conditional' || commit.parseCondition === undefined) return undefined;
  try {
    const condition = commit.parseCondition(reference.type, reference.query);
    const found = await findOne(condition, { permit, overlay, index: parts.index, ids: parts.ids });
    return found?.type === 'Patient' ? refOf('Patient', found.id) : undefined;
  } catch (error) {
    if (error instanceof FhirError) return undefined; // a condition that finds nobody for sure may be why the answer was refused
    throw error;
  }
}

const binaryOf = (text: string, patient: Ref | undefined, id: string): Binary => ({
  resourceType: 'Binary',
  id,
  contentType: 'application/fhir+json',
  ...(patient === undefined ? {} : { securityContext: { reference: patient } }),
  data: Buffer.from(text).toString('base64'),
});

interface Kept {
  readonly key: string;
  readonly binary: Binary;
  readonly patient: Ref | undefined;
  readonly now: Date;
}

function taskOf({ key, binary, patient, now }: Kept, { policy, timeZone, ids }: AsideParts): Task {
  const { deadline, taskPriority: priority } = policy.tiers.critical;
  const focus = refOf('Binary', binary.id ?? '');
  const description = 'Answers that could not be taken in because of a fault in their form may tell of something urgent. Read them and contact the patient.';
  const due = deadlineFrom(now, deadline, policy.workingHours, timeZone);
  const task = attentionTask({ key, code: 'unreadable-red-flag', patient, focus, description, now, due, priority }, ids());
  return { ...task, input: [{ type: concept('task-input', 'refused-response'), valueReference: { reference: focus } }] };
}

const KEPT = 'These answers hold a warning sign. They were kept aside as they are and staff have been told; send them again without the fault.';

const isNotice = ({ text }: Issue): boolean => text.startsWith(KEPT);

function notice(answer: Resource, { policy, numbers }: AsideParts): Issue {
  const language = typeof answer.language === 'string' ? answer.language : 'en';
  const text = [KEPT, ...[policy.tiers.critical.advice, policy.always].map((words) => inLanguage(words, language))].join(' ');
  return { severity: 'warning', code: 'informational', text: text.replaceAll('{emergency}', numbers.emergency).replaceAll('{crisis}', numbers.crisis) };
}
