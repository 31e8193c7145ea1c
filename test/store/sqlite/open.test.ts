import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { openWriter, requireDurable } from '../../../src/store/sqlite/open.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { found, index, observation, of, params, patient, put, write } from '../../contract/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'open-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = (): string => join(folder, `${++files}.sqlite`);
const open = (file: string): Promise<Store> => openSqliteStore({ file, params, index });

describe('durability', () => {
  test('the journal is a WAL, and every commit is synced', () => {
    const db = openWriter(newFile());
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  test('a database without a WAL is refused', () => {
    expect(() => openWriter(':memory:')).toThrow('journal mode memory where this server needs wal');
  });

  test.each([0, 1])('synchronous=%p is refused', (level) => {
    const db = new Database(newFile());
    db.pragma(`synchronous = ${level}`);
    expect(() => requireDurable(db, 'wal')).toThrow(`synchronous=${level} where this server needs FULL`);
    db.close();
  });

  test('what was written is there when the file is opened again', async () => {
    const file = newFile();
    const first = await open(file);
    await write(first, put(patient('p')), put(observation('o', of('p'))), { write: 'claim', key: 'k', holder: 'Patient/p' }, { write: 'count', counter: 'c' });
    const { cursor } = await first.changes(undefined, 1);
    await first.close();
    const second = await open(file);
    expect(await found(second, 'Observation?patient=p')).toEqual(['o']);
    expect([await second.holder('k'), await second.counter('c')]).toEqual(['Patient/p', 1]);
    expect((await second.changes(cursor, 9)).versions.map(({ id }) => id)).toEqual(['o']);
    await write(second, put(patient('p', { active: true }), { version: 2 }));
    expect(await found(second, 'Patient?active=true')).toEqual(['p']);
    await second.close();
  });

  test('a closed store refuses in a sentence', async () => {
    const store = await open(newFile());
    await store.close();
    await expect(store.read('Patient', 'p')).rejects.toMatchObject({ fault: 'unavailable' });
    await expect(write(store, put(patient('p')))).rejects.toMatchObject({ fault: 'unavailable' });
  });
});

describe('files that cannot be used', () => {
  test('one that is no database', async () => {
    const file = newFile();
    writeFileSync(file, 'This is a letter, not a database. '.repeat(50));
    await expect(open(file)).rejects.toThrow(`${file} is not an SQLite database`);
    expect(readFileSync(file, 'utf8')).toContain('a letter');
  });

  test("another program's database, which stays as it was", async () => {
    const file = newFile();
    const other = new Database(file);
    other.exec('CREATE TABLE recipes (name TEXT)');
    other.close();
    await expect(open(file)).rejects.toThrow('belongs to another program');
    const after = new Database(file, { readonly: true });
    expect(after.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['recipes']);
    expect(after.pragma('journal_mode', { simple: true })).toBe('delete');
    after.close();
  });

  test('one of a newer version of this program', async () => {
    const file = newFile();
    await (await open(file)).close();
    const newer = new Database(file);
    newer.pragma('user_version = 999');
    newer.close();
    await expect(open(file)).rejects.toThrow('written by a newer version of this server (layout 999');
  });

  test.each([
    ['cut short', (file: string) => truncateSync(file, 8192)],
    ['overwritten in the middle', (file: string) => writeFileSync(file, readFileSync(file).fill(0x5a, 200, 40_000))],
  ])('a damaged one: %s', async (_name, damage) => {
    const file = newFile();
    const store = await open(file);
    await write(store, ...Array.from({ length: 50 }, (_, n) => put(observation(`o${n}`, of('p')))));
    await store.close();
    damage(file);
    await expect(open(file)).rejects.toThrow('damaged');
  });

  test('one in a folder that does not exist', async () => {
    await expect(open(join(folder, 'nowhere', 'x.sqlite'))).rejects.toThrow('cannot be opened');
  });
});

describe('one process at a time', () => {
  test('a file in use is refused, and free again after close', async () => {
    const file = newFile();
    const store = await open(file);
    await expect(open(file)).rejects.toThrow('in use by another process');
    await store.close();
    await (await open(file)).close();
  });

  test('another process is refused too', async () => {
    const file = newFile();
    const store = await open(file);
    const attempt = `import { lockFile } from '${join(process.cwd(), 'src/store/sqlite/lock.ts')}'; try { lockFile(${JSON.stringify(file)}); console.log('got it'); } catch (fault) { console.log(fault.message); }`;
    const other = (): string => execFileSync(process.execPath, ['--input-type=module', '-e', attempt], { encoding: 'utf8', cwd: process.cwd() });
    expect(other()).toContain('in use by another process');
    await store.close();
    expect(other()).toContain('got it');
  });
});
