/** An answer to a choice is one of its options; an exclusive option stands alone. */
import { nameOf, type PlanItem } from '../plan.ts';
import { optionKey, type Value, wordsOf } from '../value.ts';
import { type Fault, type ItemRule, placeOfValue } from './rule.ts';
import { allowedTypes } from './types.ts';

export const amongOptions: ItemRule = (found) => {
  const { options } = found.plan;
  if (options === undefined) return [];
  const types = allowedTypes(found.plan.definition);
  return found.answers.flatMap((answer): Fault[] => {
    const { value } = answer;
    if (value === undefined || !types.includes(value.type) || isFree(value, found.plan) || options.has(optionKey(value))) return [];
    return [{ code: 'code-invalid', text: `${wordsOf(value)} is no option of ${nameOf(found.plan)}; ${list(options)}.`, place: placeOfValue(answer) }];
  });
};

const isFree = (value: Value, { definition }: PlanItem): boolean => definition.type === 'open-choice' && value.type === 'string';

function list(options: ReadonlyMap<string, string>): string {
  const words = [...options.values()].slice(0, 12);
  return `allowed ${options.size === 1 ? 'is' : 'are'} ${words.join(', ')}${options.size > words.length ? ` and ${options.size - words.length} more` : ''}`;
}

/** https://hl7.org/fhir/R4/extension-questionnaire-optionexclusive.html */
export const exclusiveAlone: ItemRule = (found) => {
  if (found.answers.length < 2) return [];
  const exclusive = found.answers.find(({ value }) => value !== undefined && found.plan.exclusive.has(optionKey(value)));
  if (exclusive?.value === undefined) return [];
  return [
    {
      code: 'business-rule',
      text: `${wordsOf(exclusive.value)} excludes every other answer to ${nameOf(found.plan)}; give it alone or leave it out.`,
      place: placeOfValue(exclusive),
    },
  ];
};
