/** Index rows are made from the resources, and made again where the program that made them made them otherwise. */
import type { Database } from 'better-sqlite3';
import type { Resource } from '../../fhir/resource.ts';
import type { Indexer } from '../../search/extract.ts';
import { indexRows } from './index-rows.ts';
import type { Log } from './log.ts';

/** Rises when this program makes other index values or rows of the same resources. */
const INDEX_VERSION = 2;

export interface IndexParts {
  readonly db: Database;
  readonly log: Pick<Log, 'reindex'>;
  readonly index: Indexer;
  /** The settings that `index` works by. */
  readonly made: string;
}

/** In one transaction: after a start that breaks off, the next one begins again. */
export function keepIndexCurrent({ db, log, index, made }: IndexParts): void {
  const now = `${INDEX_VERSION} ${made}`;
  const before = db.prepare('SELECT made FROM index_made').pluck().get() as string | undefined;
  if (before === now) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    remake(db, log, index);
    db.exec('DELETE FROM index_made');
    db.prepare('INSERT INTO index_made VALUES (?)').run(now);
    db.exec('COMMIT');
  } catch (fault) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw fault;
  }
}

/** Resources that are read at a time. */
const BATCH = 200;

function remake(db: Database, log: IndexParts['log'], index: Indexer): void {
  const next = db.prepare('SELECT v.seq, v.text FROM live l CROSS JOIN log v WHERE l.type = ? AND l.seq > ? AND v.seq = l.seq ORDER BY l.seq LIMIT ?');
  for (const type of db.prepare('SELECT DISTINCT type FROM live').pluck().all()) {
    for (let at: number | undefined = 0; at !== undefined; ) {
      const found = next.all(type, at, BATCH) as { seq: number; text: string }[];
      for (const { seq, text } of found) remakeOne(log, index, { seq, text });
      at = found.at(-1)?.seq;
    }
  }
}

function remakeOne(log: IndexParts['log'], index: Indexer, { seq, text }: { readonly seq: number; readonly text: string }): void {
  const resource = JSON.parse(text) as Resource; // what this store keeps is a resource
  log.reindex(seq, indexRows(resource.resourceType, index(resource)));
}
