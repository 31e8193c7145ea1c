/** The words of a FHIRPath expression, as far as one must know them to change or to search its text. http://hl7.org/fhirpath/N1/#lexical-elements */

export interface Token {
  /** `external` is `%name`; `delimited` is a name in back quotes. */
  readonly kind: 'name' | 'string' | 'delimited' | 'number' | 'external' | 'symbol';
  /** As written; of a `string`, `delimited` or `external` what stands inside or behind the mark. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const isNameStart = (char: string): boolean => /[A-Za-z_]/.test(char);
const isNamePart = (char: string): boolean => /[A-Za-z0-9_]/.test(char);
const isDigit = (char: string): boolean => char >= '0' && char <= '9';

/** Blanks and comments are left out. Never throws: what is no FHIRPath comes out as symbols. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < expression.length; ) {
    const blank = blankEnd(expression, at);
    if (blank > at) {
      at = blank;
      continue;
    }
    const token = tokenAt(expression, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function blankEnd(text: string, at: number): number {
  if (text.startsWith('//', at)) return endAfter(text, '\n', at);
  if (text.startsWith('/*', at)) return endAfter(text, '*/', at + 2);
  return (text[at] ?? '').trim() === '' ? at + 1 : at;
}

function endAfter(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function tokenAt(text: string, start: number): Token {
  const first = text[start] ?? '';
  if (first === "'" || first === '`') return quoted(text, start, first === "'" ? 'string' : 'delimited');
  if (first === '%') return external(text, start);
  if (isNameStart(first)) return run(text, start, { kind: 'name', isPart: isNamePart });
  if (isDigit(first)) return run(text, start, { kind: 'number', isPart: isDigit });
  return { kind: 'symbol', text: first, start, end: start + 1 };
}

function run(text: string, start: number, { kind, isPart }: { kind: Token['kind']; isPart: (char: string) => boolean }): Token {
  let end = start + 1;
  while (end < text.length && isPart(text[end] ?? '')) end += 1;
  return { kind, text: text.slice(start, end), start, end };
}

function external(text: string, start: number): Token {
  const next = text[start + 1] ?? '';
  if (next === "'" || next === '`') {
    const name = quoted(text, start + 1, 'delimited');
    return { ...name, kind: 'external', start };
  }
  const name = run(text, start + 1, { kind: 'external', isPart: isNamePart });
  return isNameStart(next) ? { ...name, start } : { kind: 'symbol', text: '%', start, end: start + 1 };
}

function quoted(text: string, start: number, kind: 'string' | 'delimited'): Token {
  const end = literalEnd(text, start);
  const inside = text.slice(start + 1, text[end - 1] === text[start] && end - 1 > start ? end - 1 : end);
  return { kind, text: unescaped(inside), start, end };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

const unescaped = (inside: string): string =>
  inside.includes('\\')
    ? inside.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, mark: string) =>
        mark.length > 1 ? String.fromCharCode(Number.parseInt(mark.slice(1), 16)) : (ESCAPES[mark] ?? mark),
      )
    : inside;

/** Behind the quote that closes the literal, or the end of the text. */
export function literalEnd(expression: string, start: number): number {
  for (let at = start + 1; at < expression.length; at++) {
    if (expression[at] === '\\') at++;
    else if (expression[at] === expression[start]) return at + 1;
  }
  return expression.length;
}
