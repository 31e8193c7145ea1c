/**
 * The typed search tree: what a query URL, a scope's constraint, a consent rule, a compartment and a subscription
 * filter all become. No engine ever sees raw text again. Three walkers read it: `search/match` (the oracle),
 * `store/sqlite/compile` and, later, Mongo's. Nodes are frozen; build them with the functions below.
 * https://hl7.org/fhir/R4/search.html
 */
import type { Param } from './param.ts';

export type Tree = All | None | And | Or | Not | Atom | Exists;

/** Everything of the type. */
export interface All {
  readonly op: 'all';
}
/** Nothing: what an empty allow-list means. */
export interface None {
  readonly op: 'none';
}
interface And {
  readonly op: 'and';
  readonly of: readonly Tree[];
}
interface Or {
  readonly op: 'or';
  readonly of: readonly Tree[];
}
interface Not {
  readonly op: 'not';
  readonly of: Tree;
}
/** One parameter tested against one typed value. True when ANY value that the resource has for it passes. */
export interface Atom {
  readonly op: 'atom';
  readonly param: Param;
  readonly test: Test;
}
/** Some resource at the other end of a link satisfies a tree of its own: a chain, a `_has`, a compartment. */
export interface Exists {
  readonly op: 'exists';
  readonly link: Link;
  readonly tree: Tree;
}

export interface Link {
  /** `out`: this resource's `param` points at it. `in`: its `param` points at this resource. */
  readonly direction: 'out' | 'in';
  readonly param: Param;
  /** The resource type at the other end. */
  readonly type: string;
  /**
   * The parameter holds canonical URLs: it points at every resource of the type whose `url` parameter has that very value
   * and, where it names a version, whose `version` parameter has that one. Absent: it holds references `Type/id`.
   */
  readonly canonical?: true;
}

/** https://hl7.org/fhir/R4/search.html#prefix */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

export type Test =
  /** `:missing`: the resource has no value (true) or at least one (false). Good for every kind. */
  | { readonly is: 'missing'; readonly missing: boolean }
  /** `system` absent: any system. `system` '': no system. `code` absent: any code in the system. */
  | { readonly is: 'token'; readonly system?: string; readonly code?: string }
  /** A token of that system ('': none) with any of the codes: the members of a value set, a concept and all below it. */
  | { readonly is: 'codes'; readonly system: string; readonly codes: readonly string[] }
  /**
   * `value` is folded by `search/fold`, but for `exact`, where it is as written. With F a value's folded text: start: F begins
   * with it, or one of F's `wordStarts` (`search/words`) does; begin: F begins with it; contains: it stands somewhere in F;
   * end: F ends with it; equal: F is it; exact: the text as written is it. A value that is only a spelling (`text` null) is
   * found by start alone.
   */
  | { readonly is: 'string'; readonly how: 'start' | 'begin' | 'contains' | 'end' | 'equal' | 'exact'; readonly value: string }
  /** One text has these words (`search/words`) one right behind the other; with `prefix` the last is the beginning of a word. */
  | { readonly is: 'words'; readonly words: readonly string[]; readonly prefix: boolean }
  /**
   * Half-open range [low, high) in milliseconds since the epoch that the search text covers; for `ap` already widened.
   * With [l, h) the resource's: eq `low <= l && h <= high`, ne its negation, gt `h > high`, lt `l < low`, ge gt or eq,
   * le lt or eq, sa `l >= high`, eb `h <= low`, ap `l < high && h > low`.
   */
  | { readonly is: 'date'; readonly prefix: Prefix; readonly low: number; readonly high: number }
  /**
   * `value` as given; [low, high) the range its precision implies; for `ap` the closed range [low, high], already widened.
   * With [l, h] the resource's: eq `low <= l && h < high`, ne its negation, gt `h > value`, lt `l < value`, ge `h >= value`,
   * le `l <= value`, sa `l > value`, eb `h < value`, ap `l <= high && h >= low`.
   */
  | { readonly is: 'number'; readonly prefix: Prefix; readonly value: number; readonly low: number; readonly high: number }
  | {
      readonly is: 'quantity';
      readonly prefix: Prefix;
      readonly value: number;
      readonly low: number;
      readonly high: number;
      /** With a system: that system, and the coded unit. Without: `code` is the coded or the printed unit; absent, any unit. */
      readonly system?: string;
      readonly code?: string;
      /**
       * Where the unit is one of UCUM's: the same numbers in its canonical unit. Then these are compared, with the canonical
       * form of the resource's value (by the rules above), and `system`, `code` and the numbers outside are not looked at.
       */
      readonly canonical?: CanonicalNumbers;
    }
  /** A reference to `Type/id` on this server (type absent: any type). `version` absent: whatever version the reference names. */
  | { readonly is: 'reference'; readonly type?: string; readonly id: string; readonly version?: string }
  /**
   * A reference to an absolute URL or a canonical; `version` as above. `below`: without a version, the URL itself or one beneath
   * `url/`; with one, the URL itself in that version or one that begins with `version.`.
   */
  | { readonly is: 'url'; readonly url: string; readonly version?: string; readonly below?: true }
  /** exact: the same text. below: the same, or beneath `value/`. above: the other way round. */
  | { readonly is: 'uri'; readonly how: 'exact' | 'below' | 'above'; readonly value: string }
  /** No farther from there than so many metres, on a sphere (`search/distance`). Degrees, north and east positive. */
  | { readonly is: 'near'; readonly latitude: number; readonly longitude: number; readonly metres: number }
  /** The value does not pass: some value is another one. Of token, codes, string (but `start`), uri, reference and url tests; a spelling passes never. */
  | { readonly is: 'differs'; readonly from: Test }
  /** Every part passes on the same occurrence of the composite's element. */
  | { readonly is: 'composite'; readonly parts: readonly Test[] };

