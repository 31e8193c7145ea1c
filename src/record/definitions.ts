/**
 * Keeps the registry of definitions in step with what is stored. A URL and version may be defined once: each stored
 * definition holds a unique key of the store, so that this is so whoever writes, and from however many processes.
 *
 * The registry hears of a write as soon as the store has carried it out, before the writer is answered: the next request may
 * already rely on it. Where several processes share a store, each also learns what the others wrote by reading the log
 * (`store.changes`) into the same `apply`, which takes versions in any order and any number of times.
 */
import type { Questionnaire } from 'fhir/r4';
import { DEFINITION_TYPES, isDefinitionType, urlsOf } from '../definitions/layer.ts';
import { isTypeOfFhir } from '../definitions/live.ts';
import type { DefinitionType, LiveRegistry, Source } from '../definitions/registry.ts';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import { isModular } from '../questionnaire/modular.ts';
import { ALL } from '../search/ast.ts';
import type { Conflict, Store, Version, Write } from '../store/store.ts';
import { atEntry } from './at-entry.ts';
import type { Overlay, Pending } from './overlay.ts';
import type { Step } from './plan.ts';

export interface DefinitionKeeper {
  /**
   * Runs the checks of several writes while the registry already knows the definitions among them that are new (and have a version): a
   * package, or a transaction, may hold profiles and what claims them. Afterwards it knows them no longer: only `apply` lasts.
   */
  seeing<T>(steps: readonly Step[], overlay: Overlay, checks: () => Promise<T>): Promise<T>;
  /** Adds the keys that the pending definitions take and give back. Throws FhirError for one that no definition may replace. */
  claim(steps: readonly Step[], overlay: Overlay): Promise<void>;
  /** Throws FhirError where the conflict is that another resource defines the same `url|version`. */
  refuseHeld(conflict: Conflict, steps: readonly Step[], overlay: Overlay): Promise<void>;
  /** What the store has carried out. */
  apply(writes: readonly Write[]): void;
}

export interface DefinitionParts {
  readonly registry: LiveRegistry;
  /** Where a stored definition comes from. */
  readonly sourceOf: (ref: Ref, resource: Resource) => Exclude<Source, 'base'>;
}

export function createDefinitionKeeper({ registry, sourceOf }: DefinitionParts): DefinitionKeeper {
  const held = new Map<Ref, Held>();

  /** What others of these writes may be given is free before anything is put. */
  function apply(writes: readonly Write[]): void {
    const news = writes.flatMap(newsOf).filter(({ ref, held: now }) => (held.get(ref)?.number ?? 0) < now.number);
    for (const { ref, held: now } of news) takeOut(held.get(ref), now);
    for (const { ref, held: now, resource } of news) {
      held.set(ref, now);
      if (resource !== undefined) registry.put(resource, sourceOf(ref, resource));
    }
  }

  function takeOut(before: Held | undefined, now: Held): void {
    const left = before?.urls.filter((url) => before.version !== now.version || !now.urls.includes(url)) ?? [];
    for (const url of left) if (before !== undefined) registry.remove(before.type, url, before.version);
  }

  /** Gives back what takes them out again, where nobody has put anything else in their place. */
  function show(overlay: Overlay): () => void {
    const pending = SEEN.flatMap((type) =>
      overlay.pendingOf(type).flatMap(({ id, resource }) => (resource === undefined ? [] : [{ type, ref: refOf(type, id), resource }])),
    );
    const news = pending.filter(({ type, resource }) => versionOf(resource) !== '' && exactly(type, resource) === undefined);
    for (const { ref, resource } of news) registry.put(resource, sourceOf(ref, resource));
    return () => {
      for (const { type, resource } of news)
        if (exactly(type, resource) === resource) for (const url of urlsOf(resource)) registry.remove(type, url, versionOf(resource));
    };
  }

  function exactly(type: DefinitionType, resource: Resource): unknown {
    const [url = ''] = urlsOf(resource);
    const isThere = registry.versions(type, url).some(({ version }) => version === versionOf(resource));
    return isThere ? registry.resource(type, `${url}|${versionOf(resource)}`) : undefined;
  }

  return {
    seeing: async (steps, overlay, checks) => {
      const hide = steps.length < 2 ? () => undefined : show(overlay);
      try {
        return await checks();
      } finally {
        hide();
      }
    },
    claim: async (steps, overlay) => {
      const pendings = KEYED_TYPES.flatMap((type) => overlay.pendingOf(type));
      for (const pending of pendings) await atEntry(entryOf(pending, steps), () => refuseType(pending.resource, registry));
      const changes = pendings.map(changeOf).filter(({ was, is }) => was !== is);
      const releases = changes.flatMap(({ was }): Write[] => (was === undefined ? [] : [{ write: 'release', key: was }]));
      const claims = changes.flatMap(({ is, holder }): Write[] => (is === undefined ? [] : [{ write: 'claim', key: is, holder }]));
      overlay.also([...releases, ...claims], []);
    },
    refuseHeld: async (conflict, steps, overlay) => {
      if (conflict.on !== 'key' || !conflict.key.startsWith(KEY)) return;
      const pending = KEYED_TYPES.flatMap((type) => overlay.pendingOf(type)).findLast(({ resource }) => keyOf(resource) === conflict.key);
      await atEntry(pending && entryOf(pending, steps), () => refuse(conflict.key, conflict.holder));
    },
    apply,
  };
}

