/** https://hl7.org/fhir/R4/search.html#string */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { unescapeValue } from '../escape.ts';
import { fold } from '../fold.ts';
import { wordStarts } from '../words.ts';
import { type Around, type Asked, badValue, fieldsOf, has, type Kind, type Reader } from './kind.ts';

function parse(asked: Asked): Test {
  const text = unescapeValue(asked.text);
  if (asked.modifier === 'exact') return { is: 'string', how: 'exact', value: text };
  const value = fold(text);
  if (value === '') throw badValue(asked, 'it holds no letter or digit to look for.');
  return { is: 'string', how: asked.modifier === 'contains' ? 'contains' : 'start', value };
}

const readText: Reader = (element, out) => {
  if (typeof element === 'string' && element !== '') out.push({ kind: 'string', folded: fold(element), text: element });
};

const ADDRESS_PARTS = ['line', 'city', 'district', 'state', 'country', 'postalCode', 'text'];

const readAddress: Reader = (element, out, around) => {
  const fields = fieldsOf(element);
  for (const name of ADDRESS_PARTS) for (const part of [fields[name]].flat()) readText(part, out, around);
};

const NAME_PARTS = ['family', 'given', 'prefix', 'suffix', 'text'] as const;

const readName: Reader = (element, out, around) => {
  const fields = fieldsOf(element);
  for (const name of NAME_PARTS) {
    for (const part of [fields[name]].flat()) {
      readText(part, out, around);
      if (typeof part === 'string') readSpellings(around.spell(part, name === 'family' || name === 'text' ? name : 'given'), out);
    }
  }
  readWhole(fields, out, around);
};

const HAN = /^\p{Script=Han}/u;

/** A Chinese name is written without a blank, the family first: 王小明 is found however its parts were given. */
function readWhole({ family, given }: ReturnType<typeof fieldsOf>, out: Value[], { spell }: Around): void {
  const first = [given].flat()[0];
  if (typeof family !== 'string' || typeof first !== 'string' || !HAN.test(family) || !HAN.test(first)) return;
  readSpellings([family + first, ...spell(family + first, 'text')], out);
}

function readSpellings(spellings: readonly string[], out: Value[]): void {
  for (const spelling of spellings) out.push({ kind: 'string', folded: fold(spelling), text: null });
}

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'string') return false;
  if (test.is === 'differs') return value.text !== null && !compare(value, test.from);
  if (test.is !== 'string') return false;
  const { folded, text } = value;
  if (test.how === 'start') return folded.startsWith(test.value) || wordStarts(folded).some((start) => start.startsWith(test.value));
  return text !== null && COMPARE[test.how](folded, test.value, text);
}

const COMPARE: Readonly<Record<'begin' | 'contains' | 'end' | 'equal' | 'exact', (folded: string, asked: string, text: string) => boolean>> = {
  begin: (folded, asked) => folded.startsWith(asked),
  contains: (folded, asked) => folded.includes(asked),
  end: (folded, asked) => folded.endsWith(asked),
  equal: (folded, asked) => folded === asked,
  exact: (_folded, asked, text) => text === asked,
};

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
    ['HumanName', readName],
    ['Address', readAddress],
  ]),
  manyFrom: ['HumanName', 'Address'],
  guess,
  compare,
};
