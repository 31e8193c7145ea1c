/** Whether a code is in a value set: pure, synchronous, in microseconds. https://hl7.org/fhir/R4/terminologies.html#4.1 */
import type { ValueSet } from 'fhir/r4';
import type { Coding } from '../fhir/resource.ts';
import { type CompiledSet, type Fault, faultsOf, type Standing, standingIn } from './compose.ts';
import type { Shelf } from './library.ts';
import { isListed, listingOf, type Member } from './listing.ts';
import { splitCanonical, versionFits } from './source.ts';

/** What nobody here can say, but a store of code systems or another server may: nothing but the code leaves the resource. */
export interface CodeQuestion {
  /** Undefined for a set that has no url: contained, or given with the request. */
  readonly valueSet: string | undefined;
  readonly system: string | undefined;
  readonly version: string | undefined;
  readonly code: string;
}

export type Verdict =
  | { readonly is: 'in' }
  | { readonly is: 'out' }
  /** `why`: a sentence for the person who wonders. */
  | { readonly is: 'unknown'; readonly why: string; readonly question: CodeQuestion };

/** A value set ready to be asked; stays right when definitions change. */
export interface Membership {
  /** For an element of type code, which names no system. */
  code(code: string): Verdict;
  coding(coding: Coding): Verdict;
  /** In where one of the codings is; out where all are out, or there is none. */
  concept(codings: readonly Coding[]): Verdict;
  /** The first few codes, for a message: "final, amended, … and 3 more"; '' where they cannot be listed. */
  summary(): string;
}

const IN: Verdict = Object.freeze({ is: 'in' });
const OUT: Verdict = Object.freeze({ is: 'out' });

/** Sets up to this size are also kept as a plain list of codes. */
const MAX_QUICK = 5000;
const MAX_LISTED = 12;

interface Ready {
  readonly set: CompiledSet | undefined;
  /** System → codes, where the set is small, can be listed, and takes heed of case. */
  readonly quick: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** All codes of `quick`, whatever their system. */
  readonly codes: ReadonlySet<string> | undefined;
}

/** `valueSet`: a canonical, or the set itself where it is contained or comes with a request. */
export function createMembership(shelf: Shelf, valueSet: string | ValueSet): Membership {
  const name = typeof valueSet === 'string' ? valueSet : valueSet.url;
  let revision = -1;
  let ready: Ready = NOT_READY;
  const current = (): Ready => {
    if (revision === shelf.source.revision) return ready;
    ready = prepare(shelf, valueSet);
    revision = shelf.source.revision;
    return ready;
  };
  const coding = (given: Coding): Verdict => verdictOf(standingOfCoding(current(), given), { name, ready, given });
  return {
    coding,
    code: (code) => verdictOf(standingOfCode(current(), code), { name, ready, given: { code } }),
    concept: (codings) => {
      const verdicts = codings.map(coding);
      return verdicts.find(({ is }) => is === 'in') ?? verdicts.find(({ is }) => is === 'unknown') ?? OUT;
    },
    summary: () => summaryOf(current().set),
  };
}

const NOT_READY: Ready = { set: undefined, quick: undefined, codes: undefined };

function standingOfCoding({ set, quick }: Ready, { system, version, code }: Coding): Standing {
  if (system === undefined || code === undefined) return 'out';
  if (set === undefined) return 'unknown';
  if (version === undefined && quick !== undefined) return quick.get(system)?.has(code) === true ? 'in' : 'out';
  return version !== undefined && isOtherVersion(set, system, version) ? 'out' : standingIn(set, system, code);
}

function standingOfCode({ set, codes }: Ready, code: string): Standing {
  if (codes !== undefined) return codes.has(code) ? 'in' : 'out';
  return set === undefined ? 'unknown' : standingAnywhere(set, code);
}

interface Asked {
  /** The value set's canonical. */
  readonly name: string | undefined;
  readonly ready: Ready;
  readonly given: Coding;
}

function verdictOf(standing: Standing, { name, ready: { set }, given: { system, version, code = '' } }: Asked): Verdict {
  if (standing !== 'unknown') return standing === 'in' ? IN : OUT;
  const why = set === undefined ? `The value set ${name ?? ''} is not known here.` : whyUnknown(set, system);
  return { is: 'unknown', why, question: { valueSet: name, system, version, code } };
}

function prepare(shelf: Shelf, valueSet: string | ValueSet): Ready {
  const definition = typeof valueSet === 'string' ? shelf.valueSet(valueSet) : valueSet;
  if (definition === undefined) return NOT_READY;
  const set = shelf.compiled(definition);
  if (isKeptOutside(set)) return { set, quick: undefined, codes: undefined };
  const listing = listingOf(set);
  if (!isListed(listing) || listing.length > MAX_QUICK || listing.some(isOpen)) return { set, quick: undefined, codes: undefined };
  const quick = new Map([...Map.groupBy(listing, ({ url }) => url)].map(([url, members]) => [url, new Set(members.map(({ code }) => code))]));
  return { set, quick, codes: new Set(listing.map(({ code }) => code)) };
}

/** To list what is kept outside is much work, and to ask for one code little. */
const isKeptOutside = (set: CompiledSet): boolean => partsOf(set).some(({ system }) => system?.select !== undefined);

/** Of a system that has more codes, or other spellings of them, than a list can show. */
const isOpen = ({ system }: Member): boolean => system?.about.content === 'fragment' || system?.about.caseSensitive === false;

/** The systems' urls that a set names, each once. */
export function urlsIn(set: CompiledSet): readonly string[] {
  return [...new Set(set.includes.flatMap((part) => [...(part.url === undefined ? [] : [part.url]), ...part.sets.flatMap(urlsIn)]))];
}

function standingAnywhere(set: CompiledSet, code: string): Standing {
  const standings = urlsIn(set).map((url) => standingIn(set, url, code));
  if (standings.includes('in')) return 'in';
  return standings.includes('unknown') || faultsOf(set).length > 0 ? 'unknown' : 'out';
}

/** The set takes the system's codes from other versions alone. */
function isOtherVersion(set: CompiledSet, system: string, version: string): boolean {
  const parts = partsOf(set).filter(({ url }) => url === system);
  return parts.length > 0 && parts.every((part) => part.version !== undefined && !versionFits(version, part.version) && !versionFits(part.version, version));
}

export const partsOf = (set: CompiledSet): CompiledSet['includes'] => set.includes.flatMap((part) => [part, ...part.sets.flatMap(partsOf)]);

/** The fault that has to do with the system, else the first there is. */
function whyUnknown(set: CompiledSet, system: string | undefined): string {
  const faults = faultsOf(set);
  const fault = faults.find(({ canonical = '' }) => splitCanonical(canonical).url === system) ?? faults[0];
  return fault?.text ?? endless(system);
}

const endless = (system: string | undefined): string =>
  `Not all codes of ${system === undefined ? 'its code systems' : system} are known here, and this one is not among those that are.`;

function summaryOf(set: CompiledSet | undefined): string {
  const listing = set === undefined || isKeptOutside(set) ? undefined : listingOf(set);
  if (listing === undefined || !isListed(listing)) return '';
  return listText(listing.map(({ code }) => code));
}

function listText(codes: readonly string[]): string {
  const listed = codes.slice(0, MAX_LISTED).join(', ');
  return codes.length > MAX_LISTED ? `${listed} and ${codes.length - MAX_LISTED} more` : listed;
}

export const printFaults = (faults: readonly Fault[]): string => [...new Set(faults.map(({ text }) => text))].join(' ');
