/**
 * FHIR date, dateTime, instant and time text as half-open ranges of milliseconds: `2026-03` is all of March. One linear
 * pass, no regular expression, nothing that throws. Text that names no real moment (30 February, 24:00) gives undefined.
 * https://hl7.org/fhir/R4/datatypes.html#dateTime, https://hl7.org/fhir/R4/search.html#date
 */

type Precision = 'year' | 'month' | 'day' | 'minute' | 'second' | 'millisecond';

export interface Range {
  /** Milliseconds since the epoch (for a time: since midnight), included. */
  readonly low: number;
  /** Excluded. */
  readonly high: number;
}

export interface Moment extends Range {
  readonly precision: Precision;
  /** True where the text gives a zone. Without one UTC is assumed, for dates without a time too. */
  readonly zoned: boolean;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The widest offsets in use. https://hl7.org/fhir/R4/datatypes.html#dateTime */
const MAX_ZONE = 14 * HOUR;

const COLON = 58;
const DASH = 45;
const DOT = 46;

/** A date, dateTime or instant, of years 0001 to 9999. Also minutes without seconds, which only searches may use. */
export function parseDateTime(text: string): Moment | undefined {
  const year = digits(text, 0, 4);
  if (year < 1) return undefined;
  if (text.length === 4) return moment(daysFrom(year, 1, 1), daysFrom(year + 1, 1, 1), 'year');
  const month = text.charCodeAt(4) === DASH ? digits(text, 5, 2) : -1;
  if (month < 1 || month > 12) return undefined;
  if (text.length === 7) return moment(daysFrom(year, month, 1), daysFrom(year, month, 1) + daysIn(year, month), 'month');
  const day = text.charCodeAt(7) === DASH ? digits(text, 8, 2) : -1;
  if (day < 1 || day > daysIn(year, month)) return undefined;
  const days = daysFrom(year, month, day);
  return text.length === 10 ? moment(days, days + 1, 'day') : withTime(text, days * DAY);
}

/** The range alone, of any date, dateTime or instant. */
export function dateRange(text: string): Range | undefined {
  return parseDateTime(text);
}

/** Where a date, dateTime or instant begins, in ms since the epoch. */
export function startOf(text: string): number | undefined {
  return parseDateTime(text)?.low;
}

/** A FHIR time (`hh:mm:ss`, optionally a fraction) as milliseconds since midnight. https://hl7.org/fhir/R4/datatypes.html#time */
export function timeRange(text: string): Range | undefined {
  const time = clockAt(text, 0);
  if (time === undefined || time.precision === 'minute' || time.end !== text.length) return undefined;
  return { low: time.at, high: time.at + time.span };
}

const moment = (fromDay: number, toDay: number, precision: Precision): Moment => ({ low: fromDay * DAY, high: toDay * DAY, precision, zoned: false });

function withTime(text: string, midnight: number): Moment | undefined {
  if (text[10] !== 'T') return undefined;
  const time = clockAt(text, 11);
  if (time === undefined) return undefined;
  const zoned = time.end < text.length;
  const offset = zoned ? zoneAt(text, time.end) : 0;
  if (offset === undefined) return undefined;
  const low = midnight + time.at - offset;
  return { low, high: low + time.span, precision: time.precision, zoned };
}

interface ClockTime {
  readonly at: number;
  readonly span: number;
  readonly precision: Precision;
  readonly end: number;
}

/** hh:mm, hh:mm:ss or hh:mm:ss.fraction at a position. Second 60 is a leap second: it falls on the first of the next minute. */
function clockAt(text: string, at: number): ClockTime | undefined {
  const hour = digits(text, at, 2);
  const minute = text.charCodeAt(at + 2) === COLON ? digits(text, at + 3, 2) : -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;
  const start = hour * HOUR + minute * MINUTE;
  if (text.charCodeAt(at + 5) !== COLON) return { at: start, span: MINUTE, precision: 'minute', end: at + 5 };
  const second = digits(text, at + 6, 2);
  if (second < 0 || second > 60) return undefined;
  const whole = start + second * SECOND;
  return text.charCodeAt(at + 8) === DOT ? fractionAt(text, at + 9, whole) : { at: whole, span: SECOND, precision: 'second', end: at + 8 };
}

/** One digit covers 100 ms, two 10 ms; from three on 1 ms, the rest is cut off. */
function fractionAt(text: string, from: number, whole: number): ClockTime | undefined {
  let end = from;
  let ms = 0;
  let span = SECOND;
  for (let digit = digits(text, end, 1); digit >= 0; digit = digits(text, ++end, 1)) {
    if (span > 1) {
      span /= 10;
      ms += digit * span;
    }
  }
  return end === from ? undefined : { at: whole + ms, span, precision: 'millisecond', end };
}

/** `Z` or `±hh:mm` to the end of the text, in ms. */
function zoneAt(text: string, at: number): number | undefined {
  const sign = text[at];
  if (sign === 'Z') return text.length === at + 1 ? 0 : undefined;
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text.charCodeAt(at + 3) !== COLON) return undefined;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  const offset = hours * HOUR + minutes * MINUTE;
  if (hours < 0 || minutes < 0 || minutes > 59 || offset > MAX_ZONE) return undefined;
  return sign === '-' ? -offset : offset;
}

/** The number that exactly `count` ASCII digits make, -1 where there are fewer. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March here, so that the leap day comes last. */
function daysFrom(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}
