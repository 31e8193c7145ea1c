/** What staff do about an alert, each step through the form on the patient's page and then read back. */
import type { Player } from './cast.ts';
import { type Alert, alertOf, minutesBetween, openAlert } from './reading.ts';
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

export async function acknowledge(tale: Tale, concern: Concern, actor = NURSE): Promise<string> {
  const { state, task } = await takeStep(tale, concern, 'acknowledge', { actor });
  check(state === 'acknowledged', 'the alert is acknowledged', state);
  check(task.owner?.display === actor, 'the work item names who has it', task.owner);
  const minutes = minutesBetween(task.authoredOn, task.lastModified);
  const allowed = minutesBetween(task.authoredOn, task.restriction?.period?.end);
  check(minutes <= allowed, 'it was acknowledged in time', `${minutes} minutes of ${allowed}`);
  return `${Math.round(minutes)} minutes after it was raised`;
}
