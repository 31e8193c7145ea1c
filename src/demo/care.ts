/** What staff do about an alert, each step through the form on the patient's page and then read back. */
import type { Player } from './cast.ts';
import { type Alert, alertOf, extensionOf, minutesBetween, openAlert } from './reading.ts';
import { check } from './story.ts';
import type { Tale } from './tale.ts';

export const NURSE = 'Nurse Kim Berg';
export const ON_CALL = 'Dr Nina Solberg, on call';

export interface Concern {
  readonly patient: Player;
  readonly symptom: string;
}

export const alertAbout = ({ centre }: Tale, { patient, symptom }: Concern): Promise<Alert> => openAlert(centre, patient.ref, symptom);

type Step = 'acknowledge' | 'assess' | 'act' | 'close';

/** The address that the form of a step is sent to. */
export const formPath = ({ patient }: Concern, { flag }: Alert, step: Step): string => `/patients/${patient.id}/alerts/${flag.id}/${step}`;

export async function takeStep(tale: Tale, concern: Concern, step: Step, fields: Readonly<Record<string, string>>): Promise<Alert> {
  const before = await alertAbout(tale, concern);
  await tale.staff.submit(`/patients/${concern.patient.id}`, formPath(concern, before, step), fields);
  return alertOf(tale.centre, await tale.centre.read(`Flag/${before.flag.id}`));
}

/** For the first time, and before the deadline. */
export async function acknowledge(tale: Tale, concern: Concern, actor = NURSE): Promise<string> {
  const { state, task } = await takeStep(tale, concern, 'acknowledge', { actor });
  check(state === 'acknowledged', 'the alert is acknowledged', state);
  check(task.owner?.display === actor, 'the work item names who has it', task.owner);
  const minutes = minutesBetween(task.authoredOn, task.lastModified);
  const allowed = minutesBetween(task.authoredOn, task.restriction?.period?.end);
  check(minutes <= allowed, 'it was acknowledged in time', `${minutes} minutes of ${allowed}`);
  return `${Math.round(minutes)} minutes after it was raised`;
}

/** Takes note of a new answer about which people were called to an alert that they know. */
export async function acknowledgeAgain(tale: Tale, concern: Concern): Promise<undefined> {
  const before = await alertAbout(tale, concern);
  const noted = ({ task }: Alert): number => Date.parse(String(extensionOf(task, 'acknowledged')));
  check(Date.parse(String(extensionOf(before.task, 'notified'))) > noted(before), 'people were called to the alert again');
  const { task, state } = await takeStep(tale, concern, 'acknowledge', { actor: NURSE });
  check(state === before.state, 'what was done about the alert stays done', state);
  check(noted({ ...before, task }) > noted(before), 'the new answer is taken note of');
}

export interface Handling {
  readonly actor?: string;
  readonly contact: 'phone' | 'in-person';
  readonly severity: 'mild' | 'moderate' | 'severe';
  readonly found: string;
  /** Fields of the form for what was done. */
  readonly done: { readonly action: string; readonly target?: string; readonly note: string };
}

/** Speaks with the patient, records what was found and what was done. */
export async function handle(tale: Tale, concern: Concern, { actor = NURSE, contact, severity, found, done }: Handling): Promise<void> {
  await takeStep(tale, concern, 'assess', { actor, contact, severity, direct: 'on', note: found });
  const { state } = await takeStep(tale, concern, 'act', { actor, ...done });
  check(state === 'intervened', 'assessment and action are on record', state);
}
