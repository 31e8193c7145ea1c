/**
 * Issues as terminology servers give them: besides FHIR's issue code one of the ecosystem's, by which validators tell what went wrong.
 * https://hl7.org/fhir/tools/CodeSystem-tx-issue-type.html
 */
import { type FaultName, FhirError, type Issue, type IssueCode } from '../fhir/outcome.ts';
import type { Fault } from './compose.ts';

export type TxIssueType =
  | 'not-found'
  | 'not-in-vs'
  | 'this-code-not-in-vs'
  | 'invalid-data'
  | 'invalid-code'
  | 'invalid-display'
  | 'display-comment'
  | 'cannot-infer'
  | 'code-rule'
  | 'code-comment'
  | 'vs-invalid'
  | 'status-check'
  | 'processing-note'
  | 'too-costly';

const SYSTEM = 'http://hl7.org/fhir/tools/CodeSystem/tx-issue-type';

/** Which issue code goes with each: `error` where it is one, else a warning or a remark of the same code. */
const CODES: Readonly<Record<TxIssueType, IssueCode>> = {
  'not-found': 'not-found',
  'not-in-vs': 'code-invalid',
  'this-code-not-in-vs': 'code-invalid',
  'invalid-data': 'invalid',
  'invalid-code': 'code-invalid',
  'invalid-display': 'invalid',
  'display-comment': 'invalid',
  'cannot-infer': 'not-found',
  'code-rule': 'business-rule',
  'code-comment': 'business-rule',
  'vs-invalid': 'invalid',
  'status-check': 'business-rule',
  'processing-note': 'informational',
  'too-costly': 'too-costly',
};

export function txIssue(severity: Issue['severity'], type: TxIssueType, text: string, expression?: string): Issue {
  return { severity, code: CODES[type], coding: { system: SYSTEM, code: type }, text, ...(expression === undefined ? {} : { expression: [expression] }) };
}

/** A refusal of the whole request. */
export const txError = (fault: FaultName, type: TxIssueType, text: string): FhirError => new FhirError(fault, text, { issues: [txIssue('error', type, text)] });

const OF_FAULT = {
  'system-not-found': { fault: 'not-found', type: 'not-found' },
  'value-set-not-found': { fault: 'not-found', type: 'not-found' },
  invalid: { fault: 'invalid', type: 'vs-invalid' },
  circle: { fault: 'invalid', type: 'vs-invalid' },
} as const satisfies Record<Fault['kind'], { fault: FaultName; type: TxIssueType }>;

/** All faults of a value set, as the refusal of what needs it whole. */
export function faultsError(faults: readonly Fault[]): FhirError {
  const [first] = faults;
  const issues = [...new Map(faults.map((fault) => [fault.text, txIssue('error', OF_FAULT[fault.kind].type, fault.text)])).values()];
  return new FhirError(first === undefined ? 'invalid' : OF_FAULT[first.kind].fault, issues.map(({ text }) => text).join(' '), { issues });
}

export const faultType = ({ kind }: Fault): TxIssueType => OF_FAULT[kind].type;
