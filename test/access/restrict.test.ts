/**
 * Whatever the data, the permit and the query: the restricted store answers as a store that holds nothing but what
 * the rule makes visible. That second store is built by brute force, asking a plain store what each grant is true of.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Action, Grant, Permit } from '../../src/access/permit.ts';
import { everythingAs } from '../../src/access/permit.ts';
import { restrict } from '../../src/access/restrict.ts';
import { type Resource, refOf } from '../../src/fhir/resource.ts';
import { ALL, and, atom, exists, type Include, type Link, NONE, not, or, type Query, type Sort, type Tree } from '../../src/search/ast.ts';
import type { Param } from '../../src/search/param.ts';
import type { Reader, Store, Version } from '../../src/store/store.ts';
import { indexOf, memoryStore, put, searchParam, tombstone } from '../record/world.ts';

const COUNTS: Readonly<Record<string, number>> = { Organization: 2, Patient: 4, Observation: 5 };
const TYPES = Object.keys(COUNTS);
const CODES = ['a', 'b', 'c'];
const DATES = ['2026-01-01', '2026-01-02', '2026-02'];

// ---- data ----

interface Change {
  readonly type: string;
  readonly id: string;
  /** Undefined: deleted. */
  readonly resource: Resource | undefined;
}

const idOf = (type: string): fc.Arbitrary<string> => fc.integer({ min: 1, max: COUNTS[type] ?? 1 }).map((number) => `${type[0]?.toLowerCase()}${number}`);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const referenceTo = (...types: string[]): fc.Arbitrary<{ reference: string } | undefined> =>
  optional(fc.oneof(...types.map((type) => idOf(type).map((id) => ({ reference: `${type}/${id}` })))));

const CONTENT: Readonly<Record<string, fc.Arbitrary<object>>> = {
  Organization: fc.record({ active: fc.boolean() }),
  Patient: fc.record({
    active: optional(fc.boolean()),
    gender: fc.constantFrom('female', 'male'),
    birthDate: optional(fc.constantFrom(...DATES)),
    managingOrganization: referenceTo('Organization'),
    link: optional(idOf('Patient').map((id) => [{ type: 'seealso', other: { reference: `Patient/${id}` } }])),
  }),
  Observation: fc.record({
    status: fc.constantFrom('final', 'amended'),
    code: fc.constantFrom(...CODES).map((code) => ({ coding: [{ system: 'urn:c', code }] })),
    subject: referenceTo('Patient'),
    performer: referenceTo('Organization', 'Patient').map((reference) => (reference === undefined ? undefined : [reference])),
    effectiveDateTime: optional(fc.constantFrom(...DATES)),
    hasMember: referenceTo('Observation').map((reference) => (reference === undefined ? undefined : [reference])),
  }),
};

const changeOf = (type: string): fc.Arbitrary<Change> =>
  fc.tuple(idOf(type), fc.option(CONTENT[type] ?? fc.constant({}), { nil: undefined, freq: 6 })).map(([id, content]) => ({
    type,
    id,
    resource: content === undefined ? undefined : withoutSelfLinks({ resourceType: type, id, ...JSON.parse(JSON.stringify(content)) } as Resource),
  }));

/** A link to itself would lead a judged old version to the current one, which the brute force has replaced. */
const withoutSelfLinks = (resource: Resource): Resource =>
  JSON.parse(JSON.stringify(resource).replaceAll(`"${resource.resourceType}/${resource.id}"`, `"${resource.resourceType}/x"`)) as Resource;

const changes = fc.array(fc.oneof(changeOf('Organization'), changeOf('Patient'), changeOf('Patient'), changeOf('Observation'), changeOf('Observation')), {
  minLength: 3,
  maxLength: 16,
});

const moment = (minute: number): string => new Date(Date.UTC(2026, 5, 1, 0, minute)).toISOString();

/** The versions that the changes make, oldest first. Deleting what is not there makes none. */
function versionsOf(made: readonly Change[]): Version[] {
  const current = new Map<string, Version>();
  const versions: Version[] = [];
  for (const [minute, { type, id, resource }] of made.entries()) {
    const before = current.get(refOf(type, id));
    if (resource === undefined && (before === undefined || before.method === 'delete')) continue;
    const at = { version: (before?.version ?? 0) + 1, updated: moment(minute) };
    const version = resource === undefined ? tombstone(type, id, at) : put(resource, at);
    current.set(refOf(type, id), version);
    versions.push(version);
  }
  return versions;
}

