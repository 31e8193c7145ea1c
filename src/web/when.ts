/** Times as people say them, in the site's time zone. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface When {
  /** `Sat 21 Nov 2026, 22:14` */
  at(time: number): string;
  /** `21 Nov 2026` */
  day(time: number): string;
  /** `21 Nov` */
  shortDay(time: number): string;
}

export function createWhen(timeZone: string): When {
  const full = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone });
  const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone });
  return { at: (time) => full.format(time), day: (time) => day.format(time), shortDay: (time) => short.format(time) };
}

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** A span in its largest fitting unit: `25 minutes`, `3 hours`, `9 days`. */
function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 2 * HOUR) return plural(Math.round(size / MINUTE), 'minute');
  if (size < 2 * DAY) return plural(Math.round(size / HOUR), 'hour');
  return plural(Math.round(size / DAY), 'day');
}

/** `9 days ago`, `just now` */
export const ago = (time: number, now: number): string => (now - time < MINUTE ? 'just now' : `${span(now - time)} ago`);

/** `in 25 minutes`, `overdue by 3 hours` */
export const due = (deadline: number, now: number): string => (deadline >= now ? `in ${span(deadline - now)}` : `overdue by ${span(now - deadline)}`);
