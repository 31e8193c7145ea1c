/** The OpenAPI document; `_type` asks for that of some types only. https://spec.openapis.org/oas/v3.1.0 */
import { FhirError } from '../../fhir/outcome.ts';
import type { Call } from '../call.ts';
import { documentAnswer } from '../kept-document.ts';
import type { FhirResponse } from '../message.ts';
import { one, refuseUnknown } from '../query.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
/** Types that can be named; beyond that, the whole document is there. */
const MAX_TYPES = 20;

export function openApi({ request, services }: Call): FhirResponse {
  refuseUnknown(request, ['_type']);
  const { registry, description } = services;
  const named = one(request.query, '_type');
  if (named === undefined) return documentAnswer(request, description.openApi(request.base), JSON_TYPE);
  const types = named.split(',', MAX_TYPES + 1);
  if (types.length > MAX_TYPES) throw new FhirError('bad-parameter', `_type names more than ${MAX_TYPES} types; without it the document is of all.`);
  const unknown = types.find((type) => !registry.isResourceType(type));
  if (unknown !== undefined)
    throw new FhirError('bad-parameter', `_type names ${JSON.stringify(unknown.slice(0, 100))}, which is no resource type of FHIR R4.`);
  return { status: 200, headers: { 'Content-Type': JSON_TYPE }, body: description.openApiOf(request.base, types) };
}
