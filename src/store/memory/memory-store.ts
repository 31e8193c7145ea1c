/** The reference store: easy to read, everything in memory, gone when the process ends. What it answers, every adapter answers. */
import { refOf } from '../../fhir/resource.ts';
import type { Indexer } from '../../search/extract.ts';
import { readPosition } from '../page-token.ts';
import type { Cursor, Store } from '../store.ts';
import { history } from './history.ts';
import { reindex } from './reindex.ts';
import { rows } from './rows.ts';
import { findRefs, search } from './search.ts';
import { currentOf, emptyState } from './state.ts';
import { transact } from './transact.ts';

/** Enough to tell "exactly that one" from more. */
const FOUND = 2;

export function createMemoryStore({ index }: { readonly index: Indexer }): Store {
  const state = emptyState();
  const rules = {
    index: ({ resource }: { resource: Parameters<Indexer>[0] }) => index(resource),
    found: ({ type, where }: { type: string; where: Parameters<typeof findRefs>[1][number]['where'] }) => findRefs(state, [{ type, where }], FOUND),
  };
  return {
    read: async (type, id) => currentOf(state, refOf(type, id))?.version,
    vread: async (type, id, version) => state.versions.get(refOf(type, id))?.[version - 1]?.version,
    search: async (query) => search(state, query),
    history: async (query) => history(state, query),
    transact: async (transaction) => transact(state, transaction, rules),
    changes: async (after, limit) => {
      const position = readPosition(after);
      const found = state.log.slice(position, position + limit);
      const last = found.at(-1);
      return { versions: found.map(({ version }) => version), cursor: last ? (String(last.seq) as Cursor) : after };
    },
    reindex: async (step) => reindex(state, step, index),
    counter: async (name) => state.counters.get(name) ?? 0,
    holder: async (key) => state.claims.get(key),
    row: async (kind, key) => state.rows.get(kind)?.get(key),
    rows: async (query) => rows(state, query),
    close: async () => undefined,
  };
}
