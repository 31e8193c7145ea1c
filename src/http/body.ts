/** The resource that a request carries. */
import { parseResource } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { binaryIn } from './binary.ts';
import type { FhirRequest } from './message.ts';
import { requireJsonBody } from './negotiate.ts';

/** Throws where the body is none, is not JSON, or holds a resource of another type than the URL names. */
export function resourceOf(request: FhirRequest, type: string): Resource {
  const content = type === 'Binary' ? binaryIn(request) : undefined;
  if (content !== undefined) return content;
  if (request.resource === undefined && request.body === '' && request.bytes === undefined)
    throw new FhirError('bad-request', `The body is empty (in a Bundle: the entry has no resource); a ${type} as JSON is expected.`, { expression: type });
  requireJsonBody(request);
  const resource = request.resource ?? parseResource(request.body);
  if (resource.resourceType !== type) {
    throw new FhirError(
      'bad-request',
      `The body is a ${JSON.stringify(resource.resourceType.slice(0, 100))}, but the URL says ${type}; both must be the same.`,
      { expression: 'resourceType' },
    );
  }
  return resource;
}
