/**
 * Names by their sound: American Soundex, as the US National Archives describe it. A letter and three digits a word; h and
 * w do not part two letters of one group, vowels do. Only Latin letters sound: a name in another script has no code.
 * https://www.archives.gov/research/census/soundex
 */
import { wordsOf } from './words.ts';

const GROUPS: ReadonlyMap<string, string> = new Map(
  Object.entries({ 1: 'bfpv', 2: 'cgjkqsxz', 3: 'dt', 4: 'l', 5: 'mn', 6: 'r' }).flatMap(([digit, letters]) =>
    [...letters].map((letter) => [letter, digit] as const),
  ),
);
const LENGTH = 4;

/** The codes of a text's words with Latin letters, separated by blanks; '' where none has any. */
export const soundOf = (text: string): string =>
  wordsOf(text)
    .map((word) => word.replaceAll(/[^a-z]/g, ''))
    .filter((word) => word !== '')
    .map(soundex)
    .join(' ');

function soundex(word: string): string {
  let code = word[0] ?? '';
  let before = GROUPS.get(code);
  for (const letter of word.slice(1)) {
    if (letter === 'h' || letter === 'w') continue;
    const digit = GROUPS.get(letter);
    if (digit !== undefined && digit !== before) code += digit;
    if (code.length === LENGTH) break;
    before = digit;
  }
  return code.padEnd(LENGTH, '0');
}
