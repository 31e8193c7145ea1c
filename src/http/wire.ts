/** Between what travels and what handlers see, which is JSON alone. https://hl7.org/fhir/R4/http.html#mime-type */
import { gzipSync } from 'node:zlib';
import { parseJson, printJson } from '../fhir/json.ts';
import type { Definitions } from '../fhir/members.ts';
import { jsonToXml, xmlToJson } from '../fhir/xml.ts';
import type { FhirRequest, FhirResponse } from './message.ts';
import { FHIR_JSON, FHIR_XML, type Format, formatOf, general, isXmlType, mediaTypeOf, requireUtf8 } from './negotiate.ts';
import { acceptsGzip } from './send.ts';

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
  const look: Look = { format: wantedFormat(request), pretty: general(request, '_pretty') === 'true' };
  const { forms } = response;
  if (forms === undefined) return written(response, look, definitions);
  const packed = acceptsGzip(request.headers['accept-encoding']);
  const key = `${look.format} ${look.pretty} ${packed}`;
  const form = forms.get(key) ?? (packed ? gzipped : same)(written(response, look, definitions));
  forms.set(key, form);
  return form;
}

const same = (response: FhirResponse): FhirResponse => response;

const gzipped = (response: FhirResponse): FhirResponse =>
  typeof response.body === 'string' ? { ...response, headers: { ...response.headers, 'Content-Encoding': 'gzip' }, body: gzipSync(response.body) } : response;

interface Look {
  readonly format: Format;
  readonly pretty: boolean;
}

function written(response: FhirResponse, { format, pretty }: Look, definitions: Definitions): FhirResponse {
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
