/**
 * What the client can read and has sent: JSON or XML. Within the server all is JSON; XML is read and written at its edge.
 * https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/http.html#parameters
 */
import { FhirError } from '../fhir/outcome.ts';
import type { FhirRequest } from './message.ts';

export type Format = 'json' | 'xml';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';
export const FHIR_XML = 'application/fhir+xml; charset=utf-8';

const TYPES: Readonly<Record<Format, ReadonlySet<string>>> = {
  json: new Set(['application/fhir+json', 'application/json', 'text/json', 'application/json+fhir']),
  xml: new Set(['application/fhir+xml', 'application/xml', 'text/xml', 'application/xml+fhir']),
};
const WILD: ReadonlySet<string> = new Set(['*/*', 'application/*']);
export const FORM = 'application/x-www-form-urlencoded';
/** Members of an Accept header that are looked at. */
const MAX_RANGES = 50;
const ACCEPTED =
  'Ask for application/fhir+json or application/fhir+xml (or application/json, application/xml), by the Accept header or by _format=json or _format=xml.';

/** `application/fhir+json` of `application/fhir+json; charset=utf-8`; '' where there is none. */
export const mediaTypeOf = (header: string | undefined): string => header?.split(';', 1)[0]?.trim().toLowerCase() ?? '';

export const isJsonType = (type: string): boolean => TYPES.json.has(type);
export const isXmlType = (type: string): boolean => TYPES.xml.has(type);

const isForm = (request: FhirRequest): boolean => mediaTypeOf(request.headers['content-type']) === FORM;

/** A parameter of the URL, or of the form that a search by POST sends. */
export function general(request: FhirRequest, name: '_format' | '_pretty'): string | undefined {
  const inUrl = request.query.get(name);
  if (inUrl !== null || request.body === '' || !isForm(request)) return inUrl ?? undefined;
  return new URLSearchParams(request.body).get(name) ?? undefined;
}

/** What the answer is written in. Throws `not-acceptable` where the client reads neither. `_format` wins over Accept; JSON over XML where both are as welcome. */
export function formatOf(request: FhirRequest): Format {
  const format = general(request, '_format');
  if (format !== undefined) return formatNamed(format);
  const accept = request.headers.accept;
  if (accept === undefined || accept === '' || accept === '*/*') return 'json';
  const ranges = accept.split(',', MAX_RANGES).map(rangeOf);
  const [json, xml] = [welcomeOf('json', ranges), welcomeOf('xml', ranges)];
  if (json.quality === 0 && xml.quality === 0)
    throw new FhirError('not-acceptable', `The Accept header ${JSON.stringify(shortened(accept))} allows no format that this server writes. ${ACCEPTED}`);
  if (json.quality !== xml.quality) return json.quality > xml.quality ? 'json' : 'xml';
  return xml.byName && !json.byName ? 'xml' : 'json';
}

/** Whether content of that type is more welcome than either format of FHIR. Who takes anything gets FHIR. */
export function prefersContent(request: FhirRequest, type: string): boolean {
  const { accept } = request.headers;
  if (accept === undefined || general(request, '_format') !== undefined) return false;
  const ranges = accept.split(',', MAX_RANGES).map(rangeOf);
  const named = ranges.filter((range) => range.type === type || range.type === `${type.split('/', 1)[0]}/*`);
  const own = Math.max(0, ...named.map(({ quality }) => quality));
  return own > Math.max(welcomeOf('json', ranges).quality, welcomeOf('xml', ranges).quality);
}

function formatNamed(format: string): Format {
  // An unescaped + in a URL is read as a blank.
  const { type, version } = rangeOf(format.replace(' ', '+'));
  const named = (['json', 'xml'] as const).find((one) => type === one || TYPES[one].has(type));
  if (named !== undefined && isR4(version)) return named;
  throw new FhirError('not-acceptable', `_format=${JSON.stringify(shortened(format))} is not a format that this server writes. ${ACCEPTED}`);
}

/** One member of an Accept header: `type;parameters`. */
interface Range {
  readonly type: string;
  /** 0: never. */
  readonly quality: number;
  /** `fhirVersion=4.0` https://hl7.org/fhir/R4/http.html#version-parameter */
  readonly version: string | undefined;
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const value = (name: string): string | undefined => parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  const quality = Number(value('q') ?? 1);
  return { type, quality: Number.isNaN(quality) ? 1 : quality, version: value('fhirversion')?.replaceAll('"', '') };
}

const isR4 = (version: string | undefined): boolean => version === undefined || version.startsWith('4.0');

interface Welcome {
  readonly quality: number;
  readonly byName: boolean;
}

/** A range that names the format counts before one that takes anything. A browser names XML beside HTML without being able to show it. */
function welcomeOf(format: Format, ranges: readonly Range[]): Welcome {
  const isBrowser = ranges.some(({ type }) => type === 'text/html');
  const named = ranges.filter(({ type, version }) => TYPES[format].has(type) && isR4(version) && !(isBrowser && !type.includes('fhir')));
  const fitting = named.length > 0 ? named : ranges.filter(({ type, version }) => WILD.has(type) && isR4(version));
  return { quality: Math.max(0, ...fitting.map(({ quality }) => quality)), byName: named.length > 0 };
}

/** Throws `unsupported-media-type` where the body is said to be something else than JSON in UTF-8. XML was read before it comes here. */
export function requireJsonBody(request: FhirRequest): void {
  if (request.resource !== undefined) return;
  const given = request.headers['content-type'] ?? '';
  if (!isJsonType(mediaTypeOf(given)))
    throw new FhirError(
      'unsupported-media-type',
      `The body's Content-Type is ${JSON.stringify(shortened(given))}; send application/fhir+json or application/fhir+xml.`,
    );
  requireUtf8(given);
}

/** Throws `unsupported-media-type` for another character set or another version of FHIR. */
export function requireUtf8(contentType: string): void {
  const parameters = contentType
    .split(';')
    .slice(1)
    .map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((part) => part.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw new FhirError('unsupported-media-type', `The body's charset is ${JSON.stringify(shortened(charset))}; FHIR is sent in UTF-8.`);
  const { version } = rangeOf(contentType);
  if (!isR4(version))
    throw new FhirError('unsupported-media-type', `The body is of FHIR version ${JSON.stringify(shortened(version ?? ''))}; this server reads 4.0 (R4).`);
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
  const wishes = request.headers.prefer?.split(/[,;]/).map((wish) => wish.replace(/[\s"]/g, '')) ?? [];
  return {
    returns: RETURNS.find((value) => wishes.includes(`return=${value}`)) ?? 'representation',
    handling: wishes.includes('handling=lenient') ? 'lenient' : 'strict',
  };
}

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
