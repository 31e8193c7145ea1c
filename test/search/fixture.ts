/** What the tests of this room share: the R4 parameters, and short ways to ask and to index. */
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { type Candidate, match, NOWHERE, type World } from '../../src/search/match.ts';
import { createParams } from '../../src/search/params.ts';
import { type ParsedSearch, parseSearch } from '../../src/search/parse.ts';

export const BASE = 'http://here.example/fhir';
export const NOW = Date.parse('2026-06-01T00:00:00Z');
export const registry = loadRegistry();
export const params = createParams(registry);
export const indexOf = createIndexer(params, BASE);

/** `name=value` pairs joined by `&`, without any percent-encoding. */
export function ask(types: string | readonly string[], query: string, strict = true): ParsedSearch {
  const pairs = query === '' ? [] : query.split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
  return parseSearch({ types: [types].flat(), query: pairs, base: BASE, params, now: NOW, strict });
}

export const candidate = (resource: Resource): Candidate => ({ ref: `${resource.resourceType}/${resource.id ?? ''}`, indexed: indexOf(resource) });

export function finds(resource: Resource, query: string, world: World = NOWHERE): boolean {
  const where = ask(resource.resourceType, query).query.of[0]?.where ?? { op: 'none' };
  return match(where, candidate(resource), world);
}

/** A world of the given resources. */
export function worldOf(resources: readonly Resource[]): World {
  const all = resources.map(candidate);
  const byRef = new Map(all.map((each) => [each.ref, each.indexed]));
  return { get: (ref) => byRef.get(ref), all: (type) => all.filter(({ ref }) => ref.startsWith(`${type}/`)) };
}
