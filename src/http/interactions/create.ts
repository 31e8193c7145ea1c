/** https://hl7.org/fhir/R4/http.html#create, https://hl7.org/fhir/R4/http.html#ccreate */
import { writtenAnswer } from '../answer.ts';
import { resourceOf } from '../body.ts';
import type { Call } from '../call.ts';
import { commitOne } from '../commit.ts';
import { conditionOf } from '../condition.ts';
import type { FhirResponse } from '../message.ts';
import { refuseIfNoneMatch } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';
import { keepingAnswers } from '../refused.ts';

export const create = (call: Call): Promise<FhirResponse> => keepingAnswers(call, () => createOne(call));

async function createOne(call: Call): Promise<FhirResponse> {
  const { request, named, services } = call;
  const { type = '' } = named;
  refuseUnknown(request, []);
  refuseIfNoneMatch(request);
  const resource = resourceOf(request, type);
  const text = request.headers['if-none-exist'];
  const ifNoneExist = text === undefined ? {} : { ifNoneExist: conditionOf(services, type, text, request.base) };
  return writtenAnswer(call, await commitOne(call, { op: 'create', resource, ...ifNoneExist }));
}
