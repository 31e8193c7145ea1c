import { expect, test } from '@jest/globals';
import { regexOf } from '../../src/fhir/regex.ts';

test('a pattern is matched against the whole text', () => {
  expect(regexOf('[0-9]{2}')?.matches('12')).toBe(true);
  expect(regexOf('[0-9]{2}')?.matches('123')).toBe(false);
  expect(regexOf('a|bc')?.matches('bc')).toBe(true);
});

test('a pattern that would explode elsewhere takes linear time', () => {
  const before = performance.now();
  expect(regexOf('(a+)+$')?.matches(`${'a'.repeat(20_000)}!`)).toBe(false);
  expect(performance.now() - before).toBeLessThan(1000);
});

test.each([['(?=a)b'], ['(a)\\1'], ['(((a{0,500}){0,500}){0,500})'], ['('], ['a'.repeat(3000)]])('refused: %.20s', (pattern) => {
  expect(regexOf(pattern)).toBeUndefined();
});
