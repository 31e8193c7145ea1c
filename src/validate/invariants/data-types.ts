/** https://hl7.org/fhir/R4/datatypes.html, https://hl7.org/fhir/R4/metadatatypes.html */
import { dateRange, startOf } from '../../fhir/datetime.ts';
import { has, number, object, text, texts } from '../read.ts';
import { allHold, anyOf, type Invariant, justOne, needs, notBoth, there } from './invariant.ts';

const UCUM = 'http://unitsofmeasure.org';

const ucumOnly: Invariant = (quantity) => [undefined, UCUM].includes(text(quantity, 'system'));

/** A moment is before another only if all of it is: 2026-03-02T10:00:00Z does not begin after the day 2026-03-02 ends. */
const periodInOrder: Invariant = (period) => {
  const start = startOf(text(period, 'start') ?? '');
  const end = dateRange(text(period, 'end') ?? '')?.high;
  return start === undefined || end === undefined || start < end || { because: `${text(period, 'start')} is after ${text(period, 'end')}` };
};

/** Quantities in different units are not compared here. */
const rangeInOrder: Invariant = (range) => {
  const [low, high] = [object(range, 'low'), object(range, 'high')];
  const sameUnit = ['system', 'code', 'unit'].every((name) => text(low, name) === text(high, name));
  const [least, most] = [number(low, 'value'), number(high, 'value')];
  return !sameUnit || least === undefined || most === undefined || least <= most || { because: `${least} is more than ${most}` };
};

const ratioIsWhole: Invariant = (ratio) => {
  const [top, bottom] = [has(ratio, 'numerator'), has(ratio, 'denominator')];
  return top === bottom && (top || has(ratio, 'extension'));
};

const notNegative =
  (name: string): Invariant =>
  (value) =>
    (number(value, name) ?? 0) >= 0;

/** The moments of a day that an offset cannot be counted from. https://hl7.org/fhir/R4/valueset-event-timing.html */
const MEALS: readonly string[] = ['C', 'CM', 'CD', 'CV'];

const offsetFromEvent: Invariant = (repeat) => !has(repeat, 'offset') || (has(repeat, 'when') && !texts(repeat, 'when').some((code) => MEALS.includes(code)));

const triggerIsComplete: Invariant = (trigger) => {
  const type = text(trigger, 'type') ?? '';
  if (type === 'named-event') return has(trigger, 'name');
  if (type === 'periodic') return there(trigger, 'timing[x]');
  return !type.startsWith('data-') || has(trigger, 'data');
};

const durationHasUnit: Invariant = (duration) => !has(duration, 'code') || (text(duration, 'system') === UCUM && has(duration, 'value'));

const isPositive: Invariant = (age) => (number(age, 'value') ?? 1) > 0;

const countIsWhole: Invariant = (value) => [undefined, '1'].includes(text(value, 'code')) && Number.isInteger(number(value, 'value') ?? 0);

export const DATA_TYPES: Readonly<Record<string, Invariant>> = {
  'age-1': allHold(needs('value', 'code'), ucumOnly, isPositive),
  'att-1': needs('data', 'contentType'),
  'cnt-3': allHold(needs('value', 'code'), ucumOnly, countIsWhole),
  'cpt-2': needs('value', 'system'),
  'dis-1': allHold(needs('value', 'code'), ucumOnly),
  'drq-1': justOne('path', 'searchParam'),
  'drq-2': justOne('path', 'searchParam'),
  'drt-1': durationHasUnit,
  'exp-1': anyOf('expression', 'reference'),
  'per-1': periodInOrder,
  'qty-3': needs('code', 'system'),
  'rat-1': ratioIsWhole,
  'rng-2': rangeInOrder,
  'tim-1': needs('duration', 'durationUnit'),
  'tim-2': needs('period', 'periodUnit'),
  'tim-4': notNegative('duration'),
  'tim-5': notNegative('period'),
  'tim-6': needs('periodMax', 'period'),
  'tim-7': needs('durationMax', 'duration'),
  'tim-8': needs('countMax', 'count'),
  'tim-9': offsetFromEvent,
  'tim-10': notBoth('timeOfDay', 'when'),
  'trd-1': notBoth('data', 'timing[x]'),
  'trd-2': needs('condition', 'data'),
  'trd-3': triggerIsComplete,
};
