/** What an operation is given: in the query, or by POST as Parameters. https://hl7.org/fhir/R4/operations.html#executing */

import { parseResource } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import { printed } from '../fhir/printed.ts';
import type { Resource } from '../fhir/resource.ts';
import type { FhirRequest } from './message.ts';
import { requireJsonBody } from './negotiate.ts';

/** The request with simple parameters of its body moved into the query, so that both ways are read alike. */
export function withParameters(request: FhirRequest): FhirRequest {
  const body = parametersBody(request);
  const pairs = (body === undefined ? [] : parametersOf(body)).map(({ name, value }): [string, string] => [name, printed(value)]);
  return pairs.length === 0 ? request : { ...request, query: new URLSearchParams([...request.query, ...pairs]) };
}

/** The Parameters that were posted; undefined where nothing was. */
export function parametersBody(request: FhirRequest): Resource | undefined {
  if (request.method !== 'POST' || (request.body === '' && request.resource === undefined)) return undefined;
  requireJsonBody(request);
  const body = request.resource ?? parseResource(request.body);
  if (body.resourceType !== 'Parameters')
    throw new FhirError('bad-request', `The body is a ${JSON.stringify(body.resourceType.slice(0, 100))}; an operation takes Parameters.`);
  return body;
}

interface Parameter {
  readonly name: string;
  readonly value: unknown;
  readonly resource: Resource | undefined;
}

/** Throws `bad-request` where the body is not shaped like Parameters. */
export function parametersOf(body: Resource): readonly Parameter[] {
  const list: unknown = body.parameter ?? [];
  if (!Array.isArray(list)) throw new FhirError('bad-request', 'Parameters.parameter is not a list.', { expression: 'Parameters.parameter' });
  return list.map(parameterOf);
}

function parameterOf(parameter: unknown, index: number): Parameter {
  if (typeof parameter !== 'object' || parameter === null || !('name' in parameter) || typeof parameter.name !== 'string') {
    throw new FhirError('bad-request', 'Each parameter needs a name.', { expression: `Parameters.parameter[${index}].name` });
  }
  const value = Object.entries(parameter).find(([key]) => key.startsWith('value'))?.[1];
  return { name: parameter.name, value, resource: resourceIn(parameter) };
}

const resourceIn = (parameter: object): Resource | undefined => {
  const resource: unknown = 'resource' in parameter ? parameter.resource : undefined;
  const isResource = typeof resource === 'object' && resource !== null && 'resourceType' in resource && typeof resource.resourceType === 'string';
  return isResource ? (resource as Resource) : undefined; // an object with a resourceType: all that Resource promises
};
