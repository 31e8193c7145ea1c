/** https://hl7.org/fhir/R4/http.html#delete, https://hl7.org/fhir/R4/http.html#3.1.0.7.1 (conditional: one match at most) */
import { deletedAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { commitOne } from '../commit.ts';
import { conditionFrom } from '../condition.ts';
import type { FhirResponse } from '../message.ts';
import { expectedVersions, refuseForeignConditions } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';

export async function deleteOne(call: Call): Promise<FhirResponse> {
  const { type = '', id = '' } = call.named;
  refuseUnknown(call.request, []);
  refuseForeignConditions(call.request);
  return deletedAnswer(call, await commitOne(call, { op: 'delete', type, id, ...expectedVersions(call.request) }));
}

export async function deleteWhere(call: Call): Promise<FhirResponse> {
  const { type = '' } = call.named;
  refuseForeignConditions(call.request);
  const condition = conditionFrom(call, type);
  return deletedAnswer(call, await commitOne(call, { op: 'delete-where', condition, ...severalAllowed(call), ...expectedVersions(call.request) }));
}

/** Resources that one conditional deletion deletes at most, where it may delete several. */
const MAX_DELETED = 1000;

/** https://hl7.org/fhir/R4/http.html#3.1.0.7.1: single or multiple, as the server is set. */
export const severalAllowed = ({ services }: Call): { atMost?: number } => (services.settings.conditionalDelete === 'multiple' ? { atMost: MAX_DELETED } : {});
