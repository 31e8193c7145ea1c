/**
 * The store as it will be once what is planned is written: the operations of a transaction see each other's work
 * through it, and what is derived sees the answers that it is derived from. Nothing is written here; `transaction()`
 * gives the value that the store then carries out whole or not at all.
 */
import type { World } from '../access/judge.ts';
import { type Image, imageOf, satisfies } from '../access/judge.ts';
import { printJson } from '../fhir/json.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Query, Tree } from '../search/ast.ts';
import type { Indexer } from '../search/extract.ts';
import type { Expectation, Page, Reader, Store, Transaction, Version, Write } from '../store/store.ts';
import { createPace } from './pace.ts';
import { withStamp } from './stamp.ts';

/** A resource about to be written. */
export interface Pending {
  readonly type: string;
  readonly id: string;
  /** What is stored now: perhaps a tombstone; undefined where there never was anything. */
  readonly before: Version | undefined;
  readonly method: Version['method'];
  /** The content; undefined for a deletion. */
  readonly resource: Resource | undefined;
}

/** A pending resource with its stamp: as it will be stored. */
interface Stamped {
  readonly version: Version;
  readonly resource: Resource | undefined;
}

/** What a search finds in the store as it is, and in the store as it will be. */
interface Found {
  readonly stored: readonly Ref[];
  readonly versions: readonly Version[];
}

export interface Overlay {
  /** Sees what is pending. Its `search` is for small questions: no order, no pages, no includes, no total. */
  readonly reader: Reader;
  stage(pending: Pending): void;
  unstage(ref: Ref): void;
  pending(ref: Ref): Pending | undefined;
  pendingOf(type: string): readonly Pending[];
  pendingRefs(): readonly Ref[];
  /** Up to `limit` matches. */
  find(type: string, where: Tree, limit: number): Promise<Found>;
  /** Every match, however many there are. */
  all(type: string, where: Tree): Promise<readonly Version[]>;
  /** Adds to what is written besides resources, and to what must still hold. */
  also(writes: readonly Write[], expects: readonly Expectation[]): void;
  /** The version that a pending resource becomes. */
  version(ref: Ref): Version | undefined;
  transaction(): Transaction;
}

const PAGE = 500;

export function createOverlay(store: Store, index: Indexer, now: Date): Overlay {
  const staged = createStage(now);
  const writes: Write[] = [];
  const expects: Expectation[] = [];
  const matchesAmongPending = async (type: string, where: Tree): Promise<readonly Version[]> => staged.matching(type, where, world);

  const find = async (type: string, where: Tree, limit: number): Promise<Found> => {
    const page = await store.search(plainQuery(type, where, limit + staged.size));
    const versions = [...page.matches.filter(staged.isUntouched), ...(await matchesAmongPending(type, where))];
    return { stored: page.matches.map((match) => refOf(match.type, match.id)), versions: versions.slice(0, limit) };
  };
  const search = async (query: Query): Promise<Page> => {
    const found = await Promise.all(query.of.map(({ type, where }) => find(type, where, query.count)));
    return { matches: found.flatMap(({ versions }) => versions).slice(0, query.count), included: [] };
  };
  const reader: Reader = {
    read: async (type, id) => staged.get(refOf(type, id))?.version ?? store.read(type, id),
    vread: (type, id, version) => store.vread(type, id, version),
    history: (query) => store.history(query),
    search,
  };
  const world: World = { reader, index };

  return {
    reader,
    stage: staged.set,
    unstage: staged.remove,
    pending: staged.pending,
    pendingOf: staged.pendingOf,
    pendingRefs: staged.pendingRefs,
    find,
    all: async (type, where) => [...(await everyMatch(store, type, where)).filter(staged.isUntouched), ...(await matchesAmongPending(type, where))],
    also: (moreWrites, moreExpects) => {
      writes.push(...moreWrites);
      expects.push(...moreExpects);
    },
    version: (ref) => staged.get(ref)?.version,
    transaction: () => ({ writes: [...staged.writes(), ...writes], expects }),
  };
}

