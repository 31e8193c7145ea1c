/** Compares two answer values as enableWhen, minValue and maxValue need it. */
import type { Terms } from './terms.ts';
import { asRecord, codingKey, numberIn, optionKey, type Value } from './value.ts';

/** A number in another unit; undefined where there is no way from the one to the other. */
export type Convert = Terms['convert'];

/** Equal as enableWhen sees it: a Coding by system and code, where a side without a system matches any. */
export function equals(left: Value, right: Value, convert: Convert): boolean {
  if (left.type === 'Coding' && right.type === 'Coding') return sameCoding(left, right);
  const order = compare(left, right, convert);
  return order === undefined ? optionKey(left) === optionKey(right) : order === 0;
}

function sameCoding(left: Value, right: Value): boolean {
  const [a, b] = [asRecord(left.raw), asRecord(right.raw)];
  if (a.code !== b.code) return false;
  return a.system === undefined || b.system === undefined || codingKey(a) === codingKey(b);
}

/** Negative, 0 or positive; undefined where the two have no order, as words and codes, or quantities that measure different things. */
export function compare(left: Value, right: Value, convert: Convert): number | undefined {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a === undefined || b === undefined) return compareTimes(left, right);
  const [from, to] = [unitOf(left), unitOf(right)];
  if (from === undefined || to === undefined || from === to) return a - b;
  const converted = isUcum(left) && isUcum(right) ? convert(a, from, to) : undefined;
  return converted === undefined ? undefined : roundedDifference(converted, b);
}

const UCUM = 'http://unitsofmeasure.org';

/** Many forms leave out the system where the unit is meant by its UCUM code. */
const isUcum = ({ raw }: Value): boolean => [undefined, UCUM].includes(asRecord(raw).system as string | undefined) && asRecord(raw).code !== undefined; // any other value is not among the two

/** A conversion is exact to some fifteen digits: 70000 g are 70 kg, not 70.00000000000001. */
function roundedDifference(a: number, b: number): number {
  const difference = a - b;
  return Math.abs(difference) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b)) ? 0 : difference;
}

/** The unit's code, or its words where it has no code; undefined for a bare number. */
export function unitOf({ type, raw }: Value): string | undefined {
  const { code, unit } = type === 'Quantity' ? asRecord(raw) : {};
  const name = code ?? unit;
  return typeof name === 'string' ? name : undefined;
}

const TIMES: ReadonlySet<string> = new Set(['date', 'dateTime', 'time']);

/** Dates and times: as instants where both carry a zone, else as far as the less precise of the two goes. */
function compareTimes(left: Value, right: Value): number | undefined {
  if (!TIMES.has(left.type) || !TIMES.has(right.type)) return undefined;
  const [a, b] = [String(left.raw), String(right.raw)];
  if (a.includes('T') && b.includes('T')) return Date.parse(a) - Date.parse(b);
  const length = Math.min(a.length, b.length);
  return compareText(a.slice(0, length), b.slice(0, length));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
