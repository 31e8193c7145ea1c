import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Key, pageToken, readPageToken, readPosition } from '../../src/store/page-token.ts';

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true }).map((n) => n + 0),
  fc.constant(null),
);

describe('page tokens', () => {
  test('come back as they went, open ends of periods included', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 4 }), fc.nat(), (keys, position) => {
        const all = [...keys, position];
        expect(readPageToken(pageToken(all), all.length)).toEqual(all);
      }),
    );
    expect(readPageToken(pageToken([Infinity, -Infinity, 1]), 3)).toEqual([Infinity, -Infinity, 1]);
  });

  test('any other text is refused, whatever it is', () => {
    const token = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url');
    for (const broken of [
      '',
      '%',
      token(null),
      token({}),
      token([]),
      token([1, 2]),
      token(['1']),
      token([1.5]),
      token([[1]]),
      token([['constructor']]),
      token([null]),
    ]) {
      expect(() => readPageToken(broken, 1)).toThrow('not one that this server gave out');
    }
    fc.assert(fc.property(fc.string(), (text) => expect(() => readPageToken(text, 3)).toThrow('next')));
  });

  test('a cursor is a position', () => {
    expect(readPosition(undefined)).toBe(0);
    expect(readPosition('17')).toBe(17);
    for (const broken of ['', '-1', '1.5', '1e3', ' 1', '9'.repeat(16)]) expect(() => readPosition(broken)).toThrow('cursor');
  });
});
