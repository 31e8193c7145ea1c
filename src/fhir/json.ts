/**
 * JSON text in and out, for FHIR. Beyond JSON.parse: refuses what is too deep, what names a key twice and what names
 * a prototype; says where broken text breaks; and keeps every number as it was written, since FHIR's decimals carry
 * their precision (1.50 is not 1.5). https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/datatypes.html#decimal
 */
import { findJsonFault } from './json-fault.ts';
import { FhirError } from './outcome.ts';
import type { Resource } from './resource.ts';

/** Deeper than any resource that is meant: a Questionnaire nests two levels an item. */
const MAX_DEPTH = 64;

/** For each object or array with numbers that JSON would print otherwise: key → text as written. */
const written = new WeakMap<object, Map<string, string>>();

/** Reads JSON text. Throws FhirError `bad-json` with line and column and what was expected there. */
export function parseJson(text: string, maxDepth = MAX_DEPTH): unknown {
  const scan = scanJson(text, maxDepth);
  if (scan.tooDeep >= 0) throw broken(text, scan.tooDeep, `nesting is deeper than the ${maxDepth} levels that are read`);
  const value = scan.plain ? parsePlain(text) : parseCarefully(text);
  if (countKeys(value) !== scan.keys) throw refuse(text);
  return value;
}

/** Reads one resource: a JSON object with a resourceType. */
export function parseResource(text: string): Resource {
  if (text.trim() === '') throw new FhirError('bad-json', 'The body is empty; a FHIR resource as JSON is expected.');
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FhirError('bad-json', `The body is ${Array.isArray(value) ? 'a list' : JSON.stringify(value)}; a FHIR resource is a JSON object.`);
  }
  if (!('resourceType' in value) || typeof value.resourceType !== 'string') {
    throw new FhirError('bad-json', 'The body has no "resourceType"; each FHIR resource names its type there, as in {"resourceType": "Patient"}.');
  }
  return value as Resource; // a JSON object whose resourceType is a string: all that Resource promises
}

/** Prints a value, on several lines where `indent` says how deep; a number that `parseJson` read and nobody changed is printed as it was written. */
export function printJson(value: unknown, indent = 0): string {
  return remembers(value) ? JSON.stringify(value, asWritten, indent) : JSON.stringify(value, null, indent);
}

/** To be told when an object is copied by spreading, so that the numbers that it holds itself keep their text. Returns the copy. */
export function keepNumbers<T extends object>(original: object, copy: T): T {
  const texts = written.get(original);
  if (texts !== undefined) written.set(copy, texts);
  return copy;
}

/** Stands in front of a number that travels as text. No text that was read begins so: `parseJson` refuses null characters. */
const NUMBER_MARK = '\0';

/** A copy in which each number is a text: what copies, moves and drops parts of it need not know of numbers as they were written. */
export function numbersToText(value: unknown): unknown {
  return numbersIn(value, undefined, '');
}

function numbersIn(value: unknown, holder: object | undefined, key: string): unknown {
  if (typeof value === 'number') return numberText((holder && written.get(holder)?.get(key)) ?? String(value));
  if (Array.isArray(value)) return value.map((element, at) => numbersIn(element, value, String(at)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, element]) => [name, numbersIn(element, value, name)]));
}

/** The way back. Throws FhirError `bad-json` where the value has become too deep. */
export const textToNumbers = (value: unknown): unknown => parseJson(printTextNumbers(value));

/** JSON text of a value whose numbers are texts: they are printed as numbers. */
export const printTextNumbers = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' && part.startsWith(NUMBER_MARK) ? rawJson(part.slice(NUMBER_MARK.length)) : part));

/** A number as the text that travels for it; it is one of JSON. */
export const numberText = (number: string): string => `${NUMBER_MARK}${number}`;

/** A primitive as it is written, a number among them. */
export const primitiveText = (value: unknown): string => String(value).replace(NUMBER_MARK, '');

