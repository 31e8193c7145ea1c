/**
 * Code systems that are kept outside: in the store, because they are too big to hold. The pure service asks for what it needs to know of
 * them; whoever runs it finds the answers and runs it again. https://hl7.org/fhir/R4/codesystem.html
 */
import type { CodeSystem, CodeSystemConcept } from 'fhir/r4';
import { LOINC, SNOMED } from './implicit.ts';
import type { OutsideSystems } from './library.ts';
import { versionFits } from './source.ts';
import type { Concept, FilterText, System } from './system.ts';

/** A code as it is kept outside. */
export interface KeptConcept extends CodeSystemConcept {
  /** Codes right above it. */
  readonly parents: readonly string[];
  /** All codes above it. */
  readonly above: readonly string[];
}

export type OutsideQuestion =
  | { readonly ask: 'concept'; readonly system: string; readonly version: string; readonly code: string }
  /** Those of the system that pass all filters. */
  | { readonly ask: 'select'; readonly system: string; readonly version: string; readonly filters: readonly FilterText[] };

export interface OutsideAnswers {
  /** Undefined: not asked yet; null: there is no such code. */
  concept(question: OutsideQuestion): KeptConcept | null | undefined;
  /** Undefined: not asked yet; null: too many, or a filter that is not offered there. */
  select(question: OutsideQuestion): readonly KeptConcept[] | null | undefined;
}

/** The header of a system that is kept outside, with its url and version. */
export type KeptSystem = CodeSystem & { readonly url: string; readonly version: string };

export const questionKey = (question: OutsideQuestion): string => JSON.stringify(question);

/** `kept`: latest version first. What is missing from the answers is handed to `ask`. */
export function outsideSystems(kept: readonly KeptSystem[], answers: OutsideAnswers, ask: (question: OutsideQuestion) => void): OutsideSystems {
  return {
    urls: new Set(kept.map(({ url }) => url)),
    find: (url, version) => {
      const about = kept.find((system) => system.url === url && (version === undefined || isVersion(system.version, version)));
      return about === undefined ? undefined : outsideSystem(about, answers, ask);
    },
  };
}

/** SNOMED CT: an edition without a date is any date of it. */
const isVersion = (version: string, asked: string): boolean => version === asked || version.startsWith(`${asked}/version/`) || versionFits(version, asked);

/** Codes of which a release's main files say nothing: LOINC's parts and answers, SNOMED CT's expressions. */
const isBeyond = (system: string, code: string): boolean => (system === LOINC ? /^L/i.test(code) : system === SNOMED && /^\d+\D/.test(code));

function outsideSystem(about: KeptSystem, answers: OutsideAnswers, ask: (question: OutsideQuestion) => void): System {
  const { url: system, version } = about;
  const answerTo = (code: string): KeptConcept | null | undefined => {
    const question: OutsideQuestion = { ask: 'concept', system, version, code };
    const answer = answers.concept(question);
    if (answer === undefined) ask(question);
    return answer;
  };
  return {
    url: system,
    version,
    about,
    supplements: [],
    find: (code) => {
      const found = answerTo(code);
      return found ? conceptOf(found) : undefined;
    },
    lacks: (code) => answerTo(code) === null && !isBeyond(system, code),
    list: () => undefined,
    select: (filters) => {
      const question: OutsideQuestion = { ask: 'select', system, version, filters };
      const answer = answers.select(question);
      if (answer === undefined) ask(question);
      return answer?.map(conceptOf);
    },
  };
}

function conceptOf({ parents, above, ...raw }: KeptConcept): Concept {
  return { code: raw.code, raw, parents: parents.map(bare), children: [], above: new Set(above) };
}

const bare = (code: string): Concept => ({ code, raw: { code }, parents: [], children: [] });