// ---- trees ----

let links: Readonly<Record<string, readonly Link[]>>;
let atoms: Readonly<Record<string, readonly Tree[]>>;
let sorts: Readonly<Record<string, readonly Param[]>>;

beforeAll(() => {
  const out = (type: string, code: string, to: string): Link => ({ direction: 'out', param: searchParam(type, code), type: to });
  const into = (type: string, code: string): Link => ({ direction: 'in', param: searchParam(type, code), type });
  links = {
    Organization: [into('Patient', 'organization'), into('Observation', 'performer')],
    Patient: [out('Patient', 'organization', 'Organization'), out('Patient', 'link', 'Patient'), into('Observation', 'subject'), into('Patient', 'link')],
    Observation: [
      out('Observation', 'subject', 'Patient'),
      out('Observation', 'performer', 'Organization'),
      out('Observation', 'has-member', 'Observation'),
      into('Observation', 'has-member'),
    ],
  };
  const token = (type: string, code: string, value: string): Tree => atom(searchParam(type, code), { is: 'token', code: value });
  const missing = (type: string, code: string): Tree => atom(searchParam(type, code), { is: 'missing', missing: true });
  const points = (type: string, code: string, to: string, id: string): Tree => atom(searchParam(type, code), { is: 'reference', type: to, id });
  atoms = {
    Organization: [token('Organization', 'active', 'true'), token('Organization', 'active', 'false')],
    Patient: [
      token('Patient', 'gender', 'female'),
      token('Patient', 'active', 'true'),
      missing('Patient', 'organization'),
      points('Patient', 'organization', 'Organization', 'o1'),
      points('Patient', 'link', 'Patient', 'p1'),
    ],
    Observation: [
      ...CODES.map((code) => token('Observation', 'code', code)),
      token('Observation', 'status', 'final'),
      points('Observation', 'subject', 'Patient', 'p1'),
      points('Observation', 'subject', 'Patient', 'p2'),
      atom(searchParam('Observation', 'date'), { is: 'date', prefix: 'gt', low: Date.UTC(2026, 0, 1), high: Date.UTC(2026, 0, 2) }),
    ],
  };
  sorts = {
    Organization: [searchParam('Organization', 'active')],
    Patient: [searchParam('Patient', 'birthdate'), searchParam('Patient', 'gender')],
    Observation: [searchParam('Observation', 'date'), searchParam('Observation', 'code')],
  };
});

const choice = <T>(list: readonly T[] | undefined): fc.Arbitrary<T> => fc.constantFrom(...(list ?? []));

/** Made late: the parameters are there only once the definitions have been read. */
function treeOf(type: string, depth: number): fc.Arbitrary<Tree> {
  const leaf = fc.oneof({ weight: 5, arbitrary: choice(atoms[type]) }, { weight: 1, arbitrary: fc.constant(ALL) }, { weight: 1, arbitrary: fc.constant(NONE) });
  if (depth === 0) return leaf;
  const inner = treeOf(type, 0);
  const linked = choice(links[type]).chain((link) => treeOf(link.type, depth - 1).map((tree) => exists(link, tree)));
  return fc.oneof(
    leaf,
    linked,
    linked.map(not),
    inner.map(not),
    fc.tuple(inner, linked).map((pair) => and(...pair)),
    fc.tuple(inner, linked).map((pair) => or(...pair)),
  );
}

// ---- permits and queries ----

const ACTIONS: readonly Action[] = ['read', 'search', 'history'];

/** Most grants are wide: a permit that hides everything proves little. */
const grantOf = (type: string): fc.Arbitrary<Grant> =>
  fc.record({
    type: fc.constant(type),
    actions: fc.subarray([...ACTIONS], { minLength: 1 }),
    where: fc.oneof(fc.constant(ALL), treeOf(type, 1), treeOf(type, 1)),
  });

const permits = (): fc.Arbitrary<Permit> =>
  fc
    .tuple(...TYPES.map((type) => fc.array(grantOf(type), { maxLength: 2 })))
    .map((grants) => ({ actor: { display: 'someone' }, everything: false, grants: grants.flat() }));

