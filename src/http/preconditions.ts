/** ETags and conditional headers. https://hl7.org/fhir/R4/http.html#concurrency, https://hl7.org/fhir/R4/http.html#cread */
import { FhirError } from '../fhir/outcome.ts';
import type { Versions } from '../record/record.ts';
import type { Version } from '../store/store.ts';
import type { FhirRequest } from './message.ts';

export const etag = (version: number): string => `W/"${version}"`;

/** The versions that `If-Match` names: a write must meet one of them. */
export function ifMatch(request: FhirRequest): Versions | undefined {
  return versionsIn(request, 'if-match', 'If-Match');
}

function versionsIn({ headers }: FhirRequest, header: string, name: string): Versions | undefined {
  const text = headers[header];
  if (text === undefined) return undefined;
  if (text.trim() === '*') return 'any';
  const versions = text.split(',').map(versionOf);
  if (!versions.every((version) => version !== undefined))
    throw new FhirError('bad-request', `${name} is ${JSON.stringify(text.slice(0, 100))}; it must be *, or ETags as this server gives them, such as W/"3".`);
  return versions;
}

/** The same as an operation of `record` takes it. */
export function expectedVersions(request: FhirRequest): { ifMatch?: Versions } {
  const versions = ifMatch(request);
  return versions === undefined ? {} : { ifMatch: versions };
}

/** An update may also be meant for where there is nothing yet: `If-None-Match: *`. */
export function updateConditions(request: FhirRequest): { ifMatch?: Versions; ifNoneMatch?: Versions } {
  refuseIfNoneExist(request);
  const ifNoneMatch = versionsIn(request, 'if-none-match', 'If-None-Match');
  return { ...expectedVersions(request), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) };
}

/** Tags that are not ours name no version of ours: 0. */
const versionOf = (tag: string): number | undefined => {
  const match = /^(?:W\/)?"([^"]{1,64})"$/.exec(tag.trim());
  if (match === null) return undefined;
  return /^[1-9]\d{0,14}$/.test(match[1] ?? '') ? Number(match[1]) : 0;
};

/** Whether the client already has this version: then 304. If-None-Match, where given, decides alone (RFC 9110). */
export function alreadyHas(request: FhirRequest, version: Version): boolean {
  const tags = request.headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || tags.split(',').some((tag) => versionOf(tag) === version.version);
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && toSecond(Date.parse(version.updated)) <= since;
}

/** HTTP dates have whole seconds. */
const toSecond = (ms: number): number => ms - (ms % 1000);

/** What a patch or a deletion does not read, and would be carried out in spite of. */
export function refuseForeignConditions(request: FhirRequest): void {
  refuseIfNoneMatch(request);
  refuseIfNoneExist(request);
}

function refuseIfNoneExist(request: FhirRequest): void {
  if (request.headers['if-none-exist'] !== undefined) {
    throw new FhirError('bad-request', 'If-None-Exist is read on a creation (POST Type) only. To update what criteria find, PUT Type?criteria.');
  }
}

/** A write under If-None-Match would be carried out in spite of it: refused rather than passed over. */
export function refuseIfNoneMatch(request: FhirRequest): void {
  if (request.headers['if-none-match'] !== undefined) {
    throw new FhirError(
      'bad-request',
      'If-None-Match is read on GET and on PUT. To create only where nothing matches, POST with If-None-Exist; to write over one version only, use If-Match.',
    );
  }
}
