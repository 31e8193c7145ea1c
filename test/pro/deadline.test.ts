import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deadlineFrom } from '../../src/pro/deadline.ts';
import type { WorkingHours } from '../../src/pro/instrument.ts';
import { policy } from './fixture.ts';

const source = policy.lateAfter.source;
const hours: WorkingHours = { ...policy.workingHours, holidays: ['2026-12-25'] };
const due = (start: string, minutes: number, { zone = 'UTC', calendar = hours, clock = 'working-hours' as const } = {}): string =>
  deadlineFrom(new Date(start), { minutes, until: 'assessed', clock, source }, calendar, zone).toISOString();

describe('in working hours', () => {
  test.each([
    ['within a week', '2026-03-02T10:00:00Z', 4320, '2026-03-05T10:00:00.000Z'],
    ['over a weekend', '2026-03-06T15:00:00Z', 4320, '2026-03-11T15:00:00.000Z'],
    ['from a Saturday: as of Monday morning', '2026-03-07T20:00:00Z', 1440, '2026-03-10T08:00:00.000Z'],
    ['from an evening: as of the next morning', '2026-03-03T19:00:00Z', 60, '2026-03-04T09:00:00.000Z'],
    ['from early morning: as of the opening', '2026-03-03T05:00:00Z', 60, '2026-03-03T09:00:00.000Z'],
    ['past the closing: the next morning', '2026-03-03T15:30:00Z', 60, '2026-03-04T08:00:00.000Z'],
    ['over a holiday', '2026-12-24T10:00:00Z', 1440, '2026-12-28T10:00:00.000Z'],
  ])('%s', (_, start, minutes, expected) => expect(due(start, minutes)).toBe(expected));

  test.each([
    ['+08:00', '2026-03-06T07:00:00Z', '2026-03-11T07:00:00.000Z'],
    ['Asia/Shanghai', '2026-03-06T09:00:00Z', '2026-03-12T00:00:00.000Z'],
    ['America/St_Johns', '2026-03-02T12:00:00Z', '2026-03-05T12:00:00.000Z'],
  ])('on the clocks of %s', (zone, start, expected) => expect(due(start, 4320, { zone })).toBe(expected));

  test('over the change to summer time the local hour stays', () => {
    expect(due('2026-03-27T12:00:00Z', 4320, { zone: 'Europe/Oslo' })).toBe('2026-04-01T11:00:00.000Z');
  });

  test('a calendar that never opens falls back to the wall clock', () => {
    expect(due('2026-03-02T10:00:00Z', 60, { calendar: { ...hours, days: [] } })).toBe('2026-03-02T11:00:00.000Z');
  });

  test('is never before the wall clock, and always while the site is open', () => {
    const moment = fc.date({ min: new Date('2026-01-01T00:00:00Z'), max: new Date('2027-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: 1, max: 20_000 }), (start, minutes) => {
        const end = new Date(due(start.toISOString(), minutes));
        expect(end.getTime()).toBeGreaterThanOrEqual(start.getTime() + minutes * 60_000);
        const minute = end.getUTCHours() * 60 + end.getUTCMinutes();
        expect([[0, 6].includes(end.getUTCDay()), minute >= 8 * 60, minute <= 16 * 60]).toEqual([false, true, true]);
      }),
    );
  });
});

test('on the wall clock', () => {
  const end = deadlineFrom(new Date('2026-03-07T23:50:00Z'), policy.tiers.critical.deadline, hours, 'Asia/Shanghai');
  expect(end.toISOString()).toBe('2026-03-08T00:20:00.000Z');
});
