/** The log of versions and the index rows of current ones: what a put or delete writes, and single versions read back. */
import type { Database, Statement } from 'better-sqlite3';
import { type Ref, refOf } from '../../fhir/resource.ts';
import type { Conflict, Version, Write } from '../store.ts';
import { VERSION_COLUMNS } from './compile/page.ts';
import type { IndexRow, IndexRows, WordRow } from './index-rows.ts';
import type { Names } from './names.ts';
import type { Bound } from './sql.ts';
import type { Row } from './statements.ts';
import { methodNumber, toVersion } from './version-row.ts';
import { type WordIndex, wordIndexIn } from './word-index.ts';
import { wordText } from './word-token.ts';

export interface Log {
  current(ref: Ref): Version | undefined;
  /** 0 where there never was one. */
  currentVersion(ref: Ref): number;
  version(ref: Ref, version: number): Version | undefined;
  /** Appends a version, and puts its index rows (none for a tombstone) in the place of those of the version before. */
  append(version: Version, rows: IndexRows | undefined): Conflict | undefined;
  /** Puts other index rows in the place of those of a current version. */
  reindex(seq: number, rows: IndexRows): void;
  /** The versions behind a position, oldest first, and the last position among them. */
  behind(position: number, limit: number): { readonly versions: readonly Version[]; readonly position: number };
}

interface Head {
  readonly seq: number;
  readonly version: number;
}

/** Of an insert that is not even tried. */
const NOTHING = { changes: 0, lastInsertRowid: 0 } as const;

export function logIn(db: Database, names: Names): Log {
  const rows = indexIn(db, names);
  const current = db.prepare(`SELECT ${VERSION_COLUMNS} FROM log WHERE ref = ? ORDER BY version DESC LIMIT 1`).raw(true);
  const one = db.prepare(`SELECT ${VERSION_COLUMNS} FROM log WHERE ref = ? AND version = ?`).raw(true);
  const behind = db.prepare(`SELECT ${VERSION_COLUMNS} FROM log WHERE seq > ? ORDER BY seq LIMIT ?`).raw(true);
  const head = db.prepare('SELECT seq, version FROM log WHERE ref = ? ORDER BY version DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO log (ref, version, type, updated, method, text) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (ref, version) DO NOTHING');
  const headOf = (ref: Ref): Head | undefined => head.get(ref) as Head | undefined;
  const parsed = (row: unknown): Version | undefined => (row === undefined ? undefined : toVersion(row as Row));
  return {
    current: (ref) => parsed(current.get(ref)),
    currentVersion: (ref) => headOf(ref)?.version ?? 0,
    version: (ref, version) => parsed(one.get(ref, version)),
    behind: (position, limit) => {
      const found = behind.all(position, limit) as Row[];
      return { versions: found.map(toVersion), position: Number(found.at(-1)?.[0] ?? position) };
    },
    append: (version, indexRows) => {
      const ref = refOf(version.type, version.id);
      const before = version.version === 1 ? undefined : headOf(ref);
      const type = names.give('type', version.type);
      const updated = Date.parse(version.updated);
      const isNext = version.version === (before?.version ?? 0) + 1;
      const inserted = isNext ? insert.run(ref, version.version, type, updated, methodNumber(version.method), version.text) : NOTHING;
      if (inserted.changes === 0) return { on: 'version', ref, found: headOf(ref)?.version ?? 0 };
      if (before) rows.remove(type, before.seq);
      if (indexRows) rows.add(type, Number(inserted.lastInsertRowid), indexRows);
      return undefined;
    },
    reindex: (seq, indexRows) => rows.replace(seq, indexRows),
  };
}

interface IndexTables {
  add(type: number, seq: number, rows: IndexRows): void;
  remove(type: number, seq: number): void;
  replace(seq: number, rows: IndexRows): void;
}

const WIDTH = 10;
/** Rows that one statement inserts at most; a resource with more takes several. */
const ROWS_AT_ONCE = 24;

function indexIn(db: Database, names: Names): IndexTables {
  const live = db.prepare('INSERT INTO live VALUES (?, ?)');
  const unlive = db.prepare('DELETE FROM live WHERE type = ? AND seq = ?');
  const unindex = db.prepare('DELETE FROM entry WHERE seq = ?');
  const spoken = wordIndexIn(db);
  const marks = `(${Array(WIDTH).fill('?').join(', ')})`;
  const inserts = new Map<number, Statement>();
  const insertOf = (count: number): Statement => {
    const known = inserts.get(count) ?? db.prepare(`INSERT INTO entry VALUES ${Array(count).fill(marks).join(', ')}`);
    inserts.set(count, known);
    return known;
  };
  const fill = (seq: number, { entries, words }: IndexRows, speak: WordIndex['add']): void => {
    for (let at = 0; at < entries.length; at += ROWS_AT_ONCE) {
      const some = entries.slice(at, at + ROWS_AT_ONCE);
      const bound: Bound[] = [];
      for (const row of some) bind(bound, names, seq, row);
      insertOf(some.length).run(bound);
    }
    if (words.length > 0) speak(seq, textOf(names, words));
  };
  const empty = (seq: number): void => {
    unindex.run(seq);
    spoken.remove(seq);
  };
  return {
    add: (type, seq, rows) => {
      live.run(type, seq);
      fill(seq, rows, spoken.add);
    },
    remove: (type, seq) => {
      unlive.run(type, seq);
      empty(seq);
    },
    replace: (seq, rows) => {
      empty(seq);
      fill(seq, rows, spoken.put);
    },
  };
}

const textOf = (names: Names, words: readonly WordRow[]): string => wordText(words, (param) => names.give('param', param));

function bind(bound: Bound[], names: Names, seq: number, row: IndexRow): void {
  const system = row.system === '' ? 0 : names.give('system', row.system);
  const patient = row.patient === '' ? 0 : names.give('patient', row.patient);
  bound.push(seq, names.give('param', row.param), row.value, row.n, system, patient, row.high, row.low, row.text, row.unit);
}

/** Gives numbers to all names in a write now, so that no savepoint that may be rolled back does. */
export function nameAll(names: Names, write: Write, rows: IndexRows | undefined): void {
  if (write.write === 'put' || write.write === 'delete') names.give('type', write.version.type);
  for (const row of rows?.entries ?? []) nameRow(names, row);
  for (const { param } of rows?.words ?? []) names.give('param', param);
}

function nameRow(names: Names, { param, system, patient, target }: IndexRow): void {
  names.give('param', param);
  if (system !== '') names.give('system', system);
  if (patient !== '') names.give('patient', patient);
  if (target !== '') names.give('type', target);
}
