import { has, hasChoice } from '../read.ts';
import type { Visit } from '../visit.ts';

/** Where below the element an invariant is broken, and by what, where that says more than the invariant does. */
export interface Breach {
  /** FHIRPath from the element on: `.item[2].linkId`. */
  readonly at?: string;
  readonly because?: string;
}

/** Whether it holds of a value, whose parts may have the wrong shape; then it holds, since that is reported elsewhere. */
export type Invariant = (value: unknown, visit: Visit) => boolean | Breach;

/** Whether an element is there; `value[x]` is any type of it. */
export const there = (value: unknown, name: string): boolean => (name.endsWith('[x]') ? hasChoice(value, name.slice(0, -3)) : has(value, name));

export const anyOf =
  (...names: readonly string[]): Invariant =>
  (value) =>
    names.some((name) => there(value, name));

export const notBoth =
  (a: string, b: string): Invariant =>
  (value) =>
    !(there(value, a) && there(value, b));

export const justOne =
  (a: string, b: string): Invariant =>
  (value) =>
    there(value, a) !== there(value, b);

/** Where `a` is, `b` is too. */
export const needs =
  (a: string, b: string): Invariant =>
  (value) =>
    !there(value, a) || there(value, b);

export const allHold =
  (...parts: readonly Invariant[]): Invariant =>
  (value, visit) =>
    parts.every((part) => part(value, visit) === true);

/** The first text that a list has twice. */
export function repeated(values: readonly (string | undefined)[]): string | undefined {
  const seen = new Set<string>();
  for (const value of values) {
    if (value !== undefined && seen.has(value)) return value;
    if (value !== undefined) seen.add(value);
  }
  return undefined;
}
