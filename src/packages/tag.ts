/** How a stored resource says which package it came in: a tag, so that `GET [type]?_tag=…` finds all of one package. */
import { codeSystem } from '../fhir/names.ts';
import type { Resource } from '../fhir/resource.ts';

export const PACKAGE_TAG = codeSystem('package');

/** `hl7.fhir.us.core#6.1.0` */
export type PackageId = `${string}#${string}`;

export function packageOf({ meta }: Resource): PackageId | undefined {
  const tags = Array.isArray(meta?.tag) ? meta.tag : [];
  const code = tags.find(({ system }) => system === PACKAGE_TAG)?.code;
  return code?.includes('#') ? (code as PackageId) : undefined; // it has the mark
}

/** The resource with the tag of its package, and of no other. */
export function withPackage(resource: Resource, id: PackageId): Resource {
  const { meta = {} } = resource;
  const others = (meta.tag ?? []).filter(({ system }) => system !== PACKAGE_TAG);
  return { ...resource, meta: { ...meta, tag: [...others, { system: PACKAGE_TAG, code: id }] } };
}
