/** What one kind of search parameter knows: one file a kind, gathered in `kinds/table.ts`. */
import type { Registry } from '../../definitions/registry.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Prefix, Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import type { Param } from '../param.ts';
import type { Branch } from '../path.ts';
import type { Terms } from '../terms.ts';

export interface Kind {
  /** The modifiers that `parse` understands, `missing` apart. */
  readonly modifiers: readonly string[];
  /** One value of a query, its escapes still in place, as a test. Throws FhirError `bad-parameter`. */
  readonly parse: (asked: Asked) => Test;
  /** For each FHIR type that it can index: adds the values of one element; nothing for what it cannot read. */
  readonly readers: ReadonlyMap<string, Reader>;
  /** The FHIR types of which one element can give several values. */
  readonly manyFrom: readonly string[];
  /** The likely FHIR type of a value whose type is not known. */
  readonly guess: (value: unknown) => string;
  readonly compare: (value: Value, test: Test) => boolean;
}

/** What the meaning of an element depends on besides itself. */
export interface Around {
  /** This server's own, so that absolute references to it count as local. */
  readonly base: string | undefined;
  /** Other spellings of a name in a person's name, by which it can be found too; none where that is not wanted. */
  readonly spell: (name: string, part: 'family' | 'given' | 'text') => readonly string[];
}

export type Reader = (element: unknown, out: Value[], around: Around) => void;

/** One value of a query and all that its meaning depends on. */
export interface Asked {
  readonly param: Param;
  /** As the client wrote it, for messages: `subject:Patient`. */
  readonly name: string;
  readonly text: string;
  /** '' where there is none. */
  readonly modifier: string;
  readonly base: string;
  /** ms since the epoch. */
  readonly now: number;
  /** What the parameter finds, for types and bindings. */
  readonly branches: readonly Branch[];
  readonly registry: Registry;
  readonly terms: Terms;
}

/** A refusal of one value: `what` is a sentence that also says what would be right. */
export function badValue(asked: Asked, what: string): FhirError {
  const shown = asked.text.length > 100 ? `${asked.text.slice(0, 100)}…` : asked.text;
  return new FhirError('bad-parameter', `The value '${shown}' of the search parameter '${asked.name}' cannot be used: ${what}`, {
    expression: `http.${asked.name}`,
  });
}

/** All prefixes of values that have an order. */
export const PREFIXES: ReadonlySet<string> = new Set<Prefix>(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']);
const isPrefix = (text: string): text is Prefix => PREFIXES.has(text);
const isLetter = (char: string | undefined): boolean => char !== undefined && char.toLowerCase() !== char.toUpperCase();

/** https://hl7.org/fhir/R4/search.html#prefix */
export function splitPrefix(asked: Asked, text = asked.text): { readonly prefix: Prefix; readonly rest: string } {
  if (!isLetter(text[0])) return { prefix: 'eq', rest: text };
  const prefix = text.slice(0, 2);
  if (!isPrefix(prefix)) throw badValue(asked, `it starts with '${prefix}'; the prefixes are ${[...PREFIXES].join(', ')}.`);
  return { prefix, rest: text.slice(2) };
}

type Fields = Readonly<Record<string, unknown>>;

/** The members of an object, or none: readers never trust the shape of what they read. */
export const fieldsOf = (element: unknown): Fields => (typeof element === 'object' && element !== null ? (element as Fields) : {});
export const listOf = (element: unknown): readonly unknown[] => (Array.isArray(element) ? element : []);
export const textOf = (element: unknown): string => (typeof element === 'string' ? element : '');
export const has = (element: unknown, ...names: readonly string[]): boolean => names.some((name) => Object.hasOwn(fieldsOf(element), name));

/** True where the parameter finds that type of element and no other. */
export const findsOnly = (asked: Asked, type: string): boolean => asked.branches.length > 0 && asked.branches.every((branch) => branch.type === type);
