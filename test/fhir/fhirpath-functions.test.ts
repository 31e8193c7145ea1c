/** Which names an expression calls that are no functions. */
import { expect, test } from '@jest/globals';
import { unknownFunctions } from '../../src/fhir/fhirpath-functions.ts';

test.each<[string, string[]]>([
  ["item.where(linkId = 'a').answer.value.sum()", []],
  ["code in ('a' | 'b') and (1 + 1) is Integer", []],
  ['iif(%a.exists(), %a.weight(), {})', []],
  ["%factory.Coding('s', 'c')", []],
  ["'lenght() upper'.exists()", []],
  ["'x'.lenght() + 'y'.lenght() + count('z').constructor()", ['lenght', 'constructor']],
])('%s: %j', (expression, expected) => expect(unknownFunctions(expression)).toEqual(expected));
