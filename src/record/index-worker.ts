/** Looks through what is stored in small steps, one type after another, and makes its index values anew. */
import { ALL } from '../search/ast.ts';
import type { ReadinessKeeper } from '../search/readiness.ts';
import type { Store } from '../store/store.ts';
import { busyTypes, type Run, rowOf, type State, type States } from './index-state.ts';

export interface WorkerParts {
  readonly store: Store;
  readonly readiness: ReadinessKeeper;
  readonly states: States;
  /** Told of a step that failed; it is tried again. */
  readonly onFault: (fault: unknown) => void;
}

export interface IndexWorker {
  /** Goes on where a type has a run. */
  start(): void;
  /** Writes down where a type stands. */
  keep(type: string, state: State): void;
  /** Asked after each step. */
  until(isDone: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds that one step should take: others wait for no longer. */
const STEP_MS = 4;
const MOST_AT_ONCE = 64;
/** How often progress is written down, in ms: what is lost with the process is done again. */
const KEEP_MS = 1000;
const RETRY_MS = 5000;

export function createIndexWorker(parts: WorkerParts): IndexWorker {
  const { states, onFault, store } = parts;
  const step = createStep(parts, (type, state) => keep(type, state));
  const waiting = new Set<() => void>();
  let working: Promise<void> = Promise.resolve();
  let isWorking = false;
  let keeping: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  function keep(type: string, state: State): void {
    keeping = keeping.then(() => store.transact({ writes: [rowOf(type, state)], expects: [] })).catch(onFault);
  }

  async function work(): Promise<void> {
    isWorking = true;
    for (let [type] = busyTypes(states); type !== undefined && !isStopped; [type] = busyTypes(states)) {
      const pause = await step(type).catch((fault: unknown) => {
        onFault(fault);
        return RETRY_MS;
      });
      for (const check of waiting) check();
      if (!isStopped) await rest(pause);
    }
    isWorking = false;
  }

  return {
    keep,
    start: () => {
      if (!isStopped && !isWorking) working = work();
    },
    until: (isDone) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!isDone()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: async () => {
      isStopped = true;
      await working;
      for (const [type, state] of states) if (state.run !== undefined) keep(type, state);
      await keeping;
    },
  };
}

/** As long again as the step took: at least half of the time is everyone else's. */
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Takes one step of a type's run, and says for how long to rest, in ms. */
function createStep({ store, readiness, states }: WorkerParts, keep: IndexWorker['keep']): (type: string) => Promise<number> {
  let limit = 1;
  let kept = 0;

  function adapt(took: number): void {
    if (took > STEP_MS) limit = Math.max(1, limit >> 1);
    else if (took < STEP_MS / 2) limit = Math.min(MOST_AT_ONCE, limit * 2);
  }

  function goOn(type: string, state: State, run: Run): void {
    states.set(type, { ...state, run });
    readiness.setProgress(type, { done: run.done, total: Math.max(run.total ?? 0, run.done) });
    if (performance.now() - kept < KEEP_MS) return;
    kept = performance.now();
    keep(type, { ...state, run });
  }

  function finish(type: string, { target }: Run): void {
    const state: State = { made: target, run: undefined };
    states.set(type, state);
    readiness.setProgress(type, undefined);
    readiness.setMade(type, target);
    keep(type, state);
  }

  return async (type) => {
    const state = states.get(type);
    if (state?.run === undefined) return 0;
    const total = state.run.total ?? (await countOf(store, type));
    const began = performance.now();
    const { count, next } = await store.reindex({ type, limit, ...(state.run.after === undefined ? {} : { after: state.run.after }) });
    const took = performance.now() - began;
    adapt(took);
    if (states.get(type) !== state) return took; // other parameters have come in the meantime
    const run: Run = { ...state.run, total, done: state.run.done + count };
    if (next === undefined) finish(type, run);
    else goOn(type, state, { ...run, after: next });
    return took;
  };
}

async function countOf(store: Store, type: string): Promise<number> {
  const { total = 0 } = await store.search({ of: [{ type, where: ALL }], sort: [], count: 0, total: 'accurate', include: [] });
  return total;
}
