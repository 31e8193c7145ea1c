/** A measured value in the unit that a question asks for. https://hl7.org/fhir/uv/sdc/populate.html */
import type { Coding } from 'fhir/r4';
import type { PlanItem } from '../plan.ts';
import type { Terms } from '../terms.ts';
import { asRecord } from '../value.ts';

/**
 * What is no quantity, or is in one of the units already, stays as it is. Undefined where it cannot be converted, and
 * where a bare number is asked for without saying in which unit.
 */
export function inUnitOf(item: PlanItem, plain: unknown, { convert }: Pick<Terms, 'convert'>): unknown {
  const { value, code, unit } = asRecord(plain);
  if (typeof value !== 'number') return plain;
  const { codings } = item.units;
  const asksForNumber = item.definition.type === 'integer' || item.definition.type === 'decimal';
  if (codings.length === 0) return asksForNumber && (code !== undefined || unit !== undefined) ? undefined : plain;
  const from = typeof code === 'string' ? code : unit;
  if (from === undefined || codings.some((coding) => coding.code === from)) return plain;
  return typeof from === 'string' ? converted(value, from, { codings, convert }) : undefined;
}

interface Converting {
  readonly codings: readonly Coding[];
  readonly convert: Terms['convert'];
}

/** In the first unit that measures the same. */
function converted(value: number, from: string, { codings, convert }: Converting): unknown {
  for (const { system, code, display } of codings) {
    const found = code === undefined ? undefined : convert(value, from, code);
    if (found !== undefined) return { value: rounded(found), unit: display ?? code, ...(system !== undefined && { system }), code };
  }
  return undefined;
}

/** Twelve digits hold every measurement; the rest is what the conversion's own arithmetic leaves. */
const rounded = (value: number): number => Number(value.toPrecision(12));
