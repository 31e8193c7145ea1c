/** SQL as text with bound values: whatever comes from outside is bound, never written into the text. */

export type Bound = string | number | null;

export interface Sql {
  readonly text: string;
  readonly values: readonly Bound[];
}

/** Our own words, for names of columns and aliases: never for anything that a caller said. */
export const raw = (text: string): Sql => ({ text, values: [] });

/** Fragments are spliced in, everything else is bound. */
export function sql(words: TemplateStringsArray, ...parts: readonly (Sql | Bound)[]): Sql {
  let text = words[0] ?? '';
  const values: Bound[] = [];
  for (const [i, part] of parts.entries()) {
    if (part !== null && typeof part === 'object') {
      text += part.text;
      for (const value of part.values) values.push(value);
    } else {
      text += '?';
      values.push(part);
    }
    text += words[i + 1] ?? '';
  }
  return { text, values };
}

export function join(parts: readonly Sql[], separator: string): Sql {
  return { text: parts.map((part) => part.text).join(separator), values: parts.flatMap((part) => part.values) };
}

export const TRUE = raw('1');
export const FALSE = raw('0');

/**
 * Constants are worked out here and never reach SQLite inside a condition: it drops what stands beside a constant
 * FALSE, and then finds no use for an index that the statement names.
 */
const isTrue = ({ text }: Sql): boolean => text === TRUE.text;
export const isFalse = ({ text }: Sql): boolean => text === FALSE.text;

export function all(parts: readonly Sql[]): Sql {
  if (parts.some(isFalse)) return FALSE;
  const left = parts.filter((part) => !isTrue(part));
  return left.length === 0 ? TRUE : balanced(left, ' AND ');
}

export function any(parts: readonly Sql[]): Sql {
  if (parts.some(isTrue)) return TRUE;
  const left = parts.filter((part) => !isFalse(part));
  return left.length === 0 ? FALSE : balanced(left, ' OR ');
}

export function not(part: Sql): Sql {
  if (isTrue(part)) return FALSE;
  return isFalse(part) ? TRUE : sql`NOT (${part})`;
}

/** Whether a row of the tables satisfies the condition. */
export const existsIn = (from: Sql, where: Sql): Sql => (isFalse(where) ? FALSE : sql`EXISTS (SELECT 1 FROM ${from} WHERE ${where})`);

/** Halves of halves: SQLite bounds the depth of an expression, and a flat chain of a thousand is a thousand deep. */
function balanced(parts: readonly Sql[], word: string): Sql {
  if (parts.length <= 2) return parts.length === 1 ? (parts[0] as Sql) : paren(join(parts, word));
  const middle = parts.length >> 1;
  return paren(join([balanced(parts.slice(0, middle), word), balanced(parts.slice(middle), word)], word));
}

const paren = (inner: Sql): Sql => ({ text: `(${inner.text})`, values: inner.values });
