/** The full-text index is brought up to date many resources at a time; a search finds what waits for it as well. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { index, params, put, query, remove, write } from '../../contract/fixture.ts';

/** More than wait at a time, each with some 100 characters of words. */
const COUNT = 400;
let folder: string;
let store: Store;

const open = (): Promise<Store> => openSqliteStore({ file: join(folder, 'words.sqlite'), params, index });
const said = (n: number, words = `nurse${n} saw the patient`) => ({ resourceType: 'Basic', id: `b${n}`, code: { text: words } });
const found = async (words: string): Promise<number> => (await store.search(query(`Basic?code:text=${words}&_count=1000`))).matches.length;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'words-'));
  store = await open();
  for (let n = 0; n < COUNT; n += 20) await write(store, ...Array.from({ length: 20 }, (_, i) => put(said(n + i))));
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** How many resources the full-text index itself holds. */
function gathered(): number {
  const db = new Database(join(folder, 'words.sqlite'), { readonly: true });
  try {
    return Number(db.prepare('SELECT count(*) FROM words').pluck().get());
  } finally {
    db.close();
  }
}

test('what is gathered and what waits are found alike', async () => {
  expect(gathered()).toBeGreaterThan(0);
  expect(gathered()).toBeLessThan(COUNT);
  expect(await found('patient')).toBe(COUNT);
  expect([await found('nurse0'), await found(`nurse${COUNT - 1}`), await found('saw the pat')]).toEqual([1, 1, COUNT]);
});

test('what is changed or deleted is not found by its old words, whether it was gathered or waited', async () => {
  const [first, last] = [0, COUNT - 1];
  await write(store, put(said(first, 'doctor'), { version: 2 }), put(said(last, 'doctor'), { version: 2 }));
  await write(store, remove('Basic', 'b1'), remove('Basic', `b${COUNT - 2}`));
  expect(await found('patient')).toBe(COUNT - 4);
  expect(await found('doctor')).toBe(2);
  expect([await found('nurse0'), await found(`nurse${last}`)]).toEqual([0, 0]);
});

test('what waits at the end waits at the next start', async () => {
  const before = gathered();
  await store.close();
  store = await open();
  expect([gathered(), await found('patient')]).toEqual([before, COUNT]);
  for (let n = COUNT; n < 2 * COUNT; n += 20) await write(store, ...Array.from({ length: 20 }, (_, i) => put(said(n + i))));
  expect(await found('patient')).toBe(2 * COUNT);
  expect(gathered()).toBeGreaterThan(COUNT);
});
