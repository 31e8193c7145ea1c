/** A story told step by step, each step's result checked; the teller prints how far it is. */

export interface Step {
  readonly title: string;
  /** Told only where it fails. */
  readonly quiet?: boolean;
  /** What was seen, in a few words. */
  readonly run: () => Promise<string | undefined>;
}

export interface Story {
  /** Runs a step and says that it is done; a failed check or any error ends the story. */
  step(step: Step): Promise<void>;
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

export function createStory(print: (line: string) => void): Story {
  let done = 0;
  return {
    get done() {
      return done;
    },
    async step({ title, quiet, run }) {
      try {
        const remark = await run();
        done += 1;
        if (quiet !== true) print(`  ✓ ${title}${remark === undefined ? '' : `: ${remark}`}`);
      } catch (error) {
        print(`  ✗ ${title}`);
        throw error;
      }
    },
  };
}
