/** Entries of a batch or transaction as requests, and answers as entries. https://hl7.org/fhir/R4/http.html#transaction */
import { STATUS_CODES } from 'node:http';
import type { ResponseEntry } from '../fhir/bundle.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { FhirRequest, FhirResponse } from './message.ts';
import { parseTarget, type Target } from './target.ts';

/** More in one Bundle would hold up everyone else for too long. */
const MAX_ENTRIES = 5000;

export interface BundleEntry {
  readonly index: number;
  readonly fullUrl: string | undefined;
  readonly request: FhirRequest;
}

/** Every entry as a request of its own. Throws where one is not a request at all. */
export function entriesOf(bundle: Resource, outer: FhirRequest): readonly BundleEntry[] {
  const entries = bundle.entry ?? [];
  if (!Array.isArray(entries)) throw new FhirError('bad-request', 'Bundle.entry is not a list.', { expression: 'Bundle.entry' });
  if (entries.length > MAX_ENTRIES)
    throw new FhirError('too-costly', `The Bundle has ${entries.length} entries; at most ${MAX_ENTRIES} are taken at once. Send it in parts.`, {
      expression: 'Bundle.entry',
    });
  return entries.map((entry: unknown, index) => entryOf(entry, index, outer));
}

function entryOf(entry: unknown, index: number, outer: FhirRequest): BundleEntry {
  const { fullUrl, resource, request } = fieldsOf(entry, index);
  const { method, url } = fieldsOf(request, index, '.request');
  const expression = `Bundle.entry[${index}].request`;
  if (!isMethod(method))
    throw new FhirError('bad-request', `The entry's request.method is ${shown(method)}; allowed: ${METHODS.join(', ')}.`, {
      expression: `${expression}.method`,
    });
  if (typeof url !== 'string')
    throw new FhirError('bad-request', 'The entry has no request.url, such as "Patient" or "Patient/7".', { expression: `${expression}.url` });
  const target = targetOf(url.startsWith(`${outer.base}/`) ? url.slice(outer.base.length) : url, `${expression}.url`);
  const body = isResource(resource) ? { resource } : {};
  const inner: FhirRequest = {
    method,
    ...target,
    headers: headersOf({ request: fieldsOf(request, index, '.request'), index }, outer),
    body: '',
    ...body,
    base: outer.base,
  };
  return { index, fullUrl: fullUrl === undefined ? undefined : textIn(fullUrl, `Bundle.entry[${index}].fullUrl`), request: inner };
}

function targetOf(url: string, expression: string): Target {
  try {
    return parseTarget(url);
  } catch (error) {
    throw error instanceof FhirError ? new FhirError(error.fault, error.message, { expression }) : error;
  }
}

function textIn(value: unknown, expression: string): string {
  if (typeof value === 'string') return value;
  throw new FhirError('bad-request', `${expression} is ${shown(value)}; it must be a text.`, { expression });
}

function fieldsOf(value: unknown, index: number, part = ''): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>; // a JSON object
  throw new FhirError(
    'bad-request',
    `Bundle.entry[${index}]${part} is ${value === undefined ? 'missing' : 'no object'}; each entry needs a request with method and url.`,
    {
      expression: `Bundle.entry[${index}]${part}`,
    },
  );
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const isMethod = (value: unknown): value is (typeof METHODS)[number] => METHODS.some((method) => method === value);
const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string';
const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 100) ?? 'missing';

const HEADERS = { ifMatch: 'if-match', ifNoneExist: 'if-none-exist', ifNoneMatch: 'if-none-match', ifModifiedSince: 'if-modified-since' };

/** The entry's own conditions, and what the client prefers for the whole. Without a wish, no resource is sent back. */
function headersOf({ request, index }: { request: Readonly<Record<string, unknown>>; index: number }, outer: FhirRequest): Record<string, string> {
  const prefer = outer.headers.prefer ?? '';
  const headers: Record<string, string> = { prefer: prefer.includes('return=') ? prefer : `${prefer},return=minimal` };
  for (const [field, header] of Object.entries(HEADERS)) {
    const value = request[field];
    if (value !== undefined) headers[header] = textIn(value, `Bundle.entry[${index}].request.${field}`);
  }
  return headers;
}

export const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`;

const OUTCOME_START = '{"resourceType":"OperationOutcome"';

/** The answer to one entry, as an entry. */
export function responseEntry({ status, headers, body, outcome }: FhirResponse): ResponseEntry {
  const text = typeof body === 'string' ? body : [...body].join('');
  const modified = headers['Last-Modified'];
  return {
    status: statusText(status),
    ...(headers.Location === undefined ? {} : { location: headers.Location }),
    ...(headers.ETag === undefined ? {} : { etag: headers.ETag }),
    ...(modified === undefined ? {} : { lastModified: new Date(modified).toISOString() }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(text === '' ? {} : text.startsWith(OUTCOME_START) ? { outcome: text } : { resource: text }),
  };
}
