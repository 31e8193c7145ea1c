import { expect, test } from '@jest/globals';
import { daysAgo, saturdayEvening } from '../../src/demo/calendar.ts';

/** 21 November 2026 is a Saturday. */
const on = (day: number, hour: number): Date => new Date(2026, 10, day, hour, 15);

test.each([
  [on(21, 23), 14],
  [on(22, 5), 14],
  [on(23, 0), 21],
  [on(24, 12), 21],
  [on(27, 12), 21],
  [on(28, 12), 21],
])('on %s the last Saturday evening that is two days past is that of the %i', (now, day) => {
  expect(saturdayEvening(now)).toEqual(new Date(2026, 10, day, 20, 40));
});

test('days are those of the calendar, whatever the hour', () => {
  expect(daysAgo(on(2, 0), 3, '07:40')).toEqual(new Date(2026, 9, 30, 7, 40));
  expect(daysAgo(on(2, 23), -1, '18:00')).toEqual(new Date(2026, 10, 3, 18, 0));
});
