/** Reads the compiled R4 definitions from disk, once, at start. The only file of this room that does I/O. */
import { readFileSync } from 'node:fs';
import type { SearchParameter } from 'fhir/r4';
import { baseRegistry } from './base.ts';
import type { Registry, SearchParameterDefinition } from './registry.ts';

const read = (file: string): string => readFileSync(new URL(`r4/${file}`, import.meta.url), 'utf8');

/**
 * The R4 base: every resource and data type, search parameter, compartment and listable value set of FHIR 4.0.1;
 * and after HL7's the search parameters of `own`.
 */
export function loadRegistry(own: readonly SearchParameterDefinition[] = []): Registry {
  const base = baseRegistry({
    structures: read('structures.ndjson'),
    constraints: read('constraints.json'),
    searchParameters: read('search-parameters.json'),
    compartments: read('compartments.json'),
    valueSets: read('value-sets.ndjson'),
  });
  return { ...base, searchParameters: [...base.searchParameters, ...own] };
}

/** A SearchParameter resource as the registry holds it. https://hl7.org/fhir/R4/searchparameter.html */
export function searchParameterDefinition(resource: SearchParameter): SearchParameterDefinition {
  const { url, code, base, type, expression = '', target = [], component = [] } = resource;
  return { url, code, base, type, expression, target, component: component.map((part) => ({ definition: part.definition, expression: part.expression })) };
}
