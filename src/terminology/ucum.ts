/**
 * The one door to the UCUM library: which units there are, and what a quantity is in base units.
 * https://ucum.org/ucum, https://hl7.org/fhir/R4/search.html#quantity
 */
import { UcumLhcUtils } from '@lhncbc/ucum-lhc';

export const UCUM = 'http://unitsofmeasure.org';

export interface Unit {
  readonly code: string;
  /** In words, as the library prints it: `milligram per deciliter`. */
  readonly name: string | undefined;
  /** What it measures, in base units: `g.m-3`; undefined for arbitrary units, which compare with nothing but themselves. */
  readonly base: string | undefined;
}

interface Scale extends Unit {
  /** To base units; undefined where it takes more than a factor (Cel, [pH]). */
  readonly factor: number | undefined;
}

/** Longer texts are no unit; the library's time grows with them. */
const MAX_CODE = 200;
/** ASCII without blanks. https://ucum.org/ucum#section-Character-Set-and-Lexical-Rules */
const PRINTABLE = /^[!-~]+$/;
/** Nothing in parentheses, or a text that goes on right behind a closing one: no unit, and the library prints such codes to the console. */
const BROKEN = /\(\)|\}[^./)]|\)[^./){]/;
const MAX_KEPT = 2000;

const scales = new Map<string, Scale | string>();

/** A unit by its code, case-sensitive; a sentence where it is none. */
export function unitOf(code: string): Unit | string {
  return scaleOf(code);
}

function scaleOf(code: string): Scale | string {
  const known = scales.get(code);
  if (known !== undefined) return known;
  const scale = measure(code);
  const [oldest] = scales.size >= MAX_KEPT ? scales.keys() : [];
  if (oldest !== undefined) scales.delete(oldest);
  scales.set(code, scale);
  return scale;
}

function measure(code: string): Scale | string {
  if (code.length > MAX_CODE || !PRINTABLE.test(code) || BROKEN.test(code)) return `${JSON.stringify(code.slice(0, MAX_CODE))} is not a UCUM unit`;
  const units = UcumLhcUtils.getInstance();
  const checked = units.validateUnitString(code);
  // The library mends some slips (a missing bracket) and says so by another code: what was written is still no unit.
  if (checked.status !== 'valid' || checked.ucumCode !== code) return `${JSON.stringify(code)} is not a UCUM unit`;
  const based = units.convertToBaseUnits(code, 1);
  const base = based.status === 'succeeded' ? printUnit(based.unitToExp ?? {}) : undefined;
  const factor = based.status === 'succeeded' && based.fromUnitIsSpecial !== true ? based.magnitude : undefined;
  return { code, name: checked.unit?.name ?? undefined, base, factor };
}

/** `{m: -3, g: 1}` → `g.m-3`; '1' for a number without dimension. */
function printUnit(exponents: Readonly<Record<string, number>>): string {
  const parts = Object.entries(exponents).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return parts.length === 0 ? '1' : parts.map(([unit, exponent]) => (exponent === 1 ? unit : `${unit}${exponent}`)).join('.');
}

/**
 * A quantity in base units, so that 1 g and 1000 mg are one: the number, and the base units as a UCUM code. Undefined for what is no
 * unit, and for arbitrary units ([iU]), which have no base. Microseconds, but for a unit that is met for the first time.
 */
export function canonicalQuantity(value: number, code: string): { readonly value: number; readonly code: string } | undefined {
  const scale = scaleOf(code);
  if (typeof scale === 'string' || scale.base === undefined) return undefined;
  if (scale.factor !== undefined) return { value: value * scale.factor, code: scale.base };
  const based = UcumLhcUtils.getInstance().convertToBaseUnits(code, value);
  return based.status === 'succeeded' && typeof based.magnitude === 'number' ? { value: based.magnitude, code: scale.base } : undefined;
}

/** A value in another unit; undefined where the two do not measure the same, or one is none. */
export function convertQuantity(value: number, from: string, to: string): number | undefined {
  if (from === to && typeof scaleOf(from) !== 'string') return value;
  const [source, target] = [scaleOf(from), scaleOf(to)];
  if (typeof source === 'string' || typeof target === 'string') return undefined;
  const converted = UcumLhcUtils.getInstance().convertUnitTo(from, value, to);
  return converted.status === 'succeeded' && typeof converted.toVal === 'number' ? converted.toVal : undefined;
}

/** Whether two codes are two spellings of one unit: the same dimension and size, annotations aside. */
export function isSameUnit(a: string, b: string): boolean {
  const [left, right] = [canonicalQuantity(1, a), canonicalQuantity(1, b)];
  if (left === undefined || right === undefined) return a === b;
  return left.code === right.code && Math.abs(left.value - right.value) <= Math.abs(left.value) * 1e-12;
}
