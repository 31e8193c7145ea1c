/** What a questionnaire itself puts into a form before anybody has answered. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial */
import type { QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import { elementOf } from '../../questionnaire/rules/types.ts';
import { readValue, type Value } from '../../questionnaire/value.ts';

export const initialItems = (plan: Plan): readonly QuestionnaireResponseItem[] => plan.items.flatMap(initialItem);

function initialItem(item: PlanItem): readonly QuestionnaireResponseItem[] {
  const { linkId, definition, children } = item;
  if (definition.type === 'group') {
    const inner = children.flatMap(initialItem);
    return inner.length === 0 ? [] : [{ linkId, item: inner }];
  }
  const answer = answersOf(item);
  return answer.length === 0 ? [] : [{ linkId, answer }];
}

/** `initial`, and options that are chosen beforehand. */
export function initialValues({ definition: { initial = [], answerOption = [], repeats } }: PlanItem): readonly Value[] {
  const chosen = answerOption.filter(({ initialSelected }) => initialSelected === true);
  return [...initial, ...chosen].slice(0, repeats === true ? undefined : 1).flatMap((value) => readValue(value) ?? []);
}

function answersOf(item: PlanItem): QuestionnaireResponseItemAnswer[] {
  const inner = item.children.flatMap(initialItem);
  return initialValues(item).map(({ type, raw }) => ({ [elementOf(type)]: raw, ...(inner.length === 0 ? {} : { item: inner }) }));
}
