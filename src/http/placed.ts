/** Issues with line and column in the body that the client sent. */
import { withPlaces } from '../fhir/json-place.ts';
import type { Issue } from '../fhir/outcome.ts';
import type { FhirRequest } from './message.ts';

/** `under`: FHIRPath of the resource that the issues are about, where it is not the whole body. A body that was not sent as JSON has no such places. */
export function placed(issues: readonly Issue[], request: FhirRequest | undefined, under?: string): readonly Issue[] {
  const text = request?.converted === true ? '' : (request?.body ?? '');
  if (!/^\s*\{/.test(text) || !issues.some(({ expression }) => expression !== undefined)) return issues;
  return withPlaces(issues, text, under);
}
