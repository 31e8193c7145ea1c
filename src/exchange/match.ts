/**
 * Is the hospital's patient ours? Pure, and willing to say yes only where three things agree: an identifier, the name
 * and the birth date. Everything short of that is left to a person. The grades are those of FHIR's `$match`: only
 * `certain` may be used without review. https://hl7.org/fhir/R4/patient-operation-match.html
 */
import type { HumanName, Identifier, Patient } from 'fhir/r4';
import { identifierSystem } from '../fhir/names.ts';
import { fold } from '../search/fold.ts';

export interface BusinessId {
  readonly system: string;
  readonly value: string;
}

/** Where two records that share an identifier disagree. '' is said by a record that says nothing. */
export interface Difference {
  readonly about: 'name' | 'birth date';
  readonly here: string;
  readonly there: string;
}

export interface Candidate {
  /** The hospital's id of its Patient. */
  readonly id: string;
  /** What both records are known by. */
  readonly shared: readonly BusinessId[];
  readonly differences: readonly Difference[];
}

export type Match =
  | { readonly grade: 'certain'; readonly candidate: Candidate }
  /** One record that differs, or several: only a person can say. Sorted by id. */
  | { readonly grade: 'possible'; readonly candidates: readonly Candidate[] }
  | { readonly grade: 'none' };

/** Compares our record with those that the hospital gave. The order of either's parts plays no role. */
export function matchPatient(here: Patient, found: readonly Patient[]): Match {
  const byId = new Map(found.filter((patient) => patient.active !== false).map((patient) => [patient.id ?? '', patient]));
  const candidates = [...byId].map(([id, there]) => compare(here, there, id)).filter(({ shared }) => shared.length > 0);
  const [first] = candidates;
  if (first === undefined) return { grade: 'none' };
  if (candidates.length === 1 && first.differences.length === 0) return { grade: 'certain', candidate: first };
  return { grade: 'possible', candidates: candidates.toSorted((left, right) => (left.id < right.id ? -1 : 1)) };
}

function compare(here: Patient, there: Patient, id: string): Candidate {
  const theirs = new Set(businessIds(there).map(keyOf));
  const shared = businessIds(here).filter((own) => theirs.has(keyOf(own)));
  return { id, shared, differences: [...nameDifference(here, there), ...birthDateDifference(here, there)] };
}

const keyOf = ({ system, value }: BusinessId): string => JSON.stringify([system, value]);

/** Identifiers that other places may know as well: with a system, still in use, and not the mark of an earlier link. */
export function businessIds(patient: Patient): readonly BusinessId[] {
  return (patient.identifier ?? []).filter(isBusinessId).map(({ system, value }) => ({ system, value }));
}

function isBusinessId(identifier: Identifier): identifier is Identifier & BusinessId {
  const { system = '', value = '', use } = identifier;
  return system !== '' && value.trim() !== '' && use !== 'old' && use !== 'temp' && system !== identifierSystem('hospital-id');
}

function birthDateDifference(here: Patient, there: Patient): readonly Difference[] {
  const [ours, theirs] = [here.birthDate ?? '', there.birthDate ?? ''];
  const isWhole = /^\d{4}-\d{2}-\d{2}$/.test(ours);
  return isWhole && ours === theirs ? [] : [{ about: 'birth date', here: ours, there: theirs }];
}

function nameDifference(here: Patient, there: Patient): readonly Difference[] {
  const [ours, theirs] = [currentNames(here), currentNames(there)];
  if (ours.some((own) => theirs.some((other) => sameName(own, other)))) return [];
  return [{ about: 'name', here: ours.map(printName).join(' / '), there: theirs.map(printName).join(' / ') }];
}

const currentNames = (patient: Patient): readonly HumanName[] =>
  (patient.name ?? []).filter(({ use }) => use !== 'old' && use !== 'anonymous' && use !== 'nickname' && use !== 'temp');

/** As a person would read it. */
export function printName({ text, given = [], family = '' }: HumanName): string {
  return text ?? [...given, family].join(' ').trim();
}

/** Family name and first given name agree, and no further given name contradicts; a name in one piece must be the whole. */
function sameName(here: HumanName, there: HumanName): boolean {
  const [ours, theirs] = [partsOf(here), partsOf(there)];
  if (ours !== undefined && theirs !== undefined) return ours.family === theirs.family && givenAgree(ours.given, theirs.given);
  const [piece, other] = ours === undefined ? [here, theirs] : [there, ours];
  const written = folded(piece.text ?? '');
  if (written === '') return false;
  return other === undefined ? written === folded(there.text ?? '') : wholeNames(other).includes(written);
}

interface NameParts {
  readonly family: string;
  readonly given: readonly string[];
}

function partsOf({ family = '', given = [] }: HumanName): NameParts | undefined {
  const names = given.flatMap((name) => name.split(/\s+/u)).map(folded);
  const parts = { family: folded(family), given: names.filter((name) => name !== '') };
  return parts.family !== '' && parts.given.length > 0 ? parts : undefined;
}

const givenAgree = (ours: readonly string[], theirs: readonly string[]): boolean =>
  ours[0] === theirs[0] && (ours.every((name) => theirs.includes(name)) || theirs.every((name) => ours.includes(name)));

/** Both orders: "Kari Nordmann", and "王秀英" with the family name first. */
function wholeNames({ family, given }: NameParts): readonly string[] {
  const all = given.join('');
  const first = given[0] ?? '';
  return [family + all, all + family, family + first, first + family];
}

/** Without case, accents, spaces and punctuation. Letters of their own, such as ø, stay themselves. */
const folded = (text: string): string => fold(text).replace(/[^\p{L}\p{M}\p{N}]/gu, '');
