/** Moments of the story, in the time zone of whoever watches. */

const DAY = 86_400_000;
const MINUTE = 60_000;

/** So many days before `now`, at that time of the day: `07:40`. */
export function daysAgo(now: Date, days: number, time: string): Date {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const moment = new Date(now);
  moment.setDate(moment.getDate() - days);
  moment.setHours(hour, minute, 0, 0);
  return moment;
}

export const later = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * MINUTE);

/** The last Saturday that is at least two days past, in the evening. */
export function saturdayEvening(now: Date): Date {
  const daysSince = (now.getDay() + 1) % 7;
  return daysAgo(now, daysSince < 2 ? daysSince + 7 : daysSince, '20:40');
}

/** Days of the calendar. */
export const daysBetween = (start: Date, end: Date): number => Math.round((daysAgo(end, 0, '12:00').getTime() - daysAgo(start, 0, '12:00').getTime()) / DAY);

/** `12 Oct, 07:40` */
export const sayTime = (time: Date): string =>
  time.toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