interface Scan {
  /** Members of objects in the text, keys named twice counted twice. */
  keys: number;
  /** Where the depth limit is passed; -1 where it is not. */
  tooDeep: number;
  /** Nothing in it needs a second look: no unusual number, no escaped character, no prototype's name. */
  plain: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;
const LETTER_U = 117;
const COLON = 58;
const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;

/** One pass over the text, whatever is in it: faults of grammar are left to JSON.parse. */
function scanJson(text: string, maxDepth: number): Scan {
  const scan: Scan = { keys: 0, tooDeep: -1, plain: !text.includes('__proto__') };
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at, scan);
    else if (isNumberStart(char)) at = endOfNumber(text, at, scan);
    else if (char === COLON) scan.keys += 1;
    else depth += nesting(char);
    if (depth > maxDepth) return { ...scan, tooDeep: at };
  }
  return scan;
}

/** What a character adds to the depth. A closing bracket's code is two above the opening one's. */
function nesting(char: number): -1 | 0 | 1 {
  if (char === OPEN_BRACE || char === OPEN_BRACKET) return 1;
  return char === OPEN_BRACE + 2 || char === OPEN_BRACKET + 2 ? -1 : 0;
}

/** Position of the closing quote, or of the text's end. */
function endOfString(text: string, start: number, scan: Scan): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return at;
    if (char === BACKSLASH) {
      at += 1;
      if (text.charCodeAt(at) === LETTER_U) scan.plain = false;
    }
  }
  return text.length;
}

const isNumberStart = (char: number): boolean => char === 45 || (char >= 48 && char <= 57);
const isNumberPart = (char: number): boolean => isNumberStart(char) || char === 46 || char === 43 || char === 69 || char === 101;

/** Position of the number's last character. */
function endOfNumber(text: string, start: number, scan: Scan): number {
  let end = start + 1;
  while (isNumberPart(text.charCodeAt(end))) end += 1;
  const number = text.slice(start, end);
  if (scan.plain && String(Number(number)) !== number) scan.plain = false;
  return end - 1;
}

function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse(text, cause);
  }
}

/** TypeScript's library does not yet know the third argument. https://tc39.es/proposal-json-parse-with-source/ */
type SourceReviver = (this: object, key: string, value: unknown, context: { readonly source?: string }) => unknown;

function parseCarefully(text: string): unknown {
  const reviver: SourceReviver = function (key, value, context) {
    if (key === '__proto__') throw new FhirError('bad-json', 'The JSON has a key "__proto__", which no FHIR element is called.');
    checkCharacters(key, key);
    if (typeof value === 'string') checkCharacters(value, key);
    if (typeof value === 'number' && context.source !== undefined && String(value) !== context.source) remember(this, key, context.source);
    return value;
  };
  try {
    return JSON.parse(text, reviver as (this: unknown, key: string, value: unknown) => unknown);
  } catch (cause) {
    throw cause instanceof FhirError ? cause : refuse(text, cause);
  }
}

/** Neither can be stored as UTF-8 text and read back the same. https://hl7.org/fhir/R4/datatypes.html#string */
function checkCharacters(text: string, key: string): void {
  if (text.includes('\0')) throw new FhirError('bad-json', `The text of ${JSON.stringify(key)} holds a null character (\\u0000), which FHIR strings may not.`);
  if (!text.isWellFormed())
    throw new FhirError('bad-json', `The text of ${JSON.stringify(key)} holds half of a surrogate pair (\\ud800 to \\udfff); write both halves.`);
}

function remember(holder: object, key: string, source: string): void {
  const texts = written.get(holder) ?? new Map<string, string>();
  written.set(holder, texts.set(key, source));
}

function remembers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (written.has(value)) return true;
  if (Array.isArray(value)) return value.some(remembers);
  for (const key in value) {
    if (remembers((value as Record<string, unknown>)[key])) return true;
  }
  return false;
}

/** https://tc39.es/proposal-json-parse-with-source/#sec-json.rawjson: not yet in TypeScript's library. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function asWritten(this: unknown, key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const text = written.get(this as object)?.get(key); // JSON.stringify calls it with the holder as `this`
  return text !== undefined && Number(text) === value ? rawJson(text) : value;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countKeys(element);
    return count;
  }
  for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}

/** The error for text that JSON.parse refuses, or in which a key stands twice. */
function refuse(text: string, cause?: unknown): FhirError {
  const fault = findJsonFault(text);
  return fault === undefined ? new FhirError('bad-json', 'The body cannot be read as JSON.', { cause }) : broken(text, fault.at, fault.what);
}

function broken(text: string, at: number, what: string): FhirError {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return new FhirError('bad-json', `The JSON breaks at line ${line}, column ${column}: ${what}.`);
}
