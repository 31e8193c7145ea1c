/** https://hl7.org/fhir/R4/search.html#date */
import { dateRange, type Range } from '../../fhir/datetime.ts';
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { type Asked, badValue, fieldsOf, has, type Kind, listOf, splitPrefix, textOf } from './kind.ts';

/** `ap` reaches a tenth of the way from the date to now. https://hl7.org/fhir/R4/search.html#prefix */
const NEARNESS = 0.1;
/** A `+` that was not percent-encoded arrives as a blank: `10:00:00 02:00`. */
const LOST_PLUS = / (?=\d\d:\d\d$)/;

function parse(asked: Asked): Test {
  const { prefix, rest } = splitPrefix(asked);
  const range = dateRange(rest.replace(LOST_PLUS, '+'));
  if (range === undefined) throw badValue(asked, 'a date is written as 2026, 2026-03, 2026-03-31 or 2026-03-31T10:00:00+02:00, and must exist.');
  return prefix === 'ap' ? { is: 'date', prefix, ...near(range, asked.now) } : { is: 'date', prefix, low: range.low, high: range.high };
}

function near({ low, high }: Range, now: number): Range {
  const slack = Math.max(low - now, now - high, 0) * NEARNESS;
  return { low: low - slack, high: high + slack };
}

function readMoment(element: unknown, out: Value[]): void {
  const range = dateRange(textOf(element));
  if (range !== undefined) out.push({ kind: 'date', low: range.low, high: range.high });
}

/** An open end reaches for ever; a bound that cannot be read makes the whole unreadable. */
function readPeriod(element: unknown, out: Value[]): void {
  const { start, end } = fieldsOf(element);
  if (start === undefined && end === undefined) return;
  const low = start === undefined ? Number.NEGATIVE_INFINITY : dateRange(textOf(start))?.low;
  const high = end === undefined ? Number.POSITIVE_INFINITY : dateRange(textOf(end))?.high;
  if (low !== undefined && high !== undefined && low < high) out.push({ kind: 'date', low, high });
}

/** Only its outer bounds count. https://hl7.org/fhir/R4/search.html#date */
function readTiming(element: unknown, out: Value[]): void {
  const { event, repeat } = fieldsOf(element);
  const found: Value[] = [];
  for (const moment of listOf(event)) readMoment(moment, found);
  readPeriod(fieldsOf(repeat).boundsPeriod, found);
  const dates = found.filter((value) => value.kind === 'date');
  if (dates.length === 0) return;
  const low = dates.reduce((least, date) => Math.min(least, date.low), Number.POSITIVE_INFINITY);
  const high = dates.reduce((most, date) => Math.max(most, date.high), Number.NEGATIVE_INFINITY);
  out.push({ kind: 'date', low, high });
}

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'date' || test.is !== 'date') return false;
  const within = test.low <= value.low && value.high <= test.high;
  switch (test.prefix) {
    case 'eq':
      return within;
    case 'ne':
      return !within;
    case 'gt':
      return value.high > test.high;
    case 'lt':
      return value.low < test.low;
    case 'ge':
      return value.high > test.high || within;
    case 'le':
      return value.low < test.low || within;
    case 'sa':
      return value.low >= test.high;
    case 'eb':
      return value.high <= test.low;
    case 'ap':
      return value.low < test.high && value.high > test.low;
  }
}

function guess(value: unknown): string {
  if (typeof value === 'string') return 'dateTime';
  return has(value, 'event', 'repeat') ? 'Timing' : 'Period';
}

export const dateKind: Kind = {
  modifiers: [],
  parse,
  readers: new Map([
    ['date', readMoment],
    ['dateTime', readMoment],
    ['instant', readMoment],
    ['Period', readPeriod],
    ['Timing', readTiming],
  ]),
  manyFrom: [],
  guess,
  compare,
};
