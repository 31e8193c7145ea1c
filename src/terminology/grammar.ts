/**
 * Code systems without a list: their codes are known by their form. Where form alone does not settle it (is this
 * well-formed subtag registered?), what the JavaScript engine's own tables know is in, the rest is left undecided.
 */
import type { CodeSystem } from 'fhir/r4';
import type { Concept, System } from './system.ts';
import { isSameUnit, UCUM, unitOf } from './ucum.ts';

interface Grammar {
  readonly name: string;
  readonly caseSensitive: boolean;
  /** In its usual spelling with a display; `unknown`: well-formed, but nobody here knows it; `wrong`: no code can look so. */
  readonly read: (code: string) => { readonly code: string; readonly display: string | undefined } | 'unknown' | 'wrong';
  readonly subsumes?: (above: string, below: string) => boolean | undefined;
}

/** Undefined for a system that has no grammar known here. */
export function grammarSystem(url: string, version: string | undefined): System | undefined {
  const grammar = GRAMMARS.get(url);
  return grammar === undefined ? undefined : systemOf(url, version, grammar);
}

function systemOf(url: string, version: string | undefined, { name, caseSensitive, read, subsumes }: Grammar): System {
  const about: CodeSystem = { resourceType: 'CodeSystem', url, name, status: 'active', content: 'complete', caseSensitive, compositional: true };
  return {
    url,
    version,
    about,
    supplements: [],
    find: (code) => {
      const found = read(code);
      return typeof found === 'string' ? undefined : conceptOf(found.code, found.display);
    },
    lacks: (code) => read(code) === 'wrong',
    list: () => undefined,
    ...(subsumes === undefined ? {} : { subsumes }),
  };
}

const conceptOf = (code: string, display: string | undefined): Concept => ({
  code,
  raw: { code, ...(display === undefined ? {} : { display }) },
  parents: [],
  children: [],
});

function readUnit(code: string): ReturnType<Grammar['read']> {
  const unit = unitOf(code);
  return typeof unit === 'string' ? 'wrong' : { code, display: code };
}

const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language', languageDisplay: 'standard', fallback: 'none' });

/** RFC 5646. A language that the engine can name is one; private use is anyone's. */
function readLanguage(tag: string): ReturnType<Grammar['read']> {
  if (tag.length > 100 || !isWellFormed(tag)) return 'wrong';
  if (/^x-/i.test(tag)) return { code: tag, display: undefined };
  const display = LANGUAGES.of(tag);
  return display === undefined ? 'unknown' : { code: usualCase(tag), display };
}

