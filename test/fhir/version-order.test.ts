import { describe, expect, test } from '@jest/globals';
import { compareVersions } from '../../src/fhir/version-order.ts';

describe('the later version of a Questionnaire', () => {
  test.each([
    ['1.0.0', '1.0.1'],
    ['1.9', '1.10'],
    ['2', '10'],
    ['1', '1.0.1'],
    ['2.0.0-draft', '2.0.0'],
    ['2.0.0-alpha', '2.0.0-beta'],
    ['2.0.0-beta.2', '2.0.0-beta.11'],
    ['2025-12-31', '2026-01-01'],
    ['', '1'],
    ['v1', 'v2'],
  ])('%s comes before %s', (earlier, later) => {
    expect(compareVersions(earlier, later)).toBeLessThan(0);
    expect(compareVersions(later, earlier)).toBeGreaterThan(0);
  });

  test('equal but for build data and trailing zeros', () => {
    expect(compareVersions('1.0', '1.0.0+7')).toBe(0);
  });
});
