/** In which words a page speaks: those of the questionnaire in the reader's language, and the page's own. */
import { type Said, say, type Tongue } from '../../questionnaire/translate.ts';
import { type Html, html } from '../html.ts';
import { pageLanguage, type WordKey, wordsIn } from './words.ts';

export interface Speech {
  /** BCP-47: that of the questionnaire's words. */
  readonly language: string;
  /** That of the page's own words, which are not there in every language: the page's `lang`. */
  readonly page: string;
  readonly tongue: Tongue;
  /** The page's own words, with what stands in `{braces}` filled in. */
  word(key: WordKey, values?: Readonly<Record<string, string | number>>): string;
}

export function speechIn(language: string, base: string | undefined): Speech {
  const page = pageLanguage(language);
  const words = wordsIn(page);
  return {
    language,
    page,
    tongue: { wanted: language, base },
    word: (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole)),
  };
}

/** Words with their `lang` where it is not the page's, so that a screen reader says them right. */
export function spoken(said: Said, { page }: Speech): Html {
  const isPages = said.language === undefined || said.language === page;
  return isPages ? html`${said.text}` : html`<span lang="${said.language}" dir="auto">${said.text}</span>`;
}

/** The text that an extension carries in `name`, translated. */
export const saidIn = (holder: object, name: string, { tongue }: Speech): Said | undefined => {
  const text: unknown = Reflect.get(holder, name);
  const element: unknown = Reflect.get(holder, `_${name}`);
  const beside = typeof element === 'object' && element !== null ? element : undefined;
  return say(typeof text === 'string' ? text : undefined, beside, tongue);
};
