/**
 * The words of a questionnaire in one of its languages, and in which languages it is complete.
 * https://hl7.org/fhir/R4/extension-translation.html, https://hl7.org/fhir/R4/languages.html
 */
import type { Element, Questionnaire, QuestionnaireItem, ValueSet } from 'fhir/r4';
import { extensionsOf } from './extension.ts';
import { asRecord } from './value.ts';

/** Words with the language they are in; undefined where the questionnaire does not say. */
export interface Said {
  readonly text: string;
  readonly language: string | undefined;
}

/** What a reader would like best, and the language of what stands untranslated. */
export interface Tongue {
  /** BCP-47. */
  readonly wanted: string;
  readonly base: string | undefined;
}

/** Norwegian without a form is read as bokmål by everyone, and nynorsk readers read it too; Chinese without a script as simplified. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['no', 'nb'],
  ['nn', 'nb'],
  ['zh', 'zh-hans'],
]);

/** From the tag itself to its main part, then what stands in for that: `zh-Hant-TW`, `zh-Hant`, `zh`, `zh-Hans`. https://www.rfc-editor.org/rfc/rfc4647#section-3.4 */
export function fallbacks(tag: string): readonly string[] {
  const parts = tag.toLowerCase().split('-').slice(0, 8);
  const chain = parts.map((_, n) => parts.slice(0, parts.length - n).join('-'));
  const standIn = STAND_INS.get(parts[0] ?? '');
  return standIn === undefined ? chain : [...chain, standIn];
}

