/** Times as people say them, in the site's time zone. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface When {
  /** `Sat, 21 Nov 2026, 22:14` */
  at(time: number): string;
  /** `21 Nov 2026` */
  day(time: number): string;
  /** `21 Nov` */
  shortDay(time: number): string;
  /** A FHIR date or dateTime as precisely as it was given: `2024`, `May 2024`, `21 Nov 2026`, `Sat, 21 Nov 2026, 22:14`. */
  say(text: string): string;
  /** The same, without the hour. */
  sayDay(text: string): string;
  /** `3 hours ago`; of a date alone `today` or `2 days ago`; undefined where not even the day is given. */
  sayAgo(text: string, now: number): string | undefined;
  /** Calendar days in the site's time zone from one FHIR date or dateTime to another; undefined where one is not given to the day. */
  daysBetween(from: string, to: string): number | undefined;
}

/** How precisely a FHIR date or dateTime is given, by its length. https://hl7.org/fhir/R4/datatypes.html#dateTime */
function precisionOf(text: string): 'year' | 'month' | 'day' | 'time' {
  if (text.length <= 4) return 'year';
  if (text.length <= 7) return 'month';
  return text.length <= 10 ? 'day' : 'time';
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
  const daysBetween = (from: string, to: string): number | undefined => {
    const [first, last] = [dayNumber(from, timeZone), dayNumber(to, timeZone)];
    return first === undefined || last === undefined ? undefined : last - first;
  };
  return {
    at: (time) => full.format(time),
    day: (time) => day.format(time),
    shortDay: (time) => short.format(time),
    say: (text) => sayWith(full, text),
    sayDay: (text) => sayWith(day, text),
    sayAgo: (text, now) => {
      if (precisionOf(text) === 'time') return ago(Date.parse(text), now);
      const days = daysBetween(text, new Date(now).toISOString());
      if (days === undefined) return undefined;
      return days <= 0 ? 'today' : `${plural(days, 'day')} ago`;
    },
    daysBetween,
  };
}

/** A date without a time is the same day in every zone. */
const DATES = {
  month: new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' }),
  day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }),
} as const;

/** `format` is for what has a time; text that is no date is said as it stands. */
function sayWith(format: Intl.DateTimeFormat, text: string): string {
  const [precision, time] = [precisionOf(text), Date.parse(text)];
  if (precision === 'year' || Number.isNaN(time)) return text;
  return (precision === 'time' ? format : DATES[precision]).format(time);
}

/** The calendar day as days since the epoch. */
function dayNumber(text: string, timeZone: string): number | undefined {
  const [precision, time] = [precisionOf(text), Date.parse(text)];
  if (precision === 'year' || precision === 'month' || Number.isNaN(time)) return undefined;
  if (precision === 'day') return time / DAY;
  const parts = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'numeric', year: 'numeric', timeZone }).formatToParts(time);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day')) / DAY;
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
