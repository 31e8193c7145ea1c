/** The value sets that rules ask, each made ready once. */
import type { Membership } from '../terminology/membership.ts';
import type { Terminology } from '../terminology/terminology.ts';

export interface Terms {
  of(valueSet: string): Membership;
}

/** Sets that are kept; the base and a package bind a few hundred each. */
const MAX_SETS = 2000;

/** What is kept stays right when definitions change. */
export function createTerms(terminology: Pick<Terminology, 'membership'>): Terms {
  const kept = new Map<string, Membership>();
  return {
    of(valueSet) {
      const known = kept.get(valueSet);
      if (known !== undefined) return known;
      if (kept.size >= MAX_SETS) kept.clear();
      const made = terminology.membership(valueSet);
      kept.set(valueSet, made);
      return made;
    },
  };
}
