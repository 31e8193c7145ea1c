/** https://hl7.org/fhir/R4/search.html#string */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { unescapeValue } from '../escape.ts';
import { fold } from '../fold.ts';
import { type Asked, badValue, fieldsOf, has, type Kind, listOf } from './kind.ts';

function parse(asked: Asked): Test {
  const text = unescapeValue(asked.text);
  if (asked.modifier === 'exact') return { is: 'string', how: 'exact', value: text };
  const value = fold(text);
  if (value === '') throw badValue(asked, 'it holds no letter or digit to look for.');
  return { is: 'string', how: asked.modifier === 'contains' ? 'contains' : 'start', value };
}

function readText(element: unknown, out: Value[]): void {
  if (typeof element === 'string' && element !== '') out.push({ kind: 'string', folded: fold(element), text: element });
}

function readParts(element: unknown, names: readonly string[], out: Value[]): void {
  const fields = fieldsOf(element);
  for (const name of names) {
    readText(fields[name], out);
    for (const part of listOf(fields[name])) readText(part, out);
  }
}

const NAME_PARTS = ['family', 'given', 'prefix', 'suffix', 'text'];
const ADDRESS_PARTS = ['line', 'city', 'district', 'state', 'country', 'postalCode', 'text'];

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'string' || test.is !== 'string') return false;
  if (test.how === 'exact') return value.text === test.value;
  return test.how === 'start' ? value.folded.startsWith(test.value) : value.folded.includes(test.value);
}

function guess(value: unknown): string {
  if (typeof value === 'string') return 'string';
  return has(value, 'family', 'given') ? 'HumanName' : 'Address';
}

export const stringKind: Kind = {
  modifiers: ['exact', 'contains'],
  parse,
  readers: new Map([
    ['string', readText],
    ['markdown', readText],
    ['code', readText],
    ['uri', readText],
    ['HumanName', (element: unknown, out: Value[]) => readParts(element, NAME_PARTS, out)],
    ['Address', (element: unknown, out: Value[]) => readParts(element, ADDRESS_PARTS, out)],
  ]),
  manyFrom: ['HumanName', 'Address'],
  guess,
  compare,
};
