/** What a package, a folder or a list of resources holds, read and sorted out: what is installed, and what is only told of. */
import type { Registry } from '../definitions/registry.ts';
import { parseJson, parseResource } from '../fhir/json.ts';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { type Manifest, readManifest } from './manifest.ts';

/** A file as it was given: its name is told to people. */
export interface GivenFile {
  readonly path: string;
  readonly text: string;
}

export interface FileResource {
  readonly file: string;
  readonly resource: Resource;
}

export interface Content {
  /** Undefined for resources that came in no package. */
  readonly manifest: Manifest | undefined;
  readonly resources: readonly FileResource[];
  /** What is not installed, and why. */
  readonly notes: readonly Issue[];
}

export const MANIFEST_FILE = 'package/package.json';

/** The content of a package archive. Throws FhirError with an issue for each file that is not right. */
export function packageContent(files: readonly GivenFile[], registry: Registry): Content {
  const manifest = files.find(({ path }) => path === MANIFEST_FILE);
  if (manifest === undefined) throw new FhirError('invalid', 'The package cannot be used: it has no package/package.json, which says its name and version.');
  const others = files.filter((file) => file !== manifest);
  return { manifest: readManifest(manifest.text), ...sortOut(others, registry) };
}

/** The content of a folder, or of single files. */
export const looseContent = (files: readonly GivenFile[], registry: Registry): Content => ({ manifest: undefined, ...sortOut(files, registry) });

function sortOut(files: readonly GivenFile[], registry: Registry): Pick<Content, 'resources' | 'notes'> {
  const resources: FileResource[] = [];
  const notes: Issue[] = [];
  const faults: Issue[] = [];
  for (const { path, text } of files) {
    try {
      const read = readFile(text, registry);
      if ('note' in read) notes.push(noteOf(`${path}: ${read.note}`));
      else resources.push({ file: path, resource: read.resource });
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      faults.push(...error.issues.map((issue) => inFile(path, issue)));
    }
  }
  if (faults.length > 0) throw refusal(faults);
  return { resources, notes };
}

/** One issue a fault, each naming its file. */
export function refusal(issues: readonly Issue[]): FhirError {
  const errors = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  const text = errors.length === 1 ? (errors[0]?.text ?? '') : `Nothing was installed: there are ${errors.length} faults.`;
  return new FhirError('invalid', text, { issues });
}

export const inFile = (file: string, issue: Issue): Issue => ({ ...issue, text: `${file}: ${issue.text}` });
const noteOf = (text: string): Issue => ({ severity: 'information', code: 'informational', text });

type Read = { readonly resource: Resource } | { readonly note: string };

function readFile(text: string, registry: Registry): Read {
  const json = parseJson(text);
  if (typeof json !== 'object' || json === null || !('resourceType' in json)) return { note: 'not a FHIR resource, so it was passed over.' };
  const resource = parseResource(text);
  const { resourceType: type } = resource;
  if (!registry.isResourceType(type)) throw new FhirError('invalid', `${JSON.stringify(type)} is no resource type of FHIR R4.`);
  requireOwnPart(resource);
  return isDefinition(type, registry) ? { resource } : { note: `a ${type} is an example, not a definition, so it was not installed.` };
}

/** What the loader itself reads and writes must have the right shape before anything else is looked at. */
function requireOwnPart({ resourceType, id, meta }: Resource): void {
  const given: unknown = meta;
  const tags: unknown = isObject(given) && 'tag' in given ? given.tag : [];
  if (id !== undefined && typeof id !== 'string') throw new FhirError('invalid', 'The id is not a string.', { expression: `${resourceType}.id` });
  if (given !== undefined && !isObject(given)) throw new FhirError('invalid', 'meta must be a JSON object.', { expression: `${resourceType}.meta` });
  if (!Array.isArray(tags) || !tags.every(isObject))
    throw new FhirError('invalid', 'meta.tag must be a list of Codings.', { expression: `${resourceType}.meta.tag` });
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What defines something for others: it has a URL of its own, a status and a publisher. A NamingSystem has no URL in R4. */
export function isDefinition(type: string, registry: Registry): boolean {
  const elements = new Set(registry.structure(type)?.elements.map(({ path }) => path));
  return type === 'NamingSystem' || ['url', 'status', 'publisher'].every((name) => elements.has(`${type}.${name}`));
}
