/** https://hl7.org/fhir/uv/sdc/OperationDefinition-QuestionnaireResponse-extract.html */
import type { QuestionnaireResponse } from 'fhir/r4';
import { extract, transactionOf } from '../../../questionnaire/extract/extract.ts';
import { outcomeAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import type { FhirResponse } from '../../message.ts';
import { returned } from './answers.ts';
import { planFor, readOne } from './find.ts';
import { givenIn, resourceIn, the } from './input.ts';

/** Nothing is written. Where there is nothing to extract the answer is an OperationOutcome that says why. */
export async function extractFrom(call: Call): Promise<FhirResponse> {
  const { id } = call.named;
  const given = givenIn(call.request, ['questionnaire-response', 'questionnaire'], 'questionnaire-response');
  const resource =
    id === undefined
      ? resourceIn(the(given, 'questionnaire-response'), 'QuestionnaireResponse', 'questionnaire-response')
      : await readOne(call, 'QuestionnaireResponse', id);
  const response = resource as unknown as QuestionnaireResponse; // of that type; its parts are looked at where they are used
  const plan = await planFor(call, response, the(given, 'questionnaire'));
  const extraction = extract(plan, response, { definitions: call.services.registry, ids: call.services.forms.ids });
  if (extraction.extracted.length === 0) return outcomeAnswer(200, extraction.issues);
  return returned(transactionOf(extraction), 'issues', extraction.issues);
}
