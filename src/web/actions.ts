/** The forms of the care loop, taken: each becomes a step of `pro/care`, written through the one way to write. */
import type { FhirResource, Flag, Observation, QuestionnaireResponse, Task } from 'fhir/r4';
import type { Permit } from '../access/permit.ts';
import { pointsAt, readNow, token } from '../exchange/find.ts';
import { codeSystem } from '../fhir/names.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Context } from '../http/message.ts';
import {
  type Acting,
  type Action,
  type AlertCase,
  type Assessment,
  acknowledge,
  act,
  assess,
  type CareStep,
  type Closing,
  closeAlert,
  monitor,
} from '../pro/care.ts';
import type { Operation } from '../record/record.ts';
import type { Reader } from '../store/store.ts';
import type { PageDeps } from './deps.ts';
import { kindOf } from './task-kinds.ts';

/** One submitted form. `form` holds what was typed; every value is checked here, since anybody can send anything. */
export interface Submitted {
  readonly patientId: string;
  readonly flagId: string;
  readonly step: string;
  readonly form: URLSearchParams;
}

type Step = (alert: AlertCase, form: URLSearchParams, acting: Acting, reader: Reader) => CareStep | Promise<CareStep>;

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['acknowledge', (alert, _form, acting) => acknowledge(alert, acting)],
  ['assess', (alert, form, acting) => assess(alert, assessmentIn(form), acting)],
  ['act', (alert, form, acting) => act(alert, actionIn(form), acting)],
  ['monitor', (alert, _form, acting) => monitor(alert, acting)],
  ['close', async (alert, form, acting, reader) => closeAlert(alert, await closingIn(form, reader), acting)],
]);

/** Longest note, in characters. */
const LONGEST = 4000;

export function textIn(form: URLSearchParams, name: string): string {
  const text = form.get(name)?.trim() ?? '';
  if (text.length > LONGEST) throw new FhirError('business-rule', `This text is longer than ${LONGEST} characters; shorten it.`, { expression: name });
  return text;
}

function oneOf<T extends string>(form: URLSearchParams, name: string, allowed: readonly T[], what: string): T {
  const given = form.get(name);
  const found = allowed.find((one) => one === given);
  if (found === undefined) throw new FhirError('business-rule', `Choose ${what}.`, { expression: name });
  return found;
}

const noteIn = (form: URLSearchParams): { note?: string } => {
  const note = textIn(form, 'note');
  return note === '' ? {} : { note };
};

const assessmentIn = (form: URLSearchParams): Assessment => ({
  contact: oneOf(form, 'contact', ['phone', 'in-person'], 'how the contact was made'),
  severity: oneOf(form, 'severity', ['none', 'mild', 'moderate', 'severe'], 'how severe you find it'),
  withPatient: form.get('direct') === 'on',
  ...noteIn(form),
});

function actionIn(form: URLSearchParams): Action {
  const kind = oneOf(form, 'action', ['education', 'psychological-support', 'medication', 'referral', 'none'], 'what was done');
  if (kind === 'none') return { kind, reason: textIn(form, 'note') };
  if (kind === 'referral') return { kind, target: textIn(form, 'target'), ...noteIn(form) };
  return { kind: kind === 'medication' ? 'medication-advice' : kind, ...noteIn(form) };
}

async function closingIn(form: URLSearchParams, reader: Reader): Promise<Closing> {
  const reason = textIn(form, 'reason');
  const ending = (form.get('ending') ?? '') === '' ? undefined : oneOf(form, 'ending', ['died', 'admitted', 'unreachable'], 'an ending, or leave it open');
  const followUp = textIn(form, 'followUp');
  const score = followUp === '' ? undefined : await readNow<Observation>(reader, `Observation/${followUp}`);
  return {
    ...(reason === '' ? {} : { reason }),
    ...(ending === undefined ? {} : { ending }),
    ...(score === undefined ? {} : { followUp: score }),
  };
}

/** Who did this, as they wrote it. */
export function signatureIn(form: URLSearchParams): string {
  const display = textIn(form, 'actor');
  if (display === '') throw new FhirError('business-rule', 'Write your name, so that others see who did this.', { expression: 'actor' });
  return display;
}

