/**
 * The expressions of `_text` and `_content`. R4 leaves the language to the server; here it is
 *
 *     expression = and ("OR" and)*
 *     and        = part (["AND"] part)*
 *     part       = "NOT" part | "-" part | "(" expression ")" | '"' words '"' | word | word "*"
 *
 * in which AND, OR and NOT are written in capitals, so that they can be told from words; NOT binds closest, then AND, which
 * may be left out. A word stands for itself in full; with * behind it, for all that begin with it.
 * https://hl7.org/fhir/R4/search.html#content
 */
import { FhirError } from '../fhir/outcome.ts';
import { and, not, or, type Test, type Tree } from './ast.ts';
import { tooCostly } from './limits.ts';
import { wordsOf } from './words.ts';

/** Parentheses and NOTs inside each other. */
const MAX_DEPTH = 20;

interface Reader {
  readonly name: string;
  readonly tokens: readonly string[];
  readonly leaf: (test: Test) => Tree;
  at: number;
  depth: number;
}

const TOKEN = /"[^"]*"?|[()]|[^\s"()]+/g;

/** `leaf` makes what a single word or phrase means. Throws FhirError `bad-parameter` or `too-costly`. */
export function textTree(name: string, text: string, leaf: (test: Test) => Tree): Tree {
  const reader: Reader = { name, tokens: text.match(TOKEN) ?? [], leaf, at: 0, depth: 0 };
  const tree = readOr(reader);
  if (reader.at < reader.tokens.length) throw bad(reader, "a ')' closes nothing.");
  return tree;
}

function bad({ name }: Pick<Reader, 'name'>, what: string): FhirError {
  return new FhirError('bad-parameter', `The text expression of '${name}' cannot be read: ${what} Write words, "phrases", AND, OR, NOT and parentheses.`, {
    expression: `http.${name}`,
  });
}

function readOr(reader: Reader): Tree {
  const parts = [readAnd(reader)];
  while (take(reader, 'OR')) parts.push(readAnd(reader));
  return or(...parts);
}

function readAnd(reader: Reader): Tree {
  const parts = [readPart(reader)];
  while (!atEnd(reader)) {
    take(reader, 'AND');
    parts.push(readPart(reader));
  }
  return and(...parts);
}

const atEnd = ({ tokens, at }: Reader): boolean => at >= tokens.length || tokens[at] === ')' || tokens[at] === 'OR';

function take(reader: Reader, token: string): boolean {
  if (reader.tokens[reader.at] !== token) return false;
  reader.at++;
  return true;
}

function readPart(reader: Reader): Tree {
  const token = reader.tokens[reader.at++];
  if (token === undefined || token === ')' || token === 'OR' || token === 'AND')
    throw bad(reader, `a word is missing ${token === undefined ? 'at the end' : `before '${token}'`}.`);
  if (token === '(') return deeper(reader, readGroup);
  if (token === 'NOT') return not(deeper(reader, readPart));
  if (token.startsWith('-') && token.length > 1) return not(wordLeaf(reader, token.slice(1)));
  return token.startsWith('"') ? phrase(reader, token) : wordLeaf(reader, token);
}

function deeper(reader: Reader, read: (reader: Reader) => Tree): Tree {
  if (++reader.depth > MAX_DEPTH) throw tooCostly(reader.name, `The text expression of '${reader.name}' nests more than ${MAX_DEPTH} levels deep.`);
  const tree = read(reader);
  reader.depth--;
  return tree;
}

function readGroup(reader: Reader): Tree {
  const inner = readOr(reader);
  if (!take(reader, ')')) throw bad(reader, "a ')' is missing.");
  return inner;
}

function phrase(reader: Reader, token: string): Tree {
  if (token.length < 2 || !token.endsWith('"')) throw bad(reader, 'a quotation mark is missing.');
  return leafOf(reader, token.slice(1, -1), false);
}

const wordLeaf = (reader: Reader, token: string): Tree => (token.endsWith('*') ? leafOf(reader, token.slice(0, -1), true) : leafOf(reader, token, false));

/** A token with punctuation in it (`follow-up`) is the phrase of its words. */
function leafOf(reader: Reader, text: string, prefix: boolean): Tree {
  const words = wordsOf(text);
  if (words.length === 0) throw bad(reader, `'${text.slice(0, 40)}' holds no letter or digit.`);
  return reader.leaf({ is: 'words', words, prefix });
}
