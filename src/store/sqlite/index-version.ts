/** Index rows are made from the resources, and made again where the program that made them made them otherwise. */
import type { Database } from 'better-sqlite3';
import type { Resource } from '../../fhir/resource.ts';
import type { Indexer } from '../../search/extract.ts';
import { readPosition } from '../page-token.ts';
import { INDEX_ROWS, type Reindexed, type ReindexStep } from '../store.ts';
import { indexRows } from './index-rows.ts';
import type { Log } from './log.ts';

/** Rises when this program makes other index values or rows of the same resources. */
const INDEX_VERSION = 3;

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
    db.prepare('DELETE FROM plain WHERE kind = ?').run(INDEX_ROWS);
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
  const step = stepIn({ db, log, index });
  for (const type of db.prepare('SELECT DISTINCT text FROM live JOIN name ON no = type').pluck().all()) {
    let after: string | undefined;
    do after = step({ type: String(type), limit: BATCH, ...(after === undefined ? {} : { after }) }).next;
    while (after !== undefined);
  }
}

/** Makes the index rows of some resources anew. Inside a write transaction. */
export function stepIn({ db, log, index }: Omit<IndexParts, 'made'>): (step: ReindexStep) => Reindexed {
  const typeNumber = db.prepare("SELECT no FROM name WHERE kind = 'type' AND text = ?").pluck();
  const read = db.prepare('SELECT v.seq, v.text FROM live l CROSS JOIN log v WHERE l.type = ? AND l.seq > ? AND v.seq = l.seq ORDER BY l.seq LIMIT ?');
  return ({ type, after, limit }) => {
    const found = read.all(typeNumber.get(type) ?? null, readPosition(after), limit + 1) as { seq: number; text: string }[];
    const some = found.slice(0, limit);
    for (const { seq, text } of some) {
      const resource = JSON.parse(text) as Resource; // what this store keeps is a resource
      log.reindex(seq, indexRows(type, index(resource)));
    }
    const last = some.at(-1);
    return { count: some.length, ...(found.length > limit && last ? { next: String(last.seq) } : {}) };
  };
}
