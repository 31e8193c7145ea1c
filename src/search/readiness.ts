/**
 * Whether the index holds everything that a search parameter finds. What the base defines it always does; a parameter put on
 * top of the base is asked for only once the resources that were stored before it have been looked through.
 */
import type { Param } from './param.ts';

/** By code: the definitions (`definitionOf`) by which the index of a type was made. */
export type Made = ReadonlyMap<string, string>;

export interface Progress {
  /** Resources looked through, and how many there are. */
  readonly done: number;
  readonly total: number;
}

export interface Readiness {
  /** Rises with every change. */
  readonly revision: number;
  isReady(param: Param): boolean;
  /** Undefined where nothing is under way. */
  progress(type: string): Progress | undefined;
}

export interface ReadinessKeeper extends Readiness {
  setMade(type: string, made: Made): void;
  setProgress(type: string, progress: Progress | undefined): void;
}

/** For an index that was made with all parameters there are. */
export const ALL_READY: Readiness = { revision: 0, isReady: () => true, progress: () => undefined };

export function createReadiness(): ReadinessKeeper {
  const made = new Map<string, Made>();
  const progress = new Map<string, Progress>();
  let revision = 0;
  return {
    get revision() {
      return revision;
    },
    isReady: (param) => param.added === undefined || made.get(param.type)?.get(param.code) === definitionOf(param),
    progress: (type) => progress.get(type),
    setMade: (type, now) => {
      made.set(type, now);
      revision += 1;
    },
    setProgress: (type, now) => {
      if (now === undefined) progress.delete(type);
      else progress.set(type, now);
    },
  };
}

/** All that decides which values the parameter finds, as text: the same for what makes the same index. */
export const definitionOf = ({ kind, expression, parts }: Param): string =>
  JSON.stringify([kind, expression, ...parts.map((part) => [part.kind, part.expression])]);
