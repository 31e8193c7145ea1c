/**
 * How much of a response is looked at. The longest questionnaires in use have some hundred questions; a response of
 * hundreds of thousands would hold the server for seconds, and is no answer to a form.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import { asRecord } from './value.ts';

/** Items and answers together, at all depths. */
const MOST_ENTRIES = 10_000;

/** Stops at the limit, so that what is beyond it costs nothing. */
export function isTooLarge(response: Readonly<QuestionnaireResponse>): boolean {
  const waiting: unknown[] = [response];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const list of listsIn(next)) {
      count += list.length;
      if (count > MOST_ENTRIES) return true;
      for (const entry of list) waiting.push(asRecord(entry));
    }
  }
  return false;
}

function listsIn(holder: unknown): unknown[][] {
  const { item, answer } = asRecord(holder);
  return [item, answer].filter((list) => Array.isArray(list));
}

export const TOO_LARGE: Issue = {
  severity: 'error',
  code: 'too-costly',
  text: `The response has more than ${MOST_ENTRIES} items and answers, which is more than is checked and judged. Send the answers to one form, once.`,
  expression: ['QuestionnaireResponse.item'],
};
