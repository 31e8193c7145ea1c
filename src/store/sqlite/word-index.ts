/**
 * The words of current resources' texts. `said` has them at once. The full-text index `words` gets them later, those of many
 * resources at a time, which takes it half as long; what it does not have yet lies behind its last position.
 */
import type { Database } from 'better-sqlite3';
import { raw } from './sql.ts';

export interface WordIndex {
  /** Of a resource that lies behind all others. */
  add(seq: number, text: string): void;
  /** Of any other. */
  put(seq: number, text: string): void;
  remove(seq: number): void;
}

/** The last log position whose words the full-text index has. What lies behind it is looked through word by word. */
export const LAST_GATHERED = raw('ifnull((SELECT rowid FROM words ORDER BY rowid DESC LIMIT 1), 0)');

/** Characters that wait to be gathered, at most: looking through them takes about 20 µs. */
const MAX_WAITING = 16_384;

export function wordIndexIn(db: Database): WordIndex {
  const keep = db.prepare('INSERT INTO said VALUES (?, ?)');
  const forget = db.prepare('DELETE FROM said WHERE seq = ?');
  const unlist = db.prepare('DELETE FROM words WHERE rowid = ?');
  const listed = `INSERT INTO words (rowid, said) SELECT seq, text FROM said WHERE seq`;
  const listOne = db.prepare(`${listed} = ? AND seq <= ${LAST_GATHERED.text}`);
  const gather = db.prepare(`${listed} > ${LAST_GATHERED.text} ORDER BY seq`);
  // After a rollback it is not exact: then more is gathered, or less, and nothing is missed.
  let waiting = Number(db.prepare(`SELECT ifnull(sum(length(text)), 0) FROM said WHERE seq > ${LAST_GATHERED.text}`).pluck().get());
  return {
    add: (seq, text) => {
      keep.run(seq, text);
      waiting += text.length;
      if (waiting <= MAX_WAITING) return;
      gather.run();
      waiting = 0;
    },
    put: (seq, text) => {
      keep.run(seq, text);
      listOne.run(seq);
    },
    remove: (seq) => {
      if (forget.run(seq).changes > 0) unlist.run(seq);
    },
  };
}
