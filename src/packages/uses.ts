/** Who needs a definition that is to be removed: told before anything is taken away. */

import { parseCanonical } from '../definitions/canonical.ts';
import { isDefinitionType } from '../definitions/layer.ts';
import type { LiveRegistry } from '../definitions/registry.ts';
import { type Ref, type Resource, refOf } from '../fhir/resource.ts';
import { atom, or, type Tree } from '../search/ast.ts';
import type { Param } from '../search/param.ts';
import type { Params } from '../search/params.ts';
import type { Shelves, Stored } from './stored.ts';

export interface Use {
  /** Who uses it: `Observation/7`, `StructureDefinition/ward-patient`. */
  readonly by: Ref;
  /** The canonical, as it is written there. */
  readonly canonical: string;
}

export interface UseParts {
  readonly shelves: Shelves;
  readonly params: Params;
  readonly registry: LiveRegistry;
}

/** As many as a person reads. */
const TOLD = 20;

/**
 * What would name something that is no longer there: definitions (what they derive from, bind to, import, refer to), data
 * that claims a profile, answers to a questionnaire. What another version fits as well is not in use, and what is being
 * `rewritten` is not asked.
 */
export async function usesOf(removed: readonly Stored[], rewritten: ReadonlySet<Ref>, parts: UseParts): Promise<readonly Use[]> {
  const gone = createGone(removed, parts.registry);
  const uses: Use[] = [];
  for await (const stored of parts.shelves.all(parts.shelves.types)) {
    const by = refOf(stored.version.type, stored.version.id);
    if (gone.has(by) || rewritten.has(by)) continue;
    uses.push(
      ...canonicalsIn(stored.resource)
        .filter(gone.leavesNothing)
        .map((canonical) => ({ by, canonical })),
    );
    if (uses.length >= TOLD) return uses.slice(0, TOLD);
  }
  uses.push(...(await usesByData(removed, gone, parts)));
  return uses.slice(0, TOLD);
}

interface Gone {
  has(ref: Ref): boolean;
  /** Whether a canonical leads to something of what is removed, and to nothing else. */
  leavesNothing(canonical: string): boolean;
}

function createGone(removed: readonly Stored[], registry: LiveRegistry): Gone {
  const refs = new Set(removed.map(({ version }) => refOf(version.type, version.id)));
  const byUrl = Map.groupBy(
    removed.filter(({ resource }) => typeof resource.url === 'string'),
    ({ resource }) => String(resource.url),
  );
  const remains = (type: string, url: string, version: string): boolean => {
    if (!isDefinitionType(type)) return false;
    const gone = new Set((byUrl.get(url) ?? []).map(({ resource }) => String(resource.version ?? '')));
    return registry.versions(type, url).some((listed) => !gone.has(listed.version) && (version === '' || listed.version === version));
  };
  return {
    has: (ref) => refs.has(ref),
    leavesNothing: (canonical) => {
      const { url, version } = parseCanonical(canonical);
      const hit = (byUrl.get(url) ?? []).find(({ resource }) => version === '' || resource.version === version);
      return hit !== undefined && !remains(hit.version.type, url, version);
    },
  };
}

/** Every text in it that may be a canonical, but for its own URL. */
function canonicalsIn(resource: Resource): string[] {
  const found = new Set<string>();
  const { url: _, text: _narrative, ...rest } = resource;
  gather(rest, found);
  return [...found];
}

function gather(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    if (/^(https?:|urn:)\S+$/.test(value)) found.add(value);
  } else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) gather(member, found);
}

/** A kind of data, and how it says what it was made by. */
interface Claim {
  readonly type: string;
  readonly code: string;
  readonly named: (resource: Resource) => unknown;
}

async function usesByData(removed: readonly Stored[], gone: Gone, parts: UseParts): Promise<Use[]> {
  const of = (type: string): readonly Stored[] => removed.filter(({ version }) => version.type === type);
  const uses: Use[] = [];
  for (const type of of('StructureDefinition').length === 0 ? [] : parts.params.registry.resourceTypes) {
    if (uses.length >= TOLD) break;
    uses.push(...(await usesBy({ type, code: '_profile', named: ({ meta }) => meta?.profile }, of('StructureDefinition'), gone, parts)));
  }
  const answers: Claim = { type: 'QuestionnaireResponse', code: 'questionnaire', named: ({ questionnaire }) => questionnaire };
  return [...uses, ...(await usesBy(answers, of('Questionnaire'), gone, parts))];
}

async function usesBy({ type, code, named }: Claim, removed: readonly Stored[], gone: Gone, { shelves, params }: UseParts): Promise<Use[]> {
  const param = params.find(type, code);
  if (param === undefined || removed.length === 0) return [];
  const versions = await shelves.some(type, or(...removed.flatMap(({ resource }) => testsFor(param, resource))), TOLD);
  return versions.flatMap((version): Use[] => {
    const canonicals = [named(JSON.parse(version.text) as Resource)].flat(); // it was validated when it was stored
    const canonical = canonicals.find((one): one is string => typeof one === 'string' && gone.leavesNothing(one));
    const by = refOf(type, version.id);
    return canonical === undefined || gone.has(by) ? [] : [{ by, canonical }];
  });
}

/** A `uri` parameter holds canonicals as they are written, one of canonicals apart from their versions. */
function testsFor(param: Param, { url, version }: Resource): Tree[] {
  if (param.kind !== 'uri') return [atom(param, { is: 'url', url: String(url) })];
  return [String(url), `${String(url)}|${String(version)}`].map((value) => atom(param, { is: 'uri', how: 'exact', value }));
}
