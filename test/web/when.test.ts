import { describe, expect, test } from '@jest/globals';
import { createWhen } from '../../src/web/when.ts';

const oslo = createWhen('Europe/Oslo');

describe('times in words', () => {
  test.each([
    ['2024', '2024'],
    ['2024-05', 'May 2024'],
    ['2024-05-01', '1 May 2024'],
    ['2026-11-21T22:14:00+01:00', 'Sat, 21 Nov 2026, 22:14'],
    ['no date', 'no date'],
  ])('%s is said as precisely as it was given', (text, said) => {
    expect(oslo.say(text)).toBe(said);
  });

  test('a date alone is the same day west of Greenwich', () => {
    expect(createWhen('America/New_York').sayDay('2024-05-01')).toBe('1 May 2024');
    expect(createWhen('America/New_York').sayDay('2024-05-01T02:00:00Z')).toBe('30 Apr 2024');
  });

  test.each([
    ['2026-11-20T21:00:00Z', '2026-11-21T07:00:00Z', 1],
    ['2026-11-21T00:30:00+01:00', '2026-11-21T23:30:00+01:00', 0],
    ['2026-11-20T23:30:00Z', '2026-11-21', 0],
    ['2026-11-22', '2026-11-21T10:00:00Z', -1],
    ['2026-11', '2026-11-21', undefined],
  ])('from %s to %s: %s calendar days', (from, to, days) => {
    expect(oslo.daysBetween(from, to)).toBe(days);
  });

  test('how long ago is said in hours only where an hour was given', () => {
    const now = Date.parse('2026-11-21T10:00:00Z');
    expect(oslo.sayAgo('2026-11-21T07:00:00Z', now)).toBe('3 hours ago');
    expect(oslo.sayAgo('2026-11-21', now)).toBe('today');
    expect(oslo.sayAgo('2026-11-20', now)).toBe('1 day ago');
    expect(oslo.sayAgo('2026-10', now)).toBeUndefined();
  });
});
