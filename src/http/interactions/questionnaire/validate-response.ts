/** `Questionnaire/$validate-response`, an operation of this project: an answer against a Questionnaire that need not be stored. See docs/sdc-operations.md. */
import type { QuestionnaireResponse } from 'fhir/r4';
import { checkAnswers } from '../../../record/check-answers.ts';
import { outcomeAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { planAsked, planFor } from './find.ts';
import { givenIn, resourceIn, the } from './input.ts';

/** Always 200: the outcome is the answer. */
export async function validateResponse(call: Call): Promise<FhirResponse> {
  const given = givenIn(call.request, ['response', 'questionnaire'], 'response');
  const response = resourceIn(the(given, 'response'), 'QuestionnaireResponse', 'response') as unknown as QuestionnaireResponse; // of that type; its parts are looked at where they are used
  const isNamed = call.named.id !== undefined || the(given, 'questionnaire') !== undefined;
  const plan = isNamed ? await planAsked(call, given) : await planFor(call, response, undefined);
  const { reader, services } = call;
  return outcomeAnswer(200, await checkAnswers(plan, response, { reader, ...services.forms.around() }));
}
