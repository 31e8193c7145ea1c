/** `package.json` of a FHIR package. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification */
import { parseJson } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { PackageId } from './tag.ts';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** What the URLs of its resources begin with; '' where it does not say. */
  readonly canonical: string;
  readonly title: string;
  /** Name and version of each package that it builds on. */
  readonly dependencies: readonly Dependency[];
}

export interface Dependency {
  readonly name: string;
  /** A version, or one with wildcards: `5.1.0`, `4.0.x`, `current`. */
  readonly version: string;
}

export const idOf = ({ name, version }: Pick<Manifest, 'name' | 'version'>): PackageId => `${name}#${version}`;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/** Throws FhirError where it is no manifest, or of a package for another version of FHIR. */
export function readManifest(text: string): Manifest {
  const json = objectIn(text);
  const name = required(json, 'name', NAME);
  const version = required(json, 'version', VERSION);
  requireR4(json, name);
  return { name, version, canonical: textOf(json.canonical).replace(/\/$/, ''), title: textOf(json.title), dependencies: dependenciesOf(json) };
}

type Json = Readonly<Record<string, unknown>>;

function objectIn(text: string): Json {
  const json = readJson(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw refusal('It is no JSON object.');
  return json as Json; // an object: members are looked at one by one
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof FhirError ? refusal(error.message) : error;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function required(json: Json, member: string, form: RegExp): string {
  const value = textOf(json[member]);
  if (form.test(value)) return value;
  throw refusal(
    `Its ${member} is ${JSON.stringify(json[member])?.slice(0, 100) ?? 'missing'}; ${member === 'name' ? 'hl7.fhir.us.core' : '6.1.0'} would be one.`,
  );
}

/** `fhirVersions`, or `fhir-version-list` as older packages call it. One that names none is taken. */
function requireR4(json: Json, name: string): void {
  const listed = json.fhirVersions ?? json['fhir-version-list'];
  const versions = (Array.isArray(listed) ? listed : []).map(textOf);
  if (versions.length === 0 || versions.some((version) => /^(4[.]0|R4$)/.test(version))) return;
  throw refusal(`${name} is for FHIR ${versions.join(', ')}; this server is FHIR 4.0.1.`);
}

function dependenciesOf({ dependencies }: Json): Dependency[] {
  if (typeof dependencies !== 'object' || dependencies === null) return [];
  return Object.entries(dependencies).map(([name, version]) => ({ name, version: textOf(version) }));
}

const refusal = (text: string): FhirError => new FhirError('invalid', `package/package.json is not a manifest that can be used. ${text}`);

const OWN = /^hl7[.]fhir[.]r4[.](core|expansions|examples|elements|corexml|search)$/;

/** FHIR's own packages of R4: what they hold, the server carries. */
export const isCarried = ({ name, version }: Dependency): boolean => OWN.test(name) && /^(4[.]0([.]|$)|current|latest|\*|x)/i.test(version);

/** Whether that version of a package is one that the dependency means. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification (wildcards in the patch version) */
export function satisfies(version: string, wanted: string): boolean {
  if (wanted === '' || wanted === 'current' || wanted === 'latest' || wanted === 'dev' || wanted === version) return true;
  const asked = wanted.replace(/^[~^]/, '').split('.');
  const parts = version.split('.');
  if (/^[~^]/.test(wanted)) return parts[0] === asked[0] && (wanted.startsWith('^') || parts[1] === asked[1]);
  return asked.some(isWild) && asked.every((part, at) => isWild(part) || part === parts[at]);
}

const isWild = (part: string): boolean => /^[xX*]$/.test(part);
