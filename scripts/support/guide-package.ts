/** Our own implementation guide as a FHIR package. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { ImplementationGuide, ImplementationGuideDefinitionResource } from 'fhir/r4';
import { Header } from 'tar';
import { CANONICAL } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface PackedFile {
  readonly path: string;
  readonly text: string;
}

const resourcesIn = (folder: string): Resource[] =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(read(folder + name)) as Resource); // our own files

export interface GuidePackage {
  readonly name: string;
  readonly version: string;
  readonly tgz: Buffer;
}

/** The same definitions give the same bytes. */
export function packGuide(): GuidePackage {
  const definitions = resourcesIn('profiles/');
  const examples = resourcesIn('profiles/examples/');
  const [guide] = resourcesIn('profiles/guide/') as unknown as [ImplementationGuide]; // our own file, the only one there
  const complete = { ...guide, definition: { resource: [...definitions.map(listed), ...examples.map(listedExample)] } };
  const files: PackedFile[] = [
    { path: 'package.json', text: print(manifestOf(guide)) },
    ...indexed('', [...definitions, complete as unknown as Resource]),
    ...indexed('example/', examples),
    { path: 'README.md', text: read('profiles/README.md') },
    { path: 'LICENSE', text: read('LICENSE') },
  ];
  return { name: guide.packageId, version: guide.version ?? '', tgz: gzipSync(tarOf(files), { level: 9 }) };
}

const print = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function manifestOf({ packageId, version, title, description, url, date, license, fhirVersion }: ImplementationGuide): object {
  return {
    name: packageId,
    version,
    canonical: CANONICAL,
    url,
    title,
    description,
    author: 'PRO Bridge',
    license,
    date: date?.replaceAll('-', ''),
    type: 'fhir.ig',
    fhirVersions: fhirVersion,
    dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
    directories: { lib: 'package', example: 'example' },
  };
}

const listed = ({ resourceType, id, title }: Resource): ImplementationGuideDefinitionResource => ({
  reference: { reference: `${resourceType}/${id}` },
  ...(typeof title === 'string' ? { name: title } : {}),
  exampleBoolean: false,
});

function listedExample(example: Resource): ImplementationGuideDefinitionResource {
  const [profile] = example.meta?.profile ?? [];
  return {
    reference: { reference: `${example.resourceType}/${example.id}` },
    ...(profile === undefined ? { exampleBoolean: true } : { exampleCanonical: profile }),
  };
}

/** The resources of a folder, and the list of them that tools read first. */
function indexed(folder: string, resources: readonly Resource[]): PackedFile[] {
  const nameOf = ({ resourceType, id }: Resource): string => `${resourceType}-${id}.json`;
  const files = resources.map((resource) => {
    const { resourceType, id, url, version, kind, type } = resource;
    return { filename: nameOf(resource), resourceType, id, url, version, kind, ...(typeof type === 'string' ? { type } : {}) };
  });
  const index = { path: `${folder}.index.json`, text: print({ 'index-version': 2, files }) };
  return [index, ...resources.map((resource) => ({ path: folder + nameOf(resource), text: print(resource) }))];
}

const BLOCK = 512;

function tarOf(files: readonly PackedFile[]): Buffer {
  const entries = files.flatMap(({ path, text }) => {
    const bytes = Buffer.from(text);
    const head = Buffer.alloc(BLOCK);
    new Header({ path: `package/${path}`, type: 'File', size: bytes.length, mode: 0o644, mtime: new Date(0) }).encode(head, 0);
    return [head, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}
