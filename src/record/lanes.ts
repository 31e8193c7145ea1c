/**
 * Lanes for writers that keep getting in each other's way: one at a time within a lane, in order of arrival. Only
 * within this process; between processes the store's expectations still decide.
 */
export interface Lanes {
  run<T>(lane: string, work: () => Promise<T>): Promise<T>;
}

export function createLanes(): Lanes {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run: (lane, work) => {
      const result = (tails.get(lane) ?? Promise.resolve()).then(work);
      const tail = result.catch(() => undefined);
      tails.set(lane, tail);
      tail.then(() => tails.get(lane) === tail && tails.delete(lane));
      return result;
    },
  };
}
