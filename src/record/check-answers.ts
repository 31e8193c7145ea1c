/** A response against its Questionnaire, with what the person who writes it may see of the record. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import { checkWithin } from '../questionnaire/check.ts';
import type { World } from '../questionnaire/evaluate.ts';
import type { Plan } from '../questionnaire/plan.ts';
import { launchOf, type Outside, type Provisional, withSearches } from './outside.ts';

export async function checkAnswers(plan: Plan, response: Readonly<QuestionnaireResponse>, outside: Outside): Promise<readonly Issue[]> {
  const check = (world: World): Provisional<readonly Issue[]> => {
    const { issues, openQueries, openCodes } = checkWithin(plan, response, world);
    return { result: issues, openQueries, openCodes };
  };
  return withSearches(check, await launchOf(plan, response, outside.reader), outside);
}
