/** https://hl7.org/fhir/R4/resource-operation-validate.html */
import { parseResource } from '../../fhir/json.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { outcomeAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { requireJsonBody } from '../negotiate.ts';
import { parametersOf } from '../parameters.ts';

/** A resource in the body, alone or in Parameters, or the stored one where the path names it. Always 200: the outcome is the answer. */
export async function validate(call: Call): Promise<FhirResponse> {
  const { type = '' } = call.named;
  const resource = await subjectOf(call);
  if (resource.resourceType !== type) throw new FhirError('bad-request', `The resource is a ${resource.resourceType}, but the URL says ${type}.`);
  const issues = await call.services.validate(resource, call.reader);
  return outcomeAnswer(200, issues);
}

async function subjectOf({ request, named, reader }: Call): Promise<Resource> {
  const { type = '', id } = named;
  if (request.body !== '' || request.resource !== undefined) {
    requireJsonBody(request);
    return unwrapped(request.resource ?? parseResource(request.body), type);
  }
  if (id === undefined)
    throw new FhirError('bad-request', 'The body is empty; send the resource to validate, alone or as the parameter "resource" of Parameters.');
  const version = await reader.read(type, id);
  if (version === undefined || version.method === 'delete') throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  return parseResource(version.text);
}

function unwrapped(body: Resource, type: string): Resource {
  if (body.resourceType !== 'Parameters' || type === 'Parameters') return body;
  const resource = parametersOf(body).find(({ name }) => name === 'resource')?.resource;
  if (resource === undefined) throw new FhirError('bad-request', 'Parameters without a parameter "resource": put the resource to validate there.');
  return resource;
}
