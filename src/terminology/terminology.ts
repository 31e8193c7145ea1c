/**
 * What the rest of the house asks of code systems and value sets: pure and synchronous, over the registry. What lies elsewhere
 * (SNOMED CT, LOINC, another server) comes back as `unknown` with a question; `http/interactions/terminology` and `record` ask it.
 */
import type { ValueSet } from 'fhir/r4';
import { createLastUsed } from '../fhir/last-used.ts';
import type { Coding } from '../fhir/resource.ts';
import { faultsOf } from './compose.ts';
import { createShelf, type RequestParts, type Shelf } from './library.ts';
import { isListed, listingOf, type Member } from './listing.ts';
import { createMembership, type Membership, printFaults } from './membership.ts';
import { isAbstract, isInactive } from './properties.ts';
import type { TerminologySource } from './source.ts';
import { ancestorsOf, type Concept, descendantsOf, type System } from './system.ts';
import { statedWeight, weightOf } from './weight.ts';

/** A code that may be chosen, as a questionnaire offers it. */
interface Option {
  readonly coding: Required<Pick<Coding, 'system' | 'code'>> & Pick<Coding, 'version' | 'display'>;
  /** itemWeight or ordinalValue, by the value set's word first, then the code system's. */
  readonly weight: number | undefined;
}

export interface Terminology {
  /** `valueSet`: a canonical, or the resource itself where it is contained. Made once a binding, and asked often. */
  membership(valueSet: string | ValueSet): Membership;
  /** Every code of a set, what may not be chosen left out; a sentence where it cannot be listed. */
  options(valueSet: string | ValueSet): readonly Option[] | string;
  /** `system|code` of each; undefined where the set cannot be listed. */
  codes(valueSet: string): ReadonlySet<string> | undefined;
  /** The code and everything beneath it; undefined where the system's hierarchy is not known here. */
  below(system: string, code: string): readonly string[] | undefined;
  /** The code and everything above it. */
  above(system: string, code: string): readonly string[] | undefined;
  /** What the code's own system says of it; undefined where system or code are not known here. */
  concept(system: string, code: string, version?: string): Concept | undefined;
  /** itemWeight or ordinalValue of a coding, by its code system or a supplement. */
  weight(coding: Coding): number | undefined;
  /** The same over what one request brings along. */
  with(request: RequestParts): Terminology;
  readonly shelf: Shelf;
}

const MAX_MEMBERSHIPS = 1000;

const made = new WeakMap<TerminologySource, Terminology>();

/** One for each source, so that what was compiled for one room serves the others. */
export function createTerminology(source: TerminologySource): Terminology {
  const terminology = made.get(source) ?? terminologyOver(createShelf(source));
  made.set(source, terminology);
  return terminology;
}

function terminologyOver(shelf: Shelf): Terminology {
  const memberships = createLastUsed<Membership>(MAX_MEMBERSHIPS);
  const listed = (valueSet: string | ValueSet): readonly Member[] | string => listMembers(shelf, valueSet);
  return {
    shelf,
    membership: (valueSet) =>
      typeof valueSet === 'string' ? memberships.getOr(valueSet, () => createMembership(shelf, valueSet)) : createMembership(shelf, valueSet),
    options: (valueSet) => {
      const members = listed(valueSet);
      return typeof members === 'string' ? members : members.filter(isChoosable).map(optionOf);
    },
    codes: (valueSet) => {
      const members = listed(valueSet);
      return typeof members === 'string' ? undefined : new Set(members.map(({ url, code }) => `${url}|${code}`));
    },
    below: (system, code) => related(shelf.codeSystem(system), code, descendantsOf),
    above: (system, code) => related(shelf.codeSystem(system), code, ancestorsOf),
    concept: (system, code, version) => shelf.codeSystem(system, version)?.find(code),
    weight: ({ system, code }) => {
      const held = system === undefined ? undefined : shelf.codeSystem(system);
      const concept = code === undefined ? undefined : held?.find(code);
      return held === undefined || concept === undefined ? undefined : weightOf(held, concept);
    },
    with: (request) => terminologyOver(shelf.with(request)),
  };
}

function listMembers(shelf: Shelf, valueSet: string | ValueSet): readonly Member[] | string {
  const definition = typeof valueSet === 'string' ? shelf.valueSet(valueSet) : valueSet;
  if (definition === undefined) return `The value set ${String(valueSet)} is not known here.`;
  const set = shelf.compiled(definition);
  const listing = listingOf(set);
  if (isListed(listing)) return listing;
  return listing.unlistable === 'fault' ? printFaults(faultsOf(set)) : `The codes of ${listing.url ?? 'a code system'} cannot be listed.`;
}

const isChoosable = ({ system, concept }: Member): boolean =>
  system === undefined || concept === undefined || (!isAbstract(system.about, concept) && !isInactive(system.about, concept));

function optionOf({ url, version, code, system, concept, named }: Member): Option {
  const display = named?.display ?? concept?.raw.display;
  const own = system === undefined || concept === undefined ? undefined : weightOf(system, concept);
  return {
    coding: { system: url, code, ...(version === undefined ? {} : { version }), ...(display === undefined ? {} : { display }) },
    weight: statedWeight(named?.extension) ?? own,
  };
}

function related(system: System | undefined, code: string, others: (concept: Concept) => ReadonlySet<Concept>): readonly string[] | undefined {
  const concept = system?.find(code);
  if (system === undefined || concept === undefined || concept.above !== undefined) return undefined;
  return [code, ...[...others(concept)].map((other) => other.code)];
}
