/**
 * Which instruments a site may offer: one that asks red-flag questions needs the numbers that a patient is then told to
 * call. Without them its Questionnaire is a draft here, and answers to it are refused (those with a red flag in them are
 * still kept aside for staff).
 */
import type { Questionnaire } from 'fhir/r4';
import type { Instrument } from '../pro/instrument.ts';
import type { Validator } from '../validate/validator.ts';

/** The names of the settings that are missing, in words for people. */
export interface Missing {
  readonly settings: readonly string[];
}

export const asksRedFlags = ({ alerts }: Instrument): boolean => alerts?.rules.some(({ kind }) => kind === 'red-flag') ?? false;

/** As it is stored where it is not offered. */
export const asDraft = (questionnaire: Questionnaire): Questionnaire => ({ ...questionnaire, status: 'draft' });

/** The same validator, for which an answer to one of these is at fault. */
export function refusingAnswers(validator: Validator, withheld: readonly Instrument[], { settings }: Missing): Validator {
  if (withheld.length === 0) return validator;
  const titles = new Map(withheld.map(({ questionnaire, name }) => [questionnaire.url, questionnaire.title ?? name]));
  return {
    validate: (resource, options) => {
      const validation = validator.validate(resource, options);
      const canonical = resource.resourceType === 'QuestionnaireResponse' ? resource.questionnaire : undefined;
      const title = typeof canonical === 'string' ? titles.get(canonical.split('|', 1)[0]) : undefined;
      if (title === undefined) return validation;
      const text = `${title} is not offered here: it asks red-flag questions, and those who run this server have not set ${settings.join(' and ')}, which patients would be told to call.`;
      return {
        ...validation,
        issues: [...validation.issues, { severity: 'error', code: 'business-rule', text, expression: ['QuestionnaireResponse.questionnaire'] }],
      };
    },
  };
}
