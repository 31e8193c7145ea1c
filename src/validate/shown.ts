const MAX_SHOWN = 60;

/** A value as a message may quote it: short, on one line. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${short(printable(value.slice(0, MAX_SHOWN + 1)))}'`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** JSON's names for kinds of value. */
export function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const short = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** Control characters and broken surrogates as a question mark. */
const printable = (text: string): string => Array.from(text.toWellFormed(), (char) => (char < ' ' || char === '\u007f' ? '?' : char)).join('');
