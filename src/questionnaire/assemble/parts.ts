/** What an assembly is made of, and where its faults are told. https://hl7.org/fhir/uv/sdc/modular.html */
import type { Questionnaire, QuestionnaireItem } from 'fhir/r4';
import type { Issue, IssueCode } from '../../fhir/outcome.ts';
import { extensionTexts } from '../extension.ts';
import type { Definitions } from '../extract/elements.ts';
import { asRecord } from '../value.ts';

/** A resource inside a Questionnaire, of whatever type. */
export type Contained = NonNullable<Questionnaire['contained']>[number];

export interface Parts {
  /** Questionnaires by the canonicals that name them: `neededBy` says which. */
  readonly questionnaires: ReadonlyMap<string, Questionnaire>;
  readonly definitions: Definitions;
}

/** Told once for each place. */
export function telling(issues: Issue[]) {
  const tell = (severity: 'error' | 'warning', code: IssueCode, text: string, place: string): void => {
    issues.push({ severity, code, text, expression: [place] });
  };
  return {
    error: (code: IssueCode, text: string, place: string): void => tell('error', code, text, place),
    warn: (text: string, place: string): void => tell('warning', 'informational', text, place),
  };
}

export type Telling = ReturnType<typeof telling>;

/** Sub-questionnaires, and what a definition may name: `url#linkId` of a Questionnaire. */
export function neededBy(questionnaire: Questionnaire): string[] {
  return [...itemsOf(questionnaire)].flatMap((item) => {
    const library = typeof item.definition === 'string' ? item.definition.split('#')[0] : undefined;
    return [...extensionTexts(item, 'subQuestionnaire'), ...(library === undefined || library === '' ? [] : [library])];
  });
}

function* itemsOf({ item }: { readonly item?: QuestionnaireItem[] | undefined }): Generator<QuestionnaireItem> {
  for (const one of Array.isArray(item) ? item : []) {
    yield one;
    yield* itemsOf(one);
  }
}

export const linkIdsOf = (questionnaire: { readonly item?: QuestionnaireItem[] | undefined }): string[] =>
  [...itemsOf(questionnaire)].map(({ linkId }) => linkId);

/** A copy with every text changed that `change` gives another for; `key` is the element's name. */
export function withTexts<T>(value: T, change: (text: string, key: string) => string, key = ''): T {
  if (typeof value === 'string') return change(value, key) as T;
  if (Array.isArray(value)) return value.map((one) => withTexts(one, change, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(asRecord(value)).map(([name, one]) => [name, withTexts(one, change, name)])) as T; // the same elements
}
