/** https://hl7.org/fhir/R4/search.html#uri */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { unescapeValue } from '../escape.ts';
import { type Asked, badValue, type Kind } from './kind.ts';

function parse(asked: Asked): Test {
  const value = unescapeValue(asked.text);
  if (value === '') throw badValue(asked, 'it is empty.');
  return { is: 'uri', how: asked.modifier === 'below' || asked.modifier === 'above' ? asked.modifier : 'exact', value };
}

function readUri(element: unknown, out: Value[]): void {
  if (typeof element === 'string' && element !== '') out.push({ kind: 'uri', value: element });
}

/** Whole steps of the path only: `http://x/fhir` is above `http://x/fhir/ValueSet`, not above `http://x/fhirpath`. */
function isBelow(value: string, root: string): boolean {
  return value === root || value.startsWith(root.endsWith('/') ? root : `${root}/`);
}

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'uri') return false;
  if (test.is === 'differs') return !compare(value, test.from);
  if (test.is !== 'uri') return false;
  if (test.how === 'exact') return value.value === test.value;
  return test.how === 'below' ? isBelow(value.value, test.value) : isBelow(test.value, value.value);
}

export const uriKind: Kind = {
  modifiers: ['below', 'above'],
  parse,
  readers: new Map(['uri', 'url', 'canonical', 'oid', 'uuid'].map((type) => [type, readUri])),
  manyFrom: [],
  guess: () => 'uri',
  compare,
};
