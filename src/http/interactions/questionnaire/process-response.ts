/** https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-process-response.html */
import { FhirError } from '../../../fhir/outcome.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { adviceIssues, outcomeAnswer } from '../../answer.ts';
import type { Call } from '../../call.ts';
import { commitOne } from '../../commit.ts';
import type { FhirResponse } from '../../message.ts';
import { keepingAnswers } from '../../refused.ts';
import { readOne } from './find.ts';
import { givenIn, resourceIn, the } from './input.ts';

/** Takes in a finished answer as a create would: validated, scored, judged and stored. */
export const processResponse = (call: Call): Promise<FhirResponse> => keepingAnswers(call, () => takeIn(call));

async function takeIn(call: Call): Promise<FhirResponse> {
  const resource = resourceIn(the(givenIn(call.request, ['response'], 'response'), 'response'), 'QuestionnaireResponse', 'response');
  requireFinished(resource);
  await requireAnswered(resource, call);
  const done = await commitOne(call, { op: 'create', resource });
  return outcomeAnswer(200, [...done.issues, ...adviceIssues(done)]);
}

/** A draft is kept where it can be found again: by a create. */
function requireFinished({ status }: Resource): void {
  if (status === 'completed' || status === 'amended') return;
  const text = `The response is ${String(status)}; only completed and amended ones are processed. Store a draft by POST to QuestionnaireResponse.`;
  throw new FhirError('invalid', text, { expression: 'QuestionnaireResponse.status' });
}

/** Without a questionnaire nobody knows what was answered; on one of them, it must be that one. */
async function requireAnswered({ questionnaire }: Resource, call: Call): Promise<void> {
  const expression = 'QuestionnaireResponse.questionnaire';
  if (typeof questionnaire !== 'string') throw new FhirError('invalid', 'The response names no Questionnaire; say which one it answers.', { expression });
  const { id } = call.named;
  if (id === undefined) return;
  const { url, version } = await readOne(call, 'Questionnaire', id);
  if (questionnaire !== url && questionnaire !== `${String(url)}|${String(version)}`)
    throw new FhirError('invalid', `The response answers ${questionnaire}, but was sent to Questionnaire/${id}, which is ${String(url)}.`, { expression });
}
