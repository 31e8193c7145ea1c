/** Every code of a compiled value set, in the order of its definition. https://hl7.org/fhir/R4/valueset.html#expansion */
import type { ValueSetComposeIncludeConcept } from 'fhir/r4';
import { type CompiledSet, faultsOf, type Part, standingIn } from './compose.ts';
import { isInactive } from './properties.ts';
import type { Concept, System } from './system.ts';

/** A code that a set has. */
export interface Member {
  readonly url: string;
  /** Of the system that it was found in. */
  readonly version: string | undefined;
  readonly code: string;
  /** Both undefined where the system is not at hand and the set names the code itself. */
  readonly system: System | undefined;
  readonly concept: Concept | undefined;
  /** What the value set says of the code: a display and designations of its own. */
  readonly named: ValueSetComposeIncludeConcept | undefined;
}

/** A set that takes in codes that only a grammar describes, or that are kept elsewhere, cannot be listed. */
interface Unlistable {
  readonly unlistable: 'fault' | 'endless';
  /** The system without end. */
  readonly url?: string;
}

export type Listing = readonly Member[] | Unlistable;

export const isListed = (listing: Listing): listing is readonly Member[] => Array.isArray(listing);

const listings = new WeakMap<CompiledSet, Listing>();

/** Worked out once a compiled set. */
export function listingOf(set: CompiledSet): Listing {
  const known = listings.get(set) ?? list(set);
  listings.set(set, known);
  return known;
}

function list(set: CompiledSet): Listing {
  if (faultsOf(set).length > 0) return { unlistable: 'fault' };
  const members = new Map<string, Member>();
  for (const part of set.includes) {
    const listed = listPart(part);
    if (!isListed(listed)) return listed;
    for (const member of listed) if (!members.has(keyOf(member)) && isWanted(member, set)) members.set(keyOf(member), member);
  }
  return [...members.values()];
}

/** One code of two versions is two members where the set asks for both. */
const keyOf = ({ url, version, code }: Member): string => `${url}|${version ?? ''} ${code}`;

function isWanted(member: Member, { excludes, activeOnly }: CompiledSet): boolean {
  if (activeOnly && member.system !== undefined && member.concept !== undefined && isInactive(member.system.about, member.concept)) return false;
  return !excludes.some((part) => excludesMember(part, member));
}

function excludesMember(part: Part, member: Member): boolean {
  const otherVersion = part.version !== undefined && part.system !== undefined && member.version !== undefined && part.system.version !== member.version;
  return !otherVersion && standingIn({ ...NO_SET, includes: [part] }, member.url, member.code) === 'in';
}

const NO_SET: CompiledSet = { definition: { resourceType: 'ValueSet', status: 'unknown' }, includes: [], excludes: [], activeOnly: false, faults: [], size: 0 };

function listPart(part: Part): Listing {
  if (part.url !== undefined) {
    const own = listSystem(part, part.url);
    return isListed(own) && part.sets.length > 0 ? own.filter((member) => isInAll(part.sets, member)) : own;
  }
  const [first, ...others] = part.sets;
  if (first === undefined) return [];
  const listed = listingOf(first);
  return isListed(listed) && others.length > 0 ? listed.filter((member) => isInAll(others, member)) : listed;
}

const isInAll = (sets: readonly CompiledSet[], { url, code }: Member): boolean => sets.every((set) => standingIn(set, url, code) === 'in');

function listSystem({ system, concepts, tests, filters }: Part, url: string): Listing {
  if (concepts !== undefined) return [...concepts].flatMap(([code, named]) => namedMember(url, system, { ...named, code }));
  if (system === undefined) return { unlistable: 'fault' };
  const all = system.select?.(filters) ?? system.list();
  if (all === undefined) return { unlistable: 'endless', url };
  const passing = tests.length === 0 || system.select !== undefined ? all : all.filter((concept) => tests.every((test) => test(concept)));
  return passing.map((concept) => ({ url, version: system.version, code: concept.code, system, concept, named: undefined }));
}

/** A code that its system certainly does not have is passed over. */
function namedMember(url: string, system: System | undefined, named: ValueSetComposeIncludeConcept): Member[] {
  const concept = system?.find(named.code);
  if (system !== undefined && concept === undefined && system.lacks(named.code)) return [];
  return [{ url, version: system?.version, code: named.code, system, concept, named }];
}
