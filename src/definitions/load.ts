/** Reads the compiled R4 definitions from disk: what every start needs at once, whole resources when they are asked for. The only file of this room that does I/O. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { Resource } from '../fhir/resource.ts';
import { type BaseFiles, baseRegistry } from './base.ts';
import { withStandIns } from './guides/stand-ins.ts';
import { createLibrary, type LibraryFiles } from './library.ts';
import { createLiveRegistry, type ListCodes } from './live.ts';
import type { LiveRegistry } from './registry.ts';

const place = (file: string): URL => new URL(`r4/${file}`, import.meta.url);
const read = (file: string): string => readFileSync(place(file), 'utf8');

/** A megabyte, read once when a whole resource of the base is first asked for. */
let packed: Buffer | undefined;

const libraryFiles: LibraryFiles = {
  index: () => read('resources.tsv'),
  block: (start, bytes) => {
    packed ??= readFileSync(place('resources.br'));
    return brotliDecompressSync(packed.subarray(start, start + bytes)).toString('utf8');
  },
};

/**
 * The R4 base: every resource and data type, search parameter, compartment and listable value set of FHIR 4.0.1; below it what
 * stands in for other guides, above it the definitions of `own`. `listCodes` lists value sets that are put on top.
 */
export function loadRegistry(own: readonly Resource[] = [], listCodes?: ListCodes): LiveRegistry {
  const files: BaseFiles = {
    structures: read('structures.ndjson'),
    constraints: read('constraints.json'),
    searchParameters: read('search-parameters.json'),
    compartments: read('compartments.json'),
    valueSets: read('value-sets.ndjson'),
  };
  const registry = createLiveRegistry(baseRegistry(files, withStandIns(createLibrary(libraryFiles))), listCodes);
  for (const resource of own) registry.put(resource, 'own');
  return registry;
}
