import { describe, expect, test } from '@jest/globals';
import type { Expectation, Row, Store, Write } from '../../src/store/store.ts';
import { coded, found, type OpenStore, observation, of, patient, put, query, refs, remove, transact, write } from './fixture.ts';

const NOTHING = { op: 'none' } as const;
const whereOf = (text: string): Extract<Expectation, { expect: 'search' }>['where'] => query(text).of[0]?.where ?? NOTHING;
const expectFound = (text: string, ref: string | undefined): Expectation => ({
  expect: 'search',
  type: text.slice(0, text.indexOf('?')),
  where: whereOf(text),
  found: ref,
  guard: text,
});
const row = (key: string, more: Partial<Row> = {}): Omit<Row, 'stamp'> => ({ kind: 'job', key, value: '{}', ...more });
const setRow = (key: string, more: Partial<Row> = {}, stamp?: number): Write => ({
  write: 'row',
  row: row(key, more),
  ...(stamp === undefined ? {} : { stamp }),
});

/** Expectations, conflicts, and that a transaction is all or nothing. */
export function transactCases(open: OpenStore): void {
  describe('versions out of turn', () => {
    test.each([
      [0, [put(patient('a'), { version: 2 })]],
      [1, [put(patient('a')), put(patient('a'))]],
      [1, [put(patient('a')), put(patient('a'), { version: 3 })]],
      [0, [remove('Patient', 'a', { version: 2 })]],
    ])('are a conflict that names the version found: %p', async (version, writes) => {
      const store = await open();
      expect(await transact(store, writes)).toEqual({ ok: false, conflict: { on: 'version', ref: 'Patient/a', found: version } });
      expect(await store.read('Patient', 'a')).toBeUndefined();
    });

    test('one transaction may write two versions in turn', async () => {
      const store = await open();
      await write(store, put(patient('a')), put(patient('a', { active: true }), { version: 2 }));
      expect(await found(store, 'Patient?active=true')).toEqual(['a']);
      expect((await store.read('Patient', 'a'))?.version).toBe(2);
    });
  });

  describe('expectations', () => {
    const hold = async (store: Store, expectation: Expectation): Promise<unknown> => transact(store, [], [expectation]);

    test('of a version', async () => {
      const store = await open();
      await write(store, put(patient('a')), put(patient('b')));
      await write(store, remove('Patient', 'b'));
      expect(await hold(store, { expect: 'version', type: 'Patient', id: 'a', version: 1 })).toEqual({ ok: true });
      expect(await hold(store, { expect: 'version', type: 'Patient', id: 'c', version: 0 })).toEqual({ ok: true });
      const conflict = { on: 'version', ref: 'Patient/b', found: 2 };
      expect(await hold(store, { expect: 'version', type: 'Patient', id: 'b', version: 0 })).toEqual({ ok: false, conflict });
    });

    test('of a counter', async () => {
      const store = await open();
      await write(store, { write: 'count', counter: 'c' }, { write: 'count', counter: 'c' });
      expect(await store.counter('c')).toBe(2);
      expect(await store.counter('never')).toBe(0);
      expect(await hold(store, { expect: 'counter', counter: 'c', value: 2 })).toEqual({ ok: true });
      expect(await hold(store, { expect: 'counter', counter: 'c', value: 1 })).toEqual({ ok: false, conflict: { on: 'counter', counter: 'c', found: 2 } });
    });

    test('of a free key', async () => {
      const store = await open();
      await write(store, { write: 'claim', key: 'k', holder: 'Flag/1' });
      expect(await hold(store, { expect: 'unclaimed', key: 'other' })).toEqual({ ok: true });
      expect(await hold(store, { expect: 'unclaimed', key: 'k' })).toEqual({ ok: false, conflict: { on: 'key', key: 'k', holder: 'Flag/1' } });
    });

    test('of what a search finds', async () => {
      const store = await open();
      await write(store, put(observation('x', coded('A'))), put(observation('y', coded('B'))), put(observation('z', coded('B'))));
      expect(await hold(store, expectFound('Observation?code=C', undefined))).toEqual({ ok: true });
      expect(await hold(store, expectFound('Observation?code=A', 'Observation/x'))).toEqual({ ok: true });
      const conflict = (guard: string, ...ids: string[]): unknown => ({ ok: false, conflict: { on: 'search', guard, found: ids } });
      expect(await hold(store, expectFound('Observation?code=A', undefined))).toEqual(conflict('Observation?code=A', 'Observation/x'));
      expect(await hold(store, expectFound('Observation?code=A', 'Observation/y'))).toEqual(conflict('Observation?code=A', 'Observation/x'));
      expect(await hold(store, expectFound('Observation?code=C', 'Observation/y'))).toEqual(conflict('Observation?code=C'));
      expect(await hold(store, expectFound('Observation?code=B', 'Observation/y'))).toEqual(conflict('Observation?code=B', 'Observation/y', 'Observation/z'));
    });
  });

  describe('unique keys', () => {
    test('one holder; the same one may claim again; free after a release', async () => {
      const store = await open();
      const claim = (holder: string): Write => ({ write: 'claim', key: 'k', holder });
      await write(store, claim('Flag/1'));
      await write(store, claim('Flag/1'));
      expect(await transact(store, [claim('Flag/2')])).toEqual({ ok: false, conflict: { on: 'key', key: 'k', holder: 'Flag/1' } });
      await write(store, { write: 'release', key: 'k' }, claim('Flag/2'));
      expect(await store.holder('k')).toBe('Flag/2');
      await write(store, { write: 'release', key: 'k' }, { write: 'release', key: 'never' });
      expect(await store.holder('k')).toBeUndefined();
    });
  });

  describe('plain rows', () => {
    test('are kept whole, each change with a higher stamp', async () => {
      const store = await open();
      await write(store, setRow('a', { value: '{"n":1}', due: 5, lease: 7 }));
      const first = await store.row('job', 'a');
      expect(first).toEqual({ ...row('a', { value: '{"n":1}', due: 5, lease: 7 }), stamp: expect.any(Number) });
      await write(store, setRow('a'));
      const second = await store.row('job', 'a');
      expect(second).toEqual({ ...row('a'), stamp: expect.any(Number) });
      expect(second?.stamp).toBeGreaterThan(first?.stamp ?? Infinity);
      expect(await store.row('other', 'a')).toBeUndefined();
    });

    test('compare and set', async () => {
      const store = await open();
      const conflict = { ok: false, conflict: { on: 'row', kind: 'job', key: 'a' } };
      expect(await transact(store, [setRow('a', {}, 3)])).toEqual(conflict);
      await write(store, setRow('a', {}, 0));
      expect(await transact(store, [setRow('a', {}, 0)])).toEqual(conflict);
      const stamp = (await store.row('job', 'a'))?.stamp ?? 0;
      await write(store, setRow('a', { value: '1' }, stamp));
      expect(await transact(store, [setRow('a', { value: '2' }, stamp)])).toEqual(conflict);
      expect(await transact(store, [{ write: 'row-delete', kind: 'job', key: 'a', stamp }])).toEqual(conflict);
      expect((await store.row('job', 'a'))?.value).toBe('1');
      await write(store, { write: 'row-delete', kind: 'job', key: 'a' }, { write: 'row-delete', kind: 'job', key: 'never', stamp: 0 });
      expect(await store.row('job', 'a')).toBeUndefined();
    });

    test('a row made again is not taken for the one before', async () => {
      const store = await open();
      await write(store, setRow('a'));
      const stamp = (await store.row('job', 'a'))?.stamp ?? 0;
      await write(store, { write: 'row-delete', kind: 'job', key: 'a' });
      await write(store, setRow('a'));
      expect(await transact(store, [setRow('a', {}, stamp)])).toMatchObject({ ok: false });
    });

    test('come in key order, by prefix', async () => {
      const store = await open();
      await write(store, ...['b', 'a/2', 'a/1', 'a', '~', 'é', '😀', '～'].map((key) => setRow(key)), { write: 'row', row: { ...row('a/3'), kind: 'other' } });
      const keys = async (more: object): Promise<string[]> => (await store.rows({ kind: 'job', limit: 10, ...more })).map(({ key }) => key);
      expect(await keys({})).toEqual(['a', 'a/1', 'a/2', 'b', '~', 'é', '～', '😀']);
      expect(await keys({ prefix: 'a/' })).toEqual(['a/1', 'a/2']);
      expect(await keys({ limit: 2 })).toEqual(['a', 'a/1']);
    });

    test('due ones come in due order, without those on a lease', async () => {
      const store = await open();
      await write(store, setRow('never'), setRow('b', { due: 10 }), setRow('a', { due: 20 }), setRow('aa', { due: 20 }), setRow('later', { due: 30 }));
      await write(store, setRow('taken', { due: 5, lease: 40 }), setRow('lapsed', { due: 6, lease: 30 }));
      const due = async (dueBefore: number, more: object = {}): Promise<string[]> =>
        (await store.rows({ kind: 'job', dueBefore, limit: 10, ...more })).map(({ key }) => key);
      expect(await due(30)).toEqual(['lapsed', 'b', 'a', 'aa']);
      expect(await due(20)).toEqual(['b']);
      expect(await due(30, { limit: 1 })).toEqual(['lapsed']);
      expect(await due(41, { prefix: 'a' })).toEqual(['a', 'aa']);
      expect(await due(41)).toContain('taken');
    });
  });

  describe('all or nothing', () => {
    const before: readonly Write[] = [
      put(patient('old')),
      { write: 'claim', key: 'held', holder: 'Patient/old' },
      { write: 'count', counter: 'c' },
      setRow('kept', { value: 'before' }),
    ];
    const attempt: readonly Write[] = [
      put(patient('new', { active: true })),
      put(patient('old', { active: true }), { version: 2 }),
      remove('Patient', 'new'),
      { write: 'claim', key: 'fresh', holder: 'Patient/new' },
      { write: 'release', key: 'held' },
      { write: 'count', counter: 'c' },
      setRow('kept', { value: 'after' }),
      setRow('made'),
      { write: 'row-delete', kind: 'job', key: 'kept' },
    ];
    const failing: readonly (readonly [string, readonly Write[], readonly Expectation[]])[] = [
      ['a version out of turn', [put(patient('old'), { version: 9 })], []],
      ['a delete out of turn', [remove('Patient', 'never', { version: 2 })], []],
      ['a key that another holds', [{ write: 'claim', key: 'fresh', holder: 'Patient/other' }], []],
      ['a row with another stamp', [setRow('made', {}, 0)], []],
      ['a row to delete with another stamp', [{ write: 'row-delete', kind: 'job', key: 'made', stamp: 1_000_000 }], []],
      ['an expected version', [], [{ expect: 'version', type: 'Patient', id: 'old', version: 2 }]],
      ['an expected counter', [], [{ expect: 'counter', counter: 'c', value: 7 }]],
      ['an expected free key', [], [{ expect: 'unclaimed', key: 'held' }]],
      ['an expected search', [], [expectFound('Patient?_id=old', undefined)]],
    ];

    test.each(failing)('%s leaves nothing', async (_name, last, expects) => {
      const store = await open();
      await write(store, ...before);
      const stamp = (await store.row('job', 'kept'))?.stamp;
      expect(await transact(store, [...attempt, ...last], expects)).toMatchObject({ ok: false });
      await expectUntouched(store, stamp);
    });

    test('a write that throws leaves nothing', async () => {
      const store = await open();
      await write(store, ...before);
      const stamp = (await store.row('job', 'kept'))?.stamp;
      const broken: Write = {
        write: 'claim',
        holder: 'Patient/x',
        get key(): string {
          throw new Error('cannot be read');
        },
      };
      await expect(transact(store, [...attempt, broken])).rejects.toThrow('cannot be read');
      await expectUntouched(store, stamp);
    });

    async function expectUntouched(store: Store, stamp: number | undefined): Promise<void> {
      expect(refs((await store.changes(undefined, 100)).versions)).toEqual(['Patient/old']);
      expect((await store.read('Patient', 'old'))?.version).toBe(1);
      expect(await found(store, 'Patient?')).toEqual(['old']);
      expect(await found(store, 'Patient?active=true')).toEqual([]);
      expect(await store.holder('held')).toBe('Patient/old');
      expect(await store.holder('fresh')).toBeUndefined();
      expect(await store.counter('c')).toBe(1);
      expect(await store.row('job', 'kept')).toEqual({ ...row('kept', { value: 'before' }), stamp });
      expect(await store.row('job', 'made')).toBeUndefined();
      await write(store, put(patient('next', { ...of('x'), identifier: [{ system: 'urn:new', value: '1' }] })));
      expect(await found(store, 'Patient?identifier=urn:new|1')).toEqual(['next']);
    }
  });
}
