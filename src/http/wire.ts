/** Between what travels and what handlers see, which is JSON alone. https://hl7.org/fhir/R4/http.html#mime-type */
import { parseJson, printJson } from '../fhir/json.ts';
import type { Definitions } from '../fhir/members.ts';
import { jsonToXml, xmlToJson } from '../fhir/xml.ts';
import type { FhirRequest, FhirResponse } from './message.ts';
import { FHIR_JSON, FHIR_XML, type Format, formatOf, general, isXmlType, mediaTypeOf, requireUtf8 } from './negotiate.ts';

/** The request with its body in JSON. Throws FhirError where an XML body cannot be read. */
export function undressed(request: FhirRequest, definitions: Definitions): FhirRequest {
  const type = request.headers['content-type'] ?? '';
  if (request.body === '' || !isXmlType(mediaTypeOf(type))) return request;
  requireUtf8(type);
  return { ...request, headers: { ...request.headers, 'content-type': FHIR_JSON }, body: xmlToJson(request.body, definitions), converted: true };
}

/** A stored resource as deep as is allowed, in a Bundle in a Bundle. */
const MAX_NESTING = 80;

/** The answer in the format that the client wants, on several lines where it asks for them. */
export function dressed(response: FhirResponse, request: FhirRequest, definitions: Definitions): FhirResponse {
  const format = wantedFormat(request);
  const pretty = general(request, '_pretty') === 'true';
  if ((format === 'json' && !pretty) || response.headers['Content-Type'] !== FHIR_JSON) return response;
  const text = typeof response.body === 'string' ? response.body : [...response.body].join('');
  if (text === '') return response;
  if (format === 'json') return { ...response, body: `${printJson(parseJson(text, MAX_NESTING), 2)}\n` };
  return { ...response, headers: { ...response.headers, 'Content-Type': FHIR_XML }, body: jsonToXml(text, definitions, pretty) };
}

/** A refusal for want of a format is written in JSON. */
function wantedFormat(request: FhirRequest): Format {
  try {
    return formatOf(request);
  } catch {
    return 'json';
  }
}
