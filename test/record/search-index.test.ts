/** The index and the search parameters in force, without a server around them. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { LiveRegistry } from '../../src/definitions/registry.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { openSearchIndex, type SearchIndex } from '../../src/record/search-index.ts';
import { atom } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { createParams, type Params } from '../../src/search/params.ts';
import { createReadiness } from '../../src/search/readiness.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { patient, put, write } from '../contract/fixture.ts';

const parameter = (code: string, expression: string): Resource => ({
  resourceType: 'SearchParameter',
  url: `http://a.example/${code}`,
  status: 'active',
  code,
  base: ['Patient'],
  type: 'token',
  expression,
});

interface Opened {
  readonly store: Store;
  readonly registry: LiveRegistry;
  readonly params: Params;
  readonly searchIndex: SearchIndex;
}

async function open(makeStore: (params: Params) => Promise<Store>, own: readonly Resource[]): Promise<Opened> {
  const registry = loadRegistry(own);
  const readiness = createReadiness();
  const params = createParams(registry, readiness);
  const store = await makeStore(params);
  const searchIndex = await openSearchIndex({
    store,
    registry,
    params,
    readiness,
    onFault: (fault) => {
      throw fault;
    },
  });
  return { store, registry, params, searchIndex };
}

const inFile = (): ((params: Params) => Promise<Store>) => {
  const file = join(mkdtempSync(join(tmpdir(), 'search-index-')), 'a.sqlite');
  return (params) => openSqliteStore({ file, params, index: createIndexer(params) });
};

async function countOf({ store, params }: Opened, code: string, value: string): Promise<number | undefined> {
  const param = params.find('Patient', code);
  if (param === undefined) return undefined;
  const where = atom(param, { is: 'token', code: value });
  return (await store.search({ of: [{ type: 'Patient', where }], sort: [], count: 0, total: 'accurate', include: [] })).total;
}

const close = async ({ store, searchIndex }: Opened): Promise<void> => {
  await searchIndex.stop();
  await store.close();
};

const patients = (count: number) => Array.from({ length: count }, (_, n) => put(patient(`p${n}`, { language: n % 2 === 0 ? 'nb' : 'en' })));

describe('what the server brings along', () => {
  test('a parameter packed later than the data is complete once the index is open, and is not made again', async () => {
    const makeStore = inFile();
    const first = await open(makeStore, []);
    await write(first.store, ...patients(300));
    expect(await countOf(first, 'tongue', 'nb')).toBeUndefined();
    await close(first);
    const second = await open(makeStore, [parameter('tongue', 'Patient.language')]);
    expect(await countOf(second, 'tongue', 'nb')).toBe(150);
    await close(second);
    const third = await open(makeStore, [parameter('tongue', 'Patient.language')]);
    expect([await countOf(third, 'tongue', 'nb'), third.searchIndex.underWay()]).toEqual([150, []]);
    await close(third);
    const fourth = await open(makeStore, [parameter('tongue', 'Patient.id')]);
    expect([await countOf(fourth, 'tongue', 'nb'), await countOf(fourth, 'tongue', 'p7')]).toEqual([0, 1]);
    await close(fourth);
  });
});

describe.each([
  ['memory', () => async (params: Params) => createMemoryStore({ index: createIndexer(params) })],
  ['SQLite', inFile],
])('%s', (_name, storeMaker) => {
  test('asked for only when all is indexed', async () => {
    const opened = await open(storeMaker(), []);
    await write(opened.store, ...patients(200));
    opened.registry.put(parameter('tongue', 'Patient.language'), 'posted');
    expect(opened.params.waiting('Patient', 'tongue')).toEqual({ done: 0, total: 0 });
    expect(opened.params.of('Patient').has('tongue')).toBe(false);
    await opened.searchIndex.idle();
    expect(await countOf(opened, 'tongue', 'en')).toBe(100);
    expect(opened.params.waiting('Patient', 'tongue')).toBeUndefined();
    await close(opened);
  });

  test('one that comes back after others wrote without it is indexed anew', async () => {
    const opened = await open(storeMaker(), []);
    await write(opened.store, ...patients(10));
    opened.registry.put(parameter('tongue', 'Patient.language'), 'posted');
    await opened.searchIndex.idle();
    opened.registry.remove('SearchParameter', 'http://a.example/tongue', '');
    await new Promise((resolve) => setImmediate(resolve));
    await write(opened.store, put(patient('late', { language: 'nb' })));
    opened.registry.put(parameter('tongue', 'Patient.language'), 'posted');
    expect(await countOf(opened, 'tongue', 'nb')).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    await opened.searchIndex.idle();
    expect(await countOf(opened, 'tongue', 'nb')).toBe(6);
    await close(opened);
  });

  test('what a write queued before the change did not know is indexed too', async () => {
    const opened = await open(storeMaker(), []);
    const writing = write(opened.store, put(patient('a', { language: 'nb' })));
    opened.registry.put(parameter('tongue', 'Patient.language'), 'posted');
    await writing;
    await opened.searchIndex.idle();
    expect(await countOf(opened, 'tongue', 'nb')).toBe(1);
    await close(opened);
  });
});
