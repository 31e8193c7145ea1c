/**
 * The primitive types: one linear parser each, no regular expression that could be made to run long.
 * https://hl7.org/fhir/R4/datatypes.html#primitive
 */
import { parseDateTime, timeRange } from '../fhir/datetime.ts';

/** Undefined where the value is right, else what would be right, to be read after "expected". */
export type Format = (value: unknown) => string | undefined;

/** https://hl7.org/fhir/R4/datatypes.html#string */
const MAX_STRING = 1024 * 1024;
const INTEGER_MAX = 2_147_483_647;

export const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['base64Binary', textOf(isBase64, 'base64 text in groups of four characters, padded with =')],
  ['boolean', (value) => (typeof value === 'boolean' ? undefined : 'true or false, without quotes')],
  ['canonical', textOf(isUri, 'a canonical URL without blanks, optionally with |version')],
  ['code', textOf(isCode, 'a code: no blanks at either end, only single blanks within')],
  ['date', textOf(isDate, 'a date that exists, as YYYY, YYYY-MM or YYYY-MM-DD')],
  ['dateTime', textOf(isDateTime, 'a date that exists, as YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone (Z or +hh:mm)')],
  ['decimal', (value) => (Number.isFinite(value) ? undefined : 'a number, without quotes')],
  ['id', textOf(isId, '1 to 64 letters, digits, - or .')],
  ['instant', textOf(isInstant, 'a moment with seconds and a zone, as YYYY-MM-DDThh:mm:ss.sssZ')],
  ['integer', wholeNumber(-INTEGER_MAX - 1, INTEGER_MAX)],
  ['markdown', textOf(isString, 'text of at most 1 MB without control characters')],
  ['oid', textOf(isOid, 'an OID as urn:oid:1.2.3')],
  ['positiveInt', wholeNumber(1, INTEGER_MAX)],
  ['string', textOf(isString, 'text of at most 1 MB without control characters')],
  ['time', textOf((text) => timeRange(text) !== undefined, 'a time of day as hh:mm:ss, without a zone')],
  ['unsignedInt', wholeNumber(0, INTEGER_MAX)],
  ['uri', textOf(isUri, 'a URI without blanks')],
  ['url', textOf(isUri, 'a URL without blanks')],
  ['uuid', textOf((text) => text.startsWith('urn:uuid:') && isUuid(text.slice('urn:uuid:'.length)), 'a UUID as urn:uuid:c757873d-ec9a-4326-a141-556f43239520')],
  ['xhtml', textOf((text) => text.isWellFormed(), 'XHTML text')],
]);

function textOf(isRight: (text: string) => boolean, expected: string): Format {
  return (value) => {
    if (typeof value !== 'string') return `${expected} (a JSON string)`;
    if (value === '') return `${expected}; where there is no value, leave the element out`;
    return isRight(value) ? undefined : expected;
  };
}

function wholeNumber(min: number, max: number): Format {
  const expected = `a whole number from ${min} to ${max}, without quotes`;
  return (value) => (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? undefined : expected);
}

const TAB = 9;
const NEW_LINE = 10;
const RETURN = 13;
const SPACE = 32;

/** Text that a store and a screen can hold: no control characters but tab and line ends, no half of a surrogate pair. */
function isString(text: string): boolean {
  if (text.length > MAX_STRING) return false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char < SPACE && char !== TAB && char !== NEW_LINE && char !== RETURN) return false;
  }
  return text.isWellFormed();
}

/** A blank as XML and the specification's `\s` count them. */
const isBlank = (char: number): boolean =>
  char === SPACE || (char >= TAB && char <= RETURN) || char === 0xa0 || char === 0xfeff || char === 0x2028 || char === 0x2029;

function isCode(text: string): boolean {
  let afterBlank = true;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    const blank = isBlank(char);
    if ((blank && afterBlank) || (char < SPACE && !blank)) return false;
    afterBlank = blank;
  }
  return !afterBlank && text.isWellFormed();
}

/** Any URI reference; those that announce an OID or a UUID must hold one. */
function isUri(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char < SPACE || isBlank(char)) return false;
  }
  if (text.startsWith('urn:oid:')) return isOid(text);
  if (text.startsWith('urn:uuid:')) return isUuid(text.slice('urn:uuid:'.length).toLowerCase());
  return text.isWellFormed();
}

const isDigit = (char: number): boolean => char >= 48 && char <= 57;
const isUpper = (char: number): boolean => char >= 65 && char <= 90;
const isLower = (char: number): boolean => char >= 97 && char <= 122;

function isId(text: string): boolean {
  if (text.length > 64) return false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (!isDigit(char) && !isUpper(char) && !isLower(char) && char !== 45 && char !== 46) return false;
  }
  return true;
}

/** `urn:oid:` and numbers without leading zeros, of which the first is 0, 1 or 2. */
function isOid(text: string): boolean {
  if (!text.startsWith('urn:oid:')) return false;
  const arcs = text.slice('urn:oid:'.length).split('.');
  const first = arcs[0] ?? '';
  return arcs.length > 1 && first.length === 1 && first >= '0' && first <= '2' && arcs.every(isArc);
}

function isArc(arc: string): boolean {
  if (arc === '' || (arc.length > 1 && arc.startsWith('0'))) return false;
  for (let at = 0; at < arc.length; at += 1) if (!isDigit(arc.charCodeAt(at))) return false;
  return true;
}

const UUID_LENGTH = 36;
const UUID_DASHES: readonly number[] = [8, 13, 18, 23];

/** Lower case, as RFC 4122 prints it. */
function isUuid(text: string): boolean {
  if (text.length !== UUID_LENGTH) return false;
  for (let at = 0; at < UUID_LENGTH; at += 1) {
    const char = text.charCodeAt(at);
    const right = UUID_DASHES.includes(at) ? char === 45 : isDigit(char) || (char >= 97 && char <= 102);
    if (!right) return false;
  }
  return true;
}

function isDate(text: string): boolean {
  return text.length <= 'YYYY-MM-DD'.length && parseDateTime(text) !== undefined;
}

/** Once there is a time there are seconds and a zone. */
function isDateTime(text: string): boolean {
  return isDate(text) || isInstant(text);
}

function isInstant(text: string): boolean {
  const moment = parseDateTime(text);
  return moment?.zoned === true && (moment.precision === 'second' || moment.precision === 'millisecond');
}

/** Letters, digits, + and /, padded to a multiple of four; blanks may stand between. */
function isBase64(text: string): boolean {
  let count = 0;
  let padding = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (isBlank(char)) continue;
    if (char === 61) padding += 1;
    else if (padding > 0 || !isBase64Char(char)) return false;
    count += 1;
  }
  return count > 0 && count % 4 === 0 && padding <= 2;
}

const isBase64Char = (char: number): boolean => isDigit(char) || isUpper(char) || isLower(char) || char === 43 || char === 47;
