/** The patch that a request carries, in any of the formats that are read. https://hl7.org/fhir/R4/http.html#patch */
import { Buffer } from 'node:buffer';
import { parseFhirPathPatch } from '../fhir/fhirpath-patch.ts';
import { parseResource } from '../fhir/json.ts';
import { parseJsonPatch, parseMergePatch } from '../fhir/json-patch.ts';
import type { Definitions } from '../fhir/members.ts';
import { FhirError } from '../fhir/outcome.ts';
import { printed } from '../fhir/printed.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Change } from '../record/record.ts';
import type { FhirRequest } from './message.ts';
import { isJsonType, mediaTypeOf, requireJsonBody } from './negotiate.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
/** What a patch may be sent as. */
export const PATCH_TYPES: readonly string[] = [JSON_PATCH, MERGE_PATCH, 'application/fhir+json', 'application/fhir+xml'];
/** For the header Accept-Patch. https://www.rfc-editor.org/rfc/rfc5789#section-3.1 */
const ACCEPTED = PATCH_TYPES.join(', ');

/** In a Bundle, JSON Patch and merge patch come inside of a Binary, FHIRPath Patch as Parameters. */
export function changeOf(request: FhirRequest, definitions: Definitions): Change {
  if (request.resource !== undefined) return inEntry(request.resource, definitions);
  if (request.body === '') throw new FhirError('bad-request', `The body is empty (in a Bundle: the entry has no resource); a patch is expected: ${ACCEPTED}.`);
  const type = mediaTypeOf(request.headers['content-type']);
  if (type === JSON_PATCH) return parseJsonPatch(request.body);
  if (type === MERGE_PATCH) return parseMergePatch(request.body);
  if (!isJsonType(type)) throw unread(type);
  requireJsonBody(request);
  return inParameters(parseResource(request.body), definitions);
}

function inEntry(resource: Resource, definitions: Definitions): Change {
  if (resource.resourceType !== 'Binary') return inParameters(resource, definitions);
  const type = mediaTypeOf(printed(resource.contentType ?? ''));
  const text = Buffer.from(printed(resource.data ?? ''), 'base64').toString('utf8');
  if (type === JSON_PATCH) return parseJsonPatch(text);
  if (type === MERGE_PATCH) return parseMergePatch(text);
  throw new FhirError(
    'bad-request',
    `The entry's Binary has the contentType ${JSON.stringify(type.slice(0, 100))}; a patch in a Binary is ${JSON_PATCH} or ${MERGE_PATCH}.`,
    {
      expression: 'Binary.contentType',
    },
  );
}

function inParameters(resource: Resource, definitions: Definitions): Change {
  if (resource.resourceType === 'Parameters') return parseFhirPathPatch(resource, definitions);
  throw new FhirError('bad-request', `A ${resource.resourceType.slice(0, 100)} is no patch; in FHIR's own formats a patch is Parameters (FHIRPath Patch).`, {
    expression: 'resourceType',
  });
}

const unread = (type: string): FhirError =>
  new FhirError('unsupported-media-type', `The body's Content-Type is ${JSON.stringify(type.slice(0, 100))}; a patch is read as ${ACCEPTED}.`, {
    headers: { 'Accept-Patch': ACCEPTED },
  });
