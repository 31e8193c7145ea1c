import type { TypedValue } from '../../../definitions/snapshot/element.ts';
import { dateRange, startOf, timeRange } from '../../../fhir/datetime.ts';
import { number, text } from '../../read.ts';
import { shown } from '../../shown.ts';
import { isObject } from '../../visit.ts';
import type { ProfileRule } from '../tools.ts';

/** No less and no more than the profile says. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_ */
export const bounds: ProfileRule = ({ element: { minValue, maxValue } }) => {
  if (minValue === undefined && maxValue === undefined) return undefined;
  return (value, visit) => {
    if (minValue !== undefined && isBefore(value, minValue.value))
      visit.report('value', `${told(value)} is less than the least value allowed, ${told(minValue.value)}.`);
    if (maxValue !== undefined && isBefore(maxValue.value, value))
      visit.report('value', `${told(value)} is more than the greatest value allowed, ${told(maxValue.value)}.`);
  };
};

/** Only what is certainly before: dates of different precision that overlap are not, nor are quantities in different units. */
function isBefore(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return isEarlier(a, b);
  if (!isObject(a) || !isObject(b) || !['system', 'code'].every((name) => text(a, name) === text(b, name))) return false;
  const [left, right] = [number(a, 'value'), number(b, 'value')];
  return left !== undefined && right !== undefined && left < right;
}

function isEarlier(a: string, b: string): boolean {
  const [left, right] = [timeRange(a), timeRange(b)];
  if (left !== undefined && right !== undefined) return left.high <= right.low;
  const [end, start] = [dateRange(a)?.high, startOf(b)];
  return end !== undefined && start !== undefined && end <= start;
}

const told = (value: TypedValue['value']): string =>
  isObject(value) ? `${number(value, 'value')} ${text(value, 'code') ?? text(value, 'unit') ?? ''}`.trim() : shown(value);
