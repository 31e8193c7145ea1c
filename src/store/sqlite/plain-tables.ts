/** The tables beside the log: counters, unique keys and plain rows. */
import type { Database } from 'better-sqlite3';
import type { Ref } from '../../fhir/resource.ts';
import type { Conflict, Row, RowQuery, Write } from '../store.ts';

type Of<K extends Write['write']> = Extract<Write, { write: K }>;

export interface PlainTables {
  counter(name: string): number;
  count(name: string): void;
  holder(key: string): Ref | undefined;
  claim(key: string, holder: Ref): Conflict | undefined;
  release(key: string): void;
  row(kind: string, key: string): Row | undefined;
  rows(query: RowQuery): readonly Row[];
  setRow(write: Of<'row'>): Conflict | undefined;
  deleteRow(write: Of<'row-delete'>): Conflict | undefined;
}

interface Stored {
  readonly kind: string;
  readonly key: string;
  readonly value: string;
  readonly due: number | null;
  readonly lease: number | null;
  readonly stamp: number;
}

const COLUMNS = 'kind, key, value, due, lease, stamp';
/** Above every key that begins with a prefix. */
const LAST = '\u{10FFFF}';

const toRow = ({ due, lease, ...rest }: Stored): Row => ({ ...rest, ...(due === null ? {} : { due }), ...(lease === null ? {} : { lease }) });

export function plainTables(db: Database): PlainTables {
  return { ...countersIn(db), ...claimsIn(db), ...rowsIn(db) };
}

function countersIn(db: Database): Pick<PlainTables, 'counter' | 'count'> {
  const read = db.prepare('SELECT value FROM counter WHERE name = ?').pluck();
  const add = db.prepare('INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1');
  return { counter: (name) => (read.get(name) as number | undefined) ?? 0, count: (name) => void add.run(name) };
}

function claimsIn(db: Database): Pick<PlainTables, 'holder' | 'claim' | 'release'> {
  const read = db.prepare('SELECT holder FROM claim WHERE key = ?').pluck();
  const take = db.prepare('INSERT OR IGNORE INTO claim VALUES (?, ?)');
  const release = db.prepare('DELETE FROM claim WHERE key = ?');
  const holder = (key: string): Ref | undefined => read.get(key) as Ref | undefined;
  return {
    holder,
    claim: (key, by) => {
      if (take.run(key, by).changes === 1) return undefined;
      const other = holder(key) ?? '';
      return other === by ? undefined : { on: 'key', key, holder: other };
    },
    release: (key) => void release.run(key),
  };
}

/** Each change deletes the row and makes it anew, so that its stamp is one that no row ever had. */
function rowsIn(db: Database): Pick<PlainTables, 'row' | 'rows' | 'setRow' | 'deleteRow'> {
  const read = db.prepare(`SELECT ${COLUMNS} FROM plain WHERE kind = ? AND key = ?`);
  const inKeyOrder = db.prepare(`SELECT ${COLUMNS} FROM plain WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`);
  const inDueOrder = db.prepare(
    `SELECT ${COLUMNS} FROM plain INDEXED BY plain_due WHERE kind = ? AND due < ? AND key >= ? AND key < ? AND (lease IS NULL OR lease <= ?) ORDER BY due, key LIMIT ?`,
  );
  const put = db.prepare('INSERT INTO plain (kind, key, value, due, lease) VALUES (?, ?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM plain WHERE kind = ? AND key = ?');
  const row = (kind: string, key: string): Row | undefined => {
    const stored = read.get(kind, key) as Stored | undefined;
    return stored && toRow(stored);
  };
  const stampDiffers = (kind: string, key: string, stamp: number | undefined): Conflict | undefined =>
    stamp === undefined || stamp === (row(kind, key)?.stamp ?? 0) ? undefined : { on: 'row', kind, key };
  return {
    row,
    rows: ({ kind, prefix = '', dueBefore, limit }) => {
      const range = [prefix, prefix + LAST];
      const found = dueBefore === undefined ? inKeyOrder.all(kind, ...range, limit) : inDueOrder.all(kind, dueBefore, ...range, dueBefore, limit);
      return (found as Stored[]).map(toRow);
    },
    setRow: ({ row: { kind, key, value, due, lease }, stamp }) => {
      const conflict = stampDiffers(kind, key, stamp);
      if (conflict) return conflict;
      remove.run(kind, key);
      put.run(kind, key, value, due ?? null, lease ?? null);
      return undefined;
    },
    deleteRow: ({ kind, key, stamp }) => {
      const conflict = stampDiffers(kind, key, stamp);
      if (!conflict) remove.run(kind, key);
      return conflict;
    },
  };
}
