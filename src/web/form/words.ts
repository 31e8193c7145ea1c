/**
 * What the form pages say of themselves. English is checked; the other languages are drafts that no clinician has
 * reviewed and no patient has tried, as the drafts among the instruments.
 */
import { chooseLanguage } from '../../questionnaire/translate.ts';
import { EN, type Words } from './words/en.ts';
import { NB } from './words/nb.ts';
import { ZH_HANS } from './words/zh-hans.ts';

export type WordKey = keyof Words;

const TABLES: ReadonlyMap<string, Words> = new Map<string, Words>([
  ['en', EN],
  ['zh-Hans', ZH_HANS],
  ['nb', NB],
]);

/** Languages that the pages speak. */
export const PAGE_LANGUAGES: readonly string[] = [...TABLES.keys()];

/** Those whose words somebody has checked. */
export const CHECKED_LANGUAGES: ReadonlySet<string> = new Set(['en']);

/** The language of the pages' own words that serves a reader of that language best; English where there is none. */
export const pageLanguage = (language: string): string => chooseLanguage([language], PAGE_LANGUAGES) ?? 'en';

export const wordsIn = (language: string): Words => TABLES.get(language) ?? EN;
