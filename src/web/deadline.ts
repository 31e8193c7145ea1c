/** What is due about a work item, and by when. */
import type { Task } from 'fhir/r4';
import { readExtension } from '../pro/forms.ts';
import { isMet } from '../pro/reconcile.ts';

const STEPS: Readonly<Record<string, string>> = {
  acknowledged: 'To be acknowledged',
  assessed: 'To be assessed',
  documented: 'What was done is to be recorded',
};

export interface Due {
  /** ms since the epoch */
  readonly at: number;
  /** In words. */
  readonly step: string;
}

/** Undefined where nothing is: no deadline was set, or the step was taken and nobody has been called since. */
export function dueOf(task: Task): Due | undefined {
  const end = task.restriction?.period?.end;
  if (end === undefined || isMet(task)) return undefined;
  return { at: Date.parse(end), step: STEPS[String(readExtension(task, 'due-step'))] ?? 'Due' };
}
