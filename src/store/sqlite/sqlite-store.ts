/** The default store: one SQLite file, one process. */
import type { Database } from 'better-sqlite3';
import { FhirError } from '../../fhir/outcome.ts';
import { refOf } from '../../fhir/resource.ts';
import type { Indexer } from '../../search/extract.ts';
import type { Params } from '../../search/params.ts';
import { readPosition } from '../page-token.ts';
import type { Cursor, Store, Transaction } from '../store.ts';
import { factsFrom } from './compile/facts.ts';
import { GroupCommit } from './group-commit.ts';
import { indexRows } from './index-rows.ts';
import { keepIndexCurrent, stepIn } from './index-version.ts';
import { keepingOnce } from './kept-once.ts';
import { lockFile } from './lock.ts';
import { logIn, nameAll } from './log.ts';
import { Names } from './names.ts';
import { openWriter } from './open.ts';
import { plainTables } from './plain-tables.ts';
import { readingWith } from './read.ts';
import { ReaderPool } from './reader-pool.ts';
import { Statements } from './statements.ts';
import { checkAll, type Prepared, writeAll } from './writes.ts';

export interface SqliteOptions {
  /** Made where it does not exist yet; `-wal`, `-shm` and `.lock` files lie beside it. */
  readonly file: string;
  readonly params: Params;
  readonly index: Indexer;
  /** The settings by which `index` makes its values: where they are others than before, the whole index is made again at the start. */
  readonly indexed?: string;
}

/** Throws an Error with a sentence where the file is in use, foreign, damaged, newer, or cannot be written durably. */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const unlock = lockFile(options.file);
  try {
    return storeOn(openWriter(options.file), options, unlock);
  } catch (fault) {
    unlock();
    throw fault;
  }
}

function storeOn(db: Database, { file, params, index: indexer, indexed = '' }: SqliteOptions, unlock: () => void): Store {
  const facts = factsFrom(params);
  const index = keepingOnce(indexer, (type) => facts(type).narrower);
  const names = new Names(db);
  const log = logIn(db, names);
  const plain = plainTables(db);
  keepIndexCurrent({ db, log, index, made: indexed });
  const pool = new ReaderPool(file);
  const { search, history, find } = readingWith({ statements: new Statements(db), names, facts, pool });
  const tables = { log, plain, find };
  const commits = new GroupCommit(db, {
    name: ({ transaction, rows }) => {
      for (const write of transaction.writes) nameAll(names, write, rows.get(write));
    },
    check: (prepared) => checkAll(tables, prepared),
    write: (prepared) => writeAll(tables, prepared),
    rolledBack: () => names.forget(),
  });
  const reindex = stepIn({ db, log, index });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([commits.idle(), pool.close()]);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    unlock();
  };
  /** While the store is open. */
  const use = <T>(work: () => T): T => {
    if (closing) throw new FhirError('unavailable', 'The store is closed. Try again when the server has started again.');
    return work();
  };
  return {
    read: async (type, id) => use(() => log.current(refOf(type, id))),
    vread: async (type, id, version) => use(() => log.version(refOf(type, id), version)),
    search: async (query) => use(() => search(query)),
    history: async (query) => use(() => history(query)),
    transact: async (transaction) => use(() => commits.add(prepare(transaction, index))),
    changes: async (after, limit) =>
      use(() => {
        const { versions, position } = log.behind(readPosition(after), limit);
        return { versions, cursor: versions.length > 0 ? (String(position) as Cursor) : after };
      }),
    reindex: async (step) => use(() => commits.alone(() => reindex(step))),
    counter: async (name) => use(() => plain.counter(name)),
    holder: async (key) => use(() => plain.holder(key)),
    row: async (kind, key) => use(() => plain.row(kind, key)),
    rows: async (query) => use(() => plain.rows(query)),
    close: () => (closing ??= close()),
  };
}

/** Works out the index rows, which takes longest and needs no database. */
function prepare(transaction: Transaction, index: Indexer): Prepared {
  const puts = transaction.writes.filter((write) => write.write === 'put');
  return { transaction, rows: new Map(puts.map((put) => [put, indexRows(put.version.type, index(put.resource))])) };
}
