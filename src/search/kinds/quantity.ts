/** https://hl7.org/fhir/R4/search.html#quantity */
import { canonicalQuantity, UCUM } from '../../terminology/ucum.ts';
import type { CanonicalNumbers, Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { splitUnescaped, unescapeValue } from '../escape.ts';
import { type Asked, badValue, fieldsOf, has, type Kind, textOf } from './kind.ts';
import { boundsOf, compareNumbers, isNumber, parseNumber } from './number.ts';

/** https://hl7.org/fhir/R4/datatypes.html#Money */
const CURRENCIES = 'urn:iso:std:iso:4217';

/** `number`, `number|system|code` or `number||unit`. */
function parse(asked: Asked): Test {
  const parts = splitUnescaped(asked.text, '|').map(unescapeValue);
  const [number = '', system = '', code = ''] = parts;
  if (parts.length !== 1 && parts.length !== 3) {
    throw badValue(asked, 'a quantity is written as 5.4, as 5.4|http://unitsofmeasure.org|mg (number, system, code) or as 5.4||mg (number, unit).');
  }
  const numbers = parseNumber(asked, number);
  const canonical = system === UCUM ? canonicalNumbers(numbers, code) : undefined;
  const unit = { ...(system === '' ? {} : { system }), ...(code === '' ? {} : { code }), ...(canonical === undefined ? {} : { canonical }) };
  return { is: 'quantity', ...numbers, ...unit };
}

/** 12 digits: what multiplying by a factor makes of the last ones must not part 0.3 g from 300 mg. */
const DIGITS = 12;
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : value);

/** Undefined where the code is no unit, or one that compares with nothing else. */
function canonicalNumbers({ value, low, high }: Omit<CanonicalNumbers, 'code'>, code: string): CanonicalNumbers | undefined {
  const [at, from, to] = [value, low, high].map((number) => canonicalQuantity(number, code));
  if (at === undefined || from === undefined || to === undefined) return undefined;
  return { value: rounded(at.value), low: rounded(from.value), high: rounded(to.value), code: at.code };
}

/** The canonical form of a range; an open end stays open. */
function canonicalOf({ low, high }: { readonly low: number; readonly high: number }, { system, code }: Unit): { readonly canonical?: Canonical } {
  const one = system === UCUM ? canonicalQuantity(1, code)?.code : undefined;
  if (one === undefined) return {};
  return { canonical: { low: canonicalEnd(low, code), high: canonicalEnd(high, code), code: one } };
}

type Canonical = NonNullable<Extract<Value, { kind: 'quantity' }>['canonical']>;

/** A bound that is left out, the neighbour of a number, stays the neighbour of what that number becomes. */
function canonicalEnd(end: number, code: string): number {
  if (!Number.isFinite(end)) return end;
  const plain = rounded(end);
  const value = rounded(canonicalQuantity(plain, code)?.value ?? plain);
  return end === plain ? value : neighbour(value, end > plain ? 1 : -1);
}

interface Found {
  readonly low: number;
  readonly high: number;
}

function add(found: Found, unit: Unit, out: Value[]): void {
  out.push({ kind: 'quantity', ...found, ...unit, ...canonicalOf(found, unit) });
}

interface Unit {
  readonly system: string;
  readonly code: string;
  readonly unit: string;
}

const unitOf = (element: unknown): Unit => {
  const { system, code, unit } = fieldsOf(element);
  return { system: textOf(system), code: textOf(code), unit: textOf(unit) };
};

function readQuantity(element: unknown, out: Value[]): void {
  const { value, comparator } = fieldsOf(element);
  if (isNumber(value)) add(allowedBy(comparator, value), unitOf(element), out);
}

/** The numbers that `<5` and its like stand for, as a closed range. https://hl7.org/fhir/R4/valueset-quantity-comparator.html */
function allowedBy(comparator: unknown, value: number): { readonly low: number; readonly high: number } {
  if (comparator === '<') return { low: Number.NEGATIVE_INFINITY, high: neighbour(value, -1) };
  if (comparator === '<=') return { low: Number.NEGATIVE_INFINITY, high: value };
  if (comparator === '>') return { low: neighbour(value, 1), high: Number.POSITIVE_INFINITY };
  return comparator === '>=' ? { low: value, high: Number.POSITIVE_INFINITY } : { low: value, high: value };
}

/** The nearest double above (1) or below (-1), so that a closed range can leave its bound out. */
function neighbour(value: number, direction: 1 | -1): number {
  if (value === 0) return direction * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(Math.sign(value) * direction));
  return view.getFloat64(0);
}

function readMoney(element: unknown, out: Value[]): void {
  const { value, currency } = fieldsOf(element);
  if (isNumber(value)) out.push({ kind: 'quantity', low: value, high: value, system: CURRENCIES, code: textOf(currency), unit: textOf(currency) });
}

function readRange(element: unknown, out: Value[]): void {
  const bounds = boundsOf(element);
  const { low, high } = fieldsOf(element);
  if (bounds !== undefined) add(bounds, unitOf(isNumber(fieldsOf(low).value) ? low : high), out);
}

/** From its lowest to its highest sample. https://hl7.org/fhir/R4/datatypes.html#SampledData */
function readSamples(element: unknown, out: Value[]): void {
  const { origin, factor, data } = fieldsOf(element);
  const zero = fieldsOf(origin).value;
  const scale = isNumber(factor) ? factor : 1;
  if (!isNumber(zero)) return;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const sample of textOf(data).split(' ')) {
    const value = sample === '' ? Number.NaN : Number(sample) * scale + zero;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low <= high) add({ low, high }, unitOf(origin), out);
}

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'quantity' || test.is !== 'quantity') return false;
  if (test.canonical === undefined) return unitFits(value, test) && compareNumbers(value, test);
  return value.canonical?.code === test.canonical.code && compareNumbers(value.canonical, { ...test.canonical, prefix: test.prefix });
}

function unitFits(value: Unit, { system, code }: { readonly system?: string; readonly code?: string }): boolean {
  if (system !== undefined) return value.system === system && (code === undefined || value.code === code);
  return code === undefined || value.code === code || value.unit === code;
}

function guess(value: unknown): string {
  if (has(value, 'currency')) return 'Money';
  if (has(value, 'low', 'high')) return 'Range';
  return has(value, 'origin') ? 'SampledData' : 'Quantity';
}

export const quantityKind: Kind = {
  modifiers: [],
  parse,
  readers: new Map([
    ['Quantity', readQuantity],
    ['Age', readQuantity],
    ['Count', readQuantity],
    ['Distance', readQuantity],
    ['Duration', readQuantity],
    ['Money', readMoney],
    ['Range', readRange],
    ['SampledData', readSamples],
  ]),
  manyFrom: [],
  guess,
  compare,
};
