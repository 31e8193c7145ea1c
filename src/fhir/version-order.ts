/**
 * Which of two business versions (of a Questionnaire, a profile, a value set) is the later one. R4 leaves the form of versions to their publisher:
 * numbers between dots, dashes and plus signs are compared as numbers, words as words, and a pre-release
 * (`2.0.0-draft`) comes before its release, as semver.org has it. Dates (`2026-01-31`) come out right as well.
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  return compareLists(a.release, b.release) || comparePreReleases(a.pre, b.pre);
}

type Part = number | string;

function partsOf(version: string): { release: readonly Part[]; pre: readonly Part[] } {
  const [bare = ''] = version.split('+');
  const parts = bare.split(/[.-]/).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const firstWord = parts.findIndex((part) => typeof part === 'string');
  return firstWord < 0 ? { release: parts, pre: [] } : { release: parts.slice(0, firstWord), pre: parts.slice(firstWord) };
}

function compareLists(left: readonly Part[], right: readonly Part[]): number {
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareParts(left[at] ?? 0, right[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function compareParts(left: Part, right: Part): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
  return left < right ? -1 : Number(left > right);
}

/** Nothing is later than something: the release follows its drafts. */
function comparePreReleases(left: readonly Part[], right: readonly Part[]): number {
  if (left.length === 0 || right.length === 0) return Number(left.length === 0) - Number(right.length === 0);
  return compareLists(left, right);
}
