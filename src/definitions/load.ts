/** Reads the compiled R4 definitions from disk, once, at start. The only file of this room that does I/O. */
import { readFileSync } from 'node:fs';
import type { Resource } from '../fhir/resource.ts';
import { baseRegistry } from './base.ts';
import { createLiveRegistry, type ListCodes } from './live.ts';
import type { LiveRegistry } from './registry.ts';

const read = (file: string): string => readFileSync(new URL(`r4/${file}`, import.meta.url), 'utf8');

/**
 * The R4 base: every resource and data type, search parameter, compartment and listable value set of FHIR 4.0.1;
 * above it the definitions of `own`. `listCodes` lists value sets that are put on top.
 */
export function loadRegistry(own: readonly Resource[] = [], listCodes?: ListCodes): LiveRegistry {
  const base = baseRegistry({
    structures: read('structures.ndjson'),
    constraints: read('constraints.json'),
    searchParameters: read('search-parameters.json'),
    compartments: read('compartments.json'),
    valueSets: read('value-sets.ndjson'),
  });
  const registry = createLiveRegistry(base, listCodes);
  for (const resource of own) registry.put(resource, 'own');
  return registry;
}