/** Carries a form out. Throws FhirError `business-rule` where the care loop's rules refuse it, `version-mismatch` where somebody was faster. */
export async function takeStep(deps: PageDeps, { permit, reader }: Context, submitted: Submitted): Promise<void> {
  const step = STEPS.get(submitted.step);
  const alert = step && (await alertCase(deps, reader, submitted));
  if (step === undefined || alert === undefined) throw new FhirError('not-found', 'There is no such alert, or it is not yours to see.');
  const display = signatureIn(submitted.form);
  requireSameVersion(alert.task, submitted.form);
  const acting = { by: actorOf(permit, display), now: deps.clock(), ids: deps.ids };
  const { puts } = await step(alert, submitted.form, acting, reader);
  const operations = puts.map((resource) => operationFor(resource as FhirResource, alert));
  await commitWork(deps, permit, alert.task, operations);
}

export const actorOf = ({ actor }: Permit, display: string) => (actor.reference === undefined ? { display } : { reference: actor.reference, display });

/** The form says which version of the work item it was drawn from: nobody overwrites what they have not seen. */
export function requireSameVersion(task: Task, form: URLSearchParams): void {
  const seen = form.get('version');
  if (seen !== null && seen !== task.meta?.versionId) throw changedSince(task);
}

function changedSince(task: Task): FhirError {
  const thing = kindOf(task) === 'respond-to-alert' ? 'alert' : 'work';
  return new FhirError(
    'version-mismatch',
    `This ${thing} has changed since you opened the page: somebody worked on it, or a new answer came in. Look at it, then send yours again.`,
  );
}

/** Writes what was done about the work item. Throws FhirError `version-mismatch` in the words of the page where somebody was faster. */
export async function commitWork(deps: PageDeps, permit: Permit, task: Task, operations: readonly Operation[]): Promise<void> {
  try {
    await deps.keeper.commit({ operations }, permit);
  } catch (error) {
    throw error instanceof FhirError && error.fault === 'version-mismatch' ? changedSince(task) : error;
  }
}

function operationFor(resource: FhirResource, { flag, task }: AlertCase): Operation {
  const known = [flag, task].find((one) => one.resourceType === resource.resourceType && one.id === resource.id);
  const id = resource.id ?? '';
  const { id: _unset, ...content } = resource;
  if (known === undefined) return { op: 'create', resource: content as Resource, fullUrl: `${resource.resourceType}/${id}` };
  return { op: 'update', id, resource: resource as unknown as Resource, ifMatch: Number(known.meta?.versionId) };
}

/** The Flag with its work item and the assessments recorded so far; undefined where any of it is not this patient's. */
async function alertCase({ find }: PageDeps, reader: Reader, { patientId, flagId }: Submitted): Promise<AlertCase | undefined> {
  const flag = await readNow<Flag>(reader, `Flag/${flagId}`);
  if (flag?.subject.reference !== `Patient/${patientId}`) return undefined;
  const where = [find.where('Task', 'focus', pointsAt(`Flag/${flagId}`)), find.where('Task', 'code', token(codeSystem('task'), 'respond-to-alert'))];
  const [task] = (await find.list(reader, { type: 'Task', where, limit: 1 })).resources;
  if (task === undefined) return undefined;
  const outputs = (task.output ?? []).flatMap(({ valueReference }) => valueReference?.reference ?? []).filter((ref) => ref.startsWith('Observation/'));
  const assessments = await Promise.all(outputs.map((ref) => readNow<Observation>(reader, ref)));
  return { flag, task, assessments: assessments.flatMap((one) => one ?? []) };
}

/** Notes that somebody has read what a patient wrote in their own words. */
export async function markRead(deps: PageDeps, { permit, reader }: Context, patientId: string, form: URLSearchParams): Promise<void> {
  const display = signatureIn(form);
  const subject = `Patient/${patientId}`;
  const responses = await Promise.all(
    form
      .getAll('response')
      .slice(0, MOST_READ)
      .map((ref) => readNow<QuestionnaireResponse>(reader, ref)),
  );
  const own = responses.flatMap((response) => (response?.subject?.reference === subject ? [{ reference: `QuestionnaireResponse/${response.id}` }] : []));
  if (own.length === 0) throw new FhirError('not-found', 'There is no such answer, or it is not yours to see.');
  const mark: Observation = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: codeSystem('care'), code: 'free-text-read' }] },
    subject: { reference: subject },
    focus: own,
    effectiveDateTime: deps.clock().toISOString(),
    performer: [actorOf(permit, display)],
    valueBoolean: true,
  };
  await deps.keeper.commit({ operations: [{ op: 'create', resource: mark as unknown as Resource }] }, permit);
}

/** Answers marked by one form at most. */
const MOST_READ = 100;
