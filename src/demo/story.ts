/** A story told step by step, each step's result checked; the teller prints how far it is. */

export interface Story {
  /** Runs a step and says that it is done, with what it returns as a remark; a failed check or any error ends the story. */
  step(title: string, run: () => Promise<string | undefined>): Promise<void>;
  /** Steps done so far. */
  readonly done: number;
}

export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** Fails the step it stands in. `what` says what should have been so. */
export function check(holds: boolean, what: string, found?: unknown): asserts holds {
  if (!holds) throw new CheckFailed(found === undefined ? what : `${what}; found ${JSON.stringify(found)?.slice(0, 400)}`);
}

export function createStory(print: (line: string) => void, now: () => number = Date.now): Story {
  let done = 0;
  return {
    get done() {
      return done;
    },
    async step(title, run) {
      const start = now();
      try {
        const remark = await run();
        done += 1;
        print(`  ✓ ${title}${remark === undefined ? '' : `: ${remark}`} (${((now() - start) / 1000).toFixed(1)} s)`);
      } catch (error) {
        print(`  ✗ ${title}`);
        throw error;
      }
    },
  };
}
