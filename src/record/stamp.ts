/** The server's own part of a resource: its id, its version and when that was written. */
import { keepNumbers } from '../fhir/json.ts';
import type { Meta, Resource } from '../fhir/resource.ts';

/** The resource under an id and with the server's part of its meta. */
export function withStamp(resource: Resource, id: string, own: Pick<Meta, 'versionId' | 'lastUpdated'>): Resource {
  const { resourceType, id: _, meta, ...rest } = resource;
  return keepNumbers(resource, { resourceType, id, meta: { ...own, ...withoutStamp(meta) }, ...rest });
}

function withoutStamp(meta: Meta | undefined): Meta {
  const { versionId: _, lastUpdated: __, ...rest } = meta ?? {};
  return rest;
}
