/** The part of a URL below the base, as text in a request line or in a Bundle's entry. */
import { FhirError } from '../fhir/outcome.ts';

export interface Target {
  /** Decoded segments. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** `Patient/7?_summary=true`, with or without a slash in front and behind. Throws `bad-request` for a broken escape. */
export function parseTarget(text: string): Target {
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  return { path: segmentsOf(path), query: parseQuery(mark < 0 ? '' : text.slice(mark + 1)) };
}

/** Throws `bad-request` for a broken escape, which would be read as some other character. */
export function parseQuery(text: string): URLSearchParams {
  if (text.includes('%') && !isDecodable(text))
    throw new FhirError('bad-request', 'The query holds a broken escape; a percent sign is written %25, other characters as their UTF-8 bytes: %C3%A5 for å.');
  return new URLSearchParams(text);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/');
  if (segments[0] === '') segments.shift();
  if (segments.at(-1) === '') segments.pop();
  return path.includes('%') ? segments.map(decoded) : segments;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new FhirError(
      'bad-request',
      `The path segment ${JSON.stringify(segment.slice(0, 100))} holds a broken escape; a percent sign is written %25, other characters as their UTF-8 bytes.`,
    );
  }
}
