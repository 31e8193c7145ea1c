/** https://hl7.org/fhir/R4/http.html#history */
import { history as historyBundle } from '../../fhir/bundle.ts';
import { parseDateTime, type Range } from '../../fhir/datetime.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { PAGE_PARAMETER } from '../../search/parse.ts';
import type { HistoryQuery } from '../../store/store.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { requestLinks } from '../links.ts';
import type { FhirRequest, FhirResponse } from '../message.ts';
import { countOf, one, refuseUnknown } from '../query.ts';

/** Of one resource, of a type, or of everything: whatever the path names. */
export async function history({ request, named, reader }: Call): Promise<FhirResponse> {
  refuseUnknown(request, ['_since', '_at', '_count', PAGE_PARAMETER]);
  const { type, id } = named;
  const page = await reader.history(queryOf(request, { ...(type === undefined ? {} : { type }), ...(id === undefined ? {} : { id }) }));
  if (id !== undefined && page.versions.length === 0 && (await reader.read(type ?? '', id)) === undefined) {
    throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  }
  const links = requestLinks(request, page.next);
  return jsonAnswer(200, historyBundle({ base: request.base, links, versions: page.versions }));
}

function queryOf({ query }: FhirRequest, of: Pick<HistoryQuery, 'type' | 'id'>): HistoryQuery {
  const since = momentOf(query, '_since');
  const at = momentOf(query, '_at');
  const after = one(query, PAGE_PARAMETER);
  return {
    ...of,
    count: Math.max(1, countOf(query)),
    ...(since === undefined ? {} : { since: since.low }),
    ...(at === undefined ? {} : { at: { low: at.low, high: at.high } }),
    ...(after === undefined ? {} : { after }),
  };
}

function momentOf(query: URLSearchParams, name: string): Range | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  // An unescaped + in a URL, here that of a time zone, is read as a blank.
  const moment = parseDateTime(text.replace(' ', '+'));
  if (moment === undefined)
    throw new FhirError('bad-parameter', `${name}=${JSON.stringify(text.slice(0, 100))} is not a date or instant such as 2026-03-01 or 2026-03-01T08:00:00Z.`);
  return moment;
}
