import { expect, test } from '@jest/globals';
import type { TransactResult } from '../../src/store/store.ts';
import { coded, found, type OpenStore, observation, of, patient, put, query, search, transact, write } from './fixture.ts';

const wins = (results: readonly TransactResult[]): number => results.filter(({ ok }) => ok).length;

/** Many at once. */
export function concurrencyCases(open: OpenStore): void {
  test('a hundred identical conditional creates leave one resource', async () => {
    const store = await open();
    const text = 'Patient?identifier=urn:mrn|1';
    const where = query(text).of[0]?.where ?? { op: 'none' };
    const create = (n: number): Promise<TransactResult> =>
      transact(
        store,
        [put(patient(`p${n}`, { identifier: [{ system: 'urn:mrn', value: '1' }] }))],
        [{ expect: 'search', type: 'Patient', where, found: undefined, guard: text }],
      );
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => create(n)));
    const left = await found(store, text);
    expect(left).toHaveLength(1);
    expect(wins(results)).toBe(1);
    for (const result of results) expect(result.ok || result.conflict).toEqual(result.ok || { on: 'search', guard: text, found: [`Patient/${left[0]}`] });
  });

  test('of two answers of one patient at once exactly one wins, and the other is told which fact no longer holds', async () => {
    const store = await open();
    const counter = 'Patient/p pain';
    const answer = (id: string): Promise<TransactResult> =>
      transact(store, [put(observation(id, of('p'))), { write: 'count', counter }], [{ expect: 'counter', counter, value: 0 }]);
    const results = await Promise.all([answer('x'), answer('y')]);
    expect(wins(results)).toBe(1);
    expect(results.find(({ ok }) => !ok)).toEqual({ ok: false, conflict: { on: 'counter', counter, found: 1 } });
    expect(await found(store, 'Observation?patient=p')).toHaveLength(1);
    expect(await store.counter(counter)).toBe(1);
  });

  test('of many who claim one key, one gets it', async () => {
    const store = await open();
    const claims = Array.from({ length: 20 }, (_, n) => transact(store, [{ write: 'claim', key: 'flag', holder: `Flag/${n}` }]));
    expect(wins(await Promise.all(claims))).toBe(1);
  });

  test('of many who lease one job, one gets it', async () => {
    const store = await open();
    await write(store, { write: 'row', row: { kind: 'job', key: 'j', value: '', due: 1 } });
    const stamp = (await store.row('job', 'j'))?.stamp ?? 0;
    const lease = (n: number): Promise<TransactResult> =>
      transact(store, [{ write: 'row', row: { kind: 'job', key: 'j', value: String(n), due: 1, lease: 99 }, stamp }]);
    expect(wins(await Promise.all([1, 2, 3, 4, 5].map(lease)))).toBe(1);
    expect(await store.rows({ kind: 'job', dueBefore: 50, limit: 5 })).toEqual([]);
  });

  test('many writers at once all succeed', async () => {
    const store = await open();
    const results = await Promise.all(Array.from({ length: 200 }, (_, n) => transact(store, [put(observation(`o${n}`, { ...of('p'), ...coded('A') }))])));
    expect(wins(results)).toBe(200);
    expect((await search(store, 'Observation?patient=p&code=A&_total=accurate', { count: 0 })).total).toBe(200);
    expect((await store.changes(undefined, 500)).versions).toHaveLength(200);
  });

  test('a conflict of one does not touch its neighbours', async () => {
    const store = await open();
    const results = await Promise.all([
      transact(store, [put(patient('a'))]),
      transact(store, [put(patient('b', { identifier: [{ system: 'urn:first', value: '1' }] })), put(patient('b'), { version: 5 })]),
      transact(store, [put(patient('c', { identifier: [{ system: 'urn:first', value: '2' }] }))]),
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(await found(store, 'Patient?')).toEqual(['a', 'c']);
    expect(await found(store, 'Patient?identifier=urn:first|')).toEqual(['c']);
  });

  test('a reader during a long write sees the old state or the new, never half', async () => {
    const store = await open();
    const size = 400;
    const state = (code: string, version: number): ReturnType<typeof put>[] =>
      Array.from({ length: size }, (_, n) => put(observation(`o${n}`, { ...of('p'), ...coded(code) }), { version }));
    await write(store, ...state('A', 1));
    let isWriting = true;
    const writing = write(store, ...state('B', 2)).then(() => {
      isWriting = false;
    });
    const count = async (code: string): Promise<number> => (await search(store, `Observation?code=${code}&_total=accurate`, { count: 0 })).total ?? 0;
    const both = query('Observation?code=A,B', { count: size });
    const seen = new Set<string>();
    do {
      const codes = (await store.search(both)).matches.map(({ version }) => version);
      seen.add([...new Set(codes)].join());
      expect(codes).toHaveLength(size);
      await new Promise((resolve) => setImmediate(resolve));
    } while (isWriting);
    await writing;
    seen.add([...new Set((await store.search(both)).matches.map(({ version }) => version))].join());
    for (const one of seen) expect(['1', '2']).toContain(one);
    expect([await count('A'), await count('B')]).toEqual([0, size]);
  });

  test('closing waits for what is being written', async () => {
    const store = await open();
    const results = Promise.all(Array.from({ length: 10 }, (_, n) => transact(store, [put(patient(`p${n}`))])));
    await store.close();
    expect(wins(await results)).toBe(10);
    await store.close();
  });
}
