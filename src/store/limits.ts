/** Bounds on one answer, the same for every adapter, and what a caller is told who asks for more. */
import { FhirError } from '../fhir/outcome.ts';

/** Resources that one page may include. */
export const MAX_INCLUDED = 1000;

/**
 * Characters of the matches of one page. A page that grows beyond ends early, with a link to the next; one match it always
 * holds. Included resources have the same bound, and where they exceed it the search is refused.
 */
export const MAX_PAGE_CHARACTERS = 10_000_000;

/** Links that `:iterate` follows, one after another. */
export const MAX_ITERATIONS = 5;

/** How many of the first texts a page takes. */
export function fittingPage(texts: Iterable<string>): number {
  let [count, left] = [0, MAX_PAGE_CHARACTERS];
  for (const text of texts) {
    left -= text.length;
    if (left < 0 && count > 0) break;
    count++;
  }
  return count;
}

/** Leaving some of them out without a word could hide what matters. */
export const tooManyIncluded = (): FhirError =>
  new FhirError(
    'too-costly',
    `The page would include more than ${MAX_INCLUDED} resources, or more than ${MAX_PAGE_CHARACTERS / 1_000_000} million characters. Ask for fewer matches with _count, or search for the linked resources by themselves, page by page.`,
  );
