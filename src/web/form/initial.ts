/** What stands in a form before anybody has answered: the questionnaire's own initial values. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial */
import type { QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import { readValue } from '../../questionnaire/value.ts';

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
function answersOf({ definition, children }: PlanItem): QuestionnaireResponseItemAnswer[] {
  const chosen = (definition.answerOption ?? []).filter(({ initialSelected }) => initialSelected === true);
  const values = [...(definition.initial ?? []), ...chosen].slice(0, definition.repeats === true ? undefined : 1);
  const inner = children.flatMap(initialItem);
  return values.flatMap((value) => {
    const read = readValue(value);
    if (read === undefined) return [];
    const name = `value${read.type[0]?.toUpperCase()}${read.type.slice(1)}`;
    return [{ [name]: read.raw, ...(inner.length === 0 ? {} : { item: inner }) }];
  });
}
