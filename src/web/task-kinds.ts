/** The kinds of work, in words that give nothing away. */
import type { Task } from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';

export const KINDS: Readonly<Record<string, string>> = {
  'respond-to-alert': 'Patient needs a response',
  'unscorable-response': 'Answer could not be scored',
  'unextracted-response': 'Answer was stored without what follows from it',
  'unreadable-red-flag': 'Answer could not be taken in: read it now',
  'confirm-patient-match': 'Hospital record: is this the same person?',
  referral: 'Referral waits for an answer',
  'answer-corrected': 'An answer was corrected',
};

/** Of an alert that people took note of, and were called to again since. */
export const NOT_SEEN = 'new answer, not seen yet';

export const kindOf = (task: Task): string | undefined => task.code?.coding?.find(({ system }) => system === codeSystem('task'))?.code;
