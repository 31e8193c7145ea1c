/**
 * The content of a Binary as it is, not packed into JSON: sent in its own Content-Type, and given to those who ask for
 * that type. https://hl7.org/fhir/R4/binary.html#rest
 */
import { Buffer } from 'node:buffer';
import { parseResource } from '../fhir/json.ts';
import { printed } from '../fhir/printed.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Version } from '../store/store.ts';
import { versionHeaders } from './answer.ts';
import type { FhirRequest, FhirResponse } from './message.ts';
import { formatOf, isJsonType, isXmlType, mediaTypeOf, prefersContent } from './negotiate.ts';

/** What a form or a request without a type holds is no content: browsers send those from other sites without asking. */
const NO_CONTENT: ReadonlySet<string> = new Set(['', 'application/x-www-form-urlencoded', 'multipart/form-data']);

/** Whether the body is the content itself. */
export function isContent(path: readonly string[], contentType: string | undefined): boolean {
  const type = mediaTypeOf(contentType);
  return (
    path[0] === 'Binary' && path.length <= 2 && !path[1]?.startsWith('_') && !NO_CONTENT.has(type) && !isJsonType(type) && !isXmlType(type) && !isPatch(type)
  );
}

const isPatch = (type: string): boolean => /^application\/[a-z]+-patch\+/.test(type);

/** The Binary whose content was sent; undefined where a resource was. `X-Security-Context` says whose access rules hold. */
export function binaryIn({ path, headers, bytes }: FhirRequest): Resource | undefined {
  if (bytes === undefined || bytes.length === 0 || !isContent(path, headers['content-type'])) return undefined;
  const context = headers['x-security-context'];
  return {
    resourceType: 'Binary',
    ...(path[1] === undefined ? {} : { id: path[1] }),
    contentType: headers['content-type'] ?? '',
    ...(context === undefined ? {} : { securityContext: { reference: context } }),
    data: Buffer.from(bytes).toString('base64'),
  };
}

/** Asked whether its content is wanted only once it is read. */
export const mayBeContent = ({ method, path }: FhirRequest): boolean => (method === 'GET' || method === 'HEAD') && path[0] === 'Binary';

/** The content of a Binary, where it is more welcome than FHIR. Throws `not-acceptable` where neither is. */
export function contentAnswer(request: FhirRequest, version: Version): FhirResponse | undefined {
  if (version.type !== 'Binary') return undefined;
  const { contentType, data } = parseResource(version.text);
  const type = printed(contentType ?? '');
  if (!/^[\x20-\x7e]+$/.test(type) || !prefersContent(request, mediaTypeOf(type))) {
    formatOf(request);
    return undefined;
  }
  // Opened nowhere as a page of this server.
  const headers = { ...versionHeaders(version), 'Content-Type': type, 'Content-Disposition': 'attachment' };
  return { status: 200, headers, body: new Uint8Array(Buffer.from(printed(data ?? ''), 'base64')) };
}
