/**
 * A profile compiled for walking: only what it asks beyond the base, since the base has been checked before it.
 * https://hl7.org/fhir/R4/profiling.html
 */
import type { Check, Member } from '../member.ts';
import type { Visit } from '../visit.ts';

/** What is asked of one value. */
export interface Shape {
  readonly checks: readonly Check[];
  readonly parts: readonly Part[];
}

/** What is asked of the values of an element or of one slice of it. */
export interface Facet {
  readonly min: number;
  readonly max: number;
  /** JSON names that the profile leaves of a choice, or resource types; undefined where it takes none away. */
  readonly allowed: ReadonlySet<string> | undefined;
  /** By JSON name. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly slicing: SliceGroup | undefined;
}

export interface Part extends Facet {
  /** As in the definition: `value[x]`. */
  readonly name: string;
  /** FHIRPath from the parent, without a type: `.value`. */
  readonly segment: string;
  readonly members: readonly Member[];
}

export interface Slice extends Facet {
  readonly name: string;
  readonly holds: Matcher;
}

export interface SliceGroup {
  readonly ordered: boolean;
  readonly rules: 'open' | 'closed' | 'openAtEnd';
  /** How the slices are told apart, for messages. */
  readonly by: string;
  readonly slices: readonly Slice[];
}

/** One value of an element. A primitive's id and extensions are its sidecar. */
export interface Item {
  readonly member: Member;
  readonly index: number;
  readonly value: unknown;
  readonly sidecar: unknown;
}

/** Whether a value belongs to a slice. Called at the value. */
export type Matcher = (item: Item, visit: Visit) => boolean;
