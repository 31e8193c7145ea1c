/** A story told step by step, each step's result checked; the teller prints how far it is. */
import { sayTime } from './calendar.ts';

/** Something that happens at a moment of the story. */
export interface Scene {
  readonly at: Date;
  readonly title: string;
  /** Told only where it fails. */
  readonly quiet?: boolean;
  /** What was seen, in a few words. */
  readonly run: () => Promise<string | undefined>;
}

export interface Story {
  /** Runs a step and says that it is done; a failed check or any error ends the story. */
  step(scene: Scene): Promise<void>;
  /** Steps done so far. */
  readonly done: number;
}

/** Of `Wed 30 Sept, 07:40`. */
const TIME_WIDTH = 19;
const MARGIN = ' '.repeat(TIME_WIDTH + 3);

export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** Fails the step it stands in. `what` says what should have been so. */
export function check(holds: boolean, what: string, found?: unknown): asserts holds {
  if (!holds) throw new CheckFailed(found === undefined ? what : `${what}; found ${JSON.stringify(found)?.slice(0, 400)}`);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function createStory(print: (line: string) => void): Story {
  let done = 0;
  return {
    get done() {
      return done;
    },
    async step({ at, title, quiet, run }) {
      try {
        const remark = await run();
        done += 1;
        if (quiet !== true) print(`✓ ${sayTime(at).padEnd(TIME_WIDTH)} ${title}${remark === undefined ? '' : `\n${MARGIN}${capital(remark)}`}`);
      } catch (error) {
        print(`✗ ${sayTime(at).padEnd(TIME_WIDTH)} ${title}`);
        throw error;
      }
    },
  };
}
