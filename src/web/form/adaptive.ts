/**
 * Forms whose next question depends on the answers so far: the response carries the questions asked until now, and the
 * server's own $next-question says what follows. https://hl7.org/fhir/uv/sdc/adaptive.html
 */
import type { Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { containedQuestionnaire, originsOf } from '../../questionnaire/adaptive/contained.ts';
import { compilePlan } from '../../questionnaire/compile.ts';
import type { Plan } from '../../questionnaire/plan.ts';

const ID = 'asked';
const MARK = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-questionnaireAdaptive';

export const isAdaptiveResponse = ({ questionnaire }: Pick<QuestionnaireResponse, 'questionnaire'>): boolean => questionnaire?.startsWith('#') === true;

/** The canonical of the questionnaire that a response answers, adaptive or not. */
export const canonicalOf = (response: QuestionnaireResponse): string | undefined =>
  isAdaptiveResponse(response) ? originsOf(containedQuestionnaire(response))[0] : response.questionnaire;

/** What an adaptive response begins with: nothing was asked yet. */
export function nothingAsked(questionnaire: Questionnaire, canonical: string): Pick<QuestionnaireResponse, 'questionnaire' | 'contained'> {
  const { language, title, _title, contained = [] } = questionnaire;
  const excerpt: Questionnaire = {
    resourceType: 'Questionnaire',
    id: ID,
    status: 'active',
    extension: [{ url: MARK, valueBoolean: true }],
    derivedFrom: [canonical],
    ...(language === undefined ? {} : { language }),
    ...(title === undefined ? {} : { title }),
    ...(_title === undefined ? {} : { _title }),
  };
  return { questionnaire: `#${ID}`, contained: [excerpt, ...contained] };
}

/** Of the questions asked so far; value sets of the questionnaire stand beside it in the response. */
export function planOfAsked(response: QuestionnaireResponse): Plan {
  const asked = containedQuestionnaire(response);
  const beside = (response.contained ?? []).filter(({ id }) => id !== asked.id);
  return compilePlan({ ...asked, contained: beside });
}
