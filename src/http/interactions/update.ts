/** https://hl7.org/fhir/R4/http.html#update, https://hl7.org/fhir/R4/http.html#cond-update */
import { FhirError } from '../../fhir/outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { writtenAnswer } from '../answer.ts';
import { resourceOf } from '../body.ts';
import type { Call } from '../call.ts';
import { commitOne } from '../commit.ts';
import { conditionFrom } from '../condition.ts';
import type { FhirResponse } from '../message.ts';
import { updateConditions } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';
import { keepingAnswers } from '../refused.ts';

export const update = (call: Call): Promise<FhirResponse> => keepingAnswers(call, () => updateOne(call));
export const updateWhere = (call: Call): Promise<FhirResponse> => keepingAnswers(call, () => updateFound(call));

async function updateOne(call: Call): Promise<FhirResponse> {
  const { request, named } = call;
  const { type = '', id = '' } = named;
  refuseUnknown(request, []);
  const conditions = updateConditions(request);
  const resource = withIdOf(resourceOf(request, type), id);
  return writtenAnswer(call, await commitOne(call, { op: 'update', id, resource, ...conditions, ...existingOnly(call) }));
}

async function updateFound(call: Call): Promise<FhirResponse> {
  const { request, named } = call;
  const { type = '' } = named;
  const conditions = updateConditions(request);
  const resource = resourceOf(request, type);
  const condition = conditionFrom(call, type);
  return writtenAnswer(call, await commitOne(call, { op: 'update-where', condition, resource, ...conditions, ...existingOnly(call) }));
}

/** Where the server alone gives ids, an update needs something to update. https://hl7.org/fhir/R4/http.html#upsert */
export const existingOnly = ({ services }: Call): { existing?: true } => (services.settings.updateCreate === 'off' ? { existing: true } : {});

/** "The resource SHALL contain an id element that has an identical value to the [id] in the URL." */
function withIdOf(resource: Resource, id: string): Resource {
  if (resource.id === id) return resource;
  const text = resource.id === undefined ? 'The resource has no id' : `The resource's id is ${JSON.stringify(resource.id)}`;
  throw new FhirError('bad-request', `${text}, but the URL says ${JSON.stringify(id)}; both must be the same.`, { expression: `${resource.resourceType}.id` });
}
