/** https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-next-question.html */
import type { QuestionnaireResponse } from 'fhir/r4';
import { printJson } from '../../../fhir/json.ts';
import { FhirError } from '../../../fhir/outcome.ts';
import { nextFromBank } from '../../../questionnaire/adaptive/cat.ts';
import { containedQuestionnaire, originsOf } from '../../../questionnaire/adaptive/contained.ts';
import { isAdaptive, nextByRules } from '../../../questionnaire/adaptive/rules.ts';
import { launchOf, withSearches } from '../../../record/outside.ts';
import { jsonAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { planByCanonical } from './find.ts';
import { givenIn, resourceIn, the } from './input.ts';

const NAME = 'questionnaire-response';

/** Nothing is stored: who asks keeps the answers, and stores them when the last question is answered. */
export async function nextQuestion(call: Call): Promise<FhirResponse> {
  const given = givenIn(call.request, [NAME], NAME);
  const response = resourceIn(the(given, NAME), 'QuestionnaireResponse', NAME) as unknown as QuestionnaireResponse; // of that type; its parts are looked at where they are used
  if (response.status !== 'in-progress')
    throw new FhirError('invalid', `The response is ${response.status}; a next question is asked of one that is in-progress.`, {
      expression: 'QuestionnaireResponse.status',
    });
  return jsonAnswer(200, printJson(await following(response, call)));
}

/** For who has no request at hand: a page. Throws FhirError `invalid` where the questionnaire is not adaptive, or an answer is missing. */
export async function following(response: QuestionnaireResponse, { services, reader }: Pick<Call, 'services' | 'reader'>): Promise<QuestionnaireResponse> {
  const { forms, clock } = services;
  const origins = originsOf(containedQuestionnaire(response));
  const urls = origins.map((canonical) => canonical.split('|')[0]);
  const bank = forms.banks.find(({ questionnaire }) => urls.includes(questionnaire));
  if (bank !== undefined) return authored(nextFromBank(bank, response), clock());
  const [origin] = origins;
  if (origin === undefined) {
    throw new FhirError('invalid', 'The contained Questionnaire does not say which adaptive Questionnaire it is an excerpt of; name that in derivedFrom.', {
      expression: 'QuestionnaireResponse.contained',
    });
  }
  const plan = await planByCanonical({ services, reader }, origin);
  if (!isAdaptive(plan)) throw new FhirError('invalid', `${origin} is not adaptive (questionnaireAdaptive); its questions are all known beforehand.`);
  const outside = { reader, ...forms.around() };
  const next = await withSearches((world) => nextByRules(plan, response, world), await launchOf(plan, response, reader), outside);
  return authored(next, clock());
}

/** When it was answered, once it is. */
const authored = (response: QuestionnaireResponse, now: Date): QuestionnaireResponse =>
  response.status === 'completed' && response.authored === undefined ? { ...response, authored: now.toISOString() } : response;
