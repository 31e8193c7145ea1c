/** Dates, numbers and texts as R4's search page speaks of them, worked out apart from the engine. https://hl7.org/fhir/R4/search.html */

/** Half-open, in ms since the epoch. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** All that a date of that precision may mean; without a zone in UTC. */
export function spanOf(text: string): Span {
  const found = DATE.exec(text);
  if (found === null) throw new Error(text);
  const [, year = '', month, day, hour, minute, second, fraction, zone] = found;
  const start = (more: number, at: 0 | 1 | 2): number =>
    Date.UTC(Number(year) + (at === 0 ? more : 0), Number(month ?? 1) - 1 + (at === 1 ? more : 0), Number(day ?? 1) + (at === 2 ? more : 0));
  if (month === undefined) return { low: start(0, 0), high: start(1, 0) };
  if (day === undefined) return { low: start(0, 1), high: start(1, 1) };
  if (hour === undefined) return { low: start(0, 2), high: start(1, 2) };
  const millis = fraction === undefined ? 0 : Math.round(Number(fraction) * 1000);
  const low = start(0, 2) + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0)) * 1000 + millis - offset(zone);
  return { low, high: low + (fraction !== undefined ? 1 : second !== undefined ? 1000 : 60_000) };
}

function offset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

/** https://hl7.org/fhir/R4/search.html#prefix, its table line by line: what the target's range is to the one that is asked for. */
export function spanPasses(prefix: Prefix, asked: Span, target: Span): boolean {
  const isContained = asked.low <= target.low && target.high <= asked.high;
  switch (prefix) {
    case 'eq':
      return isContained;
    case 'ne':
      return !isContained;
    case 'gt':
      return target.high > asked.high;
    case 'lt':
      return target.low < asked.low;
    case 'ge':
      return target.high > asked.high || isContained;
    case 'le':
      return target.low < asked.low || isContained;
    case 'sa':
      return target.low >= asked.high;
    case 'eb':
      return target.high <= asked.low;
    case 'ap':
      throw new Error('not asked of dates');
  }
}

const PLACES = 12n;

/** A decimal as so many 10^-12: no rounding anywhere. */
export function exactly(text: string): bigint {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? [];
  const digits = BigInt(whole + fraction);
  const power = PLACES - BigInt(fraction.length) + BigInt(Number(exponent));
  return (sign === '-' ? -1n : 1n) * digits * 10n ** power;
}

/** Half of the last digit that is written. The page's own example gives 1e2, of one digit, as [95, 105): it counts as 1.0e2. */
function halfUnit(text: string): bigint {
  const [, whole = '', fraction = '', exponent] = /^[+-]?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? [];
  const isOneDigit = exponent !== undefined && (whole + fraction).replace(/^0+/, '').length === 1;
  return 10n ** (PLACES - BigInt(fraction.length) + BigInt(Number(exponent ?? 0)) - (isOneDigit ? 1n : 0n)) / 2n;
}

/** "100 is [99.5, 100.5)"; for the other prefixes "the implicit precision of the number is ignored". `asked` as written, times `factor`. */
export function numberPasses(prefix: Prefix, asked: string, target: bigint, factor: readonly [bigint, bigint] = [1n, 1n]): boolean {
  const scaled = (value: bigint): bigint => (value * factor[0] * 1000n) / factor[1];
  const [value, half, found] = [scaled(exactly(asked)), scaled(halfUnit(asked)), target * 1000n];
  const isEqual = value - half <= found && found < value + half;
  const tenth = (value < 0n ? -value : value) / 10n;
  const near = tenth > half ? tenth : half;
  switch (prefix) {
    case 'eq':
      return isEqual;
    case 'ne':
      return !isEqual;
    case 'gt':
    case 'sa':
      return found > value;
    case 'lt':
    case 'eb':
      return found < value;
    case 'ge':
      return found >= value;
    case 'le':
      return found <= value;
    case 'ap':
      return value - near <= found && found <= value + near;
  }
}

/** Without case, accents or Unicode form. */
export const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

const LETTER = /[\p{L}\p{N}]/u;

/** "Equals or starts with": the text, or any word of it on. */
export function startsAtWord(text: string, asked: string): boolean {
  const [all, wanted] = [plain(text), plain(asked)];
  return starts(all).some((at) => all.startsWith(wanted, at));
}

const starts = (text: string): number[] =>
  Array.from({ length: text.length }, (_, at) => at).filter((at) => at === 0 || (LETTER.test(text[at] ?? '') && !LETTER.test(text[at - 1] ?? '')));

/** By code point. */
export function compareTexts(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