function isWellFormed(tag: string): boolean {
  try {
    return /^x(-[a-z0-9]{1,8})+$/i.test(tag) || Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** https://www.rfc-editor.org/rfc/rfc5646#section-2.1.1 */
const usualCase = (tag: string): string =>
  tag
    .toLowerCase()
    .split('-')
    .map((part, at, parts) => {
      if (at === 0 || parts.slice(0, at).some((before) => before.length === 1)) return part;
      if (part.length === 2) return part.toUpperCase();
      return part.length === 4 && /^[a-z]/.test(part) ? part.slice(0, 1).toUpperCase() + part.slice(1) : part;
    })
    .join('-');

/** Extended filtering: each part of the wider tag is found in the narrower one, in order. https://www.rfc-editor.org/rfc/rfc4647#section-3.3.2 */
function widerLanguage(above: string, below: string): boolean {
  const [wide, narrow] = [above.toLowerCase().split('-'), below.toLowerCase().split('-')];
  if (wide[0] !== narrow[0]) return false;
  let at = 1;
  for (const part of wide.slice(1)) {
    while (at < narrow.length && narrow[at] !== part && (narrow[at]?.length ?? 0) > 1) at += 1;
    if (narrow[at] !== part) return false;
    at += 1;
  }
  return true;
}

const TOP_LEVEL = 'application|audio|example|font|haptics|image|message|model|multipart|text|video';
/** https://www.rfc-editor.org/rfc/rfc6838#section-4.2, with parameters as in https://www.rfc-editor.org/rfc/rfc2045#section-5.1 */
const MEDIA_TYPE = new RegExp(
  `^(${TOP_LEVEL})/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(\\s*;\\s*[a-z0-9!#$&^_.+-]{1,127}=("[^"\\\\]{0,200}"|[^\\s"(),/:;<=>?@[\\\\\\]]{1,200}))*$`,
  'i',
);

/** FHIR writes its own formats in short where it names them. https://hl7.org/fhir/R4/http.html#mime-type */
const SHORT_FORMS: ReadonlySet<string> = new Set(['json', 'xml', 'ttl']);

const readMediaType = (code: string): ReturnType<Grammar['read']> =>
  SHORT_FORMS.has(code) || (code.length <= 300 && MEDIA_TYPE.test(code)) ? { code, display: undefined } : 'wrong';

/** Type and parameters; a text without a charset has the one that its standard gives it. https://www.rfc-editor.org/rfc/rfc2046#section-4.1.2 */
function mediaParts(code: string): readonly [type: string, parameters: ReadonlySet<string>] {
  const [type = '', ...parameters] = code
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const usual = type.startsWith('text/') && !parameters.some(isCharset) ? ['charset=us-ascii'] : [];
  return [type, new Set([...parameters, ...usual])];
}

const isCharset = (parameter: string): boolean => parameter.startsWith('charset=');

/** Parameters may narrow a media type or merely say what goes without saying: nobody here knows which, but for charsets. */
function widerMediaType(above: string, below: string): boolean | undefined {
  const [[wide, fewer], [narrow, more]] = [mediaParts(above), mediaParts(below)];
  if (wide !== narrow) return false;
  const differing = [...fewer.symmetricDifference(more)];
  if (differing.length === 0) return true;
  return differing.some((parameter) => wide.startsWith('text/') && isCharset(parameter)) ? false : undefined;
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));
const CURRENCY_NAMES = new Intl.DisplayNames(['en'], { type: 'currency', fallback: 'none' });

function readCurrency(code: string): ReturnType<Grammar['read']> {
  if (!/^[A-Z]{3}$/.test(code)) return 'wrong';
  return CURRENCIES.has(code) ? { code, display: CURRENCY_NAMES.of(code) } : 'unknown';
}

const REGIONS = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Codes of two letters that the engine names, but ISO 3166-1 leaves to its users or only reserves. */
const NOT_ISO = /^(A[AC]|CP|CQ|DG|E[AUZ]|FX|IC|Q[M-Z]|SU|TA|U[KN]|X[A-Z]|ZZ)$/;

/** Two or three letters or three digits; only the codes of two letters are known here. */
function readCountry(code: string): ReturnType<Grammar['read']> {
  if (!/^([A-Z]{2,3}|[0-9]{3})$/.test(code)) return 'wrong';
  const display = code.length === 2 && !NOT_ISO.test(code) ? REGIONS.of(code) : undefined;
  return display === undefined ? 'unknown' : { code, display };
}

const TIME_ZONES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('timeZone'));

const readTimeZone = (code: string): ReturnType<Grammar['read']> => (TIME_ZONES.has(code) ? { code, display: undefined } : 'unknown');

const GRAMMARS: ReadonlyMap<string, Grammar> = new Map<string, Grammar>([
  [UCUM, { name: 'UCUM', caseSensitive: true, read: readUnit, subsumes: isSameUnit }],
  ['urn:ietf:bcp:47', { name: 'BCP-47', caseSensitive: false, read: readLanguage, subsumes: widerLanguage }],
  ['urn:ietf:bcp:13', { name: 'BCP-13', caseSensitive: false, read: readMediaType, subsumes: widerMediaType }],
  ['urn:iso:std:iso:4217', { name: 'ISO 4217', caseSensitive: true, read: readCurrency }],
  ['urn:iso:std:iso:3166', { name: 'ISO 3166-1', caseSensitive: true, read: readCountry }],
  ['https://www.iana.org/time-zones', { name: 'IANA time zones', caseSensitive: true, read: readTimeZone }],
]);

/** The urls of the systems that have a grammar here. */
export const grammarUrls = (): readonly string[] => [...GRAMMARS.keys()];
