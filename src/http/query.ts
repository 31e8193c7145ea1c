/** Query parameters that are no search criteria. https://hl7.org/fhir/R4/http.html#parameters */
import { FhirError } from '../fhir/outcome.ts';
import { DEFAULT_COUNT, MAX_COUNT } from '../search/limits.ts';
import { PAGE_PARAMETER } from '../search/parse.ts';
import type { FhirRequest } from './message.ts';
import { preferOf } from './negotiate.ts';

/** Good for every interaction; they shape the answer and find nothing. */
const COMMON: readonly string[] = ['_format', '_pretty', '_summary', '_elements'];

/** Throws `unknown-parameter` for a name that the interaction does not have, unless the client asks for leniency. */
export function refuseUnknown(request: FhirRequest, known: readonly string[]): void {
  if (request.query.size === 0 || preferOf(request).handling === 'lenient') return;
  for (const name of request.query.keys()) {
    if (COMMON.includes(name) || known.includes(name)) continue;
    const allowed = [...new Set([...known.filter((candidate) => candidate !== PAGE_PARAMETER), ...COMMON])].join(', ');
    throw new FhirError('unknown-parameter', `The parameter ${JSON.stringify(name.slice(0, 100))} means nothing here; allowed: ${allowed}.`);
  }
}

/** The value of a parameter that may stand once. */
export function one(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  if (values.length > 1) throw new FhirError('bad-parameter', `${name} stands ${values.length} times; once is right.`);
  return values[0];
}

/** `_count`: more than the server gives at once means as many as it gives. https://hl7.org/fhir/R4/search.html#count */
export function countOf(query: URLSearchParams): number {
  const text = one(query, '_count');
  if (text === undefined) return DEFAULT_COUNT;
  if (!/^\d+$/.test(text)) throw new FhirError('bad-parameter', `_count=${JSON.stringify(text.slice(0, 100))} is not a whole number.`);
  return Math.min(Number(text), MAX_COUNT);
}
