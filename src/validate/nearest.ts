import type { Visit } from './visit.ts';

/** ` Did you mean 'x'?`, or nothing. A hostile body may misspell a hundred thousand names: once nothing more is listed, nothing is searched. */
export function didYouMean(name: string, known: Iterable<string>, visit: Visit): string {
  const near = visit.isFull ? undefined : nearest(name, known);
  return near === undefined ? '' : ` Did you mean '${near}'?`;
}

const MAX_LENGTH = 64;

/** The name that a misspelled one most likely means; undefined where nothing is near: a third of the letters may differ, at most three. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Letters to insert, remove or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
