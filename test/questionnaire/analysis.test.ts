/** What an expression reads, seen from its text, and the look-ups that long forms are made quick with. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileFhirPath } from '../../src/fhir/fhirpath.ts';
import { tokensOf } from '../../src/fhir/fhirpath-tokens.ts';
import { analyse, withLookups } from '../../src/questionnaire/analysis.ts';

describe('what is read', () => {
  test.each<[string, string[], string[], boolean]>([
    ["%resource.item.where(linkId='a').answer.value", ['resource'], ['a'], false],
    ["%resource.item.where('a' = linkId).answer", ['resource'], ['a'], false],
    ["%resource.item.where(linkId in ('a' | 'b')).answer", ['resource'], ['a', 'b'], false],
    ["item.where(linkId ~ 'it\\'s')", [], ["it's"], false],
    ['%resource.descendants().answer.value.sum()', ['resource'], [], true],
    ['%a + %`b c`', ['a', 'b c'], [], false],
    ["%questionnaire.item.where(linkId='a').text", ['questionnaire'], [], false],
    ["'linkId = \\'a\\'' // linkId = 'b'", [], [], false],
    ["iif(%x, /* linkId='c' */ 1, 2)", ['x'], [], false],
  ])('%s', (expression, uses, linkIds, anything) => {
    const read = analyse(expression);
    expect({ uses: [...read.uses], linkIds: [...read.linkIds], anything: read.anything }).toEqual({ uses, linkIds, anything });
  });
});

describe('look-ups', () => {
  test.each([
    ["%resource.item.where(linkId='a').answer", "%resource.itemsWith('a').answer"],
    ["%resource . item . where( linkId = 'a' ).item.where(linkId='b')", "%resource . itemsWith('a').itemsWith('b')"],
    ["item.where(linkId='it\\'s')", "itemsWith('it\\'s')"],
    ["%resource.repeat(item).where(linkId='a')", "%resource.repeatedItemsWith('a')"],
    ["%resource.descendants().where(linkId='a')", "%resource.descendantsWith('a')"],
    ["item.where(linkId='a' and answer.exists())", "item.where(linkId='a' and answer.exists())"],
    ['item.where(linkId=%a)', 'item.where(linkId=%a)'],
    ["'item.where(linkId=\\'a\\')'", "'item.where(linkId=\\'a\\')'"],
    ["answer.where(linkId='a')", "answer.where(linkId='a')"],
  ])('%s', (expression, expected) => expect(withLookups(expression)).toBe(expected));
});

test('whatever the text, its tokens stand in it in order, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("'", '`', '\\', '%', '/', '*', 'a', '1', '(', ')', '.', ' ', '\n', 'linkId', '=') }), (text) => {
      let at = 0;
      for (const { start, end } of tokensOf(text)) {
        expect(start).toBeGreaterThanOrEqual(at);
        expect(end).toBeGreaterThan(start);
        at = end;
      }
      expect(at).toBeLessThanOrEqual(text.length);
      analyse(text);
      withLookups(text);
    }),
  );
});

test('a pattern is matched in linear time in every expression', () => {
  expect(compileFhirPath("'aab'.matches('^a+b$')")({})).toEqual([true]);
  expect(compileFhirPath("'AB'.matches('ab', 'i')")({})).toEqual([true]);
  expect(compileFhirPath("'abc'.replaceMatches('b(c)', 'x$1')")({})).toEqual(['axc']);
  expect(compileFhirPath("{}.matches('a')")({})).toEqual([]);
  expect(() => compileFhirPath("'a'.matches('(?=a)')")({})).toThrow(/no look-around/);
});
