import { describe, expect, test } from '@jest/globals';
import { timeOrderedId } from '../src/ids.ts';

describe('ids in the order of time', () => {
  test('are UUIDs of version 7', () => {
    expect(timeOrderedId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('carry their millisecond, also a small one', () => {
    expect(timeOrderedId(0x0123456789ab).slice(0, 13)).toBe('01234567-89ab');
    expect(timeOrderedId(0).slice(0, 13)).toBe('00000000-0000');
  });

  test('sort by time', () => {
    const ids = [1_600_000_000_000, 1_700_000_000_000, 1_800_000_000_000].map((now) => timeOrderedId(now));
    expect(ids.toSorted()).toEqual(ids);
  });

  test('differ within one millisecond', () => {
    expect(new Set(Array.from({ length: 1000 }, () => timeOrderedId(1))).size).toBe(1000);
  });
});
