/** Texts that index rows would repeat, kept once and known by a small number. */
import type { Database, Statement } from 'better-sqlite3';

/** `param`: `Observation.code`. `type`: a resource type. `system`: of a token or quantity. `patient`: a Patient's id. */
export type NameKind = 'param' | 'type' | 'system' | 'patient';

/** Of each kind; the oldest go first. */
const REMEMBERED = 50_000;

/** Remembered of a text that has no number. */
const NONE = 0;

export class Names {
  readonly #find: Statement;
  readonly #add: Statement;
  readonly #known = new Map<NameKind, Map<string, number>>();

  constructor(db: Database) {
    this.#find = db.prepare('SELECT no FROM name WHERE kind = ? AND text = ?').pluck();
    this.#add = db.prepare('INSERT INTO name (kind, text) VALUES (?, ?)');
    this.forget();
  }

  /** Its number; undefined where no stored resource ever used it. */
  find(kind: NameKind, text: string): number | undefined {
    const no = this.#of(kind).get(text) ?? this.#remember(kind, text, (this.#find.get(kind, text) as number | undefined) ?? NONE);
    return no === NONE ? undefined : no;
  }

  /** Its number, given now if it has none. Only inside a write transaction, and outside savepoints that may be rolled back. */
  give(kind: NameKind, text: string): number {
    return this.find(kind, text) ?? this.#remember(kind, text, Number(this.#add.run(kind, text).lastInsertRowid));
  }

  /** After a rollback: what was given inside it is not there. */
  forget(): void {
    for (const kind of ['param', 'type', 'system', 'patient'] as const) this.#known.set(kind, new Map());
  }

  #of(kind: NameKind): Map<string, number> {
    return this.#known.get(kind) as Map<string, number>;
  }

  #remember(kind: NameKind, text: string, no: number): number {
    const known = this.#of(kind);
    known.set(text, no);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value as string);
    return no;
  }
}
