/** The few shapes that answers have. */

import { CANONICAL } from '../fhir/names.ts';
import { type FhirError, type Issue, operationOutcome } from '../fhir/outcome.ts';
import type { Done } from '../record/record.ts';
import type { Version } from '../store/store.ts';
import type { Call } from './call.ts';
import type { FhirResponse } from './message.ts';
import { FHIR_JSON, preferOf } from './negotiate.ts';
import { etag } from './preconditions.ts';

const JSON_HEADERS = Object.freeze({ 'Content-Type': FHIR_JSON });

export const jsonAnswer = (status: number, body: string | Iterable<string>): FhirResponse => ({ status, headers: JSON_HEADERS, body });

export const outcomeAnswer = (status: number, issues: readonly Issue[]): FhirResponse => jsonAnswer(status, JSON.stringify(operationOutcome(issues)));

export const errorAnswer = (error: FhirError, issues = error.issues): FhirResponse => ({
  status: error.status,
  headers: { ...JSON_HEADERS, ...error.headers },
  body: JSON.stringify(operationOutcome(issues)),
});

/** ETag and Last-Modified. */
export const versionHeaders = (version: Version): Record<string, string> => ({
  ETag: etag(version.version),
  'Last-Modified': new Date(version.updated).toUTCString(),
});

export const versionAnswer = (status: number, version: Version): FhirResponse => ({
  status,
  headers: { ...JSON_HEADERS, ...versionHeaders(version) },
  body: version.text,
});

/** Where that version stays, whatever becomes of the resource. */
export const versionUrl = (base: string, { type, id, version }: Version): string => `${base}/${type}/${id}/_history/${version}`;

/** What the sender of an answer must know at once is announced under this relation. */
const ADVICE_RELATION = `${CANONICAL}/rel/patient-advice`;

/** Advice to the patient as issues, each pointing at its Communication. */
export const adviceIssues = (done: Done): readonly Issue[] =>
  done.advice.map(({ ref, text }) => ({ severity: 'information', code: 'informational', text, diagnostics: ref }));

const adviceLinks = (base: string, done: Done): string => done.advice.map(({ ref }) => `<${base}/${ref}>; rel="${ADVICE_RELATION}"`).join(', ');

/** The answer to a create or update, with as much body as Prefer asks for. https://hl7.org/fhir/R4/http.html#create */
export function writtenAnswer({ request }: Call, done: Done): FhirResponse {
  const { version } = done;
  if (version === undefined) throw new Error('a create or update left no version');
  const links = adviceLinks(request.base, done);
  const headers: Record<string, string> = {
    ...versionHeaders(version),
    Location: versionUrl(request.base, version),
    ...(links === '' ? {} : { Link: links }),
  };
  const status = done.outcome === 'created' ? 201 : 200;
  const { returns } = preferOf(request);
  const outcome = done.advice.length > 0 ? { outcome: JSON.stringify(operationOutcome(adviceIssues(done))) } : {};
  if (returns === 'minimal') return { status, headers, body: '', ...outcome };
  const body = returns === 'OperationOutcome' ? JSON.stringify(operationOutcome([...done.issues, ...adviceIssues(done)])) : version.text;
  return { status, headers: { ...headers, ...JSON_HEADERS }, body, ...outcome };
}

/** https://hl7.org/fhir/R4/http.html#delete */
export function deletedAnswer({ request }: Call, done: Done): FhirResponse {
  const headers: Record<string, string> = done.version === undefined || (done.count ?? 1) > 1 ? {} : { ETag: etag(done.version.version) };
  if (preferOf(request).returns !== 'OperationOutcome') return { status: 204, headers, body: '' };
  const text = done.outcome === 'deleted' ? `Deleted${(done.count ?? 1) > 1 ? `: ${done.count} resources` : ''}.` : 'There was nothing to delete.';
  return {
    status: 200,
    headers: { ...headers, ...JSON_HEADERS },
    body: JSON.stringify(operationOutcome([{ severity: 'information', code: 'informational', text }])),
  };
}
