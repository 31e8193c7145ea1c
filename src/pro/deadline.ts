/** When a step is due: on the wall clock, or in the site's working hours. */
import type { TierPolicy, WorkingHours } from './instrument.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export function deadlineFrom(start: Date, { minutes, clock }: TierPolicy['deadline'], hours: WorkingHours, timeZone: string): Date {
  return clock === 'wall' ? new Date(start.getTime() + minutes * MINUTE_MS) : inWorkingHours(start, minutes, { hours, timeZone });
}

interface Site {
  readonly hours: WorkingHours;
  /** An IANA name or an offset: `Europe/Oslo`, `+08:00`. */
  readonly timeZone: string;
}

/** A time on the site's own clock: a day (counted since the epoch) and minutes since its midnight. */
interface LocalTime {
  readonly day: number;
  readonly minute: number;
}

const DAY_MINUTES = 24 * 60;
/** A calendar without a single open day in two years is a mistake; then the wall clock decides. */
const LONGEST_CLOSURE_DAYS = 731;

/** Days on which the site is closed do not count; the clock starts, and ends, in opening hours. */
function inWorkingHours(start: Date, minutes: number, site: Site): Date {
  const open = nextOpening(localTime(start, site.timeZone), site.hours);
  if (open === undefined) return new Date(start.getTime() + minutes * MINUTE_MS);
  const total = open.minute + minutes;
  let day: number | undefined = open.day;
  for (let left = Math.floor(total / DAY_MINUTES); left > 0 && day !== undefined; left -= 1) day = openDayFrom(day + 1, site.hours);
  const end = day === undefined ? undefined : nextOpening({ day, minute: total % DAY_MINUTES }, site.hours);
  return end === undefined ? new Date(start.getTime() + minutes * MINUTE_MS) : instantOf(end, site.timeZone);
}

/** The same moment where the site is open, else when it opens next. */
function nextOpening({ day, minute }: LocalTime, hours: WorkingHours): LocalTime | undefined {
  const [from, to] = [minuteOf(hours.from), minuteOf(hours.to)];
  if (isOpenDay(day, hours) && minute <= to) return { day, minute: Math.max(minute, from) };
  const next = openDayFrom(day + 1, hours);
  return next === undefined ? undefined : { day: next, minute: from };
}

function openDayFrom(day: number, hours: WorkingHours): number | undefined {
  for (let next = day; next < day + LONGEST_CLOSURE_DAYS; next += 1) if (isOpenDay(next, hours)) return next;
  return undefined;
}

function isOpenDay(day: number, { days, holidays }: WorkingHours): boolean {
  const date = new Date(day * DAY_MS);
  const isoWeekday = date.getUTCDay() === 0 ? 7 : date.getUTCDay();
  return days.includes(isoWeekday) && !holidays.includes(date.toISOString().slice(0, 10));
}

function minuteOf(time: string): number {
  const [hour = '0', minute = '0'] = time.split(':');
  return Number(hour) * 60 + Number(minute);
}

function localTime(instant: Date, timeZone: string): LocalTime {
  const local = instant.getTime() + offsetAt(instant, timeZone);
  const day = Math.floor(local / DAY_MS);
  return { day, minute: (local - day * DAY_MS) / MINUTE_MS };
}

/** Taken twice, since the zone's offset may change between the first guess and the moment itself. */
function instantOf({ day, minute }: LocalTime, timeZone: string): Date {
  const local = day * DAY_MS + minute * MINUTE_MS;
  const guess = new Date(local - offsetAt(new Date(local), timeZone));
  return new Date(local - offsetAt(guess, timeZone));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC at that moment, in ms. */
function offsetAt(instant: Date, timeZone: string): number {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0'] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}
