/** A transaction in memory: every expectation checked, every write applied, and on a conflict all of it undone; one synchronous step. */
import { refOf } from '../../fhir/resource.ts';
import type { Indexed } from '../../search/entry.ts';
import type { Conflict, Expectation, Row, Transaction, TransactResult, Version, Write } from '../store.ts';
import { currentVersion, type State } from './state.ts';

export interface Rules {
  readonly index: (write: Extract<Write, { write: 'put' }>) => Indexed;
  /** Refs that a search finds, at most two of them. */
  readonly found: (expectation: Extract<Expectation, { expect: 'search' }>) => readonly string[];
}

type Undo = () => void;
type Applied = { readonly conflict: Conflict } | { readonly undo: Undo };

const conflict = (on: Conflict): Applied => ({ conflict: on });

export function transact(state: State, transaction: Transaction, rules: Rules): TransactResult {
  for (const expectation of transaction.expects) {
    const broken = check(state, expectation, rules);
    if (broken) return { ok: false, conflict: broken };
  }
  const undos: Undo[] = [];
  for (const write of transaction.writes) {
    const applied = applyOrThrow(state, write, { rules, undos });
    if ('undo' in applied) {
      undos.push(applied.undo);
      continue;
    }
    undoAll(undos);
    return { ok: false, conflict: applied.conflict };
  }
  return { ok: true };
}

function applyOrThrow(state: State, write: Write, { rules, undos }: { rules: Rules; undos: readonly Undo[] }): Applied {
  try {
    return apply(state, write, rules);
  } catch (fault) {
    undoAll(undos);
    throw fault;
  }
}

const undoAll = (undos: readonly Undo[]): void => {
  for (const undo of undos.toReversed()) undo();
};

function check(state: State, expectation: Expectation, rules: Rules): Conflict | undefined {
  switch (expectation.expect) {
    case 'version': {
      const ref = refOf(expectation.type, expectation.id);
      const found = currentVersion(state, ref);
      return found === expectation.version ? undefined : { on: 'version', ref, found };
    }
    case 'counter': {
      const found = state.counters.get(expectation.counter) ?? 0;
      return found === expectation.value ? undefined : { on: 'counter', counter: expectation.counter, found };
    }
    case 'unclaimed': {
      const holder = state.claims.get(expectation.key);
      return holder === undefined ? undefined : { on: 'key', key: expectation.key, holder };
    }
    case 'search':
      return checkSearch(expectation, rules.found(expectation));
  }
}

function checkSearch(expectation: Extract<Expectation, { expect: 'search' }>, found: readonly string[]): Conflict | undefined {
  const wanted = expectation.found === undefined ? [] : [expectation.found];
  const isAsExpected = found.length === wanted.length && found[0] === wanted[0];
  return isAsExpected ? undefined : { on: 'search', guard: expectation.guard, found };
}

function apply(state: State, write: Write, rules: Rules): Applied {
  switch (write.write) {
    case 'put':
      return append(state, write.version, () => rules.index(write));
    case 'delete':
      return append(state, write.version, () => undefined);
    case 'claim':
      return claim(state, write.key, write.holder);
    case 'release':
      return set(state.claims, write.key, undefined);
    case 'count':
      return set(state.counters, write.counter, (state.counters.get(write.counter) ?? 0) + 1);
    case 'row':
      return setRow(state, write.row, { stamp: write.stamp, value: { ...write.row, stamp: ++state.stamp } });
    case 'row-delete':
      return setRow(state, write, { stamp: write.stamp, value: undefined });
  }
}

function append(state: State, version: Version, index: () => Indexed | undefined): Applied {
  const ref = refOf(version.type, version.id);
  const found = currentVersion(state, ref);
  if (version.version !== found + 1) return conflict({ on: 'version', ref, found });
  const stored = { seq: state.log.length + 1, version, indexed: index() };
  const versions = state.versions.get(ref) ?? [];
  state.versions.set(ref, versions);
  versions.push(stored);
  state.log.push(stored);
  return {
    undo: () => {
      versions.pop();
      state.log.pop();
    },
  };
}

function claim(state: State, key: string, holder: string): Applied {
  const other = state.claims.get(key);
  return other === undefined || other === holder ? set(state.claims, key, holder) : conflict({ on: 'key', key, holder: other });
}

function setRow(state: State, at: { kind: string; key: string }, change: { stamp: number | undefined; value: Row | undefined }): Applied {
  const rows = state.rows.get(at.kind) ?? new Map<string, Row>();
  const stamp = rows.get(at.key)?.stamp ?? 0;
  if (change.stamp !== undefined && change.stamp !== stamp) return conflict({ on: 'row', kind: at.kind, key: at.key });
  state.rows.set(at.kind, rows);
  return set(rows, at.key, change.value);
}

/** Sets a key of a map, or removes it where the value is undefined. */
function set<T>(map: Map<string, T>, key: string, value: T | undefined): Applied {
  const before = map.get(key);
  const put = (now: T | undefined): void => {
    if (now === undefined) map.delete(key);
    else map.set(key, now);
  };
  put(value);
  return { undo: () => put(before) };
}
