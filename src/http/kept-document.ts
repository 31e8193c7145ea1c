/**
 * A text that the server keeps, and that clients may keep too, asking each time whether it still holds.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
import { createHash } from 'node:crypto';
import type { FhirRequest, FhirResponse } from './message.ts';

export interface KeptDocument {
  readonly text: string;
  /** Weak: the same for every format and packing. */
  readonly etag: string;
  /** What it was sent as before. */
  readonly forms: NonNullable<FhirResponse['forms']>;
}

const ETAG_LENGTH = 22;

export function keptDocument(text: string): KeptDocument {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, ETAG_LENGTH);
  return { text, etag: `W/"${hash}"`, forms: new Map() };
}

/** 304 where the client has it already. */
export function documentAnswer({ headers }: FhirRequest, { text, etag, forms }: KeptDocument, type: string): FhirResponse {
  const kept = { ETag: etag, 'Cache-Control': 'no-cache' };
  if (names(headers['if-none-match'], etag)) return { status: 304, headers: kept, body: '' };
  return { status: 200, headers: { 'Content-Type': type, ...kept }, body: text, forms };
}

const names = (tags: string | undefined, etag: string): boolean =>
  tags !== undefined && (tags.trim() === '*' || tags.split(',').some((tag) => opaque(tag) === opaque(etag)));

const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
