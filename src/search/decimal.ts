/**
 * Numbers in search text, with the range that their written precision implies: 100 is [99.5, 100.5), 5.40 is
 * [5.395, 5.405), 5.4e-3 is [0.00535, 0.00545). https://hl7.org/fhir/R4/search.html#number
 */

export interface Decimal {
  readonly value: number;
  /** Included. */
  readonly low: number;
  /** Excluded. */
  readonly high: number;
}

/** Significant digits that are read; a double holds 17. */
const MAX_DIGITS = 40;

/** `ap` reaches a tenth of the value. https://hl7.org/fhir/R4/search.html#prefix */
const NEARNESS = 0.1;

/** undefined where the text is no finite decimal number. */
export function parseDecimal(text: string): Decimal | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { digits, exponent } = sharpened(parts);
  const tenths = BigInt(digits) * 10n;
  const sign = parts.negative ? '-' : '';
  const inner = Number(`${sign}${tenths - 5n}e${exponent - 1}`.replace('--', ''));
  const outer = Number(`${sign}${tenths + 5n}e${exponent - 1}`);
  const value = Number(text);
  return Number.isFinite(outer) ? { value, low: Math.min(inner, outer), high: Math.max(inner, outer) } : undefined;
}

/** The closed range that `ap` stands for. */
export function near({ value, low, high }: Decimal): { readonly low: number; readonly high: number } {
  const slack = Math.abs(value) * NEARNESS;
  return { low: Math.min(low, value - slack), high: Math.max(high, value + slack) };
}

interface Parts {
  readonly negative: boolean;
  readonly digits: string;
  /** Of the last digit. */
  readonly exponent: number;
  readonly scientific: boolean;
}

/** -?digits[.digits][e[±]digits], read in one pass. */
function partsOf(text: string): Parts | undefined {
  const negative = text.startsWith('-');
  const whole = digitsAt(text, negative ? 1 : 0);
  let at = (negative ? 1 : 0) + whole.length;
  const fraction = text[at] === '.' ? digitsAt(text, at + 1) : undefined;
  at += fraction === undefined ? 0 : fraction.length + 1;
  const power = powerAt(text, at);
  const digits = whole + (fraction ?? '');
  if (whole === '' || fraction === '' || power === undefined || digits.length > MAX_DIGITS) return undefined;
  return { negative, digits, exponent: power - (fraction?.length ?? 0), scientific: at < text.length };
}

function powerAt(text: string, at: number): number | undefined {
  if (at === text.length) return 0;
  if (text[at] !== 'e' && text[at] !== 'E') return undefined;
  const signed = text[at + 1] === '-' || text[at + 1] === '+';
  const digits = digitsAt(text, at + (signed ? 2 : 1));
  const whole = at + (signed ? 2 : 1) + digits.length === text.length;
  return whole && digits !== '' && digits.length <= 3 ? Number(text.slice(at + 1)) : undefined;
}

function digitsAt(text: string, from: number): string {
  let end = from;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return text.slice(from, end);
}

/** A single digit with a power counts as two digits: the specification's own example gives 1e2 as [95, 105). */
function sharpened({ digits, exponent, scientific }: Parts): { readonly digits: string; readonly exponent: number } {
  const one = scientific && digits.replace(/^0+/, '').length === 1;
  return one ? { digits: `${digits}0`, exponent: exponent - 1 } : { digits, exponent };
}
