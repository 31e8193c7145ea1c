import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { coded, found, historyOf, index, observation, of, on, params, patient, put, query, START, search, write } from '../../contract/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'readers-'));
const PATIENTS = 60;
const EACH = 50;
let store: Store;

beforeAll(async () => {
  store = await openSqliteStore({ file: join(folder, 'r.sqlite'), params, index });
  for (let p = 0; p < PATIENTS; p++) {
    const days = Array.from({ length: EACH }, (_, n) =>
      put(observation(`o${p}-${n}`, { ...of(`p${p}`), ...coded('A'), ...on(`2026-01-${String((n % 28) + 1).padStart(2, '0')}`) })),
    );
    await write(store, put(patient(`p${p}`, { name: [{ family: `Family ${p}` }] })), ...days);
  }
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Compares every Observation with every other one of its patient: slow, whatever the machine. */
const SLOW = 'Observation?status:not=amended&patient._has:Observation:patient:code:not=A';

describe('long reads', () => {
  test('short reads and writes are answered while a long one runs', async () => {
    const order: string[] = [];
    const done = (name: string) => () => void order.push(name);
    const slow = search(store, SLOW, { total: 'accurate' }).then(done('slow'));
    for (let n = 0; n < 20; n++) await store.read('Observation', `o0-${n}`).then(done('read'));
    await search(store, 'Observation?patient=p1&code=A&_sort=-date').then(done('series'));
    await write(store, put(patient('written', {}))).then(done('write'));
    await slow;
    expect(order).toEqual([...Array(20).fill('read'), 'series', 'write', 'slow']);
  });

  test('the event loop turns while a long one runs', async () => {
    let turns = 0;
    let running = true;
    const slow = search(store, SLOW, { total: 'accurate' }).finally(() => {
      running = false;
    });
    while (running) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await slow;
    expect(turns).toBeGreaterThan(10);
  });

  test('answer the same as short ones, pages and totals included', async () => {
    expect((await search(store, 'Observation?code=A&_total=accurate', { count: 0 })).total).toBe(PATIENTS * EACH);
    const first = await search(store, 'Observation?code=A&_sort=-date', { count: 100 });
    expect(first.matches).toHaveLength(100);
    expect(first.next).toBeDefined();
    expect(await found(store, 'Patient?name:contains=family 59')).toEqual(['p59']);
  });

  test('see what was written before they were asked', async () => {
    await write(store, put(observation('fresh', { ...of('p0'), ...coded('A'), ...on('2027-01-01') })));
    expect((await search(store, 'Observation?code=A&_sort=-date', { count: 1 })).matches.map(({ id }) => id)).toEqual(['fresh']);
    expect((await historyOf(store, { since: START, count: 1000 })).at(0)).toBe('Observation/fresh/1');
  });

  test('a refusal in the thread is the same refusal here', async () => {
    await write(store, put(patient('hub')), ...Array.from({ length: 1001 }, (_, n) => put(observation(`h${n}`, of('hub')))));
    await expect(search(store, 'Patient?_lastUpdated=ge2026-01-01&_revinclude=Observation:patient', { count: 1000 })).rejects.toMatchObject({
      fault: 'too-costly',
      status: 400,
    });
    await expect(search(store, 'Observation?code=A&_sort=-date', { after: 'x' })).rejects.toMatchObject({ fault: 'bad-parameter' });
  });

  test('closing waits for them', async () => {
    const other = await openSqliteStore({ file: join(folder, 'c.sqlite'), params, index });
    await write(other, ...Array.from({ length: 1500 }, (_, n) => put(observation(`o${n}`, coded('A')))));
    const asked = search(other, 'Observation?code=A&_total=accurate', { count: 1 });
    await other.close();
    expect((await asked).total).toBe(1500);
  });
});

describe('what is read and does not pass', () => {
  let crowd: Store;
  beforeAll(async () => {
    crowd = await openSqliteStore({ file: join(folder, 'names.sqlite'), params, index });
    const named = (n: number) =>
      put(patient(`p${n}`, { birthDate: '1980-01-01', name: [{ family: `Family ${n}` }], identifier: [{ system: 'urn:a', value: `${n}` }] }));
    const weighed = (n: number) => put(observation(`o${n}`, { ...coded('A'), valueQuantity: { value: n, unit: 'kg' } }));
    await write(crowd, ...Array.from({ length: 1100 }, (_, n) => named(n)), ...Array.from({ length: 1100 }, (_, n) => weighed(n)));
  });
  afterAll(() => crowd.close());

  test.each(['Patient?name:contains=nobody', 'Patient?birthdate=lt1800', 'Observation?value-quantity=gt0||stone', 'Observation?code-value-quantity=A$gt99999'])(
    'counts as read: %s leaves the thread that answers others',
    async (asked) => {
      let total: number | undefined;
      const searched = search(crowd, asked, { total: 'accurate' }).then((page) => {
        total = page.total;
      });
      // What is answered here is answered before the event loop turns.
      for (let n = 0; n < 100; n++) await undefined;
      expect(total).toBeUndefined();
      await searched;
      expect(total).toBe(0);
    },
  );
});

test('a condition that would keep every other writer waiting is refused', async () => {
  const crowd = await openSqliteStore({ file: join(folder, 'crowd.sqlite'), params, index });
  const AT_ONCE = 2000;
  for (let from = 0; from < 6 * AT_ONCE; from += AT_ONCE) {
    await write(crowd, ...Array.from({ length: AT_ONCE }, (_, n) => put({ resourceType: 'Basic', id: `b${from + n}`, code: { coding: [{ code: 'same' }] } })));
  }
  const create = (criteria: string) =>
    crowd.transact({
      writes: [put(patient('p'))],
      expects: [{ expect: 'search', type: 'Basic', where: query(`Basic?${criteria}`).of[0]?.where ?? { op: 'none' }, found: undefined, guard: criteria }],
    });
  await expect(create('code=same&_lastUpdated=gt2030')).rejects.toMatchObject({ fault: 'too-costly' });
  expect(await create('identifier=urn:mrn|1')).toEqual({ ok: true });
  await crowd.close();
});
