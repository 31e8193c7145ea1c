/** Limits that an answer can keep. */
import type { Issue } from '../../fhir/outcome.ts';
import { regexOf } from '../../fhir/regex.ts';
import { compare } from '../compare.ts';
import { extensionNumber } from '../extension.ts';
import { nameOf, type PlanItem } from '../plan.ts';
import { type Value, type ValueType, wordsOf } from '../value.ts';
import { doubtful, type FormItemRule, wrong } from './form-rule.ts';

export const possibleLimits: FormItemRule = (item, { terms }) => {
  const { minValue, maxValue, minLength, maxLength, regex } = item.fixed.limits;
  const faults: Issue[] = [...boundTypes(item)];
  if (minValue !== undefined && maxValue !== undefined && (compare(minValue, maxValue, terms.convert) ?? 0) > 0)
    faults.push(wrong(`The least that ${nameOf(item)} may be, ${wordsOf(minValue)}, is more than the most, ${wordsOf(maxValue)}.`, item.place));
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength)
    faults.push(wrong(`The least length of ${nameOf(item)}, ${minLength}, is more than the most, ${maxLength}.`, item.place));
  if (regex !== undefined && regexOf(regex) === undefined)
    faults.push(
      wrong(
        `The pattern '${regex.slice(0, 200)}' of ${nameOf(item)} cannot be matched: it is no regular expression, or uses look-around or back references.`,
        item.place,
      ),
    );
  return faults;
};

const COMPARABLE: Readonly<Partial<Record<ValueType, readonly ValueType[]>>> = {
  integer: ['integer', 'decimal'],
  decimal: ['decimal', 'integer'],
  date: ['date', 'dateTime'],
  dateTime: ['dateTime', 'date'],
  time: ['time'],
  Quantity: ['Quantity', 'decimal', 'integer'],
};

function boundTypes(item: PlanItem): readonly Issue[] {
  const types = item.types;
  const { minValue, maxValue } = item.fixed.limits;
  const isUseless = (bound: Value): boolean => !types.some((type) => COMPARABLE[type]?.includes(bound.type) === true);
  return [minValue, maxValue]
    .filter((bound) => bound !== undefined && isUseless(bound))
    .map((bound) => wrong(`A limit of type ${bound?.type} says nothing about ${nameOf(item)}, which is answered by ${types.join(' or ')}.`, item.place));
}

export const possibleOccurrences: FormItemRule = (item) => {
  const { definition, expressions, place } = item;
  const [least, most] = [extensionNumber(definition, 'minOccurs'), extensionNumber(definition, 'maxOccurs')];
  const faults: Issue[] = [];
  if (least !== undefined && most !== undefined && least > most)
    faults.push(wrong(`${nameOf(item)} must be given at least ${least} times, but at most ${most} times.`, place));
  if ((least !== undefined && least < 0) || (most !== undefined && most < 1))
    faults.push(wrong(`${nameOf(item)} can be given neither less than 0 nor at most less than 1 times.`, place));
  if (least !== undefined && least > 1 && definition.repeats !== true)
    faults.push(wrong(`${nameOf(item)} must be given at least ${least} times, but does not repeat.`, place));
  if (least !== undefined && definition.required !== true && expressions.required === undefined && least > 0)
    faults.push(doubtful(`minOccurs of ${nameOf(item)} counts only where the item is required, which it is not.`, place));
  if (most !== undefined && most > 1 && definition.repeats !== true)
    faults.push(doubtful(`maxOccurs of ${nameOf(item)} counts only where the item repeats, which it does not.`, place));
  return faults;
};
