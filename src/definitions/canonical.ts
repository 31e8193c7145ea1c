/** Canonical URLs and the versions they ask for. https://hl7.org/fhir/R4/references.html#canonical */
import type { Resource } from '../fhir/resource.ts';
import { compareVersions } from '../fhir/version-order.ts';

export interface Canonical {
  readonly url: string;
  /** '' where none is asked for. */
  readonly version: string;
}

/** `url|version`; a `#fragment` behind it stays with the version or the URL, as it was written. */
export function parseCanonical(text: string): Canonical {
  const bar = text.lastIndexOf('|');
  return bar < 0 ? { url: text, version: '' } : { url: text.slice(0, bar), version: text.slice(bar + 1) };
}

/** What decides between several definitions of one URL. */
export interface Candidate {
  readonly version: string;
  readonly status: string;
  /** When it was last changed, as its author says; '' where nothing is said. */
  readonly date: string;
  /** How its versions are ordered, where it says so. */
  readonly algorithm: string;
  /** Of which layer: the higher hides the lower. */
  readonly layer: number;
}

/** The one that a canonical with that version (or without one: '') means. */
export function choose<T extends Candidate>(candidates: readonly T[], version: string): T | undefined {
  const active = candidates.filter(({ status }) => status === 'active');
  if (version === '') return latest(active) ?? latest(candidates);
  return latest(candidates.filter((candidate) => candidate.version === version)) ?? latest(fitting(candidates, version));
}

/** The latest first. */
export const newestFirst = <T extends Candidate>(candidates: readonly T[]): T[] => candidates.toSorted((left, right) => order(right, left));

const latest = <T extends Candidate>(candidates: readonly T[]): T | undefined => newestFirst(candidates)[0];

/** Those that a partial version or one with wildcards means; an active one goes before any other, and a pre-release is meant only by its name. */
function fitting<T extends Candidate>(candidates: readonly T[], version: string): T[] {
  const found = candidates.filter((candidate) => fits(candidate.version, version));
  const active = found.filter(({ status }) => status === 'active');
  return active.length > 0 ? active : found;
}

const WILDCARD = /^[xX*]$/;

/** `1.2` fits 1.2 and 1.2.3; `1.x` and `1.*` fit 1.0 and 1.4.2; `1.x.3` fits 1.9.3. */
function fits(version: string, wanted: string): boolean {
  const release = version.split('+', 1)[0] ?? '';
  if (release.includes('-') && !wanted.includes('-') && SEMVER.test(release)) return false;
  const parts = release.split('.');
  const asked = wanted.split('.');
  return version !== '' && asked.length <= parts.length && asked.every((part, at) => WILDCARD.test(part) || part === parts[at]);
}

const DATE = /^\d{4}(-?\d{2}(-?\d{2})?)?$/;
const SEMVER = /^\d+([.]\d+)+([-+].*)?$/;

type Form = 'date' | 'semver' | 'other';
const formOf = (version: string): Form => (DATE.test(version) ? 'date' : SEMVER.test(version) ? 'semver' : 'other');

/**
 * Versions of one form are compared as such; of two whose forms cannot be compared (2018-08-12 and 9.0.0) the higher layer's is
 * taken to be the later, then the one with the later date. https://hl7.org/fhir/extensions/StructureDefinition-artifact-versionAlgorithm.html
 */
function order(left: Candidate, right: Candidate): number {
  const comparable = left.version !== right.version && (left.algorithm !== '' || formOf(left.version) === formOf(right.version));
  const byVersion = comparable ? byAlgorithm(left.algorithm, left.version, right.version) : 0;
  return byVersion || left.layer - right.layer || compareVersions(left.date, right.date);
}

function byAlgorithm(algorithm: string, left: string, right: string): number {
  if (algorithm === 'alpha') return left < right ? -1 : Number(left > right);
  return compareVersions(left, right);
}

const ALGORITHM =
  /^http:\/\/hl7[.]org\/fhir\/(5[.]0\/StructureDefinition\/extension-[A-Za-z]+[.]versionAlgorithm(\[x\])?|StructureDefinition\/artifact-versionAlgorithm)$/;

/** `semver`, `integer`, `alpha`, `date`, `natural`; '' where the resource does not say. https://hl7.org/fhir/R5/valueset-version-algorithm.html */
export function versionAlgorithm({ extension }: Resource): string {
  const rows = Array.isArray(extension) ? (extension as { url?: unknown; valueCoding?: { code?: unknown }; valueString?: unknown }[]) : []; // checked member by member
  const found = rows.find(({ url }) => typeof url === 'string' && ALGORITHM.test(url));
  const code = found?.valueCoding?.code ?? found?.valueString;
  return typeof code === 'string' ? code : '';
}
