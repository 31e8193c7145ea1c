import type { Rule } from '../rule.ts';
import { isObject } from '../visit.ts';

/**
 * A response fits the Questionnaire that it names. Where that is, and what its expressions may see, only a store can say; so it
 * is asked, once the response is sound in itself. https://hl7.org/fhir/R4/questionnaireresponse.html#notes
 */
export const answers: Rule = ({ element }) => {
  if (element.path !== 'QuestionnaireResponse') return undefined;
  return (value, visit) => {
    if (isObject(value) && !visit.hasErrors) visit.ask({ ask: 'answers', response: value, expression: visit.at() });
  };
};
