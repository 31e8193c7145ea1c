/** Requests and answers as handlers see them: no framework in sight, so that a batch entry can re-enter the dispatcher. */
import type { Permit } from '../access/permit.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Reader } from '../store/store.ts';

export interface FhirRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the FHIR base, decoded segments: ['Patient', '7', '$everything']. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as text, '' where there is none. */
  readonly body: string;
  /** The body where its Content-Type says that it is no text: an archive. Where it is set, `body` is ''. */
  readonly bytes?: Uint8Array;
  /** The body came in another format, and its lines are not the client's. */
  readonly converted?: true;
  /** The body already read: an entry of a Bundle. Where it is set, `body` is ''. */
  readonly resource?: Resource;
  /** The base as this client sees it, without a trailing slash. */
  readonly base: string;
}

export interface FhirResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, in one piece or in pieces to be written one after the other; '' for none. Bytes: the content of a Binary. */
  readonly body: string | Iterable<string> | Uint8Array;
  /** An OperationOutcome as JSON text, which an entry of a Bundle carries beside the body; alone, headers say the same. */
  readonly outcome?: string;
  /** Where the same is asked for again and again: this answer in the forms in which it was sent before. */
  readonly forms?: Map<string, FhirResponse>;
}

/** What a handler holds besides the request: a store narrowed to the caller's permit, and nothing wider. */
export interface Context {
  readonly permit: Permit;
  readonly reader: Reader;
}

/** A request for a page of the web room: everything outside /fhir and /health. */
export interface PageRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Decoded, as in `/patient/7`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The fields of a submitted form; empty where there is none. */
  readonly form: URLSearchParams;
  /** The files sent with it, by their field. */
  readonly files: ReadonlyMap<string, UploadedFile>;
}

export interface UploadedFile {
  /** As the sender calls it. */
  readonly name: string;
  /** Media type, as the sender says. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface PageResponse {
  readonly status: number;
  /** Content-Type, Location, Set-Cookie, Cache-Control…; security headers are added where the page sets none of its own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What `createPages` of the web room gives to the server: one function for all pages, a refusal being a thrown FhirError. */
export type Pages = (request: PageRequest, context: Context) => Promise<PageResponse>;
