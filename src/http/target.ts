/** The part of a URL below the base, as text in a request line or in a Bundle's entry. */
import { FhirError } from '../fhir/outcome.ts';

export interface Target {
  /** Decoded segments. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

const NO_QUERY = '';

/** `Patient/7?_summary=true`, with or without a slash in front and behind. Throws `bad-request` for a broken escape. */
export function parseTarget(text: string): Target {
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  return { path: segmentsOf(path), query: new URLSearchParams(mark < 0 ? NO_QUERY : text.slice(mark + 1)) };
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
