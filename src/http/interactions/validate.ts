/** https://hl7.org/fhir/R4/resource-operation-validate.html */
import { parseResource } from '../../fhir/json.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { printed } from '../../fhir/printed.ts';
import type { Resource } from '../../fhir/resource.ts';
import { outcomeAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { requireJsonBody } from '../negotiate.ts';
import { parametersOf } from '../parameters.ts';
import { refuseUnknown } from '../query.ts';

/**
 * A resource in the body, alone or in Parameters, or the stored one where the path names it. Always 200: the outcome is
 * the answer. What would not be checked is refused, so that nobody takes "all went well" for more than it is.
 */
export async function validate(call: Call): Promise<FhirResponse> {
  const { type = '' } = call.named;
  refuseUnknown(call.request, ['mode', 'profile']);
  const { resource, asked } = await subjectOf(call);
  for (const [name, value] of [...call.request.query, ...asked]) requireOffered(name, value, type);
  if (resource.resourceType !== type) throw new FhirError('bad-request', `The resource is a ${resource.resourceType}, but the URL says ${type}.`);
  const issues = await call.services.validate(resource, call.reader);
  return outcomeAnswer(200, issues);
}

const MODES: readonly string[] = ['create', 'update'];

function requireOffered(name: string, value: string, type: string): void {
  const shown = JSON.stringify(value.slice(0, 200));
  if (name === 'mode' && !MODES.includes(value)) throw new FhirError('unknown-parameter', `mode=${shown} is not offered; allowed: ${MODES.join(', ')}.`);
  const base = `http://hl7.org/fhir/StructureDefinition/${type}`;
  if (name === 'profile' && value !== base)
    throw new FhirError('unknown-parameter', `The profile ${shown} is not known here; a resource is checked against its base definition, ${base}.`);
}

interface Subject {
  readonly resource: Resource;
  /** Name and value of the parameters beside it. */
  readonly asked: readonly (readonly [string, string])[];
}

async function subjectOf({ request, named, reader }: Call): Promise<Subject> {
  const { type = '', id } = named;
  if (request.body !== '' || request.resource !== undefined) {
    requireJsonBody(request);
    return unwrapped(request.resource ?? parseResource(request.body), type);
  }
  if (id === undefined)
    throw new FhirError('bad-request', 'The body is empty; send the resource to validate, alone or as the parameter "resource" of Parameters.');
  const version = await reader.read(type, id);
  if (version === undefined || version.method === 'delete') throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  return { resource: parseResource(version.text), asked: [] };
}

function unwrapped(body: Resource, type: string): Subject {
  if (body.resourceType !== 'Parameters' || type === 'Parameters') return { resource: body, asked: [] };
  const parameters = parametersOf(body);
  const resource = parameters.find(({ name }) => name === 'resource')?.resource;
  if (resource === undefined) throw new FhirError('bad-request', 'Parameters without a parameter "resource": put the resource to validate there.');
  return { resource, asked: parameters.map(({ name, value }) => [name, printed(value)] as const) };
}
