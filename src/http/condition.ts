/** Search criteria that must find one resource at most. https://hl7.org/fhir/R4/http.html#ccreate */
import { FhirError } from '../fhir/outcome.ts';
import type { Condition } from '../record/record.ts';
import { parseSearch, printQuery } from '../search/parse.ts';
import type { Call, Services } from './call.ts';
import { parseQuery } from './target.ts';

/** `query` as in a URL, with or without what stands before the question mark. Unknown parameters are always refused: a condition that is passed over would write too much. */
export function conditionOf({ params, clock }: Services, type: string, query: string | URLSearchParams, base: string): Condition {
  const asked = typeof query === 'string' ? parseQuery(query.replace(/^[A-Za-z]*\?/, '')) : query;
  const parsed = parseSearch({ types: [type], query: asked, base, params, now: clock().getTime(), strict: true });
  const where = parsed.query.of[0]?.where;
  if (where === undefined || where.op === 'all') {
    throw new FhirError('bad-request', `This needs an id in the URL (${type}/7) or search criteria that find one ${type} at most (${type}?identifier=…).`);
  }
  return { type, where, text: printQuery(parsed.applied) };
}

/** The criteria in the URL of a conditional update or delete. */
export const conditionFrom = ({ services, request }: Call, type: string): Condition => conditionOf(services, type, request.query, request.base);
