/** A disabled item carries no answers. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */

import type { PlanItem } from '../plan.ts';
import { nameOf } from '../plan.ts';
import { readValue, wordsOf } from '../value.ts';
import type { Found } from '../walk.ts';
import { type ItemRule, saysSomething } from './rule.ts';

export const notAnsweredWhenDisabled: ItemRule = (found) => {
  if (!holdsAnswers(found)) return [];
  return [{ code: 'business-rule', text: `${nameOf(found.plan)} is answered although it is not enabled; ${reason(found.plan)}.`, place: found.place }];
};

const holdsAnswers = (found: Found): boolean => found.answers.some(saysSomething) || found.children.some(holdsAnswers);

function reason({ conditions, behavior, expressions: { enableWhenExpression } }: PlanItem): string {
  const expression = enableWhenExpression === undefined ? '' : `it is only asked when ${enableWhenExpression.text.slice(0, 200)}`;
  if (conditions.length === 0) return expression === '' ? 'it stands inside an item that is not enabled' : expression;
  const words = conditions.map((condition) => {
    const value = readValue(condition, 'answer');
    return `'${condition.question}' ${condition.operator} ${value === undefined ? '?' : wordsOf(value)}`;
  });
  return `it is only asked when ${words.join(behavior === 'all' ? ' and ' : ' or ')}`;
}
