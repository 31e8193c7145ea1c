/** An answer to a choice is one of its options; an exclusive option stands alone. */
import type { Choice, PlanItem } from '../plan.ts';
import { nameOf } from '../plan.ts';
import type { Reading } from '../reading.ts';
import { asRecord, optionKey, type Value, wordsOf } from '../value.ts';
import type { GivenAnswer } from '../walk.ts';
import { type Fault, type ItemRule, type KnownItem, placeOfValue } from './rule.ts';

export const amongOptions: ItemRule = (found, reading) => {
  if (!hasOptions(found.plan)) return [];
  const types = found.plan.types;
  const faultIn = judge(found, reading);
  return found.answers.flatMap((answer) => {
    const { value } = answer;
    return value === undefined || !types.includes(value.type) || isFree(value, found.plan) ? [] : faultIn(answer, value);
  });
};

const hasOptions = ({ options, valueSet, expressions, toggles }: PlanItem): boolean =>
  options !== undefined || valueSet !== undefined || expressions.answerExpression !== undefined || toggles.length > 0;

const isFree = (value: Value, { definition }: PlanItem): boolean => definition.type === 'open-choice' && value.type === 'string';

type Judge = (answer: GivenAnswer, value: Value) => readonly Fault[];

function judge(found: KnownItem, { isIn: ask, choices, withheld: withheldAt }: Reading): Judge {
  const { valueSet, options } = found.plan;
  const name = nameOf(found.plan);
  if (options !== undefined && found.plan.toggles.length === 0 && found.plan.expressions.answerExpression === undefined) {
    return (answer, value) => (options.has(optionKey(value)) ? [] : [noOption(answer, value, { name, words: [...options.values()] })]);
  }
  const offered = choices(found.plan, found);
  if (offered !== undefined) {
    const keys = new Set(offered.map(({ key }: Choice) => key));
    return (answer, value) => (keys.has(optionKey(value)) ? [] : [noOption(answer, value, { name, words: offered.map(({ words }) => words) })]);
  }
  if (valueSet === undefined) return (answer, value) => [unconfirmed(answer, value, `whether it may be chosen for ${name} now`)];
  const withheld = withheldAt(found.plan, found);
  return (answer, value) => {
    if (withheld.has(optionKey(value))) return [notNow(answer, value, name)];
    const isIn = value.type === 'Coding' ? ask(valueSet, asRecord(value.raw)) : false;
    const set = typeof valueSet === 'string' ? valueSet : `#${valueSet.id ?? ''}`;
    if (isIn === undefined) return [unconfirmed(answer, value, `whether it is in ${set}, from which ${name} takes its answers,`)];
    return isIn
      ? []
      : [{ code: 'code-invalid', text: `${wordsOf(value)} is not in ${set}, from which ${name} takes its answers.`, place: placeOfValue(answer) }];
  };
}

const unconfirmed = (answer: GivenAnswer, value: Value, what: string): Fault => ({
  code: 'code-invalid',
  text: `${wordsOf(value)}: ${what} could not be confirmed here.`,
  place: placeOfValue(answer),
  atMost: 'warning',
});

const notNow = (answer: GivenAnswer, value: Value, name: string): Fault => ({
  code: 'code-invalid',
  text: `${wordsOf(value)} is no option of ${name} as the other answers stand; choose another.`,
  place: placeOfValue(answer),
});

const noOption = (answer: GivenAnswer, value: Value, { name, words }: { readonly name: string; readonly words: readonly string[] }): Fault => ({
  code: 'code-invalid',
  text: `${wordsOf(value)} is no option of ${name}; ${list(words)}.`,
  place: placeOfValue(answer),
});

const MOST_NAMED = 12;

function list(options: readonly string[]): string {
  if (options.length === 0) return 'none is offered at the moment';
  const words = options.slice(0, MOST_NAMED);
  return `allowed ${options.length === 1 ? 'is' : 'are'} ${words.join(', ')}${options.length > words.length ? ` and ${options.length - words.length} more` : ''}`;
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
