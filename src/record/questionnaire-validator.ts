/** The validator, for which a Questionnaire that cannot work is at fault. */
import type { Questionnaire } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { checkQuestionnaire } from '../questionnaire/check-questionnaire.ts';
import type { Definitions } from '../questionnaire/extract/elements.ts';
import type { Terms } from '../questionnaire/terms.ts';
import type { Validator } from '../validate/validator.ts';

/** A form that breaks the base rules is not looked at further: its parts may be anything. */
export const checkingQuestionnaires = (validator: Validator, terms: Terms, definitions?: Definitions): Validator => ({
  ...validator,
  validate: (resource, ...rest) => {
    const validation = validator.validate(resource, ...rest);
    if (resource.resourceType !== 'Questionnaire' || validation.issues.some(isError)) return validation;
    return { ...validation, issues: [...validation.issues, ...checkQuestionnaire(asQuestionnaire(resource), terms, definitions)] };
  },
});

const isError = ({ severity }: Issue): boolean => severity === 'error' || severity === 'fatal';

const asQuestionnaire = (resource: Resource): Questionnaire => resource as unknown as Questionnaire; // it has just passed the rules of that type
