/** Everything a memory store holds: a log array, and maps beside it. */
import type { Ref } from '../../fhir/resource.ts';
import type { Indexed } from '../../search/entry.ts';
import type { Row, Version } from '../store.ts';

export interface Stored {
  /** Position in the log, from 1 on. */
  readonly seq: number;
  readonly version: Version;
  /** Undefined for a tombstone. */
  indexed: Indexed | undefined;
}

export interface State {
  readonly log: Stored[];
  /** Every version of a resource, oldest first. */
  readonly versions: Map<Ref, Stored[]>;
  readonly counters: Map<string, number>;
  readonly claims: Map<string, Ref>;
  /** By kind, then by key. */
  readonly rows: Map<string, Map<string, Row>>;
  /** The last stamp given to any row; never given twice, so that a row deleted and made again is not taken for the old one. */
  stamp: number;
}

export const emptyState = (): State => ({ log: [], versions: new Map(), counters: new Map(), claims: new Map(), rows: new Map(), stamp: 0 });

export const currentOf = (state: State, ref: Ref): Stored | undefined => state.versions.get(ref)?.at(-1);

export const currentVersion = (state: State, ref: Ref): number => currentOf(state, ref)?.version.version ?? 0;

/** The current version of every resource that is not deleted, in the order in which those versions were written. */
export const living = (state: State): Stored[] =>
  state.log.filter((stored) => stored.indexed !== undefined && currentOf(state, `${stored.version.type}/${stored.version.id}`) === stored);
