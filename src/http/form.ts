/** The fields of a search by POST. https://hl7.org/fhir/R4/http.html#search */
import { Buffer } from 'node:buffer';
import { FhirError } from '../fhir/outcome.ts';
import { printed } from '../fhir/printed.ts';
import type { Resource } from '../fhir/resource.ts';
import type { FhirRequest } from './message.ts';
import { FORM, mediaTypeOf } from './negotiate.ts';
import { parametersOf } from './parameters.ts';
import { parseQuery } from './target.ts';

/** In a Bundle they come as Parameters, or in a Binary. Throws `unsupported-media-type` for any other body. */
export function formOf(request: FhirRequest): URLSearchParams {
  if (request.resource !== undefined) return formInEntry(request.resource);
  const type = mediaTypeOf(request.headers['content-type']);
  if (type !== FORM && request.body !== '')
    throw new FhirError('unsupported-media-type', `A search by POST is a form: send Content-Type ${FORM}, not ${JSON.stringify(type.slice(0, 100))}.`);
  return parseQuery(request.body);
}

function formInEntry(resource: Resource): URLSearchParams {
  if (resource.resourceType === 'Parameters')
    return new URLSearchParams(parametersOf(resource).map(({ name, value }): [string, string] => [name, printed(value)]));
  if (resource.resourceType === 'Binary' && mediaTypeOf(printed(resource.contentType ?? '')) === FORM)
    return parseQuery(Buffer.from(printed(resource.data ?? ''), 'base64').toString('utf8'));
  throw new FhirError(
    'bad-request',
    `A search by POST takes its criteria in the URL, as Parameters, or as a Binary of ${FORM}; not as ${resource.resourceType.slice(0, 100)}.`,
  );
}
