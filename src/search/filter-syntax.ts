/** The text of `_filter` as a syntax tree, before anything is known of types. https://hl7.org/fhir/R4/search_filter.html */
import { FhirError } from '../fhir/outcome.ts';
import { tooCostly } from './limits.ts';

export type FilterNode =
  | { readonly node: 'and' | 'or'; readonly of: readonly FilterNode[] }
  | { readonly node: 'not'; readonly of: FilterNode }
  | { readonly node: 'compare'; readonly path: readonly PathPart[]; readonly op: string; readonly value: string };

/** One step of a path, and the condition in brackets behind it. */
export interface PathPart {
  readonly name: string;
  readonly filter?: FilterNode;
}

/** Parentheses, brackets and `not` inside each other. */
const MAX_DEPTH = 20;

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

/** Throws FhirError `bad-parameter` that says where, or `too-costly`. */
export function readFilter(text: string): FilterNode {
  const reader: Reader = { text, at: 0, depth: 0 };
  const node = readLogic(reader);
  if (!atEnd(reader)) throw broken(reader, 'the filter should end here, or go on with and / or');
  return node;
}

function broken(reader: Reader, what: string): FhirError {
  const rest = reader.text.slice(reader.at, reader.at + 30);
  return new FhirError(
    'bad-parameter',
    `_filter cannot be read at character ${reader.at + 1}${rest === '' ? ', its end' : ` ('${rest}')`}: ${what}. It is written as in: name co "pet" and (birthdate ge 2014 or not (active eq true)).`,
    { expression: 'http._filter' },
  );
}

function skipBlanks(reader: Reader): void {
  while (reader.text[reader.at] === ' ' || reader.text[reader.at] === '\t' || reader.text[reader.at] === '\n' || reader.text[reader.at] === '\r') reader.at++;
}

function atEnd(reader: Reader): boolean {
  skipBlanks(reader);
  return reader.at >= reader.text.length;
}

/** A mark, with or without blanks before it. */
function take(reader: Reader, mark: string): boolean {
  skipBlanks(reader);
  if (reader.text[reader.at] !== mark) return false;
  reader.at++;
  return true;
}

const ENDS_WORD = /[\s()[\]"]/;

/** A run of characters up to a blank, a parenthesis, a bracket or a quotation mark; '' where none stands here. */
function readWord(reader: Reader): string {
  skipBlanks(reader);
  const from = reader.at;
  while (reader.at < reader.text.length && !ENDS_WORD.test(reader.text[reader.at] ?? '')) reader.at++;
  return reader.text.slice(from, reader.at);
}

function takeWord(reader: Reader, ...words: readonly string[]): string | undefined {
  const before = reader.at;
  const word = readWord(reader);
  if (words.includes(word)) return word;
  reader.at = before;
  return undefined;
}

/** From left to right; a run of one operator is one node. */
function readLogic(reader: Reader): FilterNode {
  let left = readTerm(reader);
  for (let word = takeWord(reader, 'and', 'or'); word !== undefined; word = takeWord(reader, 'and', 'or')) {
    const node = word === 'and' ? 'and' : 'or';
    const right = readTerm(reader);
    left = left.node === node ? { node, of: [...left.of, right] } : { node, of: [left, right] };
  }
  return left;
}

function readTerm(reader: Reader): FilterNode {
  if (take(reader, '(')) return deeper(reader, ')');
  const before = reader.at;
  if (takeWord(reader, 'not') !== undefined) {
    if (take(reader, '(')) return { node: 'not', of: deeper(reader, ')') };
    reader.at = before;
  }
  return readComparison(reader);
}

function deeper(reader: Reader, end: ')' | ']'): FilterNode {
  if (++reader.depth > MAX_DEPTH) throw tooCostly('_filter', `_filter nests more than ${MAX_DEPTH} levels deep.`);
  const inner = readLogic(reader);
  if (!take(reader, end)) throw broken(reader, `a '${end}' is missing`);
  reader.depth--;
  return inner;
}

function readComparison(reader: Reader): FilterNode {
  const path = readPath(reader);
  const op = readWord(reader);
  if (op === '') throw broken(reader, 'an operator such as eq, co or ge is missing');
  skipBlanks(reader);
  const value = reader.text[reader.at] === '"' ? readQuoted(reader) : readWord(reader);
  if (value === '') throw broken(reader, 'a value is missing');
  return { node: 'compare', path, op, value };
}

/** `a.b`, `a[…].b`: a dot belongs to the path, also behind a bracket. */
function readPath(reader: Reader): PathPart[] {
  const parts: PathPart[] = [];
  for (let more = true; more; ) {
    const names = readWord(reader).split('.');
    if (names.includes('')) throw broken(reader, 'the name of a search parameter is missing');
    const filter = reader.text[reader.at] === '[' && take(reader, '[') ? deeper(reader, ']') : undefined;
    const last = names.pop() ?? '';
    parts.push(...names.map((name) => ({ name })), { name: last, ...(filter === undefined ? {} : { filter }) });
    more = filter !== undefined && reader.text[reader.at] === '.' && take(reader, '.');
  }
  return parts;
}

/** A JSON string. */
function readQuoted(reader: Reader): string {
  const from = reader.at;
  for (reader.at++; reader.at < reader.text.length && reader.text[reader.at] !== '"'; reader.at++) if (reader.text[reader.at] === '\\') reader.at++;
  if (reader.at >= reader.text.length) throw broken(reader, 'a quotation mark is missing');
  reader.at++;
  return unquoted(reader, reader.text.slice(from, reader.at));
}

function unquoted(reader: Reader, text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw broken(reader, 'this text in quotation marks is not written as in JSON');
  }
}
