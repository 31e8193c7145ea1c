/** How far the index of each type is with the search parameters in force, in memory and as rows of the store. */
import type { Made } from '../search/readiness.ts';
import { INDEX_ROWS, type Store, type Write } from '../store/store.ts';

/** One look through all resources of a type. */
export interface Run {
  /** What the index will hold when it is done. */
  readonly target: Made;
  /** Undefined until they are counted. */
  readonly total?: number;
  readonly done: number;
  /** `Reindexed.next` */
  readonly after?: string;
}

export interface State {
  /** What the index holds of every resource. */
  readonly made: Made;
  readonly run: Run | undefined;
}

/** By resource type. */
export type States = Map<string, State>;

export const busyTypes = (states: States): string[] => [...states].filter(([, { run }]) => run !== undefined).map(([type]) => type);

interface Kept {
  readonly made: readonly (readonly [string, string])[];
  readonly run?: Omit<Run, 'target'> & { readonly target: Kept['made'] };
}

export function rowOf(type: string, { made, run }: State): Write {
  const kept: Kept = { made: [...made], ...(run === undefined ? {} : { run: { ...run, target: [...run.target] } }) };
  return { write: 'row', row: { kind: INDEX_ROWS, key: type, value: JSON.stringify(kept) } };
}

/** One for each type of resource at most. */
const MOST_ROWS = 1000;

export async function readStates(store: Store): Promise<States> {
  const rows = await store.rows({ kind: INDEX_ROWS, limit: MOST_ROWS });
  return new Map(rows.map(({ key, value }) => [key, stateFrom(JSON.parse(value) as Kept)])); // our own row
}

const stateFrom = ({ made, run }: Kept): State => ({
  made: new Map(made),
  run: run === undefined ? undefined : { ...run, target: new Map(run.target) },
});
