/** The value sets that rules ask, each made ready once. */
import type { ValueSet } from 'fhir/r4';
import type { Membership } from '../terminology/membership.ts';
import type { Terminology } from '../terminology/terminology.ts';

export interface Terms {
  of(valueSet: string): Membership;
  /** All codes of a system, in one version of it or, without, in the latest. */
  all(system: string, version?: string): Membership;
}

/** Sets that are kept; the base and a package bind a few hundred each. */
const MAX_SETS = 2000;

/** What is kept stays right when definitions change. */
export function createTerms(terminology: Pick<Terminology, 'membership'>): Terms {
  const keep = keeper();
  const keepSystem = keeper();
  return {
    of: (valueSet) => keep(valueSet, () => terminology.membership(valueSet)),
    all: (system, version) => keepSystem(version === undefined ? system : `${system}|${version}`, () => terminology.membership(allOf(system, version))),
  };
}

function keeper(): (name: string, make: () => Membership) => Membership {
  const kept = new Map<string, Membership>();
  return (name, make) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    if (kept.size >= MAX_SETS) kept.clear();
    const made = make();
    kept.set(name, made);
    return made;
  };
}

const allOf = (system: string, version: string | undefined): ValueSet => ({
  resourceType: 'ValueSet',
  status: 'active',
  compose: { include: [version === undefined ? { system } : { system, version }] },
});
