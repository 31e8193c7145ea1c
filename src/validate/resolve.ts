/** Where a reference leads without leaving what is being validated. https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/bundle.html#references */
import { parseReference } from '../fhir/reference.ts';
import { objects, text } from './read.ts';
import { isObject, type JsonObject, type Visit } from './visit.ts';

/** A contained resource, the resource around, or an entry of the same Bundle; undefined for what lies elsewhere. */
export function resolveReference(reference: string, visit: Visit): JsonObject | undefined {
  if (reference === '#') return visit.root;
  if (reference.startsWith('#')) return objects(visit.root, 'contained').find((resource) => text(resource, 'id') === reference.slice(1));
  return visit.bundle === undefined ? undefined : entriesOf(visit.bundle).get(nameInBundle(reference));
}

const indexed = new WeakMap<JsonObject, ReadonlyMap<string, JsonObject>>();

/** By fullUrl as it is, and by `Type/id`. Made once for a Bundle. */
function entriesOf(bundle: JsonObject): ReadonlyMap<string, JsonObject> {
  const known = indexed.get(bundle);
  if (known !== undefined) return known;
  const entries = new Map<string, JsonObject>();
  for (const entry of objects(bundle, 'entry')) {
    const { resource } = entry;
    if (!isObject(resource)) continue;
    const fullUrl = text(entry, 'fullUrl');
    if (fullUrl !== undefined && !entries.has(fullUrl)) entries.set(fullUrl, resource);
    const [type, id] = [text(resource, 'resourceType'), text(resource, 'id')];
    if (type !== undefined && id !== undefined && !entries.has(`${type}/${id}`)) entries.set(`${type}/${id}`, resource);
  }
  indexed.set(bundle, entries);
  return entries;
}

function nameInBundle(reference: string): string {
  const parsed = parseReference(reference);
  return parsed.kind === 'relative' ? `${parsed.type}/${parsed.id}` : reference;
}
