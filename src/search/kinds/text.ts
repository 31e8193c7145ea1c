/**
 * Words of texts: `_text`, `_content`, and `:text` of tokens. `_text` and `_content` are read as expressions by
 * `search/text-query`; what `:text` asks is a beginning of one or several words that follow each other.
 * https://hl7.org/fhir/R4/search.html#content, https://hl7.org/fhir/R4/search.html#token
 */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { unescapeValue } from '../escape.ts';
import { hasWords, wordsOf } from '../words.ts';
import { type Asked, badValue, fieldsOf, type Kind, listOf } from './kind.ts';

function parse(asked: Asked): Test {
  const words = wordsOf(unescapeValue(asked.text));
  if (words.length === 0) throw badValue(asked, 'it holds no letter or digit to look for.');
  return { is: 'words', words, prefix: true };
}

export function readWords(text: unknown, out: Value[]): void {
  const words = typeof text === 'string' ? wordsOf(text) : [];
  if (words.length > 0) out.push({ kind: 'text', words });
}

function readConcept(element: unknown, out: Value[]): void {
  const { text, coding } = fieldsOf(element);
  readWords(text, out);
  for (const each of listOf(coding)) readWords(fieldsOf(each).display, out);
}

export const textKind: Kind = {
  modifiers: [],
  parse,
  readers: new Map([
    ['CodeableConcept', readConcept],
    ['Coding', (element: unknown, out: Value[]) => readWords(fieldsOf(element).display, out)],
    ['Identifier', (element: unknown, out: Value[]) => readConcept(fieldsOf(element).type, out)],
  ]),
  manyFrom: ['CodeableConcept', 'Identifier'],
  guess: () => 'CodeableConcept',
  compare: (value, test) => value.kind === 'text' && test.is === 'words' && hasWords(value.words, test.words, test.prefix),
};
