/** The text search of `$expand?filter=`: every word asked for begins a word of the code or of one of its names. */
import type { Wording } from './language.ts';

export type TextTest = (code: string, wordings: readonly Wording[]) => boolean;

const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
/** Scripts that put no blanks between words are searched anywhere. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const MAX_WORDS = 20;

export function textTest(filter: string): TextTest {
  const words = plain(filter)
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS);
  return (code, wordings) => {
    const text = ` ${[code, ...wordings.map(({ value }) => value)].map(plain).join(' ')}`;
    return words.every((word) => hasWord(text, word));
  };
}

function hasWord(text: string, word: string): boolean {
  if (UNSPACED.test(word)) return text.includes(word);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return true;
  }
  return false;
}
