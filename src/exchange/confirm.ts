/**
 * Asking a person whether the hospital's record is the patient's. One Task for one question: the same differences are
 * asked about once, however often the hospital is read; other differences are another question. The answer stands in
 * the completed Task's output and is read again at each pull, so that it can be taken back.
 */
import { createHash } from 'node:crypto';
import type { Task, TaskInput, TaskOutput } from 'fhir/r4';
import { codeSystem, identifierSystem } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import { type Hospital, remoteUrl } from './hospital.ts';
import type { Candidate, Difference } from './match.ts';

export interface Question {
  readonly hospital: Hospital;
  readonly patient: Ref;
  readonly candidates: readonly Candidate[];
}

/** Names the question: the same patient, records and differences. */
export function questionKey({ hospital, patient, candidates }: Question): string {
  return createHash('sha256')
    .update(JSON.stringify([hospital.url, patient, candidates.map(({ id, differences }) => [id, differences])]))
    .digest('base64url');
}

export function confirmTask(question: Question, now: string): Task {
  const { hospital, patient, candidates } = question;
  const several = candidates.length > 1;
  return {
    resourceType: 'Task',
    identifier: [{ system: identifierSystem('patient-match'), value: questionKey(question) }],
    status: 'requested',
    intent: 'order',
    priority: 'urgent',
    code: { coding: [{ system: codeSystem('task'), code: 'confirm-patient-match' }], text: 'Confirm a patient match' },
    description: several
      ? `${hospital.name} has ${candidates.length} records under this patient's identifier. Which of them, if any, is the patient's?`
      : `The record that ${hospital.name} has under this patient's identifier differs from ours. Is it the same person?`,
    for: { reference: patient },
    authoredOn: now,
    lastModified: now,
    performerType: [{ coding: [{ system: codeSystem('role'), code: 'phc-team' }] }],
    input: candidates.flatMap((candidate) => inputsOf(hospital, candidate)),
  };
}

/** For each record its URL, then what differs, ours and theirs. */
function inputsOf(hospital: Hospital, { id, differences }: Candidate): TaskInput[] {
  const record: TaskInput = { type: part('record', `Record at ${hospital.name}`), valueUrl: remoteUrl(hospital, 'Patient', id) };
  return [record, ...differences.flatMap((difference) => differenceInputs(hospital, difference))];
}

function differenceInputs(hospital: Hospital, { about, here, there }: Difference): TaskInput[] {
  const key = about.replace(' ', '-');
  return [
    { type: part(`${key}-here`, `${about} here`), valueString: here === '' ? 'none' : here },
    { type: part(`${key}-there`, `${about} at ${hospital.name}`), valueString: there === '' ? 'none' : there },
  ];
}

const part = (code: string, text: string) => ({ coding: [{ system: codeSystem('match-detail'), code }], text });

/** The hospital's id that a person confirmed; undefined while nobody has, or somebody said no. */
export function confirmedIn(task: Task, { hospital, candidates }: Question): string | undefined {
  if (task.status !== 'completed') return undefined;
  const outputs = task.output ?? [];
  const named = candidates.find(({ id }) => outputs.some((output) => names(output, remoteUrl(hospital, 'Patient', id))));
  if (named !== undefined) return named.id;
  return candidates.length === 1 && outputs.some(saysYes) ? candidates[0]?.id : undefined;
}

/** Whether nobody has answered yet. */
export const isUnanswered = ({ status }: Task): boolean => !['completed', 'rejected', 'cancelled', 'failed', 'entered-in-error'].includes(status);

const names = ({ valueUrl, valueUri }: TaskOutput, url: string): boolean => valueUrl === url || valueUri === url;

const saysYes = ({ valueBoolean, valueCode, valueCodeableConcept }: TaskOutput): boolean =>
  valueBoolean === true || valueCode === 'confirm' || (valueCodeableConcept?.coding ?? []).some(({ code }) => code === 'confirm');
