/** Bounds on one answer, the same for every adapter, and what a caller is told who asks for more. */
import { FhirError } from '../fhir/outcome.ts';

/** Resources that one page may include. */
export const MAX_INCLUDED = 1000;

/** Links that `:iterate` follows, one after another. */
export const MAX_ITERATIONS = 5;

/** Leaving some of them out without a word could hide what matters. */
export const tooManyIncluded = (): FhirError =>
  new FhirError(
    'too-costly',
    `The page would include more than ${MAX_INCLUDED} resources. Ask for fewer matches with _count, or search for the linked resources by themselves, page by page.`,
  );