function includesOf(type: string): fc.Arbitrary<Include> {
  return fc.record({ link: choice(links[type]), where: fc.constant(ALL), iterate: fc.boolean(), from: fc.constant(type) });
}

const sortsOf = (type: string): fc.Arbitrary<readonly Sort[]> =>
  fc.uniqueArray(fc.record({ param: choice(sorts[type]), descending: fc.boolean() }), { maxLength: 2, selector: ({ param }) => param.code });

const totals = fc.constantFrom('none' as const, 'accurate' as const);
const counts = fc.integer({ min: 1, max: 4 });

const typeQueries = (): fc.Arbitrary<Query> =>
  choice(TYPES).chain((type) =>
    fc.record({
      of: treeOf(type, 2).map((where) => [{ type, where }]),
      sort: sortsOf(type),
      count: counts,
      total: totals,
      include: fc.array(includesOf(type), { maxLength: 2 }),
    }),
  );

const systemQueries = (): fc.Arbitrary<Query> =>
  fc.record({
    of: fc.tuple(...TYPES.map((type) => treeOf(type, 1).map((where) => ({ type, where })))),
    sort: fc.constant([]),
    count: counts,
    total: totals,
    include: fc.constant([]),
  });

const queries = (): fc.Arbitrary<Query> => fc.oneof({ weight: 4, arbitrary: typeQueries() }, { weight: 1, arbitrary: systemQueries() });

// ---- brute force ----

interface World {
  readonly log: readonly Version[];
  readonly store: Store;
}

async function worldOf(made: readonly Change[]): Promise<World> {
  const log = versionsOf(made);
  return { log, store: await storeWith(log) };
}

async function storeWith(versions: readonly Version[]): Promise<Store> {
  const store = memoryStore();
  for (const version of versions) {
    const write =
      version.method === 'delete' ? { write: 'delete' as const, version } : { write: 'put' as const, version, resource: JSON.parse(version.text) as Resource };
    expect(await store.transact({ writes: [write], expects: [] })).toEqual({ ok: true });
  }
  return store;
}

const currentsOf = (log: readonly Version[]): Version[] =>
  log.filter((version) => !log.some((other) => other.type === version.type && other.id === version.id && other.version > version.version));

const renumbered = (version: Version): Version => ({ ...version, version: 1 });

const onlyQuery = (type: string, where: Tree): Query => ({ of: [{ type, where }], sort: [], count: 100, total: 'none', include: [] });

/** Is the tree true of that content, everything else being as it is now? Asked of a store in which it is current. */
async function isTrueOf(tree: Tree, content: Version, log: readonly Version[]): Promise<boolean> {
  const others = currentsOf(log).filter(({ type, id, method }) => method !== 'delete' && refOf(type, id) !== refOf(content.type, content.id));
  const store = await storeWith([...others, content].map(renumbered));
  const page = await store.search(onlyQuery(content.type, tree));
  return page.matches.some(({ id }) => id === content.id);
}

/** Whether the permit allows that much of the version by itself, a tombstone standing for the content before it. */
async function permitted(permit: Permit, action: Action, version: Version, log: readonly Version[]): Promise<boolean> {
  const content = log.findLast(
    ({ type, id, version: number, method }) => type === version.type && id === version.id && number <= version.version && method !== 'delete',
  );
  if (content === undefined) return false;
  const wheres = permit.grants.filter(({ type, actions }) => type === version.type && actions.includes(action)).map(({ where }) => where);
  for (const where of wheres) if (await isTrueOf(where, content, log)) return true;
  return false;
}

/** A version is visible where it and the current one are permitted. */
function visibleVersions(permit: Permit, action: Action, log: readonly Version[]): Promise<Version[]> {
  return filtered(log, async (version) => {
    const current = currentsOf(log).find(({ type, id }) => type === version.type && id === version.id) ?? version;
    return (await permitted(permit, action, version, log)) && permitted(permit, action, current, log);
  });
}

async function filtered<T>(list: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const verdicts = await Promise.all(list.map(test));
  return list.filter((_, at) => verdicts[at]);
}

