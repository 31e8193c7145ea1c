/**
 * Bundles as text, made from the stored text of their entries without parsing it. Each function yields pieces to be
 * written one after the other. https://hl7.org/fhir/R4/bundle.html
 */

/** A stored version, as far as a Bundle needs it. `text` '' is a deletion. */
export interface EntryVersion {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: string;
  readonly method: 'create' | 'update' | 'delete';
  readonly text: string;
}

export interface BundleLink {
  readonly relation: 'self' | 'next' | 'first' | 'previous' | 'last';
  readonly url: string;
}

export interface SearchsetParts {
  /** The server's own, without a trailing slash. */
  readonly base: string;
  readonly links: readonly BundleLink[];
  readonly total?: number;
  readonly matches: readonly EntryVersion[];
  readonly included: readonly EntryVersion[];
  /** Text of an OperationOutcome for the searcher, where there is something to say. */
  readonly outcome?: string;
}

/** https://hl7.org/fhir/R4/search.html#searchset */
export function* searchset(parts: SearchsetParts): Generator<string> {
  yield opening('searchset', parts.total, parts.links);
  const separate = separator();
  const base = inside(parts.base);
  for (const version of parts.matches) yield `${separate()}${resourceEntry(base, version)},"search":{"mode":"match"}}`;
  for (const version of parts.included) yield `${separate()}${resourceEntry(base, version)},"search":{"mode":"include"}}`;
  if (parts.outcome !== undefined) yield `${separate()}{"resource":${parts.outcome},"search":{"mode":"outcome"}}`;
  yield separate.closing();
}

export interface HistoryParts {
  readonly base: string;
  readonly links: readonly BundleLink[];
  readonly total?: number;
  readonly versions: readonly EntryVersion[];
}

/** https://hl7.org/fhir/R4/http.html#history */
export function* history(parts: HistoryParts): Generator<string> {
  yield opening('history', parts.total, parts.links);
  const separate = separator();
  const base = inside(parts.base);
  for (const version of parts.versions) yield `${separate()}${historyEntry(base, version)}`;
  yield separate.closing();
}

export interface ResponseEntry {
  /** `201 Created` */
  readonly status: string;
  readonly location?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** JSON text of an OperationOutcome about this entry. */
  readonly outcome?: string;
  /** JSON text of the resource. */
  readonly resource?: string;
}

/** https://hl7.org/fhir/R4/http.html#trules */
export function* responseBundle(type: 'transaction-response' | 'batch-response', entries: readonly ResponseEntry[]): Generator<string> {
  yield opening(type, undefined, []);
  const separate = separator();
  for (const { resource, outcome, ...response } of entries) {
    yield `${separate()}{`;
    if (resource !== undefined) yield `"resource":${resource},`;
    const fields = JSON.stringify(response);
    yield `"response":${outcome === undefined ? fields : `${fields.slice(0, -1)},"outcome":${outcome}}`}}`;
  }
  yield separate.closing();
}

function opening(type: string, total: number | undefined, links: readonly BundleLink[]): string {
  const link = links.length === 0 ? '' : `,"link":${JSON.stringify(links)}`;
  return `{"resourceType":"Bundle","type":"${type}"${total === undefined ? '' : `,"total":${total}`}${link}`;
}

/** Writes `,"entry":[` before the first entry and `,` before the others; without entries no empty list is left. */
function separator(): { (): string; closing(): string } {
  let count = 0;
  const separate = (): string => (count++ === 0 ? ',"entry":[' : ',');
  return Object.assign(separate, { closing: () => (count === 0 ? '}' : ']}') });
}

/** A text as it stands inside the quotes of a JSON string. */
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Left open, for what follows. Type and id need no escape: FHIR gives them none of the characters that do. */
const resourceEntry = (base: string, { type, id, text }: EntryVersion): string => `{"fullUrl":"${base}/${type}/${id}","resource":${text}`;

function historyEntry(base: string, version: EntryVersion): string {
  const { type, id, updated } = version;
  const resource = version.text === '' ? '' : `"resource":${version.text},`;
  const response = `{"status":"${statusOf(version)}","etag":"W/\\"${version.version}\\"","lastModified":"${updated}"}`;
  return `{"fullUrl":"${base}/${type}/${id}",${resource}"request":${requestOf(version)},"response":${response}}`;
}

/** A first version was created, by POST or by PUT. */
const statusOf = ({ method, version }: EntryVersion): string => (method === 'delete' ? '204 No Content' : version === 1 ? '201 Created' : '200 OK');

function requestOf({ type, id, method, version }: EntryVersion): string {
  if (method === 'delete') return `{"method":"DELETE","url":"${type}/${id}"}`;
  return method === 'create' && version === 1 ? `{"method":"POST","url":"${type}"}` : `{"method":"PUT","url":"${type}/${id}"}`;
}
