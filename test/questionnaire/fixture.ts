/** Makers of small questionnaires and answers. */
import type { Extension, Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import { checkResponse } from '../../src/questionnaire/check.ts';
import { checkQuestionnaire } from '../../src/questionnaire/check-questionnaire.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { type World, worldAt } from '../../src/questionnaire/evaluate.ts';
import { type FormState, formState, type ItemState } from '../../src/questionnaire/state.ts';
import { NO_TERMS, type Terms } from '../../src/questionnaire/terms.ts';

export const CORE = 'http://hl7.org/fhir/StructureDefinition/';
export const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

export const form = (...item: QuestionnaireItem[]): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: 'http://example.org/q',
  version: '1',
  status: 'active',
  item,
});

/** An extension of SDC that carries an Expression. */
export const sdc = (name: string, expression: string, language = 'text/fhirpath'): Extension => ({
  url: `${SDC}${name}`,
  valueExpression: { language: language as 'text/fhirpath', expression },
});

export const variable = (name: string, expression: string, language = 'text/fhirpath'): Extension => ({
  url: `${CORE}variable`,
  valueExpression: { name, language: language as 'text/fhirpath', expression },
});

export const launchContext = (name: string, type = 'Patient'): Extension => ({
  url: `${SDC}launchContext`,
  extension: [
    { url: 'name', valueCoding: { system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext', code: name } },
    { url: 'type', valueCode: type },
  ],
});

export const cqf = (expression: string): { extension: Extension[] } => ({
  extension: [{ url: `${CORE}cqf-expression`, valueExpression: { language: 'text/fhirpath', expression } }],
});

export const answerTo = (linkId: string): string => `%resource.item.where(linkId='${linkId}').answer.value`;

export const answer = (linkId: string, ...answers: QuestionnaireResponseItemAnswer[]): QuestionnaireResponseItem => ({ linkId, answer: answers });

export const response = (item: QuestionnaireResponseItem[], status: QuestionnaireResponse['status'] = 'completed'): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status,
  questionnaire: 'http://example.org/q|1',
  authored: '2026-11-22T08:00:00Z',
  item,
});

export const NOW = worldAt(new Date('2026-11-22T08:00:00Z'));

interface Checking {
  readonly status?: QuestionnaireResponse['status'];
  readonly world?: World;
  readonly terms?: Terms;
}

/** `error required QR.item[0]` of each issue. */
export function issues(
  questionnaire: Questionnaire,
  item: QuestionnaireResponseItem[],
  { status = 'completed', world = NOW, terms = NO_TERMS }: Checking = {},
): string[] {
  return checkResponse(compilePlan(questionnaire, terms), response(item, status), world).map(
    ({ severity, code, expression }) => `${severity} ${code} ${expression?.[0]?.replace('QuestionnaireResponse', 'QR')}`,
  );
}

/** `error Questionnaire.item[0]` of each thing that is wrong with a form. */
export const faults = (questionnaire: Questionnaire, terms: Terms = NO_TERMS): string[] =>
  checkQuestionnaire(questionnaire, terms).map(({ severity, expression }) => `${severity} ${expression?.[0]}`);

export const stateFor = (questionnaire: Questionnaire, item: QuestionnaireResponseItem[], world: World = NOW, terms: Terms = NO_TERMS): FormState =>
  formState(compilePlan(questionnaire, terms), response(item, 'in-progress'), world);

/** Every item state, from the outside in. */
export const allStates = (items: readonly ItemState[]): ItemState[] =>
  items.flatMap((one) => [one, ...allStates(one.children), ...one.answers.flatMap(({ children }) => allStates(children))]);

export function stateOf(state: FormState, key: string): ItemState {
  const found = allStates(state.items).find((one) => one.key === key);
  if (found === undefined) throw new Error(`no ${key} among ${allStates(state.items).map((one) => one.key)}`);
  return found;
}
