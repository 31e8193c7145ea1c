/**
 * Reading parts of a value whose shape may be wrong: a fault of shape is reported where it is met; whoever reads on gets
 * the part or nothing, never an exception.
 */
import { isObject, type JsonObject } from './visit.ts';

/** Members are read as own properties only: `constructor` and its like are no elements. */
export const part = (value: unknown, name: string): unknown => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined);

/** An object below, or an empty one. */
export function object(value: unknown, name: string): JsonObject {
  const found = part(value, name);
  return isObject(found) ? found : {};
}

/** The objects of a repeating element; of one that does not repeat, itself. */
export function objects(value: unknown, name: string): readonly JsonObject[] {
  const found = part(value, name);
  return (Array.isArray(found) ? found : [found]).filter(isObject);
}

export function text(value: unknown, name: string): string | undefined {
  const found = part(value, name);
  return typeof found === 'string' ? found : undefined;
}

/** The texts of a repeating primitive. */
export function texts(value: unknown, name: string): readonly string[] {
  const found = part(value, name);
  return (Array.isArray(found) ? found : [found]).filter((item) => typeof item === 'string');
}

export function number(value: unknown, name: string): number | undefined {
  const found = part(value, name);
  return typeof found === 'number' ? found : undefined;
}

/** Whether the element is there, with a value or with only an extension (`_name`). */
export const has = (value: unknown, name: string): boolean => part(value, name) !== undefined || part(value, `_${name}`) !== undefined;

/** How many values a repeating or single element has. */
export function count(value: unknown, name: string): number {
  const found = part(value, name) ?? part(value, `_${name}`);
  if (found === undefined) return 0;
  return Array.isArray(found) ? found.length : 1;
}

/** Whether one type of a choice is there: `hasChoice(observation, 'value')` for `valueQuantity`, `_valueString`. */
export function hasChoice(value: unknown, name: string): boolean {
  if (!isObject(value)) return false;
  for (const key in value) {
    const own = key.startsWith('_') ? key.slice(1) : key;
    if (own.startsWith(name) && own.length > name.length && own.charAt(name.length) <= 'Z') return true;
  }
  return false;
}

/** Whether a CodeableConcept (or a list of them) has this coding. */
export function hasCoding(value: unknown, name: string, coding: { readonly system: string; readonly codes: readonly string[] }): boolean {
  return objects(value, name).some((concept) =>
    objects(concept, 'coding').some((found) => text(found, 'system') === coding.system && coding.codes.includes(text(found, 'code') ?? '')),
  );
}
