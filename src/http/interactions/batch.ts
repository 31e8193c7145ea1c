/** https://hl7.org/fhir/R4/http.html#transaction: batch and transaction come in by the same door. */
import { type ResponseEntry, responseBundle } from '../../fhir/bundle.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { jsonAnswer } from '../answer.ts';
import { resourceOf } from '../body.ts';
import { type BundleEntry, entriesOf } from '../bundle-entry.ts';
import type { Call } from '../call.ts';
import { createEntryAnswers } from '../entry-answers.ts';
import type { FhirResponse } from '../message.ts';
import { refuseUnknown } from '../query.ts';
import { keepingAnswers } from '../refused.ts';
import { transaction } from './transaction.ts';

export const batchOrTransaction = (call: Call): Promise<FhirResponse> => keepingAnswers(call, () => carryOut(call));

async function carryOut(call: Call): Promise<FhirResponse> {
  const { request } = call;
  refuseUnknown(request, []);
  if (request.resource !== undefined) throw new FhirError('bad-request', 'A Bundle within a Bundle is not carried out; put its entries beside the others.');
  const bundle = resourceOf(request, 'Bundle');
  const type = typeOf(bundle);
  const entries = entriesOf(bundle, request);
  const answers = type === 'batch' ? await batch(call, entries) : await transaction(call, entries);
  return jsonAnswer(200, responseBundle(`${type}-response`, answers));
}

function typeOf({ type }: Resource): 'batch' | 'transaction' {
  if (type === 'batch' || type === 'transaction') return type;
  throw new FhirError(
    'bad-request',
    `Bundle.type is ${JSON.stringify(type)?.slice(0, 100) ?? 'missing'}; what is posted to the base is a batch or a transaction.`,
    { expression: 'Bundle.type' },
  );
}

/** Entries under way at the same time: enough to share a sync of the store, few enough to leave room for others. */
const LANES = 16;

/** Each entry succeeds or fails by itself. */
async function batch({ dispatch }: Call, entries: readonly BundleEntry[]): Promise<readonly ResponseEntry[]> {
  const answers: ResponseEntry[] = [];
  const answerTo = createEntryAnswers(dispatch);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) answers[entry.index] = await answerTo(entry);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return answers;
}
