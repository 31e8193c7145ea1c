/** How words stand in the table `words`. */
import type { WordRow } from './index-rows.ts';

/** The number of the parameter, then the word: `12ppain`. */
export const wordToken = (param: number, word: string): string => `${param}p${word}`;

/** Between two texts, so that no phrase reaches from one into the next. No word holds it. */
const BREAK = ' \u00a6 ';

/** All texts of one resource as one, for a tokenizer that parts words at blanks. A blank stands before and behind, too. */
export function wordText(rows: readonly WordRow[], number: (param: string) => number): string {
  const texts = rows.flatMap(({ param, texts: said }) => {
    const no = number(param);
    return said.map((words) => words.map((word) => wordToken(no, word)).join(' '));
  });
  return ` ${texts.join(BREAK)} `;
}
