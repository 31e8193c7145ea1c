/** What can be said of a code and a value set, as the rules ask it. */
import type { Registry } from '../definitions/registry.ts';
import { type CodeList, codeList } from '../terminology/membership.ts';

export interface Terms {
  /** Undefined where nobody here can say what is in the set. */
  of(valueSet: string): CodeList | undefined;
}

/** Sets that are kept; a package binds a few hundred. */
const MAX_SETS = 2000;

/** The sets of the registry, looked up anew when its definitions change. */
export function createTerms(registry: Registry): Terms {
  const kept = new Map<string, CodeList | undefined>();
  let revision = registry.revision;
  return {
    of(valueSet) {
      if (revision !== registry.revision || kept.size > MAX_SETS) {
        kept.clear();
        revision = registry.revision;
      }
      if (!kept.has(valueSet)) kept.set(valueSet, codeList(registry, valueSet));
      return kept.get(valueSet);
    },
  };
}
