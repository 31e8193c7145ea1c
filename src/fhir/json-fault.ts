/**
 * Finds the first place where a text stops being JSON, and says what should stand there. Only for text that has
 * already been refused: JSON.parse does the reading, but does not always say where it stopped.
 * https://www.rfc-editor.org/rfc/rfc8259
 */

export interface JsonFault {
  /** Offset into the text. */
  readonly at: number;
  readonly what: string;
}

class Stop extends Error {
  readonly at: number;

  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

/** The caller has bounded the depth. Undefined where the text is JSON and each object's keys differ. */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    const end = skipSpace(text, readValue(text, skipSpace(text, 0)));
    if (end < text.length) throw new Stop(end, `the value ends before ${seen(text, end)}; nothing may follow it`);
    return undefined;
  } catch (stop) {
    if (stop instanceof Stop) return { at: stop.at, what: stop.message };
    throw stop;
  }
}

/** Each reader takes the offset where its thing should start and returns the offset behind it. */
function readValue(text: string, at: number): number {
  const char = text[at];
  if (char === '{') return readObject(text, at);
  if (char === '[') return readArray(text, at);
  if (char === '"') return readString(text, at);
  const word = ['true', 'false', 'null'].find((candidate) => text.startsWith(candidate, at));
  if (word !== undefined) return at + word.length;
  const number = matchAt(NUMBER, text, at);
  if (number === '') throw new Stop(at, `expected a value (an object, a list, a text in double quotes, a number, true, false), but found ${seen(text, at)}`);
  return at + number.length;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function readObject(text: string, start: number): number {
  const keys = new Set<string>();
  let at = skipSpace(text, start + 1);
  if (text[at] === '}') return at + 1;
  while (true) {
    at = readMember(text, at, keys);
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') throw new Stop(at, `expected "," or "}" after the value, but found ${seen(text, at)}`);
    at = skipSpace(text, at + 1);
  }
}

function readMember(text: string, start: number, keys: Set<string>): number {
  if (text[start] !== '"') throw new Stop(start, `expected a key in double quotes, but found ${seen(text, start)}`);
  const end = readString(text, start);
  const key: unknown = JSON.parse(text.slice(start, end));
  if (keys.has(String(key))) throw new Stop(start, `the key ${JSON.stringify(key)} stands twice in the same object`);
  keys.add(String(key));
  const colon = skipSpace(text, end);
  if (text[colon] !== ':') throw new Stop(colon, `expected ":" after the key ${JSON.stringify(key)}, but found ${seen(text, colon)}`);
  return skipSpace(text, readValue(text, skipSpace(text, colon + 1)));
}

function readArray(text: string, start: number): number {
  let at = skipSpace(text, start + 1);
  if (text[at] === ']') return at + 1;
  while (true) {
    at = skipSpace(text, readValue(text, at));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') throw new Stop(at, `expected "," or "]" after the value, but found ${seen(text, at)}`);
    at = skipSpace(text, at + 1);
  }
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function readString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1;
    if (text.charCodeAt(at) < 32) throw new Stop(at, `${seen(text, at)} inside a text must be written as an escape, like \\n`);
    if (text[at] !== '\\') continue;
    const escaped = matchAt(ESCAPE, text, at);
    if (escaped === '') throw new Stop(at, 'expected one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000 after the backslash');
    at += escaped.length - 1;
  }
  throw new Stop(text.length, 'the text that begins with a double quote never ends');
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

function seen(text: string, at: number): string {
  if (at >= text.length) return 'the end of the text';
  const code = text.codePointAt(at) ?? 0;
  return code < 33 ? `the character U+${code.toString(16).padStart(4, '0')}` : JSON.stringify(String.fromCodePoint(code));
}
