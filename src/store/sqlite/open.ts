/** Opening a database file, so that what is acknowledged survives a loss of power; refused in a sentence where it would not. */
import Database from 'better-sqlite3';
import { metresBetween } from '../../search/distance.ts';
import { migrate, requireOurs } from './migrations.ts';

const WRITER_CACHE_KIB = 24_576;
const READER_CACHE_KIB = 16_384;
const BUSY_MS = 5000;
/** 16 MiB of log before its pages are copied into the database: many of them have changed several times by then. */
const CHECKPOINT_PAGES = 4000;
/** https://www.sqlite.org/pragma.html#pragma_synchronous */
const SYNCHRONOUS_FULL = 2;

/** The one connection that writes. */
export function openWriter(file: string): Database.Database {
  const db = new Database(file, { timeout: BUSY_MS });
  try {
    requireOurs(db, file);
    const journal = db.pragma('journal_mode = WAL', { simple: true });
    db.pragma('synchronous = FULL');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    tune(db, WRITER_CACHE_KIB);
    requireDurable(db, journal);
    migrate(db);
    requireSound(db);
    return db;
  } catch (fault) {
    db.close();
    throw explained(fault as Error, file);
  }
}

/** A connection for long reads, in a thread of its own. */
export function openReader(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  tune(db, READER_CACHE_KIB);
  return db;
}

function tune(db: Database.Database, cacheKib: number): void {
  db.pragma(`cache_size = -${cacheKib}`);
  db.pragma('temp_store = MEMORY');
  db.function('metres_between', { deterministic: true }, metresBetween);
}

/** Throws where a commit could be lost with the power. */
export function requireDurable(db: Database.Database, journal: unknown): void {
  const synchronous = db.pragma('synchronous', { simple: true });
  if (journal !== 'wal') throw new Error(`SQLite gave journal mode ${String(journal)} where this server needs wal. Keep the database on a local disk.`);
  if (synchronous !== SYNCHRONOUS_FULL)
    throw new Error(`SQLite runs with synchronous=${String(synchronous)} where this server needs FULL (2): an acknowledged write could be lost.`);
}

/** Reads from the root of every table and index. A check of every page would take minutes on a large file. */
function requireSound(db: Database.Database): void {
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  for (const name of names) db.prepare(`SELECT * FROM "${name}" LIMIT 1`).get();
}

/** SQLite's own words, and what to do. Our own errors are sentences already, and have no code. */
function explained(fault: Error & { readonly code?: string }, file: string): Error {
  const { code, message } = fault;
  if (code === undefined) return fault;
  if (code === 'SQLITE_NOTADB')
    return new Error(`${file} is not an SQLite database. Name a file of this server's, or one that does not exist yet.`, { cause: fault });
  if (code.startsWith('SQLITE_CORRUPT')) return new Error(`The database ${file} is damaged. Restore it from a backup.`, { cause: fault });
  return new Error(`The database ${file} cannot be opened: ${message}.`, { cause: fault });
}
