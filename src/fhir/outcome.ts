/**
 * Errors are a closed table with one door out: every refusal is a `FhirError`, caught once by the dispatcher and
 * printed as an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html, https://hl7.org/fhir/R4/http.html
 */

import type { OperationOutcome } from 'fhir/r4';

type Severity = 'fatal' | 'error' | 'warning' | 'information';

/** https://hl7.org/fhir/R4/valueset-issue-type.html */
export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'forbidden'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'extension'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'timeout'
  | 'throttled'
  | 'exception'
  | 'incomplete'
  | 'informational';

export interface Issue {
  severity: Severity;
  code: IssueCode;
  /** What is wrong and what would be right, for a person. */
  text: string;
  /** The same for a program, where some guide has a code for it. */
  coding?: { readonly system: string; readonly code: string };
  /** FHIRPath of each element at fault, from the resource type on: `Observation.status`, `Bundle.entry[3].resource`. */
  expression?: readonly string[];
  diagnostics?: string;
  /** Where in the text that was sent, both from 1. */
  place?: { readonly line: number; readonly column: number };
}

interface Fault {
  status: number;
  code: IssueCode;
  severity?: Severity;
}

/** Every way a request can be refused. The key is what code throws; the row is what the client sees. */
const FAULTS = {
  'bad-json': { status: 400, code: 'structure' },
  'bad-xml': { status: 400, code: 'structure' },
  'bad-request': { status: 400, code: 'invalid' },
  'bad-parameter': { status: 400, code: 'invalid' },
  'unknown-parameter': { status: 400, code: 'not-supported' },
  'too-costly': { status: 400, code: 'too-costly' },
  unauthenticated: { status: 401, code: 'login' },
  forbidden: { status: 403, code: 'forbidden' },
  'not-found': { status: 404, code: 'not-found' },
  'unknown-type': { status: 404, code: 'not-supported' },
  'unknown-route': { status: 404, code: 'not-found' },
  'method-not-allowed': { status: 405, code: 'not-supported' },
  'not-acceptable': { status: 406, code: 'not-supported' },
  conflict: { status: 409, code: 'conflict' },
  gone: { status: 410, code: 'deleted' },
  'version-mismatch': { status: 412, code: 'conflict' },
  'multiple-matches': { status: 412, code: 'multiple-matches' },
  'too-large': { status: 413, code: 'too-long' },
  'unsupported-media-type': { status: 415, code: 'not-supported' },
  invalid: { status: 422, code: 'invalid' },
  'business-rule': { status: 422, code: 'business-rule' },
  throttled: { status: 429, code: 'throttled' },
  internal: { status: 500, code: 'exception', severity: 'fatal' },
  unavailable: { status: 503, code: 'transient' },
  'upstream-failed': { status: 502, code: 'transient' },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

interface ErrorDetail {
  expression?: string | readonly string[];
  /** Replaces the single issue that name and text would make: one row per fault found. */
  issues?: readonly Issue[];
  headers?: Readonly<Record<string, string>>;
  /** For the log only; never sent. */
  cause?: unknown;
}

/** A refusal. `text` says what is wrong and what would be right. */
export class FhirError extends Error {
  override readonly name = 'FhirError';
  readonly fault: FaultName;
  readonly status: number;
  readonly issues: readonly Issue[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(fault: FaultName, text: string, detail: ErrorDetail = {}) {
    super(text, detail.cause === undefined ? undefined : { cause: detail.cause });
    const row: Fault = FAULTS[fault];
    this.fault = fault;
    this.status = row.status;
    this.headers = detail.headers ?? {};
    this.issues = detail.issues ?? [
      {
        severity: row.severity ?? 'error',
        code: row.code,
        text,
        ...(detail.expression === undefined ? {} : { expression: [detail.expression].flat() }),
      },
    ];
  }
}

/** The OperationOutcome resource for a list of issues; an empty list is said as "all went well". */
export function operationOutcome(issues: readonly Issue[]): OperationOutcome {
  const rows: readonly Issue[] = issues.length > 0 ? issues : [{ severity: 'information', code: 'informational', text: 'All went well.' }];
  return {
    resourceType: 'OperationOutcome',
    issue: rows.map(({ severity, code, text, coding, expression, diagnostics, place }) => ({
      severity,
      code,
      details: { ...(coding === undefined ? {} : { coding: [coding] }), text },
      ...(diagnostics === undefined ? {} : { diagnostics }),
      ...(place === undefined ? {} : { location: [`Line[${place.line}] Col[${place.column}]`] }),
      ...(expression === undefined ? {} : { expression: [...expression] }),
    })),
  };
}