const shownOf = (visible: readonly Version[], version: Version): Version | undefined => visible.find((one) => one === version);

const print = ({ type, id, version, text }: Version): string => `${type}/${id} v${version} ${text}`;
const printText = ({ text }: Version): string => text;

/** Every page of a search as text. A resource that is included stands there wherever it came from. */
async function pagesOf(reader: Reader, query: Query): Promise<unknown[]> {
  const pages: unknown[] = [];
  let next: string | undefined;
  do {
    const page = await reader.search(next === undefined ? query : { ...query, after: next });
    pages.push({ matches: page.matches.map(printText), included: page.included.map(printText).toSorted(), total: page.total });
    next = page.next;
  } while (next !== undefined);
  return pages;
}

async function historyPagesOf(reader: Reader, query: Omit<Parameters<Reader['history']>[0], 'after'>): Promise<unknown[]> {
  const pages: unknown[] = [];
  let next: string | undefined;
  do {
    const page = await reader.history(next === undefined ? query : { ...query, after: next });
    pages.push(page.versions.map(print));
    next = page.next;
  } while (next !== undefined);
  return pages;
}

function chunked<T>(list: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < list.length; at += size) chunks.push(list.slice(at, at + size));
  return chunks.length === 0 ? [[]] : chunks;
}

const RUNS = { numRuns: 120 };

describe('restrict', () => {
  test('a permit for everything is given the store itself', () => {
    const store = memoryStore();
    expect(restrict(store, everythingAs('the system'), () => ({ entries: [], patients: [], date: undefined }))).toBe(store);
  });

  test('search: matches, order, pages, totals, chains, _has and includes', async () => {
    let shown = 0;
    let hidden = 0;
    await fc.assert(
      fc.asyncProperty(changes, permits(), fc.array(queries(), { minLength: 1, maxLength: 4 }), async (made, permit, asked) => {
        const { log, store } = await worldOf(made);
        const currents = currentsOf(log).filter(({ method }) => method !== 'delete');
        const visible = await filtered(currents, (version) => permitted(permit, 'search', version, log));
        shown += visible.length;
        hidden += currents.length - visible.length;
        const narrower = await storeWith(visible.map(renumbered));
        const reader = restricted(store, permit);
        for (const query of asked) expect(await pagesOf(reader, query)).toEqual(await pagesOf(narrower, query));
      }),
      RUNS,
    );
    expect(shown).toBeGreaterThan(100);
    expect(hidden).toBeGreaterThan(100);
  });

  test('read and vread: absent where not visible, a tombstone where the last content was', async () => {
    await fc.assert(
      fc.asyncProperty(changes, permits(), async (made, permit) => {
        const { log, store } = await worldOf(made);
        const reader = restricted(store, permit);
        const visible = await visibleVersions(permit, 'read', log);
        for (const current of currentsOf(log)) {
          expect(await reader.read(current.type, current.id)).toEqual(shownOf(visible, current));
        }
        for (const version of log) {
          expect(await reader.vread(version.type, version.id, version.version)).toEqual(shownOf(visible, version));
        }
      }),
      RUNS,
    );
  });

  test('history of one, of a type and of all: what is hidden takes no place on a page', async () => {
    await fc.assert(
      fc.asyncProperty(changes, permits(), fc.integer({ min: 1, max: 3 }), async (made, permit, count) => {
        const { log, store } = await worldOf(made);
        const reader = restricted(store, permit);
        const visible = await visibleVersions(permit, 'history', log);
        const scopes = [{}, { type: 'Observation' }, { type: 'Patient', id: 'p1' }];
        for (const scope of scopes) {
          const expected = visible.filter(({ type, id }) => (scope.type ?? type) === type && (scope.id ?? id) === id).toReversed();
          expect(await historyPagesOf(reader, { ...scope, count })).toEqual(chunked(expected.map(print), count));
          expect(await historyPagesOf(reader, { ...scope, count, oldestFirst: true })).toEqual(chunked(expected.map(print).toReversed(), count));
          expect((await reader.history({ ...scope, count, total: true })).total).toBe(expected.length);
        }
      }),
      RUNS,
    );
  });
});

function restricted(store: Store, permit: Permit): Reader {
  return restrict(store, permit, indexOf);
}
