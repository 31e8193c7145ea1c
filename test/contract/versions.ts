import { expect, test } from '@jest/globals';
import type { Store } from '../../src/store/store.ts';
import { at, historyOf, type OpenStore, patient, put, refs, remove, START, versionOf, write } from './fixture.ts';

/** Versions, tombstones, history and changes. */
export function versionCases(open: OpenStore): void {
  test('a resource is read as it was written', async () => {
    const store = await open();
    const one = versionOf(patient('a', { name: [{ family: 'Ødegård 王' }] }), { minute: 3 });
    await write(store, { write: 'put', ...one });
    expect(await store.read('Patient', 'a')).toEqual(one.version);
  });

  test('what never was is undefined, for read, vread and history alike', async () => {
    const store = await open();
    expect(await store.read('Patient', 'a')).toBeUndefined();
    expect(await store.vread('Patient', 'a', 1)).toBeUndefined();
    expect(await store.read('constructor', '__proto__')).toBeUndefined();
    expect((await store.history({ type: 'Patient', id: 'a', count: 10 })).versions).toEqual([]);
  });

  test('every version stays readable, a tombstone too', async () => {
    const store = await open();
    await write(store, put(patient('a', { active: true })));
    await write(store, put(patient('a', { active: false }), { version: 2, minute: 1 }));
    await write(store, remove('Patient', 'a', { version: 3, minute: 2 }));
    expect(await store.read('Patient', 'a')).toEqual({ type: 'Patient', id: 'a', version: 3, updated: at(2), method: 'delete', text: '' });
    expect(JSON.parse((await store.vread('Patient', 'a', 1))?.text ?? '')).toMatchObject({ active: true });
    expect((await store.vread('Patient', 'a', 2))?.method).toBe('update');
    expect(await store.vread('Patient', 'a', 4)).toBeUndefined();
    expect(await store.vread('Patient', 'a', 0)).toBeUndefined();
  });

  test('a deleted resource can come back as the next version', async () => {
    const store = await open();
    await write(store, put(patient('a')));
    await write(store, remove('Patient', 'a'));
    await write(store, put(patient('a'), { version: 3 }));
    expect((await store.read('Patient', 'a'))?.version).toBe(3);
  });

  test('ids of different types do not meet', async () => {
    const store = await open();
    await write(store, put(patient('a')), put({ resourceType: 'Practitioner', id: 'a' }));
    expect((await store.read('Practitioner', 'a'))?.type).toBe('Practitioner');
  });

  test('history is newest first: of one resource, of a type, of everything', async () => {
    const store = await full(open);
    expect(await historyOf(store, { type: 'Patient', id: 'a' })).toEqual(['Patient/a/3', 'Patient/a/2', 'Patient/a/1']);
    expect(await historyOf(store, { type: 'Patient' })).toEqual(['Patient/b/1', 'Patient/a/3', 'Patient/a/2', 'Patient/a/1']);
    expect(await historyOf(store, {})).toEqual(['Patient/b/1', 'Patient/a/3', 'Practitioner/p/1', 'Patient/a/2', 'Patient/a/1']);
    expect(await historyOf(store, { type: 'Group' })).toEqual([]);
  });

  test('history comes in pages that neither repeat nor skip while others write', async () => {
    const store = await full(open);
    expect(await historyOf(store, { count: 2 })).toEqual(await historyOf(store, {}));
    const first = await store.history({ type: 'Patient', count: 2 });
    await write(store, put(patient('c'), { minute: 60 }));
    const second = await store.history({ type: 'Patient', count: 2, after: first.next ?? '' });
    expect(refs([...first.versions, ...second.versions])).toEqual(['Patient/b', 'Patient/a', 'Patient/a', 'Patient/a']);
    expect(second.next).toBeUndefined();
  });

  test('history since an instant takes that instant in', async () => {
    const store = await full(open);
    expect(await historyOf(store, { since: START + 2 * 60_000 })).toEqual(['Patient/b/1', 'Patient/a/3', 'Practitioner/p/1']);
    expect(await historyOf(store, { type: 'Patient', since: START + 3 * 60_000, count: 1 })).toEqual(['Patient/b/1', 'Patient/a/3']);
    expect(await historyOf(store, { type: 'Patient', id: 'a', since: START + 3 * 60_000 })).toEqual(['Patient/a/3']);
    expect(await historyOf(store, { since: START + 99 * 60_000 })).toEqual([]);
  });

  test('history at a time gives the versions that were current then', async () => {
    const store = await full(open);
    const minute = (from: number, to: number): { low: number; high: number } => ({ low: START + from * 60_000, high: START + to * 60_000 });
    expect(await historyOf(store, { type: 'Patient', at: minute(0, 1) })).toEqual(['Patient/a/1']);
    expect(await historyOf(store, { type: 'Patient', at: minute(0.5, 1.5) })).toEqual(['Patient/a/2', 'Patient/a/1']);
    expect(await historyOf(store, { type: 'Patient', id: 'a', at: minute(1, 3) })).toEqual(['Patient/a/2']);
    expect(await historyOf(store, { at: minute(50, 51) })).toEqual(['Patient/b/1', 'Patient/a/3', 'Practitioner/p/1']);
  });

  test('history oldest first, in pages, with its total', async () => {
    const store = await full(open);
    const inOrder = ['Patient/a/1', 'Patient/a/2', 'Practitioner/p/1', 'Patient/a/3', 'Patient/b/1'];
    expect(await historyOf(store, { oldestFirst: true })).toEqual(inOrder);
    expect(await historyOf(store, { oldestFirst: true, count: 2 })).toEqual(inOrder);
    expect(await historyOf(store, { type: 'Patient', id: 'a', oldestFirst: true, count: 2 })).toEqual(['Patient/a/1', 'Patient/a/2', 'Patient/a/3']);
    const first = await store.history({ type: 'Patient', count: 2, oldestFirst: true, total: true });
    expect(first.total).toBe(4);
    expect(await store.history({ type: 'Patient', count: 0, since: START + 3 * 60_000, total: true })).toEqual({ versions: [], total: 2 });
    expect((await store.history({ count: 1, at: { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, total: true })).total).toBe(5);
    expect((await store.history({ count: 1 })).total).toBeUndefined();
  });

  test.each(['', 'x', 'eyJh', Buffer.from('[1,2]').toString('base64url'), Buffer.from('["a"]').toString('base64url')])(
    'a broken history token %p is refused',
    async (after) => {
      const store = await open();
      await expect(store.history({ count: 1, after })).rejects.toMatchObject({ fault: 'bad-parameter' });
    },
  );

  test('changes tell every version once, oldest first, and go on from any cursor', async () => {
    const store = await full(open);
    const seen: string[] = [];
    let { versions, cursor } = await store.changes(undefined, 2);
    while (versions.length > 0) {
      seen.push(...versions.map(({ type, id, version }) => `${type}/${id}/${version}`));
      ({ versions, cursor } = await store.changes(cursor, 2));
    }
    expect(seen).toEqual(['Patient/a/1', 'Patient/a/2', 'Practitioner/p/1', 'Patient/a/3', 'Patient/b/1']);
    await write(store, put(patient('c')));
    expect(refs((await store.changes(cursor, 2)).versions)).toEqual(['Patient/c']);
  });

  test('an empty log has no cursor, and a broken one is refused', async () => {
    const store = await open();
    expect(await store.changes(undefined, 5)).toEqual({ versions: [], cursor: undefined });
    await expect(store.changes('nonsense' as never, 5)).rejects.toMatchObject({ fault: 'bad-parameter' });
  });

  test('changes skip nothing while many write', async () => {
    const store = await open();
    const seen: string[] = [];
    let cursor: Awaited<ReturnType<Store['changes']>>['cursor'];
    const writing = Promise.all(Array.from({ length: 60 }, (_, i) => write(store, put(patient(`p${i}`)), put({ resourceType: 'Group', id: `g${i}` }))));
    while (seen.length < 120) {
      const next = await store.changes(cursor, 7);
      cursor = next.cursor;
      seen.push(...refs(next.versions));
      if (next.versions.length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect((await store.changes(cursor, 7)).versions).toEqual([]);
    expect(new Set(seen).size).toBe(120);
    expect(seen).toHaveLength(120);
  });
}

/** Patient/a in three versions (the last a tombstone), a Practitioner and a Patient between and after. */
async function full(open: OpenStore): Promise<Store> {
  const store = await open();
  await write(store, put(patient('a')));
  await write(store, put(patient('a'), { version: 2, minute: 1 }));
  await write(store, put({ resourceType: 'Practitioner', id: 'p' }, { minute: 2 }));
  await write(store, remove('Patient', 'a', { version: 3, minute: 3 }));
  await write(store, put(patient('b'), { minute: 4 }));
  return store;
}
