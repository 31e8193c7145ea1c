/** What an expression yields, as an answer to a question: a resource becomes a reference, a code its option, a number a quantity. */
import { type FhirPathValue, plainValue } from '../fhir/fhirpath.ts';
import { choiceOf, MOST_LISTED } from './options.ts';
import type { Choice, PlanItem } from './plan.ts';
import type { Terms } from './terms.ts';
import { asRecord, codingKey, isReadable, type Value, type ValueType } from './value.ts';

/** Undefined where the question cannot be answered by it. */
export function asAnswer(item: PlanItem, value: FhirPathValue, terms: Terms): Value | undefined {
  const plain = plainValue(value);
  if (plain === undefined || plain === null) return undefined;
  for (const type of item.types) {
    const raw = CONVERT[type](plain, item, terms);
    const found: Value | undefined = raw === undefined ? undefined : { type, raw };
    if (found !== undefined && isReadable(found)) return found;
  }
  return undefined;
}

/** The raw value of that type, or undefined. */
type Convert = (plain: unknown, item: PlanItem, terms: Terms) => unknown;

const isText = (plain: unknown): plain is string => typeof plain === 'string';
const isNumber = (plain: unknown): plain is number => typeof plain === 'number';

const numberOf = (plain: unknown): number | undefined => {
  const number = isNumber(plain) ? plain : asRecord(plain).value;
  return isNumber(number) ? number : undefined;
};

const whole: Convert = (plain) => {
  const number = numberOf(plain);
  return Number.isInteger(number) ? number : undefined;
};

const text: Convert = (plain) => {
  if (isText(plain)) return plain;
  if (isNumber(plain) || typeof plain === 'boolean') return String(plain);
  const { display, text: words, value } = asRecord(plain);
  return [words, display, value].find(isText);
};

const DATE_LENGTH = 10;

const date: Convert = (plain) => (isText(plain) && /^\d{4}(-\d\d(-\d\d)?)?(T|$)/.test(plain) ? plain.slice(0, DATE_LENGTH) : undefined);
const dateTime: Convert = (plain) => (isText(plain) && /^\d{4}(-\d\d(-\d\d(T.*)?)?)?$/.test(plain) ? plain : undefined);
const time: Convert = (plain) => (isText(plain) && /^\d\d:\d\d/.test(plain) ? plain : undefined);

/** Of a concept the first coding that is an option, else its first. A bare code means the option that has it, as `%patient.gender` does. */
const coding: Convert = (plain, item, terms) => {
  if (isText(plain)) return [...item.choices, ...fromValueSet(item, terms)].find(({ value }) => asRecord(value.raw).code === plain)?.value.raw;
  const { coding: codings, code } = asRecord(plain);
  if (Array.isArray(codings)) return codings.find((one) => item.options?.has(codingKey(asRecord(one))) === true) ?? codings[0];
  return code === undefined || numberOf(plain) !== undefined ? undefined : plain;
};

const fromValueSet = ({ valueSet }: PlanItem, terms: Terms): readonly Choice[] =>
  (valueSet === undefined ? undefined : terms.list(valueSet, MOST_LISTED))?.map(choiceOf) ?? [];

/** A bare number is in the question's only unit. */
const quantity: Convert = (plain, { units }) => {
  if (!isNumber(plain)) return isNumber(asRecord(plain).value) ? plain : undefined;
  const [unit, other] = units.codings;
  if (unit === undefined || other !== undefined) return { value: plain };
  return { value: plain, unit: unit.display ?? unit.code, system: unit.system, code: unit.code };
};

const reference: Convert = (plain) => {
  const { resourceType, id, reference: to, identifier } = asRecord(plain);
  if (isText(resourceType)) return isText(id) ? { reference: `${resourceType}/${id}` } : undefined;
  return isText(to) || identifier !== undefined ? plain : undefined;
};

const CONVERT: Readonly<Record<ValueType, Convert>> = {
  boolean: (plain) => (typeof plain === 'boolean' ? plain : undefined),
  decimal: numberOf,
  integer: whole,
  date,
  dateTime,
  time,
  string: text,
  uri: (plain) => (isText(plain) ? plain : undefined),
  Attachment: (plain) => (asRecord(plain).contentType !== undefined || asRecord(plain).url !== undefined ? plain : undefined),
  Coding: coding,
  Quantity: quantity,
  Reference: reference,
};
