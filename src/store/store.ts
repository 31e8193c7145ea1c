/**
 * THE PORT between the server and whatever keeps its data. Asynchronous throughout; nothing in it assumes one
 * process, a global counter, or a lock held across an `await`. Adapters: `memory` (the reference), `sqlite` (the
 * default). Every adapter passes the same contract suite (`test/contract`).
 *
 * History is the log and the log is the outbox: each write appends a version, `changes` reads them in order.
 */
import type { Ref, Resource } from '../fhir/resource.ts';
import type { Query, Tree } from '../search/ast.ts';

/** One version of one resource, as text: it goes into a Bundle without being parsed again. */
export interface Version {
  readonly type: string;
  readonly id: string;
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  /** meta.lastUpdated: an instant in UTC with milliseconds. */
  readonly updated: string;
  /** How this version came about. A `delete` is a tombstone: its `text` is ''. */
  readonly method: 'create' | 'update' | 'delete';
  /** The resource as JSON text, id and meta included. */
  readonly text: string;
}

/** What handlers and pages hold (narrowed by a permit). */
export interface Reader {
  /** The current version, a tombstone included; undefined where there never was one. */
  read(type: string, id: string): Promise<Version | undefined>;
  vread(type: string, id: string, version: number): Promise<Version | undefined>;
  search(query: Query): Promise<Page>;
  history(query: HistoryQuery): Promise<HistoryPage>;
}

export interface Page {
  readonly matches: readonly Version[];
  /** Each once, none of them a match of this page, in the order of writing. More than `MAX_INCLUDED` are refused as `too-costly`. */
  readonly included: readonly Version[];
  /**
   * Opaque; goes into `Query.after` for the page that follows. Absent on the last page. What is not written in the
   * meantime is neither repeated nor skipped; a resource that is may move to a page before or behind.
   */
  readonly next?: string;
  readonly total?: number;
}

/** Newest first unless asked otherwise, by the order of writing, which a clock set back does not change. https://hl7.org/fhir/R4/http.html#history */
export interface HistoryQuery {
  /** Both: one resource. Type alone: all of the type. Neither: everything. */
  readonly type?: string;
  readonly id?: string;
  /** Only versions written at or after that instant (ms since the epoch). */
  readonly since?: number;
  /** Only versions that were current at some point in [low, high). */
  readonly at?: { readonly low: number; readonly high: number };
  /** 0: none, where only the total is asked for. */
  readonly count: number;
  /** Oldest first instead. */
  readonly oldestFirst?: boolean;
  /** Whether to count what is found, however many pages it takes. */
  readonly total?: boolean;
  readonly after?: string;
}

export interface HistoryPage {
  readonly versions: readonly Version[];
  readonly next?: string;
  /** Where it was asked for. */
  readonly total?: number;
}

/** The whole store: held by `record`, by the bridge and by delivery, never by a handler. */
export interface Store extends Reader {
  /**
   * Checks every expectation and carries out every write in one atomic step, and answers only when the result
   * would survive a loss of power. Where a fact no longer holds, nothing is written and the answer says which.
   */
  transact(transaction: Transaction): Promise<TransactResult>;
  /** The log after a cursor, oldest first: every version once, none skipped, tombstones included. */
  changes(after: Cursor | undefined, limit: number): Promise<{ readonly versions: readonly Version[]; readonly cursor: Cursor | undefined }>;
  /**
   * Makes the index values of current resources of a type anew, as they are made of what is written now: in one atomic step, after
   * what was handed over for writing before.
   */
  reindex(step: ReindexStep): Promise<Reindexed>;
  /** 0 where it was never counted up. */
  counter(name: string): Promise<number>;
  /** Who holds a unique key, if anyone. */
  holder(key: string): Promise<Ref | undefined>;
  row(kind: string, key: string): Promise<Row | undefined>;
  rows(query: RowQuery): Promise<readonly Row[]>;
  /** Waits for what is in flight and lets go of every file and thread. */
  close(): Promise<void>;
}

/** The first `limit` of the type behind `after`, in the order of writing. */
export interface ReindexStep {
  readonly type: string;
  /** The `next` of the step before; its adapter alone can compare it, and it is safe to keep. */
  readonly after?: string;
  readonly limit: number;
}

export interface Reindexed {
  readonly count: number;
  /** Absent where none is left. */
  readonly next?: string;
}

/** The kind of the rows that say by which definitions the index was made; an adapter that makes its index anew deletes them. */
export const INDEX_ROWS = 'search-index';

/** A position in the log that only its adapter can compare; safe to keep and to resume from. */
export type Cursor = string & { readonly cursor: unique symbol };

/** A transaction is a value, not a callback: everything in it is computed beforehand. */
export interface Transaction {
  readonly writes: readonly Write[];
  readonly expects: readonly Expectation[];
}

export type Write =
  /** Appends a version: `version` must be the one after the current (1 for a resource that never was). */
  | { readonly write: 'put'; readonly version: Version; readonly resource: Resource }
  | { readonly write: 'delete'; readonly version: Version }
  /** Takes a unique key for a resource; a conflict where another holds it. */
  | { readonly write: 'claim'; readonly key: string; readonly holder: Ref }
  | { readonly write: 'release'; readonly key: string }
  /** Adds one to a counter. */
  | { readonly write: 'count'; readonly counter: string }
  /** Sets a plain row, where its stamp is still `stamp` (0: it does not exist; undefined: whatever it is). */
  | { readonly write: 'row'; readonly row: Omit<Row, 'stamp'>; readonly stamp?: number }
  | { readonly write: 'row-delete'; readonly kind: string; readonly key: string; readonly stamp?: number };

/** A fact under which the writes were computed. */
export type Expectation =
  /** The resource's current version; 0: it never existed. */
  | { readonly expect: 'version'; readonly type: string; readonly id: string; readonly version: number }
  | { readonly expect: 'counter'; readonly counter: string; readonly value: number }
  | { readonly expect: 'unclaimed'; readonly key: string }
  /**
   * The search finds nothing (`found` undefined) or exactly that one resource. `guard` is a key that every writer
   * with the same condition also touches, since under snapshot isolation two transactions could both find nothing.
   */
  | { readonly expect: 'search'; readonly type: string; readonly where: Tree; readonly found: Ref | undefined; readonly guard: string };

export type TransactResult = { readonly ok: true } | { readonly ok: false; readonly conflict: Conflict };

/** Which fact no longer holds. `version` covers puts and deletes out of turn as well. */
export type Conflict =
  | { readonly on: 'version'; readonly ref: Ref; readonly found: number }
  | { readonly on: 'counter'; readonly counter: string; readonly found: number }
  | { readonly on: 'key'; readonly key: string; readonly holder: Ref }
  /** `found`: the first written of what the search finds, at most two. */
  | { readonly on: 'search'; readonly guard: string; readonly found: readonly Ref[] }
  | { readonly on: 'row'; readonly kind: string; readonly key: string };

/** A plain row: sessions, jobs, cursors, sync states. `stamp` rises with every change, for compare-and-set, and is never given twice. */
export interface Row {
  readonly kind: string;
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** When it wants attention (ms since the epoch). */
  readonly due?: number;
  /** Taken by a worker until then (ms since the epoch). */
  readonly lease?: number;
  readonly stamp: number;
}

/** Rows of a kind in key order, or, with `dueBefore`, those due before that time, in due order, whose lease (if any) has ended by then. */
export interface RowQuery {
  readonly kind: string;
  readonly prefix?: string;
  readonly dueBefore?: number;
  readonly limit: number;
}