interface Stage {
  readonly size: number;
  set(pending: Pending): void;
  remove(ref: Ref): void;
  pending(ref: Ref): Pending | undefined;
  pendingOf(type: string): readonly Pending[];
  pendingRefs(): readonly Ref[];
  get(ref: Ref): Stamped | undefined;
  isUntouched(version: Version): boolean;
  matching(type: string, where: Tree, world: World): Promise<readonly Version[]>;
  writes(): Write[];
}

/** What is pending, each with its stamp, which is made when it is first asked for. */
function createStage(now: Date): Stage {
  const pendings = new Map<Ref, Pending>();
  const stamps = new Map<Ref, Stamped>();
  const images = new Map<Ref, Image>();
  const get = (ref: Ref): Stamped | undefined => {
    const pending = pendings.get(ref);
    if (pending === undefined) return undefined;
    const stamp = stamps.get(ref) ?? stampOf(pending, now);
    stamps.set(ref, stamp);
    return stamp;
  };
  /** Every condition of a transaction looks at all that is pending. */
  const imageAt = (ref: Ref, { version, resource }: Stamped, index: Indexer): Image | undefined => {
    if (resource === undefined) return undefined;
    const image = images.get(ref) ?? imageOf(version.type, version.id, resource, index);
    images.set(ref, image);
    return image;
  };
  const forget = (ref: Ref): void => {
    stamps.delete(ref);
    images.delete(ref);
  };
  return {
    get size() {
      return pendings.size;
    },
    set: (pending) => {
      const ref = refOf(pending.type, pending.id);
      pendings.set(ref, pending);
      forget(ref);
    },
    remove: (ref) => {
      pendings.delete(ref);
      forget(ref);
    },
    pending: (ref) => pendings.get(ref),
    pendingOf: (type) => [...pendings.values()].filter((pending) => pending.type === type),
    pendingRefs: () => [...pendings.keys()],
    get,
    isUntouched: (version) => !pendings.has(refOf(version.type, version.id)),
    matching: async (type, where, world) => {
      const matches: Version[] = [];
      const pace = createPace();
      for (const ref of [...pendings].filter(([, pending]) => pending.type === type).map(([pendingRef]) => pendingRef)) {
        await pace();
        const stamped = get(ref);
        const image = stamped && imageAt(ref, stamped, world.index);
        if (stamped && image && (await satisfies(where, image, world))) matches.push(stamped.version);
      }
      return matches;
    },
    writes: () => [...pendings.keys()].map(get).filter(isPresent).map(writeOf),
  };
}

const isPresent = <T>(value: T | undefined): value is T => value !== undefined;

const plainQuery = (type: string, where: Tree, count: number): Query => ({ of: [{ type, where }], sort: [], count, total: 'none', include: [] });

async function everyMatch(store: Store, type: string, where: Tree): Promise<Version[]> {
  let page = await store.search(plainQuery(type, where, PAGE));
  const matches = [...page.matches];
  while (page.next !== undefined) {
    page = await store.search({ ...plainQuery(type, where, PAGE), after: page.next });
    matches.push(...page.matches);
  }
  return matches;
}

/** Id, version and time are the server's own; everything else of meta is kept. */
function stampOf({ type, id, before, method, resource }: Pending, now: Date): Stamped {
  const number = (before?.version ?? 0) + 1;
  const updated = laterOf(now.toISOString(), before?.updated);
  const stamped = resource === undefined ? undefined : withStamp(resource, id, { versionId: String(number), lastUpdated: updated });
  const text = stamped === undefined ? '' : printJson(stamped);
  return { version: { type, id, version: number, updated, method, text }, resource: stamped };
}

/** A clock that is set back never makes a version older than the one before it. */
const laterOf = (now: string, before: string | undefined): string => (before !== undefined && before > now ? before : now);

const writeOf = ({ version, resource }: Stamped): Write => (resource === undefined ? { write: 'delete', version } : { write: 'put', version, resource });
