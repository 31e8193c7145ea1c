/**
 * What a resource has to say to one search parameter, as typed index values. `search/extract` makes them,
 * the oracle compares them, each store keeps them as rows in its own way.
 */
import type { Param } from './param.ts';

export type Value =
  /** `system` '' where the resource gives none. */
  | { readonly kind: 'token'; readonly system: string; readonly code: string }
  /**
   * `folded`: without case, accents or Unicode form (`search/fold`); `text` as written, null where this is not what the
   * resource says but another spelling of it (pinyin), which can be found but neither compared as a whole nor sorted by.
   */
  | { readonly kind: 'string'; readonly folded: string; readonly text: string | null }
  /** The words of one text, in order (`search/words`). */
  | { readonly kind: 'text'; readonly words: readonly string[] }
  /** Half-open [low, high) in ms since the epoch; -Infinity/Infinity for an open end. */
  | { readonly kind: 'date'; readonly low: number; readonly high: number }
  /** A number is the range [low, high] that its comparator allows; without one low = high. */
  | { readonly kind: 'number'; readonly low: number; readonly high: number }
  | {
      readonly kind: 'quantity';
      readonly low: number;
      readonly high: number;
      /** The coded unit, '' where none. */
      readonly system: string;
      readonly code: string;
      /** The printed unit, '' where none. */
      readonly unit: string;
      /** The same in the canonical unit, where the coded unit is one of UCUM's; sorted by in place of `low` and `high`. */
      readonly canonical?: { readonly low: number; readonly high: number; readonly code: string };
    }
  /** A place on earth in degrees, north and east positive. */
  | { readonly kind: 'position'; readonly latitude: number; readonly longitude: number }
  /** `target` is `Type/id` for a resource of this server, the URL or canonical (without `|version`) otherwise. */
  | { readonly kind: 'reference'; readonly target: string; readonly version: string }
  | { readonly kind: 'uri'; readonly value: string }
  /** One occurrence: for each part, all its values. */
  | { readonly kind: 'composite'; readonly parts: readonly (readonly Value[])[] };

export interface Entry {
  readonly param: Param;
  readonly value: Value;
}

/** The index values of one resource, and the two facts that every index row of it carries. */
export interface Indexed {
  readonly entries: readonly Entry[];
  /** Ids of the patients that its `patient` parameter (or itself, for a Patient) names; in almost every resource one. */
  readonly patients: readonly string[];
  /** Its clinical date: the range of its main date parameter, where it has exactly one value. */
  readonly date: { readonly low: number; readonly high: number } | undefined;
}
