/** https://hl7.org/fhir/R4/http.html#patch: by id, or what criteria find. The result is checked and stored like any update. */
import { writtenAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { commitOne } from '../commit.ts';
import { conditionFrom } from '../condition.ts';
import type { FhirResponse } from '../message.ts';
import { changeOf } from '../patch-body.ts';
import { expectedVersions, refuseForeignConditions } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';

export async function patchOne(call: Call): Promise<FhirResponse> {
  const { request, named, services } = call;
  const { type = '', id = '' } = named;
  refuseUnknown(request, []);
  refuseForeignConditions(request);
  const change = changeOf(request, services.registry);
  return writtenAnswer(call, await commitOne(call, { op: 'patch', type, id, change, ...expectedVersions(request) }));
}

export async function patchWhere(call: Call): Promise<FhirResponse> {
  const { request, named, services } = call;
  refuseForeignConditions(request);
  const change = changeOf(request, services.registry);
  const condition = conditionFrom(call, named.type ?? '');
  return writtenAnswer(call, await commitOne(call, { op: 'patch-where', condition, change, ...expectedVersions(request) }));
}
