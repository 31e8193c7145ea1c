import { answersTo, type GivenAnswer } from '../digest.ts';
import type { AnswerIs } from '../instrument.ts';
import type { Judge } from './rule.ts';

/** One answer suffices. No answer is no answer. */
export const redFlag: Judge<'red-flag'> = ({ item, when }, { current }) => {
  const answer = answersTo(current, item).find((given) => answerIs(given, when));
  if (answer === undefined) return undefined;
  return { measured: [{ item }], words: wordsOf(answer), ...(answer.number === undefined ? {} : { value: answer.number }) };
};

export function answerIs(given: GivenAnswer, when: AnswerIs): boolean {
  if ('boolean' in when) return given.boolean === when.boolean;
  if ('atLeast' in when) return given.number !== undefined && given.number >= when.atLeast;
  const { system, code } = when.coding;
  return given.coding?.code === code && (system === undefined || given.coding.system === system);
}

function wordsOf({ boolean, words }: GivenAnswer): string {
  if (boolean === undefined) return words;
  return boolean ? 'yes' : 'no';
}
