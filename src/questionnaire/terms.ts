/**
 * What the engine asks about codes and units. The terminology answers it over what is defined at the moment of asking; the
 * engine keeps none of the answers.
 */
import type { ValueSet } from 'fhir/r4';
import type { Coding } from '../fhir/resource.ts';
import type { Membership } from '../terminology/membership.ts';
import type { TerminologySource } from '../terminology/source.ts';
import { createTerminology, type Terminology } from '../terminology/terminology.ts';
import { convertQuantity } from '../terminology/ucum.ts';

export interface Terms {
  /** Whether a code is in a value set (its canonical, or a contained one); undefined where that cannot be told here. */
  has(valueSet: ValueSet | string, coding: Coding): boolean | undefined;
  /** The codes of a value set in its order; undefined where it cannot be listed, or has more than `limit`. */
  list(valueSet: ValueSet | string, limit: number): readonly Term[] | undefined;
  /** The weight that the code system itself gives a code: its `itemWeight` property or extension. */
  weight(coding: Coding): number | undefined;
  /** A number in another unit of UCUM; undefined where the two measure different things, or one is none. https://ucum.org/ucum */
  convert(value: number, from: string, to: string): number | undefined;
}

export interface Term {
  readonly system: string | undefined;
  readonly code: string;
  readonly display: string | undefined;
  readonly weight: number | undefined;
}

/** Knows nothing: every set stays open, no unit is turned into another. */
export const NO_TERMS: Terms = { has: () => undefined, list: () => undefined, weight: () => undefined, convert: () => undefined };

/** One for each set of definitions, since the terminology keeps what it has compiled. */
const known = new WeakMap<TerminologySource, Terms>();

export function termsOver(source: TerminologySource): Terms {
  const found = known.get(source) ?? createTerms(createTerminology(source));
  known.set(source, found);
  return found;
}

function createTerms(terminology: Terminology): Terms {
  const memberships = createMemberships(terminology);
  return {
    has: (valueSet, coding) => {
      const { is } = memberships(valueSet).coding(coding);
      return is === 'unknown' ? undefined : is === 'in';
    },
    list: (valueSet, limit) => {
      const options = terminology.options(valueSet);
      if (typeof options === 'string' || options.length > limit) return undefined;
      return options.map(({ coding: { system, code, display }, weight }) => ({ system, code, display, weight }));
    },
    weight: (coding) => terminology.weight(coding),
    convert: convertQuantity,
  };
}

/** Sets that questionnaires are bound to; the oldest is let go of. */
const MOST_KEPT = 1000;

function createMemberships(terminology: Terminology): (valueSet: ValueSet | string) => Membership {
  const named = new Map<string, Membership>();
  const contained = new WeakMap<ValueSet, Membership>();
  return (valueSet) => {
    if (typeof valueSet !== 'string') {
      const own = contained.get(valueSet) ?? terminology.membership(valueSet);
      contained.set(valueSet, own);
      return own;
    }
    const membership = named.get(valueSet) ?? terminology.membership(valueSet);
    named.set(valueSet, membership);
    if (named.size > MOST_KEPT) named.delete(named.keys().next().value ?? valueSet);
    return membership;
  };
}
