/**
 * A value[x] of an answer, an option, an `initial` or an enableWhen, read once into a typed form.
 * https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.item.answer.value_x_
 */
import { printed } from '../fhir/printed.ts';

/** The types an answer may have, by the name of their element. */
export const VALUE_TYPES = {
  valueBoolean: 'boolean',
  valueDecimal: 'decimal',
  valueInteger: 'integer',
  valueDate: 'date',
  valueDateTime: 'dateTime',
  valueTime: 'time',
  valueString: 'string',
  valueUri: 'uri',
  valueAttachment: 'Attachment',
  valueCoding: 'Coding',
  valueQuantity: 'Quantity',
  valueReference: 'Reference',
} as const;

export type ValueType = (typeof VALUE_TYPES)[keyof typeof VALUE_TYPES];

export interface Value {
  readonly type: ValueType;
  /** As it stands in the resource. */
  readonly raw: unknown;
}

const TYPE_BY_ELEMENT: ReadonlyMap<string, ValueType> = new Map(
  Object.entries(VALUE_TYPES).flatMap(([element, type]) => [
    [element, type],
    [element.replace('value', 'answer'), type],
  ]),
);

/** The value that an object carries under `prefix` (`value`, or `answer` in enableWhen); undefined without one. */
export function readValue(holder: object, prefix: 'value' | 'answer' = 'value'): Value | undefined {
  for (const name of Object.keys(holder)) {
    const type = name.startsWith(prefix) ? TYPE_BY_ELEMENT.get(name) : undefined;
    const raw: unknown = type === undefined ? undefined : Reflect.get(holder, name);
    if (type !== undefined && raw !== undefined && raw !== null) return { type, raw };
  }
  return undefined;
}

/** How many values an object carries: more than one is a fault of its structure. */
export function countValues(holder: object): number {
  let count = 0;
  for (const name of Object.keys(holder)) if (name.startsWith('value') && TYPE_BY_ELEMENT.has(name)) count += 1;
  return count;
}

export function asRecord(raw: unknown): Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : {}; // an object, checked here
}

const PRIMITIVE = { boolean: 'boolean', decimal: 'number', integer: 'number' } as const;

/** Whether the JSON behind a value is of its type's kind: guards every later reading. */
export function isReadable({ type, raw }: Value): boolean {
  if (type === 'integer') return Number.isInteger(raw);
  if (type === 'decimal') return Number.isFinite(raw);
  if (type === 'boolean') return typeof raw === PRIMITIVE.boolean;
  if (type === 'Coding' || type === 'Quantity' || type === 'Reference' || type === 'Attachment') return Object.keys(asRecord(raw)).length > 0;
  return typeof raw === 'string';
}

/** A value as a key: `system|code` for a Coding, `type:value` for all others. Two values are the same option when their keys are. */
export function optionKey(value: Value): string {
  if (value.type === 'Coding') return codingKey(asRecord(value.raw));
  if (value.type === 'Reference') return `Reference:${printed(asRecord(value.raw).reference)}`;
  if (value.type === 'Quantity') return quantityKey(asRecord(value.raw));
  return `${value.type}:${printed(value.raw)}`;
}

const quantityKey = ({ value, unit, system, code }: Record<string, unknown>): string =>
  `Quantity:${printed(value)}|${printed(system ?? '')}|${printed(code ?? unit ?? '')}`;

export const codingKey = ({ system, code }: { readonly system?: unknown; readonly code?: unknown }): string =>
  `${printed(system ?? '')}|${printed(code ?? '')}`;

/** The number in a decimal, an integer or a Quantity; undefined for all else. */
export function numberIn({ type, raw }: Value): number | undefined {
  const number = type === 'Quantity' ? asRecord(raw).value : type === 'decimal' || type === 'integer' ? raw : undefined;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A value in words, for messages and for people. */
export function wordsOf(value: Value): string {
  const object = asRecord(value.raw);
  if (value.type === 'Coding') return `${codingKey(object)}${object.display === undefined ? '' : ` "${printed(object.display)}"`}`;
  if (value.type === 'Quantity') return `${printed(object.value)} ${printed(object.unit ?? object.code ?? '')}`.trim();
  if (value.type === 'Reference' || value.type === 'Attachment') return value.type;
  return printed(value.raw).slice(0, 80);
}

/** The same answers in the same order; numbers to the precision that arithmetic has, quantities by number and unit. */
export const isSameAnswer = (left: readonly Value[], right: readonly Value[]): boolean =>
  left.length === right.length && left.every((value, at) => isSameValue(value, right[at]));

function isSameValue(left: Value, right: Value | undefined): boolean {
  if (right === undefined) return false;
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a === undefined || b === undefined) return optionKey(left) === optionKey(right);
  const isClose = Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
  return isClose && asRecord(left.raw).code === asRecord(right.raw).code;
}