/** No resource is held against a SearchParameter, and what is indexed by one that is not stored would stay. */
const SEEN = DEFINITION_TYPES.filter((type) => type !== 'SearchParameter');

/** What the registry holds of one stored resource. */
interface Held {
  readonly number: number;
  readonly type: DefinitionType;
  readonly urls: readonly string[];
  readonly version: string;
}

interface News {
  readonly ref: Ref;
  readonly held: Held;
  /** Undefined for one that is deleted. */
  readonly resource: Resource | undefined;
}

function newsOf(write: Write): News[] {
  if (write.write !== 'put' && write.write !== 'delete') return [];
  const { type, id, version: number } = write.version;
  if (!isDefinitionType(type)) return [];
  const resource = write.write === 'put' ? write.resource : undefined;
  const held = { number, type, urls: resource === undefined ? [] : urlsOf(resource), version: resource === undefined ? '' : versionOf(resource) };
  return [{ ref: refOf(type, id), held, resource }];
}

const versionOf = ({ version }: Resource): string => (typeof version === 'string' ? version : '');

const KEY = 'definition|';

/** Questionnaires are not in the registry, but an answer names the one that checks it in the same way. */
const KEYED_TYPES: readonly string[] = [...DEFINITION_TYPES, 'Questionnaire'];

const TO_ASSEMBLE = '#assemble';

/**
 * A NamingSystem has no URL, and several may speak of one id. A Questionnaire that is to be assembled and what it was assembled into
 * have one `url|version`: https://hl7.org/fhir/uv/sdc/modular.html#modular
 */
function keyOf(resource: Resource | undefined): string | undefined {
  if (resource === undefined || resource.resourceType === 'NamingSystem') return undefined;
  const [url] = urlsOf(resource);
  const stage = resource.resourceType === 'Questionnaire' && isModular(resource as unknown as Questionnaire) ? TO_ASSEMBLE : '';
  return url === undefined ? undefined : `${KEY}${resource.resourceType}${stage}|${url}|${versionOf(resource)}`;
}

function changeOf({ type, id, before, resource }: Pending): { readonly holder: Ref; readonly was: string | undefined; readonly is: string | undefined } {
  const was = before === undefined || before.method === 'delete' ? undefined : keyOf(JSON.parse(before.text) as Resource); // it was validated when it was stored
  return { holder: refOf(type, id), was, is: keyOf(resource) };
}

const entryOf = ({ type, id }: Pending, steps: readonly Step[]): number | undefined => steps.find(({ ref }) => ref === refOf(type, id))?.entry;

/** FHIR's own types are what all else is derived from. */
function refuseType(resource: Resource | undefined, registry: LiveRegistry): void {
  if (resource === undefined || !isTypeOfFhir(resource, registry)) return;
  const text = `${String(resource.url)} is FHIR's own definition of a type, which this server carries (4.0.1) and does not replace. Give a profile of it a URL of its own.`;
  throw new FhirError('business-rule', text, { expression: 'StructureDefinition.url' });
}

function refuse(key: string, holder: Ref): never {
  const [, kind = '', ...canonical] = key.split('|');
  const type = kind.replace(TO_ASSEMBLE, '');
  const named = canonical.at(-1) === '' ? `${canonical[0]} (without a version)` : canonical.join('|');
  const text = `${named} is defined by ${holder} already; a ${type} needs a url and version of its own. Update ${holder}, or give this one another version.`;
  const issue: Issue = { severity: 'error', code: 'duplicate', text, expression: [`${type}.url`] };
  throw new FhirError('conflict', text, { issues: [issue] });
}

const PAGE = 200;

/** Puts every definition that is stored into the registry, and lets each have its key. */
export async function loadStored(store: Store, keeper: DefinitionKeeper): Promise<void> {
  for (const type of KEYED_TYPES) {
    let after: string | undefined;
    do {
      const { matches, next } = await store.search({
        of: [{ type, where: ALL }],
        sort: [],
        count: PAGE,
        total: 'none',
        include: [],
        ...(after === undefined ? {} : { after }),
      });
      await adopt(store, keeper, matches);
      after = next;
    } while (after !== undefined);
  }
}

async function adopt(store: Store, keeper: DefinitionKeeper, versions: readonly Version[]): Promise<void> {
  const stored = versions.map((version) => ({ version, resource: JSON.parse(version.text) as Resource })); // it was validated when it was stored
  keeper.apply(stored.map(({ version, resource }) => ({ write: 'put', version, resource })));
  for (const { version, resource } of stored) await claimFor(store, refOf(version.type, version.id), keyOf(resource));
}

/** For what was stored before there were keys. Of two with one `url|version` the first keeps it. */
async function claimFor(store: Store, holder: Ref, key: string | undefined): Promise<void> {
  if (key === undefined || (await store.holder(key)) !== undefined) return;
  await store.transact({ writes: [{ write: 'claim', key, holder }], expects: [] });
}
