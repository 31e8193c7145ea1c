/** Compares two answer values as enableWhen, minValue and maxValue need it. */
import { asRecord, codingKey, numberIn, optionKey, type Value } from './value.ts';

/** Equal as enableWhen sees it: a Coding by system and code, where a side without a system matches any. */
export function equals(left: Value, right: Value): boolean {
  if (left.type === 'Coding' && right.type === 'Coding') return sameCoding(left, right);
  const order = compare(left, right);
  return order === undefined ? optionKey(left) === optionKey(right) : order === 0;
}

function sameCoding(left: Value, right: Value): boolean {
  const [a, b] = [asRecord(left.raw), asRecord(right.raw)];
  if (a.code !== b.code) return false;
  return a.system === undefined || b.system === undefined || codingKey(a) === codingKey(b);
}

/** Negative, 0 or positive; undefined where the two have no order, as words and codes, or quantities in different units. */
export function compare(left: Value, right: Value): number | undefined {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a !== undefined && b !== undefined) return sameUnit(left, right) ? a - b : undefined;
  return compareTimes(left, right);
}

function sameUnit(left: Value, right: Value): boolean {
  const [a, b] = [unitOf(left), unitOf(right)];
  return a === undefined || b === undefined || a === b;
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
