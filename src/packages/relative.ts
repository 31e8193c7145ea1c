/** References inside a package: relative to the package, not to the server that takes it in. */
import { keepNumbers } from '../fhir/json.ts';
import { parseReference } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';

export interface Places {
  /** Where a resource of the package is stored here, by the `Type/id` that it has in the package. */
  readonly refs: ReadonlyMap<Ref, Ref>;
  /** What the URLs of the package begin with; '' where it does not say. */
  readonly canonical: string;
}

/** The resource with each relative reference leading to where its target is stored or, for one that is not installed (an example), to where the package is published. */
export const relocated = (resource: Resource, places: Places): Resource => moveIn(resource, places) as Resource; // every member stays, resourceType among them

function moveIn(value: object, places: Places): object {
  const changed: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const next = moveMember(key, member, places);
    if (next !== member) changed.push([key, next]);
  }
  if (changed.length === 0) return value;
  return keepNumbers(
    value,
    Array.isArray(value)
      ? value.map((element, at) => changed.find(([key]) => key === String(at))?.[1] ?? element)
      : { ...value, ...Object.fromEntries(changed) },
  );
}

function moveMember(key: string, member: unknown, places: Places): unknown {
  if (key === 'reference' && typeof member === 'string') return moved(member, places);
  return typeof member === 'object' && member !== null ? moveIn(member, places) : member;
}

function moved(text: string, { refs, canonical }: Places): string {
  const reference = parseReference(text);
  if (reference.kind !== 'relative') return text;
  return refs.get(`${reference.type}/${reference.id}`) ?? (canonical === '' ? text : `${canonical}/${text}`);
}
