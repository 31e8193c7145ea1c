/**
 * Group commit: all transactions that wait share one SQLite transaction and one sync, and none is answered before it.
 * Nothing is awaited between BEGIN and COMMIT, so reads never see half of one. Most groups hold no conflict once the
 * expectations are checked, and go without savepoints, which would copy every page; a group that does is carried out
 * again, each transaction in a savepoint of its own.
 */
import type { Database } from 'better-sqlite3';
import { FhirError } from '../../fhir/outcome.ts';
import type { Conflict, TransactResult } from '../store.ts';
import type { Prepared } from './writes.ts';

export interface Steps {
  /** Gives numbers to the names that the transaction needs. */
  readonly name: (prepared: Prepared) => void;
  /** The first expectation that does not hold; writes nothing. */
  readonly check: (prepared: Prepared) => Conflict | undefined;
  /** The first write that cannot be; undefined where all was written. */
  readonly write: (prepared: Prepared) => Conflict | undefined;
  /** What was named since BEGIN is not there. */
  readonly rolledBack: () => void;
}

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: (result: TransactResult) => void;
  readonly reject: (fault: unknown) => void;
}

/** Given after the sync. */
type Answer = () => void;

/** Writes that one group takes at most, so that reads get their turn between groups. */
const GROUP_WRITES = 2000;

const OK: TransactResult = Object.freeze({ ok: true });

export class GroupCommit {
  readonly #db: Database;
  readonly #steps: Steps;
  #waiting: Waiting[] = [];
  #idle: (() => void)[] = [];

  constructor(db: Database, steps: Steps) {
    this.#db = db;
    this.#steps = steps;
  }

  add(prepared: Prepared): Promise<TransactResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ prepared, resolve, reject }) === 1) setImmediate(() => this.#flush());
    });
  }

  /** Carries out other work in a transaction of its own, after what waits. */
  async alone<T>(work: () => T): Promise<T> {
    if (this.#waiting.length > 0) await this.add({ transaction: { writes: [], expects: [] }, rows: new Map() });
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (fault) {
      this.#undo();
      throw fault;
    }
  }

  /** When nothing waits any more. */
  idle(): Promise<void> {
    return this.#waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #flush(): void {
    const group = this.#takeGroup();
    try {
      this.#commit(group);
    } catch (cause) {
      this.#undo();
      const fault = new FhirError('unavailable', 'The store could not write. Nothing of the request was stored; try again later.', { cause });
      for (const { reject } of group) reject(fault);
    }
    if (this.#waiting.length > 0) setImmediate(() => this.#flush());
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  #takeGroup(): Waiting[] {
    let [writes, end] = [0, 0];
    while (end < this.#waiting.length && writes < GROUP_WRITES) writes += this.#waiting[end++]?.prepared.transaction.writes.length ?? 0;
    return this.#waiting.splice(0, end);
  }

  #commit(group: readonly Waiting[]): void {
    const answers = this.#attempt(group, (waiting) => this.#plainly(waiting)) ?? this.#attempt(group, (waiting) => this.#guarded(waiting));
    for (const answer of answers ?? []) answer();
  }

  /** Undefined where one transaction gave no answer: then nothing of the group was done. */
  #attempt(group: readonly Waiting[], carryOut: (waiting: Waiting) => Answer | undefined): Answer[] | undefined {
    const answers: Answer[] = [];
    this.#db.exec('BEGIN IMMEDIATE');
    for (const waiting of group) {
      this.#steps.name(waiting.prepared);
      const answer = carryOut(waiting);
      if (!answer) {
        this.#undo();
        return undefined;
      }
      answers.push(answer);
    }
    this.#db.exec('COMMIT');
    return answers;
  }

  /** No answer where something was written and must be undone. */
  #plainly({ prepared, resolve, reject }: Waiting): Answer | undefined {
    try {
      const broken = this.#steps.check(prepared);
      if (broken) return () => resolve({ ok: false, conflict: broken });
    } catch (fault) {
      return () => reject(fault);
    }
    try {
      return this.#steps.write(prepared) ? undefined : () => resolve(OK);
    } catch {
      return undefined;
    }
  }

  #guarded({ prepared, resolve, reject }: Waiting): Answer {
    this.#db.exec('SAVEPOINT one');
    try {
      const conflict = this.#steps.check(prepared) ?? this.#steps.write(prepared);
      this.#db.exec(conflict ? 'ROLLBACK TO one; RELEASE one' : 'RELEASE one');
      return () => resolve(conflict ? { ok: false, conflict } : OK);
    } catch (fault) {
      if (!this.#db.inTransaction) throw fault;
      this.#db.exec('ROLLBACK TO one; RELEASE one');
      return () => reject(fault);
    }
  }

  #undo(): void {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    this.#steps.rolledBack();
  }
}
