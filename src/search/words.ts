/**
 * Text cut into words: what `_text`, `_content` and `:text` search by, and where in a name a search may begin. Defined
 * here once; a store that keeps an index of words keeps exactly these. A word is a run of letters, digits and their marks;
 * each Chinese character is a word of its own. https://hl7.org/fhir/R4/search.html#content
 */
import { fold } from './fold.ts';

/** Half of a character, left where a text was cut. */
const LONE_HALF = /[\ud800-\udbff]$/;

/** Characters of one text that are looked into: about 40 pages. */
const MAX_TEXT = 100_000;
/** Characters of a word that are looked at, asked for and found. */
const MAX_WORD = 64;

const WORD = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}\p{M}])+/gu;

/** The words of a text, folded, in order. */
export function wordsOf(text: string): readonly string[] {
  if (text.length > REMEMBERED_LENGTH) return cut(text);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const words = cut(text);
  if (remembered.size === REMEMBERED) remembered.clear();
  remembered.set(text, words);
  return words;
}

function cut(text: string): readonly string[] {
  const words = fold(text.slice(0, MAX_TEXT).replace(LONE_HALF, '')).match(WORD) ?? [];
  return words.some((word) => word.length > MAX_WORD) ? words.map((word) => word.slice(0, MAX_WORD).replace(LONE_HALF, '')) : words;
}

/** Displays and questions come again and again, and cutting them takes longer than all else that is made of them. */
const remembered = new Map<string, readonly string[]>();
const REMEMBERED = 4000;
const REMEMBERED_LENGTH = 120;

/** Words of a text, from the first on, that a search may begin with; further ones are found by `:contains`. */
export const MAX_WORD_STARTS = 24;
/** Characters from the start of a word on that a search may give; longer ones must begin with the beginning of the text. */
const WORD_START_LENGTH = 64;

const ONE_WORD = /^[a-z0-9]*$/;

/** A folded text from each of its words on, the first left out where the text begins with it. */
export function wordStarts(folded: string): string[] {
  if (ONE_WORD.test(folded)) return [];
  const starts: string[] = [];
  for (const { index } of folded.matchAll(WORD)) {
    if (index > 0) starts.push(folded.slice(index, index + WORD_START_LENGTH).replace(LONE_HALF, ''));
    if (starts.length === MAX_WORD_STARTS) break;
  }
  return starts;
}

/** Whether `asked` stand in the words, one right behind the other; with `prefix` the last as the beginning of a word. */
export function hasWords(words: readonly string[], asked: readonly string[], prefix: boolean): boolean {
  const last = asked.length - 1;
  const fits = (at: number): boolean => asked.every((word, i) => (prefix && i === last ? words[at + i]?.startsWith(word) === true : words[at + i] === word));
  return words.some((_, at) => at + last < words.length && fits(at));
}
