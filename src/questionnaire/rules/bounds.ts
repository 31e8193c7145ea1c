/** Size, length, precision and form of an answer. */

import { parseReference } from '../../fhir/reference.ts';
import { regexOf } from '../../fhir/regex.ts';
import { compare } from '../compare.ts';
import { type Limits, nameOf } from '../plan.ts';
import type { Terms } from '../terms.ts';
import { asRecord, numberIn, type Value, wordsOf } from '../value.ts';
import { type Fault, type ItemRule, placeOfValue } from './rule.ts';

/** What is wrong with one value, or undefined. */
type ValueRule = (value: Value, limits: Limits, terms: Terms) => string | undefined;

export const withinBounds: ItemRule = (found, { plan, inForce }) => {
  const { limits } = inForce(found.plan, found);
  return found.answers.flatMap((answer): Fault[] => {
    const { value } = answer;
    if (value === undefined) return [];
    const fault = (text: string): Fault => ({ code: 'value', text: `The answer to ${nameOf(found.plan)} ${text}.`, place: placeOfValue(answer) });
    const doubts = uncomparable(value, limits, plan.terms);
    return [
      ...RULES.flatMap((rule) => rule(value, limits, plan.terms) ?? []).map(fault),
      ...doubts.map((text): Fault => ({ ...fault(text), atMost: 'warning' })),
    ];
  });
};

const tooLow: ValueRule = (value, { minValue: least }, { convert }) =>
  least !== undefined && (compare(value, asComparable(least, value), convert) ?? 0) < 0
    ? `is ${wordsOf(value)}; the least allowed is ${wordsOf(least)}`
    : undefined;

const tooHigh: ValueRule = (value, { maxValue: most }, { convert }) =>
  most !== undefined && (compare(value, asComparable(most, value), convert) ?? 0) > 0
    ? `is ${wordsOf(value)}; the most allowed is ${wordsOf(most)}`
    : undefined;

/** A bare number bounds the number in a Quantity, whatever its unit. */
function asComparable(bound: Value, value: Value): Value {
  return value.type === 'Quantity' && bound.type !== 'Quantity' ? { type: 'Quantity', raw: { ...asRecord(value.raw), value: bound.raw } } : bound;
}

function uncomparable(value: Value, { minValue, maxValue }: Limits, { convert }: Terms): readonly string[] {
  if (value.type !== 'Quantity') return [];
  const bounds = [minValue, maxValue].filter((bound) => bound !== undefined);
  const odd = bounds.find((bound) => compare(value, asComparable(bound, value), convert) === undefined);
  return odd === undefined ? [] : [`is ${wordsOf(value)}, which cannot be compared with its limit ${wordsOf(odd)}`];
}

const wrongLength: ValueRule = ({ type, raw }, { minLength: least, maxLength: most }) => {
  if ((type !== 'string' && type !== 'uri') || (most === undefined && least === undefined)) return undefined;
  const length = [...String(raw)].length;
  if (most !== undefined && length > most) return `has ${length} characters; at most ${most} are allowed`;
  return least !== undefined && length < least ? `has ${length} characters; at least ${least} are needed` : undefined;
};

const tooPrecise: ValueRule = (value, { maxDecimalPlaces: most }) => {
  const number = numberIn(value);
  if (most === undefined || number === undefined) return undefined;
  const places = decimalPlaces(number);
  return places > most ? `has ${places} decimal places; at most ${most} are allowed` : undefined;
};

function decimalPlaces(number: number): number {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

/** https://hl7.org/fhir/R4/extension-regex.html: the whole text must fit. A pattern that cannot be matched is refused with the questionnaire. */
const wrongForm: ValueRule = ({ type, raw }, { regex }) => {
  if (regex === undefined || (type !== 'string' && type !== 'uri')) return undefined;
  return regexOf(regex)?.matches(String(raw)) === false ? `does not have the form that is asked for, ${regex}` : undefined;
};

const MEGABYTE = 1_000_000;

/** https://hl7.org/fhir/R4/extension-maxsize.html */
const tooLarge: ValueRule = ({ type, raw }, { maxSize: most }) => {
  if (type !== 'Attachment' || most === undefined) return undefined;
  const bytes = sizeOf(asRecord(raw));
  return bytes !== undefined && bytes > most * MEGABYTE ? `has ${bytes} bytes; at most ${most} megabytes are allowed` : undefined;
};

/** What the data come to; where they lie elsewhere, what is said of them. */
function sizeOf({ data, size }: Record<string, unknown>): number | undefined {
  if (typeof data === 'string') return Math.floor((data.replace(/=+$/, '').length * 3) / 4);
  return typeof size === 'number' ? size : undefined;
}

/** https://hl7.org/fhir/R4/extension-mimetype.html */
const wrongMime: ValueRule = ({ type, raw }, { mimeTypes }) => {
  if (type !== 'Attachment' || mimeTypes.length === 0) return undefined;
  const { contentType } = asRecord(raw);
  const [given = ''] = String(contentType ?? '')
    .toLowerCase()
    .split(';');
  if (mimeTypes.some((mime) => isOfType(given.trim(), mime.toLowerCase()))) return undefined;
  return `is ${given === '' ? 'of no known type' : given}; allowed ${mimeTypes.length === 1 ? 'is' : 'are'} ${mimeTypes.join(', ')}`;
};

const isOfType = (given: string, allowed: string): boolean => given === allowed || (allowed.endsWith('/*') && given.startsWith(allowed.slice(0, -1)));

/** https://hl7.org/fhir/R4/extension-questionnaire-referenceresource.html */
const wrongTarget: ValueRule = ({ type, raw }, { referenceTypes }) => {
  if (type !== 'Reference' || referenceTypes.length === 0) return undefined;
  const { reference, type: said } = asRecord(raw);
  const parsed = parseReference(typeof reference === 'string' ? reference : '');
  const target = 'type' in parsed ? parsed.type : said;
  if (typeof target !== 'string' || referenceTypes.includes(target) || referenceTypes.includes('Resource')) return undefined;
  return `refers to a ${target}; allowed ${referenceTypes.length === 1 ? 'is' : 'are'} ${referenceTypes.join(', ')}`;
};

const RULES: readonly ValueRule[] = [tooLow, tooHigh, wrongLength, tooPrecise, wrongForm, tooLarge, wrongMime, wrongTarget];
