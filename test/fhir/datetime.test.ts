import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateRange, parseDateTime, startOf, timeRange } from '../../src/fhir/datetime.ts';

const utc = (text: string): number => Date.parse(text);

describe('a partial date is the whole of what it names', () => {
  test.each([
    ['2026', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 'year'],
    ['2026-12', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z', 'month'],
    ['2024-02', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z', 'month'],
    ['2024-02-29', '2024-02-29T00:00:00Z', '2024-03-01T00:00:00Z', 'day'],
    ['2026-03-01T10:00', '2026-03-01T10:00:00Z', '2026-03-01T10:01:00Z', 'minute'],
    ['2026-03-01T10:00:07', '2026-03-01T10:00:07Z', '2026-03-01T10:00:08Z', 'second'],
    ['2026-03-01T10:00:07.5Z', '2026-03-01T10:00:07.500Z', '2026-03-01T10:00:07.600Z', 'millisecond'],
    ['2026-03-01T10:00:07.25Z', '2026-03-01T10:00:07.250Z', '2026-03-01T10:00:07.260Z', 'millisecond'],
    ['2026-03-01T10:00:07.123456789Z', '2026-03-01T10:00:07.123Z', '2026-03-01T10:00:07.124Z', 'millisecond'],
    ['2026-03-01T10:00:00+02:00', '2026-03-01T08:00:00Z', '2026-03-01T08:00:01Z', 'second'],
    ['2026-03-01T00:30:00+14:00', '2026-02-28T10:30:00Z', '2026-02-28T10:30:01Z', 'second'],
    ['2026-03-01T23:00:00-03:30', '2026-03-02T02:30:00Z', '2026-03-02T02:30:01Z', 'second'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z', '2017-01-01T00:00:01Z', 'second'],
    ['0001-01-01', '0001-01-01T00:00:00Z', '0001-01-02T00:00:00Z', 'day'],
    ['9999', '9999-01-01T00:00:00Z', '+010000-01-01T00:00:00Z', 'year'],
  ])('%s', (text, low, high, precision) => {
    expect(parseDateTime(text)).toMatchObject({ low: utc(low), high: utc(high), precision });
  });

  test('a zone is told apart from the assumed UTC', () => {
    expect(parseDateTime('2026-03-01T10:00:00Z')?.zoned).toBe(true);
    expect(parseDateTime('2026-03-01T10:00:00')?.zoned).toBe(false);
    expect(startOf('2026-03-01T10:00:00')).toBe(startOf('2026-03-01T10:00:00Z'));
  });
});

test.each([
  '',
  '26',
  '0000',
  '2026-',
  '2026-00',
  '2026-13',
  '2026-1',
  '2026-02-30',
  '2025-02-29',
  '1900-02-29',
  '2026-04-31',
  '2026-01-00',
  '2026-01-01T',
  '2026-01-01 10:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T10',
  '2026-01-01T10:60:00Z',
  '2026-01-01T10:00:61Z',
  '2026-01-01T10:00:00.Z',
  '2026-01-01T10:00:00z',
  '2026-01-01T10:00:00+14:01',
  '2026-01-01T10:00:00+1:00',
  '2026-01-01T10:00:00Zjunk',
  '2026-01-01Z',
  '+2026-01-01',
  '２０２６-01-01',
  '2026-01-01\u0000',
])('%j names no moment', (text) => {
  expect(dateRange(text)).toBeUndefined();
});

test.each([
  ['00:00:00', 0, 1000],
  ['23:59:59.999', 86_399_999, 86_400_000],
  ['08:30:00.5', 30_600_500, 30_600_600],
])('the time %s', (text, low, high) => {
  expect(timeRange(text)).toEqual({ low, high });
});

test.each(['24:00:00', '8:30:00', '08:30', '08:30:00Z', ''])('%j is no time', (text) => {
  expect(timeRange(text)).toBeUndefined();
});

describe('for every date', () => {
  const dates = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

  test('an instant is its own millisecond, and each shorter form holds it', () => {
    fc.assert(
      fc.property(dates, (date) => {
        const text = date.toISOString();
        const ms = date.getTime();
        expect(dateRange(text)).toMatchObject({ low: ms, high: ms + 1 });
        for (const length of [4, 7, 10, 16, 19, 21, 22]) {
          const range = dateRange(text.slice(0, length));
          expect(range !== undefined && range.low <= ms && ms < range.high).toBe(true);
        }
      }),
    );
  });

  test('a zone moves the range by its offset', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
        const local = date.toISOString().slice(0, 19);
        const size = Math.abs(offset);
        const two = (n: number) => String(n).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        expect(startOf(local + zone)).toBe((startOf(`${local}Z`) ?? Number.NaN) - offset * 60_000);
      }),
    );
  });

  test('any text gives a range or undefined, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9T:Z.+-]{0,30}$/)), (text) => {
        const range = dateRange(text);
        expect(range === undefined || range.low < range.high).toBe(true);
      }),
    );
  });
});
