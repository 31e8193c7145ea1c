/** `phonetic`: names that sound alike. https://hl7.org/fhir/R4/patient.html#search */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { unescapeValue } from '../escape.ts';
import { soundOf } from '../phonetic.ts';
import { type Asked, badValue, type Kind, type Reader } from './kind.ts';
import { stringKind } from './string.ts';

/** What a string search finds, by its sound. Several words must follow each other. */
function parse(asked: Asked): Test {
  const value = soundOf(unescapeValue(asked.text));
  if (value === '') throw badValue(asked, 'it holds no Latin letter, and only those are compared by their sound.');
  return { is: 'string', how: 'start', value };
}

const sounding =
  (read: Reader): Reader =>
  (element, out, around) => {
    const said: Value[] = [];
    read(element, said, around);
    for (const value of said) if (value.kind === 'string') readSound(value.text ?? value.folded, out);
  };

function readSound(text: string, out: Value[]): void {
  const folded = soundOf(text);
  if (folded !== '') out.push({ kind: 'string', folded, text: folded });
}

export const phoneticKind: Kind = {
  ...stringKind,
  modifiers: [],
  parse,
  readers: new Map([...stringKind.readers].map(([type, read]) => [type, sounding(read)])),
};
