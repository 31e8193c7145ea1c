/**
 * What `_text` and `_content` look into. `_text`: the narrative. `_content`: that, and every other text of the resource
 * with a letter in it, wherever it stands; not its id, meta, types, URLs, references and encoded data, which are no text.
 * https://hl7.org/fhir/R4/search.html#content
 */
import type { Resource } from '../fhir/resource.ts';
import type { Value } from './entry.ts';
import { fieldsOf, textOf } from './kinds/kind.ts';
import { readWords } from './kinds/text.ts';
import type { Param } from './param.ts';

export const TEXT = '_text';
export const CONTENT = '_content';

/** Whether the values of the parameter are texts, cut into words. */
export const holdsWords = ({ code }: Param): boolean => isFullText(code) || code.endsWith(LABEL);

/** The suffix of the parameters that hold the words of codes: displays and texts. */
export const LABEL = ':text';

export const isFullText = (code: string): boolean => code === TEXT || code === CONTENT;

const TAG = /<[^<>]*>/g;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{1,10}));/gi;
const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const LAST_CODE_POINT = 0x10_ffff;

/** The words of the narrative, its tags taken for blanks. */
export function readNarrative(resource: Resource, out: Value[]): void {
  const div = textOf(fieldsOf(resource.text).div);
  if (div !== '') readWords(div.replaceAll(TAG, ' ').replaceAll(ENTITY, decoded), out);
}

function decoded(_all: string, decimal: string | undefined, hex: string | undefined, name: string | undefined): string {
  if (name !== undefined) return NAMED.get(name.toLowerCase()) ?? ' ';
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= LAST_CODE_POINT ? String.fromCodePoint(code).toWellFormed() : ' ';
}

/** Not looked into, wherever they stand. */
const NO_TEXT: ReadonlySet<string> = new Set([
  'resourceType',
  'id',
  'meta',
  'div',
  'data',
  'system',
  'url',
  'reference',
  'linkId',
  'fullUrl',
  'contentType',
  'hash',
]);
const LETTER = /[a-z]|\p{L}/iu;
/** A URL or URN, or a date or time: no blank, and the punctuation of one. */
const NO_PROSE = /^(?:[a-z][a-z0-9+.-]*:\S+|\d[\d:.TZ+-]*)$/i;
const isText = (value: string): boolean => (value.includes(' ') || !NO_PROSE.test(value)) && LETTER.test(value);
const MAX_DEPTH = 60;

/** Characters of one resource's texts that `_content` looks into; of what lies behind nothing is found. */
const MAX_CONTENT = 400_000;

/** The words of every text but the narrative, each text by itself; what is said twice is said once. */
export function readContent(resource: Resource, out: Value[]): void {
  const seen = new Set<string>();
  collect(resource, seen, 0);
  let left = MAX_CONTENT;
  for (const text of seen) {
    if (left <= 0) return;
    readWords(text.slice(0, left), out);
    left -= text.length;
  }
}

function collect(value: unknown, seen: Set<string>, depth: number): void {
  if (typeof value === 'string' && isText(value)) seen.add(value);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
  for (const key of Object.keys(value)) if (!NO_TEXT.has(key)) collect((value as Record<string, unknown>)[key], seen, depth + 1); // an own key
}
