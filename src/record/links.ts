/**
 * Links between the entries of a transaction: each entry is known by its `fullUrl` until the server has given it an
 * id, and every link to it is then rewritten: references, other URLs, and `href` and `src` of the narrative. A link
 * to a contained resource (`#…`) is the resource's own affair. https://hl7.org/fhir/R4/http.html#trules
 */
import { keepNumbers } from '../fhir/json.ts';
import { type Definitions, isResourceLike, type Member, membersOf } from '../fhir/members.ts';
import { parseReference } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';

export interface Links {
  /** `fullUrl` is now `ref`. */
  add(fullUrl: string, ref: Ref): void;
  /** The resource with each link to an entry (or to what `found` says a conditional reference found) rewritten. */
  rewrite(resource: Resource, fullUrl: string | undefined, found: ReadonlyMap<string, Ref>): Resource;
}

/** Without definitions only references are rewritten. */
export function createLinks(definitions?: Definitions): Links {
  const refs = new Map<string, Ref>();
  return {
    add: (fullUrl, ref) => refs.set(withoutHistory(fullUrl), ref),
    rewrite: (resource, fullUrl, found) => {
      if (refs.size === 0 && found.size === 0) return resource;
      const root = rootOf(fullUrl);
      const byUrl = (text: string): string | undefined => refs.get(withoutHistory(text));
      const byReference = (text: string): string | undefined =>
        found.get(text) ?? byUrl(text) ?? (root !== undefined && parseReference(text).kind === 'relative' ? byUrl(`${root}/${text}`) : undefined);
      return rewriteObject(resource, resource.resourceType, { byUrl, byReference, definitions }) as Resource; // rewriting keeps every key, resourceType among them
    },
  };
}

/** A reference to one version of an entry means its first version here, the only one there will be. */
function withoutHistory(url: string): string {
  const mark = url.indexOf('/_history/');
  return mark < 0 ? url : url.slice(0, mark);
}

/** `https://a.example/fhir` of `https://a.example/fhir/Patient/1`: what relative references in that entry are relative to. */
function rootOf(fullUrl: string | undefined): string | undefined {
  const parsed = fullUrl === undefined ? undefined : parseReference(fullUrl);
  return parsed?.kind === 'absolute' ? parsed.base : undefined;
}

interface Replace {
  readonly byUrl: (text: string) => string | undefined;
  readonly byReference: (text: string) => string | undefined;
  readonly definitions: Definitions | undefined;
}

/** `inside`: where the definitions say what its elements are. */
function rewriteObject(object: object, inside: string, replace: Replace): object {
  const members = replace.definitions === undefined ? undefined : membersOf(replace.definitions, isResourceLike(object) ? object.resourceType : inside);
  const changed: [string, unknown][] = [];
  for (const [key, value] of Object.entries(object)) {
    const next = rewriteValue(value, members?.get(key) ?? unknownMember(key), replace);
    if (next !== value) changed.push([key, next]);
  }
  return changed.length === 0 ? object : keepNumbers(object, { ...object, ...Object.fromEntries(changed) });
}

type Known = Pick<Member, 'key' | 'type' | 'inside'>;

/** Beside a primitive element lie its extensions: `_birthDate`. Without definitions only references are known. */
const unknownMember = (key: string): Known => ({ key, type: '', inside: 'Element' });

function rewriteValue(value: unknown, member: Known, replace: Replace): unknown {
  if (typeof value === 'string') return rewriteText(value, member, replace);
  if (Array.isArray(value)) return rewriteList(value, member, replace);
  return typeof value === 'object' && value !== null ? rewriteObject(value, member.inside, replace) : value;
}

function rewriteList(list: readonly unknown[], member: Known, replace: Replace): readonly unknown[] {
  const next = list.map((element) => rewriteValue(element, member, replace));
  return next.every((element, at) => element === list[at]) ? list : next;
}

/** "Elements of type Reference, canonical, uri, url, oid, uuid, and <a href> and <img src> in the narrative." */
const URLS: ReadonlySet<string> = new Set(['canonical', 'uri', 'url', 'oid', 'uuid']);

function rewriteText(text: string, { key, type }: Known, replace: Replace): string {
  if (key === 'reference') return replace.byReference(text) ?? text;
  if (type === 'xhtml') return rewriteNarrative(text, replace);
  return URLS.has(type) ? (replace.byUrl(text) ?? text) : text;
}

const rewriteNarrative = (div: string, replace: Replace): string =>
  div.replace(/\b(href|src)=(["'])([^"']*)\2/g, (attribute, name: string, quote: string, url: string) => {
    const ref = replace.byReference(url);
    return ref === undefined ? attribute : `${name}=${quote}${ref}${quote}`;
  });