/** `value` and [low, high) as in a quantity test, in the UCUM unit `code`. */
export interface CanonicalNumbers {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly code: string;
}

export const ALL: All = Object.freeze({ op: 'all' });
export const NONE: None = Object.freeze({ op: 'none' });

/** The conjunction, flattened and simplified: no trees is `ALL`, any `NONE` is `NONE`. */
export function and(...trees: readonly Tree[]): Tree {
  const of = trees.flatMap((tree) => (tree.op === 'and' ? tree.of : [tree])).filter((tree) => tree.op !== 'all');
  if (of.some((tree) => tree.op === 'none')) return NONE;
  return of.length === 0 ? ALL : of.length === 1 ? (of[0] as Tree) : Object.freeze({ op: 'and', of: Object.freeze(of) });
}

/** The disjunction, flattened and simplified: no trees is `NONE`, any `ALL` is `ALL`. */
export function or(...trees: readonly Tree[]): Tree {
  const of = trees.flatMap((tree) => (tree.op === 'or' ? tree.of : [tree])).filter((tree) => tree.op !== 'none');
  if (of.some((tree) => tree.op === 'all')) return ALL;
  return of.length === 0 ? NONE : of.length === 1 ? (of[0] as Tree) : Object.freeze({ op: 'or', of: Object.freeze(of) });
}

export function not(tree: Tree): Tree {
  if (tree.op === 'all') return NONE;
  if (tree.op === 'none') return ALL;
  return tree.op === 'not' ? tree.of : Object.freeze({ op: 'not', of: tree });
}

export const atom = (param: Param, test: Test): Atom => Object.freeze({ op: 'atom', param, test: Object.freeze(test) });

export const exists = (link: Link, tree: Tree): Tree => (tree.op === 'none' ? NONE : Object.freeze({ op: 'exists', link: Object.freeze(link), tree }));

/** One whole search, ready for any store. */
export interface Query {
  /** One type for a type search, several for a system search. Each type has a tree of its own. */
  readonly of: readonly { readonly type: string; readonly where: Tree }[];
  /** Most important first. Ties, and the absence of any, are settled by the order in which the versions were written. */
  readonly sort: readonly Sort[];
  /** Matches a page; 0 asks for the total alone. */
  readonly count: number;
  /** The `next` of the page before. */
  readonly after?: string;
  /** `accurate` counts every match; otherwise no total is given. */
  readonly total: 'none' | 'accurate';
  readonly include: readonly Include[];
}

/**
 * `_sort`. A resource without a value comes last in both directions. Ascending takes the lowest of several values,
 * descending the highest; a date or period counts with its start ascending and with its end descending.
 */
export interface Sort {
  readonly param: Param;
  readonly descending: boolean;
}

/** `_include` (`out`) and `_revinclude` (`in`). `where` narrows what may be included: a permit adds its tree here. */
export interface Include {
  readonly link: Link;
  readonly where: Tree;
  /** `:iterate`: applied to included resources as well. */
  readonly iterate: boolean;
  /** The type that the link starts from, for out; that it points at, for in. */
  readonly from: string;
}
