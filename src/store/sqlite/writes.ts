/** The expectations and writes of one transaction, inside the group's. Synchronous throughout. */
import { type Ref, refOf } from '../../fhir/resource.ts';
import type { Tree } from '../../search/ast.ts';
import type { Conflict, Expectation, Transaction, Write } from '../store.ts';
import type { IndexRows } from './index-rows.ts';
import type { Log } from './log.ts';
import type { PlainTables } from './plain-tables.ts';

type SearchExpectation = Extract<Expectation, { expect: 'search' }>;

/** A put's index rows are worked out before the group's transaction begins. */
export interface Prepared {
  readonly transaction: Transaction;
  readonly rows: ReadonlyMap<Write, IndexRows>;
}

const NO_ROWS: IndexRows = { entries: [], words: [] };

export interface Tables {
  readonly log: Log;
  readonly plain: PlainTables;
  /** References that the search finds, at most two of them. */
  readonly find: (type: string, where: Tree) => readonly Ref[];
}

/** The first expectation that does not hold. */
export const checkAll = (tables: Tables, { transaction }: Prepared): Conflict | undefined =>
  firstOf(transaction.expects, (expectation) => check(tables, expectation));

/** The first write that cannot be; undefined where all was written. After a conflict what was written must be rolled back. */
export const writeAll = (tables: Tables, { transaction, rows }: Prepared): Conflict | undefined =>
  firstOf(transaction.writes, (write) => writeOne(tables, write, rows));

function check({ log, plain, find }: Tables, expectation: Expectation): Conflict | undefined {
  switch (expectation.expect) {
    case 'version': {
      const ref = refOf(expectation.type, expectation.id);
      const found = log.currentVersion(ref);
      return found === expectation.version ? undefined : { on: 'version', ref, found };
    }
    case 'counter': {
      const found = plain.counter(expectation.counter);
      return found === expectation.value ? undefined : { on: 'counter', counter: expectation.counter, found };
    }
    case 'unclaimed': {
      const holder = plain.holder(expectation.key);
      return holder === undefined ? undefined : { on: 'key', key: expectation.key, holder };
    }
    case 'search':
      return checkSearch(expectation, find(expectation.type, expectation.where));
  }
}

function writeOne({ log, plain }: Tables, write: Write, rows: Prepared['rows']): Conflict | undefined {
  switch (write.write) {
    case 'put':
      return log.append(write.version, rows.get(write) ?? NO_ROWS);
    case 'delete':
      return log.append(write.version, undefined);
    case 'claim':
      return plain.claim(write.key, write.holder);
    case 'release':
      return void plain.release(write.key);
    case 'count':
      return void plain.count(write.counter);
    case 'row':
      return plain.setRow(write);
    case 'row-delete':
      return plain.deleteRow(write);
  }
}

function firstOf<T>(items: readonly T[], attempt: (item: T) => Conflict | undefined): Conflict | undefined {
  for (const item of items) {
    const conflict = attempt(item);
    if (conflict) return conflict;
  }
  return undefined;
}

function checkSearch({ found: wanted, guard }: SearchExpectation, found: readonly Ref[]): Conflict | undefined {
  const isAsExpected = wanted === undefined ? found.length === 0 : found.length === 1 && found[0] === wanted;
  return isAsExpected ? undefined : { on: 'search', guard, found };
}
