/**
 * A hospital's resource made ours. Pure. Content, profiles, security labels and tags stay; id, version and references
 * become ours; where it came from is said in `meta.source`, in a tag and, where the type has one, in an identifier.
 */
import { createHash } from 'node:crypto';
import { keepNumbers, printJson } from '../fhir/json.ts';
import { codeSystem, identifierSystem } from '../fhir/names.ts';
import { parseReference } from '../fhir/reference.ts';
import type { Coding, Meta, Ref, Resource } from '../fhir/resource.ts';
import { type Hospital, ownReference, remoteUrl } from './hospital.ts';

/** What stands for a hospital's `Type/id` here; undefined where we do not hold it. */
export type Resolve = (type: string, id: string) => Ref | undefined;

/** The resource as it is to be stored under `local`. Its id must be a FHIR id. */
export function localise(hospital: Hospital, remote: Resource, local: Ref, resolve: Resolve): Resource {
  const source = remoteUrl(hospital, remote.resourceType, remote.id ?? '');
  const own = withReferences(hospital, remote, resolve) as Resource; // an object with a resourceType stays one
  return keepNumbers(remote, {
    ...own,
    ...withAbsoluteAttachments(hospital, own),
    id: local.slice(local.indexOf('/') + 1),
    meta: metaOf(hospital, remote.meta, source),
    identifier: [...listOf(own.identifier), { system: identifierSystem('hospital-id'), value: source }],
  });
}

/** The tag on everything from this hospital. */
const sourceTag = (hospital: Pick<Hospital, 'name'>): Coding & { system: string; code: string } => ({
  system: codeSystem('source'),
  code: hospital.name,
});

/** A hospital cannot speak in another's name. */
const isSourceTag = (coding: unknown): boolean => isObject(coding) && coding.system === codeSystem('source');

function metaOf(hospital: Hospital, meta: Meta | undefined, source: string): Meta {
  const { profile, security, tag } = meta ?? {};
  return {
    source,
    ...(profile === undefined ? {} : { profile }),
    ...(security === undefined ? {} : { security }),
    tag: [...listOf(tag).filter((coding) => !isSourceTag(coding)), sourceTag(hospital)] as Coding[], // whatever else the list holds, validation judges
  };
}

const listOf = (value: unknown): readonly unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** A relative attachment URL means a file on the hospital's server. */
function withAbsoluteAttachments(hospital: Hospital, resource: Resource): Record<string, unknown> {
  const fields = ['presentedForm', 'photo'].filter((field) => Array.isArray(resource[field]));
  return Object.fromEntries(fields.map((field) => [field, listOf(resource[field]).map((attachment) => withAbsoluteUrl(hospital, attachment))]));
}

function withAbsoluteUrl(hospital: Hospital, attachment: unknown): unknown {
  if (!isObject(attachment) || typeof attachment.url !== 'string') return attachment;
  return { ...attachment, url: URL.parse(attachment.url, `${hospital.url}/`)?.href ?? attachment.url };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function withReferences(hospital: Hospital, value: unknown, resolve: Resolve): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(hospital, item, resolve));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withReferences(hospital, item, resolve)] as const);
  const copy = keepNumbers(value, Object.fromEntries(entries));
  return typeof copy.reference === 'string' ? localReference(hospital, copy, resolve) : copy;
}

/**
 * To our copy where we hold one; contained resources as they are; everything else by identifier, so that no reference
 * of ours leads nowhere. https://hl7.org/fhir/R4/references.html#logical
 */
function localReference(hospital: Hospital, reference: Record<string, unknown>, resolve: Resolve): Record<string, unknown> {
  const text = String(reference.reference);
  if (parseReference(text).kind === 'contained') return reference;
  const own = ownReference(hospital, text);
  const local = own === undefined ? undefined : resolve(own.type, own.id);
  if (local !== undefined) return { ...reference, reference: local };
  const { reference: _, ...rest } = reference;
  const identifier = own === undefined ? { system: 'urn:ietf:rfc:3986', value: text } : hospitalId(hospital, own);
  return { identifier, ...typeOf(own?.type), ...rest };
}

const typeOf = (type: string | undefined): { type?: string } => (type === undefined ? {} : { type });

const hospitalId = (hospital: Hospital, { type, id }: { type: string; id: string }) => ({
  system: identifierSystem('hospital-id'),
  value: remoteUrl(hospital, type, id),
});

/**
 * Our stored copy with those references made literal whose target has come to be ours since. `resolve` takes the
 * hospital's URL. The same object where nothing changes.
 */
export function relink(stored: Resource, resolve: (url: string) => Ref | undefined): Resource {
  return relinked(stored, resolve) as Resource; // an object with a resourceType stays one
}

function relinked(value: unknown, resolve: (url: string) => Ref | undefined): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => relinked(item, resolve));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isObject(value)) return value;
  const url = value.reference === undefined ? logicalTarget(value) : undefined;
  const local = url === undefined ? undefined : resolve(url);
  const changed = Object.entries(value).flatMap(([key, item]) => {
    const next = relinked(item, resolve);
    return next === item ? [] : [[key, next] as const];
  });
  if (local === undefined && changed.length === 0) return value;
  return keepNumbers(value, { ...value, ...Object.fromEntries(changed), ...(local === undefined ? {} : { reference: local }) });
}

/** The hospital's URLs that the stored copy refers to without holding them. */
export function logicalTargets(stored: Resource): readonly string[] {
  const targets = new Set<string>();
  relink(stored, (url) => void targets.add(url));
  return [...targets];
}

/** The hospital's URL in a Reference without a literal one. */
function logicalTarget({ identifier }: Record<string, unknown>): string | undefined {
  if (!isObject(identifier) || identifier.system !== identifierSystem('hospital-id')) return undefined;
  return typeof identifier.value === 'string' ? identifier.value : undefined;
}

/** Names the content: the same for two versions that differ in nothing but version and time. */
export function contentHash(remote: Resource): string {
  const { versionId: _version, lastUpdated: _updated, ...meta } = remote.meta ?? {};
  return createHash('sha256')
    .update(printJson(keepNumbers(remote, { ...remote, meta })))
    .digest('base64url');
}
