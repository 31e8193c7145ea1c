/** Index values in memory, made anew. */
import { type Resource, refOf } from '../../fhir/resource.ts';
import type { Indexer } from '../../search/extract.ts';
import { readPosition } from '../page-token.ts';
import type { Reindexed, ReindexStep } from '../store.ts';
import { currentOf, type State, type Stored } from './state.ts';

export function reindex(state: State, { type, after, limit }: ReindexStep, index: Indexer): Reindexed {
  let count = 0;
  for (let seq = readPosition(after) + 1; seq <= state.log.length; seq++) {
    const stored = state.log[seq - 1];
    if (stored === undefined || stored.version.type !== type || !isLiving(state, stored)) continue;
    if (count === limit) return { count, next: String(seq - 1) };
    stored.indexed = index(JSON.parse(stored.version.text) as Resource); // what was stored is a resource
    count += 1;
  }
  return { count };
}

const isLiving = (state: State, stored: Stored): boolean =>
  stored.indexed !== undefined && currentOf(state, refOf(stored.version.type, stored.version.id)) === stored;
