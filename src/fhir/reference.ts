/**
 * What a reference says, and where a resource has them.
 * https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/http.html#trules
 */
import type { Resource } from './resource.ts';

export type Reference =
  /** `Patient/7`, `Patient/7/_history/2`: on the server that holds the resource. */
  | { readonly kind: 'relative'; readonly type: string; readonly id: string; readonly version?: string }
  /** `https://other.example/fhir/Patient/7`: a resource of the server whose base that is. */
  | { readonly kind: 'absolute'; readonly base: string; readonly type: string; readonly id: string; readonly version?: string }
  /** `urn:uuid:…`, `urn:oid:…`: an entry of the same Bundle, or a thing elsewhere. */
  | { readonly kind: 'urn'; readonly urn: string }
  /** `#med`; `#` alone is the resource that contains it. */
  | { readonly kind: 'contained'; readonly id: string }
  /** `Patient?identifier=…`: in a transaction, to be found by search. */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  /** Any other URL: a canonical, with the version behind its `|`, or something outside FHIR. */
  | { readonly kind: 'url'; readonly url: string; readonly version?: string }
  /** Nothing that FHIR allows. */
  | { readonly kind: 'malformed' };

const MALFORMED: Reference = Object.freeze({ kind: 'malformed' });

/** Words of URLs, read once. Never throws. */
export function parseReference(text: string): Reference {
  if (text.startsWith('#')) return isId(text.slice(1)) || text === '#' ? { kind: 'contained', id: text.slice(1) } : MALFORMED;
  if (text.startsWith('urn:')) return text.length > 'urn:x:'.length ? { kind: 'urn', urn: text } : MALFORMED;
  const scheme = schemeOf(text);
  if (scheme === undefined) return conditionalIn(text) ?? restfulIn(text) ?? MALFORMED;
  if (/\s/.test(text)) return MALFORMED;
  return (scheme.startsWith('http') ? restfulIn(text) : undefined) ?? canonicalIn(text);
}

const RELATIVE_PARTS = 2;
const VERSIONED_PARTS = 4;

/** https://hl7.org/fhir/R4/datatypes.html#id */
export const isId = (text: string): boolean => /^[A-Za-z0-9.-]{1,64}$/.test(text);
const isTypeName = (text: string): boolean => /^[A-Z][A-Za-z]{1,63}$/.test(text);

/** `https` of `https://x`; undefined where the text has no scheme. */
function schemeOf(text: string): string | undefined {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon);
  return colon > 1 && /^[a-z][a-z0-9+.-]*$/i.test(scheme) ? scheme.toLowerCase() : undefined;
}

function conditionalIn(text: string): Reference | undefined {
  const mark = text.indexOf('?');
  if (mark < 0) return undefined;
  const type = text.slice(0, mark);
  const query = text.slice(mark + 1);
  return isTypeName(type) && query !== '' ? { kind: 'conditional', type, query } : undefined;
}

/** `[base/]Type/id[/_history/version]` */
function restfulIn(text: string): Reference | undefined {
  const parts = text.split('/');
  const versioned = parts.at(-2) === '_history' && parts.length >= VERSIONED_PARTS;
  const own = versioned ? VERSIONED_PARTS : RELATIVE_PARTS;
  const [type = '', id = '', , version = ''] = parts.slice(-own);
  if (!isTypeName(type) || !isId(id) || (versioned && !isId(version))) return undefined;
  const place = { type, id, ...(versioned ? { version } : {}) };
  const base = parts.slice(0, -own).join('/');
  return base === '' ? (parts.length === own ? { kind: 'relative', ...place } : undefined) : baseOf(base, place);
}

function baseOf(base: string, place: { type: string; id: string; version?: string }): Reference | undefined {
  return /^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?$/i.test(base) ? { kind: 'absolute', base, ...place } : undefined;
}

function canonicalIn(text: string): Reference {
  const bar = text.indexOf('|');
  return bar < 0 ? { kind: 'url', url: text } : { kind: 'url', url: text.slice(0, bar), version: text.slice(bar + 1) };
}

/** `Type/id` of a reference to a resource of this server; undefined for any other. `base`: this server's own. */
export function localRef(text: string, base?: string): string | undefined {
  const reference = parseReference(text);
  if (reference.kind === 'relative') return `${reference.type}/${reference.id}`;
  return reference.kind === 'absolute' && reference.base === base ? `${reference.type}/${reference.id}` : undefined;
}

export interface FoundReference {
  /** As written. */
  readonly text: string;
  /** FHIRPath of the Reference: `Observation.subject`, `CarePlan.activity[0].reference`. */
  readonly expression: string;
}

/** Every `Reference.reference` of a resource, contained resources included. */
export function referencesIn(resource: Resource): FoundReference[] {
  const found: FoundReference[] = [];
  collect(resource, resource.resourceType, found);
  return found;
}

function collect(value: unknown, expression: string, found: FoundReference[]): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) collect(element, `${expression}[${index}]`, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, element] of Object.entries(value)) {
    if (key === 'reference' && typeof element === 'string') found.push({ text: element, expression });
    else collect(element, `${expression}.${key}`, found);
  }
}
