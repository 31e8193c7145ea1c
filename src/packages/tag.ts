/** How a stored resource says which package it came in: a tag, so that `GET [type]?_tag=…` finds all of one package. */
import { keepNumbers } from '../fhir/json.ts';
import { codeSystem } from '../fhir/names.ts';
import type { Resource } from '../fhir/resource.ts';

export const PACKAGE_TAG = codeSystem('package');

/** `hl7.fhir.us.core#6.1.0` */
export type PackageId = `${string}#${string}`;

/** All that it came in, first the one that brought it first. */
export function packagesOf({ meta }: Resource): PackageId[] {
  const tags = Array.isArray(meta?.tag) ? meta.tag : [];
  const codes = tags.filter(({ system }) => system === PACKAGE_TAG).map(({ code = '' }) => code);
  return codes.filter((code) => code.includes('#')) as PackageId[]; // they have the mark
}

export const packageOf = (resource: Resource): PackageId | undefined => packagesOf(resource)[0];

/** The resource with the tags of these packages, and of no others. */
export function withPackages(resource: Resource, ids: readonly PackageId[]): Resource {
  const { meta, ...content } = resource;
  const { tag: tags = [], ...rest } = meta ?? {};
  const tag = [...tags.filter(({ system }) => system !== PACKAGE_TAG), ...ids.map((code) => ({ system: PACKAGE_TAG, code }))];
  const next = { ...rest, ...(tag.length === 0 ? {} : { tag }) };
  return keepNumbers(resource, Object.keys(next).length === 0 ? content : { ...content, meta: next });
}
