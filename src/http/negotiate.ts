/**
 * What the client can read and has sent: JSON alone for now.
 * https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/http.html#parameters
 */
import { FhirError } from '../fhir/outcome.ts';
import type { FhirRequest } from './message.ts';
import { parseQuery } from './target.ts';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';

const JSON_TYPES = new Set(['application/fhir+json', 'application/json', 'text/json', 'application/json+fhir']);
const WILD = new Set(['*/*', 'application/*']);
const FORM = 'application/x-www-form-urlencoded';
const ACCEPTED = 'Ask for application/fhir+json (or application/json), by the Accept header or by _format=json; XML is not offered.';

/** `application/fhir+json` of `application/fhir+json; charset=utf-8`; '' where there is none. */
export const mediaTypeOf = (header: string | undefined): string => header?.split(';', 1)[0]?.trim().toLowerCase() ?? '';

export const isJsonType = (type: string): boolean => JSON_TYPES.has(type);

/** Throws `not-acceptable` where no JSON may be sent. `_format` wins over Accept. */
export function requireJsonAccepted(request: FhirRequest): void {
  const format = request.query.get('_format');
  if (format !== null) {
    requireFormat(format);
    return;
  }
  const accept = request.headers.accept;
  if (accept === undefined || accept === '' || accept === '*/*') return;
  if (!accept.split(',').some(isReadable))
    throw new FhirError('not-acceptable', `The Accept header ${JSON.stringify(shortened(accept))} allows no format that this server writes. ${ACCEPTED}`);
}

function requireFormat(format: string | null): void {
  if (format === null) return;
  // An unescaped + in a URL is read as a blank.
  const type = format.split(';', 1)[0]?.trim().replace(' ', '+') ?? '';
  if (type !== 'json' && !JSON_TYPES.has(type))
    throw new FhirError('not-acceptable', `_format=${JSON.stringify(shortened(format))} is not a format that this server writes. ${ACCEPTED}`);
}

/** One member of an Accept header: `type;parameters`. A quality of 0 means never. */
function isReadable(range: string): boolean {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  if (!JSON_TYPES.has(type) && !WILD.has(type)) return false;
  return parameters.every((parameter) => {
    const [name, value = ''] = parameter.split('=');
    if (name === 'q') return Number(value) !== 0;
    return name !== 'fhirversion' || value.startsWith('4.0');
  });
}

/** Throws `unsupported-media-type` where the body is said to be something else than UTF-8 JSON. */
export function requireJsonBody(request: FhirRequest): void {
  if (request.resource !== undefined) return;
  const given = request.headers['content-type'] ?? '';
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  if (!JSON_TYPES.has(type))
    throw new FhirError(
      'unsupported-media-type',
      `The body's Content-Type is ${JSON.stringify(shortened(given))}; send application/fhir+json. XML and patch formats are not read.`,
    );
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw new FhirError('unsupported-media-type', `The body's charset is ${JSON.stringify(shortened(charset))}; FHIR JSON is UTF-8.`);
}

/** The fields of a `_search` form. Throws `unsupported-media-type` for any other body, `not-acceptable` for a `_format` that is not written. */
export function formOf(request: FhirRequest): URLSearchParams {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== FORM && request.body !== '')
    throw new FhirError('unsupported-media-type', `A search by POST is a form: send Content-Type ${FORM}, not ${JSON.stringify(shortened(type))}.`);
  const form = parseQuery(request.body);
  requireFormat(form.get('_format'));
  return form;
}

export interface Prefer {
  /** https://hl7.org/fhir/R4/http.html#ops */
  readonly returns: 'minimal' | 'representation' | 'OperationOutcome';
  /** https://hl7.org/fhir/R4/search.html#errors; strict unless the client asks for leniency. */
  readonly handling: 'strict' | 'lenient';
}

const RETURNS = ['minimal', 'representation', 'OperationOutcome'] as const;

/** An unknown preference is passed over: RFC 7240 wants it so. */
export function preferOf(request: FhirRequest): Prefer {
  const wishes = request.headers.prefer?.split(/[,;]/).map((wish) => wish.trim()) ?? [];
  return {
    returns: RETURNS.find((value) => wishes.includes(`return=${value}`)) ?? 'representation',
    handling: wishes.includes('handling=lenient') ? 'lenient' : 'strict',
  };
}

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
