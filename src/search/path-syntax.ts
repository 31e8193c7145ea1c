/**
 * Reads the part of FHIRPath that search expressions are written in: child steps, `as`, `ofType`, `where`, `[0]`, `repeat`,
 * `extension`, `exists`, unions and parentheses. What lies outside of it is undefined here and left to the fhirpath package.
 * https://hl7.org/fhir/R4/searchparameter-registry.html
 */

export type PathNode =
  /** The name that a path starts with: a type (`Observation`) or an element of what the path is asked of. */
  | { readonly node: 'start'; readonly name: string }
  /** What the path is asked of. */
  | { readonly node: 'this' }
  /** `%resource` */
  | { readonly node: 'resource' }
  | { readonly node: 'child'; readonly of: PathNode; readonly name: string }
  | { readonly node: 'cast'; readonly of: PathNode; readonly type: string }
  | { readonly node: 'equals'; readonly of: PathNode; readonly name: string; readonly value: string }
  | { readonly node: 'resolves'; readonly of: PathNode; readonly type: string }
  | { readonly node: 'index'; readonly of: PathNode; readonly at: number }
  | { readonly node: 'exists'; readonly of: PathNode }
  /** `repeat(item | answer.item)`: what `next` finds, what it finds from there, and so on. */
  | { readonly node: 'repeat'; readonly of: PathNode; readonly next: PathNode }
  /** `x.exists() and x != false` */
  | { readonly node: 'true-or-other'; readonly of: PathNode }
  | { readonly node: 'union'; readonly of: readonly PathNode[] };

/** Parentheses and unions nested deeper than any definition needs. */
const MAX_DEPTH = 10;

/** undefined where the expression is not of this part of FHIRPath. */
export function readPath(expression: string): PathNode | undefined {
  const tokens = tokenize(expression);
  if (tokens === undefined) return undefined;
  const reader: Reader = { tokens, at: 0, depth: 0 };
  const node = readUnion(reader);
  return reader.at === tokens.length ? node : undefined;
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  depth: number;
}

const PUNCTUATION = '.()[]|%=';

/** Names, numbers, punctuation, `!=`, and string literals with their opening quote kept. */
function tokenize(text: string): string[] | undefined {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at);
    if (token === undefined) return undefined;
    at += token.length + (token.startsWith("'") ? 1 : 0);
    if (token.trim() !== '') tokens.push(token);
  }
  return tokens;
}

function tokenAt(text: string, at: number): string | undefined {
  const char = text[at] ?? '';
  if (PUNCTUATION.includes(char) || char.trim() === '') return char;
  if (text.startsWith('!=', at)) return '!=';
  if (char === "'") return literalAt(text, at);
  let end = at;
  while (isWord(text.charCodeAt(end))) end++;
  return end > at ? text.slice(at, end) : undefined;
}

function literalAt(text: string, at: number): string | undefined {
  const end = text.indexOf("'", at + 1);
  const literal = text.slice(at, end);
  return end < 0 || literal.includes('\\') ? undefined : literal;
}

const isWord = (code: number): boolean => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

function take(reader: Reader, ...expected: readonly string[]): boolean {
  if (!expected.every((token, i) => reader.tokens[reader.at + i] === token)) return false;
  reader.at += expected.length;
  return true;
}

function takeName(reader: Reader): string | undefined {
  const token = reader.tokens[reader.at] ?? '';
  if (!isWord(token.charCodeAt(0))) return undefined;
  reader.at++;
  return token;
}

function readUnion(reader: Reader): PathNode | undefined {
  if (++reader.depth > MAX_DEPTH) return undefined;
  const of: PathNode[] = [];
  do {
    const part = readOperand(reader);
    if (part === undefined) return undefined;
    of.push(part);
  } while (take(reader, '|'));
  reader.depth--;
  return of.length === 1 ? of[0] : { node: 'union', of };
}

/** A chain, perhaps with `as Type` or the one conjunction that R4 uses behind it. */
function readOperand(reader: Reader): PathNode | undefined {
  const chain = readChain(reader);
  if (chain === undefined) return undefined;
  if (take(reader, 'as')) {
    const type = takeName(reader);
    return type === undefined ? undefined : { node: 'cast', of: chain, type };
  }
  return take(reader, 'and') ? readNotFalse(reader, chain) : chain;
}

function readNotFalse(reader: Reader, exists: PathNode): PathNode | undefined {
  const again = readChain(reader);
  if (exists.node !== 'exists' || again === undefined || !take(reader, '!=', 'false')) return undefined;
  return JSON.stringify(again) === JSON.stringify(exists.of) ? { node: 'true-or-other', of: again } : undefined;
}

function readChain(reader: Reader): PathNode | undefined {
  let node = readStart(reader);
  while (node !== undefined) {
    if (take(reader, '.')) node = readStep(reader, node);
    else if (take(reader, '[')) node = readIndex(reader, node);
    else return node;
  }
  return undefined;
}

function readStart(reader: Reader): PathNode | undefined {
  if (take(reader, '%', 'resource')) return { node: 'resource' };
  if (take(reader, '(')) {
    const inner = readUnion(reader);
    return take(reader, ')') ? inner : undefined;
  }
  const name = takeName(reader);
  if (name === undefined) return undefined;
  return take(reader, '(') ? readCall(reader, { node: 'this' }, name) : { node: 'start', name };
}

function readIndex(reader: Reader, of: PathNode): PathNode | undefined {
  const at = Number(takeName(reader));
  return Number.isInteger(at) && take(reader, ']') ? { node: 'index', of, at } : undefined;
}

function readStep(reader: Reader, of: PathNode): PathNode | undefined {
  const name = takeName(reader);
  if (name === undefined) return undefined;
  return take(reader, '(') ? readCall(reader, of, name) : { node: 'child', of, name };
}

function readCall(reader: Reader, of: PathNode, name: string): PathNode | undefined {
  const node = readArguments(reader, of, name);
  return node !== undefined && take(reader, ')') ? node : undefined;
}

function readArguments(reader: Reader, of: PathNode, name: string): PathNode | undefined {
  if (name === 'first') return { node: 'index', of, at: 0 };
  if (name === 'exists') return { node: 'exists', of };
  if (name === 'where') return readCondition(reader, of);
  if (name === 'repeat') return readRepeat(reader, of);
  if (name === 'extension') return readExtension(reader, of);
  const type = name === 'as' || name === 'ofType' ? takeName(reader) : undefined;
  return type === undefined ? undefined : { node: 'cast', of, type };
}

function readRepeat(reader: Reader, of: PathNode): PathNode | undefined {
  const next = readUnion(reader);
  return next === undefined ? undefined : { node: 'repeat', of, next };
}

function readExtension(reader: Reader, of: PathNode): PathNode | undefined {
  const value = takeLiteral(reader);
  return value === undefined ? undefined : { node: 'equals', of: { node: 'child', of, name: 'extension' }, name: 'url', value };
}

/** `resolve() is Patient` or `system = 'phone'` */
function readCondition(reader: Reader, of: PathNode): PathNode | undefined {
  if (take(reader, 'resolve', '(', ')', 'is')) {
    const type = takeName(reader);
    return type === undefined ? undefined : { node: 'resolves', of, type };
  }
  const name = takeName(reader);
  const value = take(reader, '=') ? takeLiteral(reader) : undefined;
  return name === undefined || value === undefined ? undefined : { node: 'equals', of, name, value };
}

function takeLiteral(reader: Reader): string | undefined {
  const token = reader.tokens[reader.at] ?? '';
  if (!token.startsWith("'")) return undefined;
  reader.at++;
  return token.slice(1);
}
