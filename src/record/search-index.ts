/**
 * Keeps the index of the store as the search parameters in force want it. What is written is indexed by them at once; what was
 * stored before is looked through in the background, and until that is done a new parameter cannot be asked for
 * (`search/readiness`). How far it is lies in rows of the store, so that the next start goes on from there. What a parameter
 * left behind that is no longer in force is removed in the same way.
 */
import type { LiveRegistry, SearchParameterDefinition } from '../definitions/registry.ts';
import type { Params } from '../search/params.ts';
import { definitionOf, type Made, type ReadinessKeeper } from '../search/readiness.ts';
import type { Store } from '../store/store.ts';
import { busyTypes, readStates, type States } from './index-state.ts';
import { createIndexWorker, type IndexWorker } from './index-worker.ts';

export interface SearchIndex {
  /** Looks through all resources of these types again. Their parameters can be asked meanwhile. */
  again(types: readonly string[]): void;
  /** The types that are being looked through, or wait for it. */
  underWay(): readonly string[];
  /** When nothing is under way any more. */
  idle(): Promise<void>;
  /** Ends after the step that is under way; the next start goes on from there. */
  stop(): Promise<void>;
}

export interface SearchIndexParts {
  readonly store: Store;
  readonly registry: LiveRegistry;
  readonly params: Params;
  /** The one that `params` reads. */
  readonly readiness: ReadinessKeeper;
  /** Told of a step that failed; it is tried again. */
  readonly onFault: (fault: unknown) => void;
}

/** Gives back once what the server brings along can be asked for, as the house itself does; what was posted or installed goes on behind. */
export async function openSearchIndex({ store, registry, params, readiness, onFault }: SearchIndexParts): Promise<SearchIndex> {
  const states = await readStates(store);
  for (const [type, { made }] of states) readiness.setMade(type, made);
  const worker = createIndexWorker({ store, readiness, states, onFault });
  const review = (): void => {
    for (const type of new Set([...typesOf(registry, isAdded), ...states.keys()])) reviewType(type, { states, params, readiness, worker });
    worker.start();
  };
  const forget = onNextTurn(registry, review);
  review();
  await worker.until(() => {
    const own = new Set(typesOf(registry, ({ source }) => source === 'own'));
    return !busyTypes(states).some((type) => own.has(type));
  });
  return {
    again: (types) => {
      for (const type of types) states.set(type, { made: states.get(type)?.made ?? new Map(), run: { target: wantedOf(params, type), done: 0 } });
      worker.start();
    },
    underWay: () => busyTypes(states),
    idle: async () => {
      await Promise.resolve(); // what has just changed is reviewed before
      await worker.until(() => busyTypes(states).length === 0);
    },
    stop: () => {
      forget();
      return worker.stop();
    },
  };
}

/** Once for all that one write changes, before anything that is written later. */
function onNextTurn(registry: LiveRegistry, review: () => void): () => void {
  let isAwaited = false;
  return registry.onChange(({ type }) => {
    if (type !== 'SearchParameter' || isAwaited) return;
    isAwaited = true;
    queueMicrotask(() => {
      isAwaited = false;
      review();
    });
  });
}

interface Reviewed {
  readonly states: States;
  readonly params: Params;
  readonly readiness: ReadinessKeeper;
  readonly worker: IndexWorker;
}

/** Begins a run where the index does not hold what it should, or holds more. */
function reviewType(type: string, { states, params, readiness, worker }: Reviewed): void {
  const wanted = wantedOf(params, type);
  const { made, run } = states.get(type) ?? { made: new Map<string, string>(), run: undefined };
  if (isEqual(run?.target ?? made, wanted)) return;
  const kept = new Map([...made].filter(([code, definition]) => wanted.get(code) === definition));
  const state = { made: kept, run: { target: wanted, done: 0 } };
  states.set(type, state);
  readiness.setMade(type, kept);
  // What is written from now on lacks it: should it come back, even after a fall of the server, all must be looked through.
  if (kept.size < made.size) worker.keep(type, state);
}

const wantedOf = (params: Params, type: string): Made => new Map(params.added(type).map((param) => [param.code, definitionOf(param)]));

const isEqual = (left: Made, right: Made): boolean => left.size === right.size && [...left].every(([code, definition]) => right.get(code) === definition);

/** The types that parameters of that sort are asked of. */
function typesOf({ searchParameters, resourceTypes }: LiveRegistry, isWanted: (definition: SearchParameterDefinition) => boolean): string[] {
  const bases = new Set(searchParameters.filter(isWanted).flatMap(({ base }) => base));
  return bases.has('Resource') || bases.has('DomainResource') ? [...resourceTypes] : resourceTypes.filter((type) => bases.has(type));
}

const isAdded = ({ source }: SearchParameterDefinition): boolean => source !== undefined;
