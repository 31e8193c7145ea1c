/** Does an update change anything? One that does not makes no new version. */
import { keepNumbers, parseJson, printJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Version } from '../store/store.ts';
import { withStamp } from './stamp.ts';

/** Equal in everything but version and time, whatever the order of keys; 1.50 and 1.5 are not equal. */
export function changesNothing(resource: Resource, before: Version): boolean {
  const { id, text, updated, version } = before;
  const same = withStamp(resource, id, { versionId: String(version), lastUpdated: updated });
  const next = printJson(same);
  if (next === text) return true;
  return next.length === text.length && printJson(inOrder(same)) === printJson(inOrder(parseJson(text)));
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return keepNumbers(value, value.map(inOrder));
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return keepNumbers(value, Object.fromEntries(sorted.map(([key, element]) => [key, inOrder(element)])));
}
