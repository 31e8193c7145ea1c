import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { GroupCommit } from '../../../src/store/sqlite/group-commit.ts';
import type { Prepared } from '../../../src/store/sqlite/writes.ts';

type Steps = ConstructorParameters<typeof GroupCommit>[1];

/** A transaction that writes one word. */
const word = (key: string): Prepared => ({ transaction: { writes: [{ write: 'count', counter: key }], expects: [] }, rows: new Map() });
const wordOf = ({ transaction: { writes } }: Prepared): string => (writes[0]?.write === 'count' ? writes[0].counter : '');
const conflict = (counter: string): { on: 'counter'; counter: string; found: number } => ({ on: 'counter', counter, found: 1 });

/** EXPECT does not hold, CONFLICT turns out not to only when it is written; UNCHECKED and THROW are faults at those two moments. */
function setUp(): { db: Database.Database; said: string[]; add: (key: string) => ReturnType<GroupCommit['add']>; words: () => unknown[]; group: GroupCommit } {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE word (text TEXT)');
  const insert = db.prepare('INSERT INTO word VALUES (?)');
  const said: string[] = [];
  const check: Steps['check'] = (prepared) => {
    if (wordOf(prepared) === 'UNCHECKED') throw new Error('cannot be checked');
    return wordOf(prepared) === 'EXPECT' ? conflict('EXPECT') : undefined;
  };
  const write: Steps['write'] = (prepared) => {
    insert.run(wordOf(prepared));
    if (wordOf(prepared) === 'THROW') throw new Error('cannot be written');
    return wordOf(prepared) === 'CONFLICT' ? conflict('CONFLICT') : undefined;
  };
  const watched = new Proxy(db, {
    get: (target, name) => {
      if (name !== 'exec') return Reflect.get(target, name);
      return (text: string) => {
        said.push(text);
        return target.exec(text);
      };
    },
  });
  const group = new GroupCommit(watched, { name: () => undefined, check, write, rolledBack: () => said.push('forgotten') });
  return { db, said, group, add: (key) => group.add(word(key)), words: () => db.prepare('SELECT text FROM word ORDER BY 1').pluck().all() };
}

describe('group commit', () => {
  test('all that wait share one transaction and one commit', async () => {
    const { add, said, words } = setUp();
    await Promise.all(['a', 'b', 'c'].map(add));
    expect(words()).toEqual(['a', 'b', 'c']);
    expect(said.filter((text) => text === 'COMMIT')).toHaveLength(1);
  });

  test('what fails its checks needs no savepoint', async () => {
    const { add, said, words } = setUp();
    const [a, expected, unchecked, b] = await Promise.allSettled(['a', 'EXPECT', 'UNCHECKED', 'b'].map(add));
    expect([a, b]).toEqual([a, b].map(() => ({ status: 'fulfilled', value: { ok: true } })));
    expect(expected).toEqual({ status: 'fulfilled', value: { ok: false, conflict: conflict('EXPECT') } });
    expect(unchecked).toMatchObject({ status: 'rejected', reason: { message: 'cannot be checked' } });
    expect(words()).toEqual(['a', 'b']);
    expect(said).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  });

  test('what fails while it is written is undone by itself, and the group carried out again', async () => {
    const { add, said, words } = setUp();
    const [a, failed, thrown, b] = await Promise.allSettled(['a', 'CONFLICT', 'THROW', 'b'].map(add));
    expect([a, b]).toEqual([a, b].map(() => ({ status: 'fulfilled', value: { ok: true } })));
    expect(failed).toEqual({ status: 'fulfilled', value: { ok: false, conflict: conflict('CONFLICT') } });
    expect(thrown).toMatchObject({ status: 'rejected', reason: { message: 'cannot be written' } });
    expect(words()).toEqual(['a', 'b']);
    expect(said.slice(0, 4)).toEqual(['BEGIN IMMEDIATE', 'ROLLBACK', 'forgotten', 'BEGIN IMMEDIATE']);
    expect(said.filter((text) => text === 'COMMIT')).toHaveLength(1);
  });

  test('nobody is answered before the commit', async () => {
    const { add, said } = setUp();
    await Promise.all(['a', 'b'].map(async (key) => said.push(`answered ${String((await add(key)).ok)}`)));
    expect(said.slice(said.indexOf('COMMIT'))).toEqual(['COMMIT', 'answered true', 'answered true']);
  });

  test('where the commit fails everyone is told, nothing is there, and the next group works', async () => {
    const { db, add, words, said } = setUp();
    db.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY)');
    db.exec('CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)');
    db.pragma('foreign_keys = ON');
    db.exec("CREATE TEMP TRIGGER spoil AFTER INSERT ON word WHEN new.text = 'spoil' BEGIN INSERT INTO child VALUES (7); END");
    const results = await Promise.allSettled(['a', 'spoil', 'CONFLICT'].map(add));
    expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: expect.objectContaining({ fault: 'unavailable' }) })));
    expect(words()).toEqual([]);
    expect(said.slice(-2)).toEqual(['ROLLBACK', 'forgotten']);
    expect(await add('later')).toEqual({ ok: true });
    expect(words()).toEqual(['later']);
  });

  test('a long queue is taken in several groups, and idle waits for all of them', async () => {
    const { add, group, said, words } = setUp();
    const all = Array.from({ length: 4500 }, (_, n) => add(String(n)));
    await group.idle();
    expect(words()).toHaveLength(4500);
    expect(said.filter((text) => text === 'COMMIT')).toHaveLength(3);
    await Promise.all(all);
    await group.idle();
  });
});
