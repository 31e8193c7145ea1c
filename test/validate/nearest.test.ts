import { expect, test } from '@jest/globals';
import { nearest } from '../../src/validate/nearest.ts';

test.each([
  ['statuss', 'status'],
  ['Status', 'status'],
  ['effectivedatetime', 'effectiveDateTime'],
  ['identifer', 'identifier'],
  ['zzz', undefined],
  ['', undefined],
  ['s'.repeat(100), undefined],
])('%s is near %s', (name, known) => {
  expect(nearest(name, ['status', 'effectiveDateTime', 'identifier', 'code'])).toBe(known);
});
