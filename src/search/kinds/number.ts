/** https://hl7.org/fhir/R4/search.html#number */
import type { Prefix } from '../ast.ts';
import { near, parseDecimal } from '../decimal.ts';
import type { Value } from '../entry.ts';
import { type Asked, badValue, fieldsOf, type Kind, splitPrefix } from './kind.ts';

interface NumberRange {
  readonly prefix: Prefix;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The prefix and number at the start of a number's or a quantity's search text. */
export function parseNumber(asked: Asked, text: string): NumberRange {
  const { prefix, rest } = splitPrefix(asked, text);
  const decimal = parseDecimal(rest);
  if (decimal === undefined) throw badValue(asked, 'a number is written as 100, -5.40 or 5.4e-3, with a prefix such as ge before it or without.');
  return prefix === 'ap' ? { prefix, value: decimal.value, ...near(decimal) } : { prefix, ...decimal };
}

/** Whether the closed range [low, high] of a resource passes. */
export function compareNumbers(found: { readonly low: number; readonly high: number }, test: NumberRange): boolean {
  const within = test.low <= found.low && found.high < test.high;
  switch (test.prefix) {
    case 'eq':
      return within;
    case 'ne':
      return !within;
    case 'gt':
      return found.high > test.value;
    case 'lt':
      return found.low < test.value;
    case 'ge':
      return found.high >= test.value;
    case 'le':
      return found.low <= test.value;
    case 'sa':
      return found.low > test.value;
    case 'eb':
      return found.high < test.value;
    case 'ap':
      return found.low <= test.high && found.high >= test.low;
  }
}

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function readNumber(element: unknown, out: Value[]): void {
  if (isNumber(element)) out.push({ kind: 'number', low: element, high: element });
}

/** The bounds of a Range; an open end reaches for ever. Undefined where it has none, or its low end lies above its high one. */
export function boundsOf(element: unknown): { readonly low: number; readonly high: number } | undefined {
  const { low, high } = fieldsOf(element);
  const [from, to] = [fieldsOf(low).value, fieldsOf(high).value];
  if (!isNumber(from) && !isNumber(to)) return undefined;
  const bounds = { low: isNumber(from) ? from : Number.NEGATIVE_INFINITY, high: isNumber(to) ? to : Number.POSITIVE_INFINITY };
  return bounds.low <= bounds.high ? bounds : undefined;
}

function readRange(element: unknown, out: Value[]): void {
  const bounds = boundsOf(element);
  if (bounds !== undefined) out.push({ kind: 'number', ...bounds });
}

export const numberKind: Kind = {
  modifiers: [],
  parse: (asked) => ({ is: 'number', ...parseNumber(asked, asked.text) }),
  readers: new Map([
    ['integer', readNumber],
    ['decimal', readNumber],
    ['positiveInt', readNumber],
    ['unsignedInt', readNumber],
    ['Range', readRange],
  ]),
  manyFrom: [],
  guess: (value) => (typeof value === 'number' ? 'decimal' : 'Range'),
  compare: (value, test) => value.kind === 'number' && test.is === 'number' && compareNumbers(value, test),
};