/** The language on offer that serves a tag best: along its fallbacks, where `en` is served by `en-GB` too. */
function bestLanguage(tag: string, offered: readonly string[]): string | undefined {
  for (const wanted of fallbacks(tag)) {
    const found = offered.find((one) => one.toLowerCase() === wanted) ?? offered.find((one) => one.toLowerCase().startsWith(`${wanted}-`));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of what somebody asks for, in the order of their liking, the first that is offered. */
export function chooseLanguage(asked: readonly string[], offered: readonly string[]): string | undefined {
  for (const tag of asked) {
    const found = bestLanguage(tag, offered);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** More are not looked at. */
const MOST_TAGS = 20;

/** The tags of an Accept-Language header, best liked first. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language */
export function acceptedLanguages(header: string | undefined): readonly string[] {
  const ranges = (header ?? '').split(',', MOST_TAGS).map((part) => {
    const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { tag, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
  });
  return ranges
    .filter(({ tag, quality }) => isTag(tag) && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}

/** Whether a text has the form of a BCP-47 tag. */
export const isTag = (text: string): boolean => /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,7}$/.test(text);

/** Written from right to left, by language or by script. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set([
  'ar',
  'arc',
  'ckb',
  'dv',
  'fa',
  'he',
  'ks',
  'ps',
  'sd',
  'ug',
  'ur',
  'yi',
  'arab',
  'hebr',
  'thaa',
  'syrc',
  'nkoo',
]);
const SCRIPT = /^[a-z]{4}$/;

export function directionOf(tag: string): 'ltr' | 'rtl' {
  const [main = '', ...others] = tag.toLowerCase().split('-');
  const script = others.find((part) => SCRIPT.test(part));
  return RIGHT_TO_LEFT.has(script ?? main) ? 'rtl' : 'ltr';
}

/** The translations that an element's `_name` carries, by their tag. */
function translationsIn(element: Element | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { extension = [] } of extensionsOf(element, 'translation')) {
    const part = (name: string): unknown => {
      const holder = Array.isArray(extension) ? extension.find((one) => one?.url === name) : undefined;
      return holder === undefined ? undefined : (holder.valueCode ?? holder.valueString ?? holder.valueMarkdown);
    };
    const [language, content] = [part('lang'), part('content')];
    if (typeof language === 'string' && typeof content === 'string') found.set(language, content);
  }
  return found;
}

/** A text in the wanted language where it is there, else as it stands. `element` is its `_name`. */
export function say(text: string | undefined, element: Element | undefined, { wanted, base }: Tongue): Said | undefined {
  const translations = translationsIn(element);
  const best = bestLanguage(wanted, base === undefined ? [...translations.keys()] : [base, ...translations.keys()]);
  if (best !== undefined && best !== base) return { text: translations.get(best) ?? '', language: best };
  return text === undefined ? undefined : { text, language: base };
}

/** The element beside a primitive: `_text` of `text`. */
export const besides = (holder: object, name: string): Element | undefined => {
  const found: unknown = Reflect.get(holder, `_${name}`);
  return typeof found === 'object' && found !== null ? (found as Element) : undefined; // an object beside a primitive is an Element, or has nothing that is read
};

/** A property of an object, translated. */
export function sayOf(holder: object, name: string, tongue: Tongue): Said | undefined {
  const text: unknown = Reflect.get(holder, name);
  return say(typeof text === 'string' ? text : undefined, besides(holder, name), tongue);
}

/** What a Coding is called: its display, translated; in a value set also by the designations of its concept. */
export function sayCoding(coding: object, tongue: Tongue): Said | undefined {
  const said = sayOf(coding, 'display', tongue);
  const named = said?.language === tongue.wanted ? undefined : designated(asRecord(coding).designation, tongue);
  return named ?? said;
}

function designated(designations: unknown, { wanted, base }: Tongue): Said | undefined {
  const list = Array.isArray(designations) ? designations.map(asRecord) : [];
  const languages = list.flatMap(({ language }) => (typeof language === 'string' ? [language] : []));
  const best = bestLanguage(wanted, base === undefined ? languages : [base, ...languages]);
  const value = list.find(({ language }) => language === best)?.value;
  return best === undefined || typeof value !== 'string' ? undefined : { text: value, language: best };
}

/** In which languages a questionnaire can be read. */
export interface Languages {
  /** Of the questionnaire itself. */
  readonly base: string | undefined;
  /** The base, and those in which every text is there. */
  readonly complete: readonly string[];
  /** Those that lack some of the texts. */
  readonly partial: readonly { readonly language: string; readonly missing: number; readonly of: number }[];
}

/** Counts every text that somebody who fills in the form reads. */
export function languagesOf(questionnaire: Questionnaire): Languages {
  const texts = [...textsIn(questionnaire)].map(({ translations }) => translations);
  const languages = new Set(texts.flatMap((translations) => [...translations.keys()]));
  const counted = [...languages].map((language) => ({
    language,
    missing: texts.filter((translations) => !translations.has(language)).length,
    of: texts.length,
  }));
  const base = questionnaire.language;
  return {
    base,
    complete: [...(base === undefined ? [] : [base]), ...counted.flatMap(({ language, missing }) => (missing === 0 && language !== base ? [language] : []))],
    partial: counted.filter(({ language, missing }) => missing > 0 && language !== base),
  };
}

const isValueSet = (resource: { resourceType: string }): resource is ValueSet => resource?.resourceType === 'ValueSet';

interface Text {
  readonly text: string;
  readonly translations: ReadonlyMap<string, string>;
}

function* textsIn(questionnaire: Questionnaire): Generator<Text> {
  yield* textOf(questionnaire, 'title');
  for (const resource of questionnaire.contained ?? []) if (isValueSet(resource)) yield* conceptsIn(resource);
  const waiting: QuestionnaireItem[] = [...(questionnaire.item ?? [])];
  for (const item of waiting) {
    yield* itemTexts(item);
    for (const child of item.item ?? []) waiting.push(child);
  }
}

function* itemTexts(item: QuestionnaireItem): Generator<Text> {
  yield* textOf(item, 'prefix');
  yield* textOf(item, 'text');
  for (const option of item.answerOption ?? []) {
    yield* textOf(option, 'valueString');
    yield* textOf(asRecord(option.valueCoding), 'display');
  }
  for (const extension of item.extension ?? []) if (SAID_BY_EXTENSIONS.has(extension?.url)) yield* textOf(extension, 'valueString');
}

/** Extensions whose text is read by people. */
const SAID_BY_EXTENSIONS: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-openLabel',
  'http://hl7.org/fhir/StructureDefinition/entryFormat',
]);

function* conceptsIn(set: ValueSet): Generator<Text> {
  const listed = set.expansion?.contains ?? (set.compose?.include ?? []).flatMap(({ concept = [] }) => concept);
  for (const concept of listed) {
    const designations = (concept.designation ?? []).flatMap(({ language, value }) => (language === undefined ? [] : [[language, value] as const]));
    for (const { text, translations } of textOf(concept, 'display')) yield { text, translations: new Map([...translations, ...designations]) };
  }
}

/** A text that has no letters, such as `1.` or `10`, is the same in every language. */
const HAS_LETTERS = /\p{L}/u;

function* textOf(holder: object, name: string): Generator<Text> {
  const text: unknown = Reflect.get(holder, name);
  if (typeof text === 'string' && HAS_LETTERS.test(text)) yield { text, translations: translationsIn(besides(holder, name)) };
}
