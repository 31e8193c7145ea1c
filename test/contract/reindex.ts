import { expect, test } from '@jest/globals';
import type { Reindexed } from '../../src/store/store.ts';
import { coded, found, type OpenStore, observation, of, patient, put, remove, transact, write } from './fixture.ts';

/** Index values made anew. */
export function reindexCases(open: OpenStore): void {
  test('a type is looked through in steps, in the order of writing, current versions alone', async () => {
    const store = await open();
    await write(store, ...Array.from({ length: 5 }, (_, n) => put(patient(`p${n}`))), put(observation('o', of('p1'))));
    await write(store, put(patient('p0'), { version: 2 }), remove('Patient', 'p1'));
    const steps: Reindexed[] = [];
    do steps.push(await store.reindex({ type: 'Patient', limit: 3, ...(steps.at(-1)?.next === undefined ? {} : { after: steps.at(-1)?.next as string }) }));
    while (steps.at(-1)?.next !== undefined);
    expect(steps.map(({ count }) => count)).toEqual([3, 1]);
    expect(await store.reindex({ type: 'Encounter', limit: 3 })).toEqual({ count: 0 });
  });

  test('what is found stays the same', async () => {
    const store = await open();
    await write(store, put(observation('a', { ...of('p'), ...coded('A') })), put(observation('b', coded('B'))), put(patient('p')));
    await store.reindex({ type: 'Observation', limit: 10 });
    expect(await found(store, 'Observation?code=A&patient=p')).toEqual(['a']);
    expect(await found(store, 'Observation?code=A,B')).toEqual(['a', 'b']);
    expect(await found(store, 'Observation?patient:missing=true')).toEqual(['b']);
  });

  test('what was handed over before is looked through too', async () => {
    const store = await open();
    const writing = transact(store, [put(patient('p'))]);
    const step = store.reindex({ type: 'Patient', limit: 10 });
    expect((await writing).ok).toBe(true);
    expect(await step).toEqual({ count: 1 });
  });

  test('a place that is none is refused', async () => {
    const store = await open();
    await expect(store.reindex({ type: 'Patient', limit: 1, after: 'x' })).rejects.toMatchObject({ fault: 'bad-parameter' });
  });
}
