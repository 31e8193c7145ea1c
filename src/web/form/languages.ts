/** In which language a page is drawn: what was asked for, else what the browser prefers, as far as it is offered. */
import type { Extension, Questionnaire } from 'fhir/r4';
import { extensionUrl } from '../../fhir/names.ts';
import type { PageRequest } from '../../http/message.ts';
import { acceptedLanguages, chooseLanguage, isTag, languagesOf } from '../../questionnaire/translate.ts';
import { type Content, html } from '../html.ts';
import { type Speech, speechIn } from './speech.ts';
import { CHECKED_LANGUAGES, PAGE_LANGUAGES } from './words.ts';

/** Best liked first. */
function askedIn({ query, form, headers }: PageRequest): readonly string[] {
  const asked = [form.get('lang'), query.get('lang')].flatMap((tag) => (tag !== null && isTag(tag) ? [tag] : []));
  return [...asked, ...acceptedLanguages(headers['accept-language'])];
}

/** For a page without a questionnaire. */
export const pageSpeech = (request: PageRequest): Speech => speechIn(chooseLanguage(askedIn(request), PAGE_LANGUAGES) ?? 'en', undefined);

/** `kept`: the language that the answers were begun in. */
export function speechFor(questionnaire: Questionnaire, request: PageRequest, kept?: string): Speech {
  const offered = offeredBy(questionnaire);
  const asked = [request.form.get('lang'), request.query.get('lang'), kept].flatMap((tag) => (tag !== null && tag !== undefined && isTag(tag) ? [tag] : []));
  const language = chooseLanguage([...asked, ...acceptedLanguages(request.headers['accept-language'])], offered) ?? questionnaire.language ?? 'en';
  return speechIn(isTag(language) ? language : 'en', questionnaire.language);
}

/** The languages that a questionnaire can be read in, at least in part. */
export function offeredBy(questionnaire: Questionnaire): readonly string[] {
  const { complete, partial } = languagesOf(questionnaire);
  return [...complete, ...partial.map(({ language }) => language)].filter(isTag);
}

/** Whether the translation into that language is marked as a draft. */
export function isDraftIn({ extension = [] }: Questionnaire, language: string): boolean {
  const part = (holder: Extension, name: string): string | undefined => holder.extension?.find(({ url }) => url === name)?.valueCode;
  return extension.some((one) => one.url === extensionUrl('translation-status') && part(one, 'language') === language && part(one, 'status') === 'draft');
}

/** Said wherever words are shown that nobody has checked. */
export function draftNotice({ language, page, word }: Speech, questionnaire?: Questionnaire): Content {
  const isDraft = !CHECKED_LANGUAGES.has(page) || (questionnaire !== undefined && isDraftIn(questionnaire, language));
  return isDraft && html`<p class="notice" role="note">${word('draftTranslation')}</p>`;
}

/** A language by its own name: `norsk bokmål`. */
export function nameOfLanguage(tag: string): string {
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
