/**
 * Which of a concept's words a reader wants. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language,
 * https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/languages.html
 */
import type { CodeSystemConceptDesignation, ValueSetComposeIncludeConcept } from 'fhir/r4';
import { standardsStatus } from './properties.ts';
import type { Concept, System } from './system.ts';

export interface LanguageWishes {
  /** As it was asked. */
  readonly text: string;
  /** Tags, the most wanted first. */
  readonly tags: readonly string[];
  /** Whether another language is better than none: not after `*;q=0`. */
  readonly others: boolean;
}

const MAX_TAGS = 20;
const RANGE = /^(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*q\s*=\s*(0(?:[.]\d{0,3})?|1(?:[.]0{0,3})?))?$/;

/** Undefined where the text is no list of languages. */
export function readLanguages(text: string): LanguageWishes | undefined {
  const ranges = text
    .split(',')
    .slice(0, MAX_TAGS)
    .map((range) => RANGE.exec(range.trim()));
  if (ranges.some((range) => range === null)) return undefined;
  const wishes = ranges.map((range) => ({ tag: range?.[1]?.toLowerCase() ?? '*', quality: Number(range?.[2] ?? 1) }));
  const tags = wishes.filter(({ tag, quality }) => tag !== '*' && quality > 0).toSorted((a, b) => b.quality - a.quality);
  return { text, tags: tags.map(({ tag }) => tag), others: !wishes.some(({ tag, quality }) => tag === '*' && quality === 0) };
}

/** A word for a concept: its display, or a designation. */
export interface Wording {
  readonly value: string;
  /** Undefined where nothing says. */
  readonly language: string | undefined;
  readonly use: CodeSystemConceptDesignation['use'] | undefined;
  /** No longer to be used. */
  readonly outdated: boolean;
  /** As the definition has it; undefined for a display. */
  readonly designation: CodeSystemConceptDesignation | undefined;
}

export interface Worded {
  readonly system: System | undefined;
  readonly concept: Concept | undefined;
  /** What the value set says of the code, and in which language. */
  readonly named?: ValueSetComposeIncludeConcept | undefined;
  readonly setLanguage?: string | undefined;
}

/** Everything a concept is called, the value set's words first, displays before designations. */
export function wordingsOf({ system, concept, named, setLanguage }: Worded): readonly Wording[] {
  const own = system?.about.language;
  return [
    ...display(named?.display, setLanguage ?? own),
    ...display(concept?.raw.display, own),
    ...[...(named?.designation ?? []), ...(concept?.raw.designation ?? [])].map(wordingOf),
  ];
}

const display = (value: string | undefined, language: string | undefined): Wording[] =>
  value === undefined ? [] : [{ value, language, use: undefined, outdated: false, designation: undefined }];

function wordingOf(designation: CodeSystemConceptDesignation): Wording {
  const { value, language, use, extension } = designation;
  const status = standardsStatus(extension);
  return { value, language, use, outdated: status === 'withdrawn' || status === 'deprecated' || use?.code === '900000000000546006', designation };
}

/** A concept's display: as wished, else its first; undefined where the only words are in languages that are not wanted. */
export function displayFor(worded: Worded, wishes: LanguageWishes | undefined): string | undefined {
  const wordings = wordingsOf(worded);
  const usual = wordings.find(({ designation }) => designation === undefined)?.value;
  if (wishes === undefined || wishes.tags.length === 0) return usual;
  for (const tag of wishes.tags) {
    const spoken = wordings.filter(({ language, outdated, use }) => !outdated && !isOtherThanDisplay(use) && language !== undefined && isWithin(language, tag));
    if (spoken[0] !== undefined) return spoken[0].value;
  }
  return wishes.others ? usual : undefined;
}

/** de-CH is within de, and de is good enough for de-CH. */
export const isWithin = (language: string, tag: string): boolean => {
  const [spoken, wanted] = [language.toLowerCase(), tag.toLowerCase()];
  return spoken === wanted || spoken.startsWith(`${wanted}-`) || wanted.startsWith(`${spoken}-`);
};

const NOT_A_DISPLAY: ReadonlySet<string> = new Set(['definition', 'abbreviation', '900000000000550004']);

const isOtherThanDisplay = (use: Wording['use']): boolean => NOT_A_DISPLAY.has(use?.code ?? '');
