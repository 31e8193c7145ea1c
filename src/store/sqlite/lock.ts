/**
 * One process at a time serves a file. The lock is a transaction held open on a small file beside it: the operating
 * system lets go of it when the process ends, however it ends.
 */
import Database from 'better-sqlite3';

/** Lets go of the lock. */
export type Unlock = () => void;

/** Throws an Error with a sentence where another process (or another store of this one) has the file. */
export function lockFile(file: string): Unlock {
  const lock = openLock(file);
  try {
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cannotOpen(file, cause);
    throw new Error(`The database ${file} is in use by another process. Stop it first, or name another file.`, { cause });
  }
  return () => lock.close();
}

function openLock(file: string): Database.Database {
  try {
    return new Database(`${file}.lock`, { timeout: 0 });
  } catch (cause) {
    throw cannotOpen(file, cause);
  }
}

const cannotOpen = (file: string, cause: unknown): Error =>
  new Error(`The database ${file} cannot be opened: ${String(cause)}. Name a file in a folder that exists and can be written.`, { cause });
