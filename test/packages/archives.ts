/** Package archives made in memory, good ones and ones that no honest tool makes. */
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface Entry {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice';
  readonly linkpath?: string;
}

const BLOCK = 512;

function block({ path, content = '', type = 'File', linkpath = '' }: Entry): Buffer {
  const bytes = Buffer.from(content);
  const header = new Header({ path, type, size: type === 'File' ? bytes.length : 0, mode: 0o644, mtime: new Date(0), linkpath });
  const head = Buffer.alloc(BLOCK);
  header.encode(head, 0);
  const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
  return type === 'File' ? Buffer.concat([head, bytes, padding]) : head;
}

/** The tar archive, not compressed. */
export const tarOf = (entries: readonly Entry[]): Buffer => Buffer.concat([...entries.map(block), Buffer.alloc(2 * BLOCK)]);

export const tgzOf = (entries: readonly Entry[]): Buffer => gzipSync(tarOf(entries));

export const manifest = (other: object = {}): object => ({
  name: 'example.fhir.ward',
  version: '1.0.0',
  canonical: 'https://ward.example/fhir',
  fhirVersions: ['4.0.1'],
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  ...other,
});

/** A package as it should be: its manifest, and a file for each resource. */
export function packageOf(resources: readonly { readonly resourceType: string; readonly id?: string }[], about: object = {}): Buffer {
  const files = resources.map((resource) => ({ path: `package/${resource.resourceType}-${resource.id}.json`, content: JSON.stringify(resource) }));
  return tgzOf([{ path: 'package/package.json', content: JSON.stringify(manifest(about)) }, { path: 'package/.index.json', content: '{}' }, ...files]);
}
