/**
 * Where in JSON text the elements are that FHIRPaths name, for people who look for a fault in a file. One pass for all of
 * them, and only when there is something to tell. The text has been read before: it is JSON.
 */
import type { Issue } from './outcome.ts';

/** Both from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** The issues with the place of the first element that each names; of one that is missing, the place of what it is missing from. */
export function withPlaces(issues: readonly Issue[], text: string, root?: string): readonly Issue[] {
  const wanted = newWanted();
  const leaves = issues.map(({ expression }) => (expression?.[0] === undefined ? undefined : want(wanted, stepsOf(root ?? '', expression[0]))));
  if (!leaves.some((leaf) => leaf !== undefined)) return issues;
  readValue(text, skipBlanks(text, 0), wanted);
  const offsets = leaves.map((leaf) => (leaf === undefined ? undefined : foundAt(leaf)));
  const places = placesOf(text, new Set(offsets.filter((at) => at !== undefined)));
  return issues.map((issue, number) => {
    const place = places.get(offsets[number] ?? -1);
    return place === undefined ? issue : { ...issue, place };
  });
}

/** A tree of the members and items that are looked for. */
interface Wanted {
  readonly above: Wanted | undefined;
  readonly below: Map<string, Wanted>;
  at: number | undefined;
}

const newWanted = (above?: Wanted): Wanted => ({ above, below: new Map(), at: undefined });

function want(wanted: Wanted, steps: readonly string[]): Wanted {
  return steps.reduce((parent, step) => {
    const child = parent.below.get(step) ?? newWanted(parent);
    parent.below.set(step, child);
    return child;
  }, wanted);
}

function foundAt(wanted: Wanted): number | undefined {
  let one: Wanted | undefined = wanted;
  while (one !== undefined && one.at === undefined) one = one.above;
  return one?.at;
}

const STEP = /(?:\.ofType\(([A-Za-z0-9]+)\))|\.`([^`]*)`|\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d{1,9})\]/y;

/** `value`, `ofType(Quantity)`, `[2]` as JSON has them: `valueQuantity`, `2`. `root`: FHIRPath of the resource in the text, where it is not the whole. */
function stepsOf(root: string, expression: string): string[] {
  const dot = expression.search(/[.[]/);
  return [...jsonSteps(root, Math.max(root.search(/[.[]/), 0)), ...jsonSteps(expression, dot < 0 ? expression.length : dot)];
}

function jsonSteps(expression: string, start: number): string[] {
  const steps: string[] = [];
  STEP.lastIndex = start;
  for (let found = STEP.exec(expression); found !== null; found = STEP.exec(expression)) {
    const [, type, quoted, name, index] = found;
    if (type !== undefined) steps.push(`${steps.pop() ?? ''}${type.charAt(0).toUpperCase()}${type.slice(1)}`);
    else steps.push(quoted ?? name ?? index ?? '');
  }
  return steps;
}

/** Each reader takes the offset where its value starts and returns the offset behind it. */
function readValue(text: string, at: number, wanted: Wanted | undefined): number {
  if (wanted !== undefined) wanted.at ??= at;
  if (text[at] === '{') return wanted === undefined || wanted.below.size === 0 ? skipNested(text, at) : readObject(text, at, wanted);
  if (text[at] === '[') return wanted === undefined || wanted.below.size === 0 ? skipNested(text, at) : readArray(text, at, wanted);
  if (text[at] === '"') return endOfString(text, at);
  let end = at;
  while (end < text.length && !',]} \n\r\t'.includes(text.charAt(end))) end += 1;
  return end;
}

function readObject(text: string, start: number, wanted: Wanted): number {
  let at = skipBlanks(text, start + 1);
  while (at < text.length && text[at] !== '}') {
    const end = endOfString(text, at);
    const key = text.slice(at + 1, end - 1);
    // Under `_name` are the id and the extensions of the primitive `name`.
    const child = wanted.below.get(key) ?? (key.startsWith('_') ? wanted.below.get(key.slice(1)) : undefined);
    if (child !== undefined) child.at ??= at;
    at = nextItem(text, readValue(text, skipBlanks(text, skipBlanks(text, end) + 1), child));
  }
  return at + 1;
}

function readArray(text: string, start: number, wanted: Wanted): number {
  let at = skipBlanks(text, start + 1);
  for (let index = 0; at < text.length && text[at] !== ']'; index += 1) at = nextItem(text, readValue(text, at, wanted.below.get(String(index))));
  return at + 1;
}

/** Behind a value: past the comma, if there is one. */
function nextItem(text: string, end: number): number {
  const at = skipBlanks(text, end);
  return text[at] === ',' ? skipBlanks(text, at + 1) : at;
}

function skipNested(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

function placesOf(text: string, offsets: ReadonlySet<number>): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  let line = 1;
  let lineStart = 0;
  for (const offset of [...offsets].toSorted((a, b) => a - b)) {
    for (let end = text.indexOf('\n', lineStart); end >= 0 && end < offset; end = text.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = end + 1;
    }
    places.set(offset, { line, column: offset - lineStart + 1 });
  }
  return places;
}
