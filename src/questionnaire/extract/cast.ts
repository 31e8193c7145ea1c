/** A value as another FHIR type, where the two say the same: questions have few types, resources have many. */
import type { Coding } from 'fhir/r4';
import { type FhirPathValue, plainValue, typeOf } from '../../fhir/fhirpath.ts';
import { asRecord } from '../value.ts';

export interface Typed {
  /** A FHIR type: `string`, `Coding`. */
  readonly type: string;
  readonly raw: unknown;
}

/** Of `FHIR.Coding` and `System.DateTime`: `Coding`, `dateTime`. */
export function typed(value: FhirPathValue): Typed {
  const [namespace = '', name = ''] = typeOf(value).split('.');
  const type = namespace === 'System' && name !== 'Quantity' ? `${name.charAt(0).toLowerCase()}${name.slice(1)}` : name;
  return { type, raw: copy(plainValue(value)) };
}

/** What is put into a resource is changed there; the response it came from is not. */
const copy = (raw: unknown): unknown => (typeof raw === 'object' && raw !== null ? structuredClone(raw) : raw);

const TEXTS: ReadonlySet<string> = new Set(['string', 'markdown', 'code', 'id', 'uri', 'url', 'canonical', 'oid', 'uuid', 'base64Binary']);
const NUMBERS: ReadonlySet<string> = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt']);
const QUANTITIES: ReadonlySet<string> = new Set(['Quantity', 'SimpleQuantity', 'Age', 'Count', 'Distance', 'Duration', 'Money', 'MoneyQuantity']);
const MOMENTS: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant']);

/** Undefined where the value cannot be of that type. `unit`: of the question, for a number that becomes a Quantity. */
export function cast({ type, raw }: Typed, target: string, unit?: Coding): unknown {
  if (type === target || raw === undefined || raw === null) return raw ?? undefined;
  if (TEXTS.has(target)) return asText({ type, raw }, target);
  if (NUMBERS.has(target)) return asNumber({ type, raw }, target);
  if (QUANTITIES.has(target)) return asQuantity({ type, raw }, unit);
  if (MOMENTS.has(target)) return asMoment({ type, raw }, target);
  if (target === 'boolean') return typeof raw === 'boolean' ? raw : undefined;
  return asComplex({ type, raw }, target);
}

function asText({ type, raw }: Typed, target: string): string | undefined {
  if (type === 'Coding') {
    const { code, display } = asRecord(raw);
    const text = target === 'string' || target === 'markdown' ? (display ?? code) : code;
    return typeof text === 'string' ? text : undefined;
  }
  if (type === 'Reference') return textIn(asRecord(raw).reference);
  if (target === 'base64Binary') return undefined;
  return typeof raw === 'object' ? undefined : String(raw);
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function asNumber({ type, raw }: Typed, target: string): number | undefined {
  const value = QUANTITIES.has(type) ? asRecord(raw).value : raw;
  if (typeof value !== 'number') return undefined;
  return target === 'decimal' || Number.isInteger(value) ? value : undefined;
}

function asQuantity({ type, raw }: Typed, unit: Coding | undefined): unknown {
  if (QUANTITIES.has(type)) return raw;
  if (typeof raw !== 'number') return undefined;
  const { system, code, display } = unit ?? {};
  const name = display ?? code;
  return { value: raw, ...(name !== undefined && { unit: name }), ...(system !== undefined && { system }), ...(code !== undefined && { code }) };
}

const DATE_LENGTH = 10;

function asMoment({ type, raw }: Typed, target: string): string | undefined {
  if (typeof raw !== 'string' || !(MOMENTS.has(type) || type === 'string')) return undefined;
  if (target === 'date') return raw.slice(0, DATE_LENGTH);
  return target === 'instant' && !raw.includes('T') ? undefined : raw;
}

/** What a text becomes in an element of several parts. */
const TEXT_GOES_TO: Readonly<Record<string, string>> = {
  CodeableConcept: 'text',
  Coding: 'code',
  Reference: 'reference',
  HumanName: 'text',
  Address: 'text',
  Annotation: 'text',
  Identifier: 'value',
  ContactPoint: 'value',
};

function asComplex({ type, raw }: Typed, target: string): unknown {
  if (target === 'CodeableConcept' && type === 'Coding') return { coding: [raw] };
  if (typeof raw !== 'string') return undefined;
  if (target === 'Attachment' && (type === 'uri' || type === 'url')) return { url: raw };
  if (target === 'Period' && MOMENTS.has(type)) return { start: raw };
  const part = Object.hasOwn(TEXT_GOES_TO, target) ? TEXT_GOES_TO[target] : undefined;
  return part === undefined ? undefined : { [part]: raw };
}
