import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalQuantity, convertQuantity, isSameUnit, unitOf } from '../../src/terminology/ucum.ts';

test.each([
  ['mg/dL', 'g.m-3'],
  ['mm[Hg]', 'g.m-1.s-2'],
  ['{score}', '1'],
  ['%', '1'],
  ['Cel', 'K'],
  ['10*3/uL', 'm-3'],
  ['g/(8.h){shift}', 'g.s-1'],
  ['[iU]/L', undefined],
])('%s is a unit of %s', (code, base) => {
  expect(unitOf(code)).toMatchObject({ code, base });
});

test.each(['', ' mg', 'mg/dLx', 'µg', 'score', 'kg m', '()', '{a}2', '(m)2', 'x'.repeat(10_000)])('%.20j is none', (code) => {
  expect(typeof unitOf(code)).toBe('string');
  expect(canonicalQuantity(1, code)).toBeUndefined();
});

test('a quantity in base units, whatever the unit it is given in', () => {
  expect(canonicalQuantity(1, 'g')).toEqual({ value: 1, code: 'g' });
  expect(canonicalQuantity(1000, 'mg')).toEqual({ value: 1, code: 'g' });
  expect(canonicalQuantity(37, 'Cel')?.value).toBeCloseTo(310.15);
  expect(canonicalQuantity(98.6, '[degF]')?.value).toBeCloseTo(310.15);
  expect(canonicalQuantity(5, '[iU]')).toBeUndefined();
});

test('values are converted between units of one kind, and of no other', () => {
  expect(convertQuantity(70, 'kg', 'g')).toBe(70_000);
  expect(convertQuantity(1, 'h', 'min')).toBeCloseTo(60);
  expect(convertQuantity(1, 'kg', 'm')).toBeUndefined();
  expect(convertQuantity(5, '[iU]', '[iU]')).toBe(5);
  expect(convertQuantity(5, 'nonsense', 'nonsense')).toBeUndefined();
});

test('two spellings of one unit', () => {
  expect(isSameUnit('mg/mL', 'g/L')).toBe(true);
  expect(isSameUnit('N', 'kg.m/s2')).toBe(true);
  expect(isSameUnit('g', 'kg')).toBe(false);
  expect(isSameUnit('[iU]', "[arb'U]")).toBe(false);
});

test('a unit that was met before costs next to nothing', () => {
  canonicalQuantity(1, 'mmol/L');
  const before = performance.now();
  for (let at = 0; at < 100_000; at += 1) canonicalQuantity(at, 'mmol/L');
  expect(performance.now() - before).toBeLessThan(1000);
});

test('whatever the code, the library prints nothing of it', () => {
  const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const token = fc.constantFrom('m', 'Cel', '(', ')', '.', '/', '2', '-1', '{a}', '{', '}', '*', '10', '[', '%', '[iU]');
  fc.assert(
    fc.property(fc.array(token, { maxLength: 7 }), (tokens) => {
      unitOf(tokens.join(''));
    }),
    { numRuns: 2000 },
  );
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});
