/** Length, size, precision and unit of an answer. */
import { compare, unitOf } from '../compare.ts';
import { extensionNumber, extensionsOf, extensionValue } from '../extension.ts';
import { nameOf, type PlanItem } from '../plan.ts';
import { asRecord, codingKey, numberIn, readValue, type Value, wordsOf } from '../value.ts';
import { type Fault, type ItemRule, placeOfValue } from './rule.ts';

/** What is wrong with one value, or undefined. */
type ValueRule = (value: Value, item: PlanItem) => string | undefined;

export const withinBounds: ItemRule = (found) =>
  found.answers.flatMap((answer): Fault[] => {
    const { value } = answer;
    if (value === undefined) return [];
    const faults = RULES.flatMap((rule) => rule(value, found.plan) ?? []);
    return faults.map((text) => ({ code: 'value', text: `The answer to ${nameOf(found.plan)} ${text}.`, place: placeOfValue(answer) }));
  });

const tooLow: ValueRule = (value, { definition }) => {
  const least = extensionValue(definition, 'minValue');
  return least !== undefined && (compare(value, asComparable(least, value)) ?? 0) < 0
    ? `is ${wordsOf(value)}; the least allowed is ${wordsOf(least)}`
    : undefined;
};

const tooHigh: ValueRule = (value, { definition }) => {
  const most = extensionValue(definition, 'maxValue');
  return most !== undefined && (compare(value, asComparable(most, value)) ?? 0) > 0 ? `is ${wordsOf(value)}; the most allowed is ${wordsOf(most)}` : undefined;
};

/** A bare number bounds the number in a Quantity, whatever its unit. */
function asComparable(bound: Value, value: Value): Value {
  return value.type === 'Quantity' && bound.type !== 'Quantity' ? { type: 'Quantity', raw: { ...asRecord(value.raw), value: bound.raw } } : bound;
}

const wrongLength: ValueRule = ({ type, raw }, { definition }) => {
  if (type !== 'string' && type !== 'uri') return undefined;
  const length = [...String(raw)].length;
  const most = definition.maxLength;
  const least = extensionNumber(definition, 'minLength');
  if (most !== undefined && length > most) return `has ${length} characters; at most ${most} are allowed`;
  return least !== undefined && length < least ? `has ${length} characters; at least ${least} are needed` : undefined;
};

const tooPrecise: ValueRule = (value, { definition }) => {
  const most = extensionNumber(definition, 'maxDecimalPlaces');
  const number = numberIn(value);
  if (most === undefined || number === undefined) return undefined;
  const places = decimalPlaces(number);
  return places > most ? `has ${places} decimal places; at most ${most} are allowed` : undefined;
};

function decimalPlaces(number: number): number {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

/** https://hl7.org/fhir/R4/extension-questionnaire-unitoption.html and -unit.html */
const wrongUnit: ValueRule = (value, { definition }) => {
  if (value.type !== 'Quantity') return undefined;
  const units = [...extensionsOf(definition, 'unit'), ...extensionsOf(definition, 'unitOption')].map((extension) => asRecord(readValue(extension)?.raw));
  if (units.length === 0 || units.some((unit) => isThatUnit(value, unit))) return undefined;
  return `is in ${unitOf(value) ?? 'no unit'}; allowed are ${units.map((unit) => codingKey(unit)).join(', ')}`;
};

function isThatUnit(value: Value, unit: Record<string, unknown>): boolean {
  const { system, code, unit: words } = asRecord(value.raw);
  if (code === undefined) return words === unit.display || words === unit.code;
  return code === unit.code && (system ?? unit.system) === unit.system;
}

const RULES: readonly ValueRule[] = [tooLow, tooHigh, wrongLength, tooPrecise, wrongUnit];
