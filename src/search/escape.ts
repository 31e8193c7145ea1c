/** `\,` `\$` `\|` `\\` in search values. https://hl7.org/fhir/R4/search.html#escaping */

/** Splits where the separator stands unescaped; the pieces keep their escapes. */
export function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** A backslash before anything else stands for itself. */
export function unescapeValue(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,$|\\])/g, '$1') : text;
}

export function escapeValue(text: string): string {
  return text.replace(/[,$|\\]/g, '\\$&');
}
