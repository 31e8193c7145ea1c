/** Prepared statements by their text, the most lately used kept. */
import type { Database, Statement } from 'better-sqlite3';
import type { Bound, Sql } from './sql.ts';

const KEPT = 500;

export type Row = readonly Bound[];

export class Statements {
  readonly #db: Database;
  readonly #kept = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Rows as arrays, in the order of the selected columns. */
  all({ text, values }: Sql): Row[] {
    return this.#prepared(text).all(values) as Row[];
  }

  /** The same, one at a time. */
  each({ text, values }: Sql): IterableIterator<Row> {
    return this.#prepared(text).iterate(values) as IterableIterator<Row>;
  }

  first({ text, values }: Sql): Row | undefined {
    return this.#prepared(text).get(values) as Row | undefined;
  }

  #prepared(text: string): Statement {
    const kept = this.#kept.get(text);
    if (kept) {
      this.#kept.delete(text);
      this.#kept.set(text, kept);
      return kept;
    }
    const made = this.#db.prepare(text).raw(true);
    this.#kept.set(text, made);
    for (const oldest of this.#kept.size > KEPT ? this.#kept.keys() : []) {
      this.#kept.delete(oldest);
      break;
    }
    return made;
  }
}
