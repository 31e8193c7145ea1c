/**
 * The layout of the file, as numbered steps; a step that has been released is never changed.
 *
 * - `log`: every version of every resource, in the order of writing. The current one is the highest of its `ref`. Its ids and
 *   times answer `_id` and `_lastUpdated`, which have no rows in `entry`.
 * - `live`: which log rows are current and not tombstones, by type.
 * - `name`: texts that index rows would repeat (search parameters, types, code systems, patients), as small numbers.
 * - `entry`: what current resources say to search parameters. Clustered by `seq`, so that inserts append and one
 *   resource's values lie together. Two more orders of it answer searches: by patient, and by value alone. Each ends in a
 *   date range, latest first, so that a patient's series of one code is a single range scan already in order.
 * - `said`: the words of current resources' texts, by `seq`, in the form of `word-token.ts`. `words`: their full-text index.
 * - `index_made`: one row: by which version of the program, and which settings, the index rows were made.
 */
import type { Database } from 'better-sqlite3';

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE log (
     seq INTEGER PRIMARY KEY,
     ref TEXT NOT NULL,
     version INTEGER NOT NULL,
     type INTEGER NOT NULL,
     updated INTEGER NOT NULL,
     method INTEGER NOT NULL,
     text TEXT NOT NULL
   );
   CREATE UNIQUE INDEX log_ref ON log (ref, version);
   CREATE INDEX log_type ON log (type);
   CREATE INDEX log_updated ON log (updated);
   CREATE TABLE live (type INTEGER, seq INTEGER, PRIMARY KEY (type, seq)) WITHOUT ROWID;
   CREATE TABLE name (no INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (kind, text));
   CREATE TABLE entry (
     seq INTEGER,
     param INTEGER,
     value TEXT,
     n INTEGER,
     system INTEGER NOT NULL,
     patient INTEGER NOT NULL,
     high NUMERIC,
     low NUMERIC,
     text TEXT,
     unit TEXT,
     PRIMARY KEY (seq, param, value, n)
   ) WITHOUT ROWID;
   CREATE INDEX entry_patient ON entry (param, patient, value, high DESC, seq, low, system) WHERE patient > 0;
   CREATE INDEX entry_value ON entry (param, value, high DESC, seq, low, system);
   CREATE TABLE claim (key TEXT PRIMARY KEY, holder TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE plain (
     stamp INTEGER PRIMARY KEY AUTOINCREMENT,
     kind TEXT NOT NULL,
     key TEXT NOT NULL,
     value TEXT NOT NULL,
     due INTEGER,
     lease INTEGER,
     UNIQUE (kind, key)
   );
   CREATE INDEX plain_due ON plain (kind, due, key) WHERE due IS NOT NULL;`,
  `CREATE VIRTUAL TABLE words USING fts5 (said, tokenize = 'ascii', content = '', contentless_delete = 1);
   CREATE TABLE said (seq INTEGER PRIMARY KEY, text TEXT NOT NULL);
   CREATE TABLE index_made (made TEXT NOT NULL);`,
  `DROP INDEX log_updated;
   CREATE INDEX log_updated ON log (type, updated);`,
];

/** Marks the file as ours: "PROB" in ASCII. https://www.sqlite.org/fileformat2.html#application_id */
const APPLICATION_ID = 0x50524f42;

const versionOf = (db: Database): number => db.pragma('user_version', { simple: true }) as number;

/** Throws an Error with a sentence where the file is foreign or newer. Changes nothing in it. */
export function requireOurs(db: Database, file: string): void {
  const version = versionOf(db);
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID && !isEmpty(db)) {
    throw new Error(`The database ${file} belongs to another program. Name a file of this server's, or one that does not exist yet.`);
  }
  if (version > MIGRATIONS.length) {
    throw new Error(
      `The database ${file} was written by a newer version of this server (layout ${version}; this one knows ${MIGRATIONS.length}). Start the newer version.`,
    );
  }
}

/** Brings the file up to this program's layout. */
export function migrate(db: Database): void {
  const version = versionOf(db);
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index >= version) run(db, step, index + 1);
  }
}

const isEmpty = (db: Database): boolean => db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;

function run(db: Database, step: string, number: number): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(step);
    db.pragma(`user_version = ${number}`);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.exec('COMMIT');
  } catch (fault) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw fault;
  }
}
