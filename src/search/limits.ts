/** What one search may cost. Beyond any of these it is refused as `too-costly`, whoever asks. */
import { FhirError } from '../fhir/outcome.ts';

/** Parameters of one search, repetitions counted. */
export const MAX_PARAMETERS = 100;
/** Characters of one parameter's name, chains and `_has` included. */
export const MAX_NAME_LENGTH = 1024;
/** Characters of one parameter's value. */
export const MAX_VALUE_LENGTH = 8192;
/** Values joined by commas in one parameter. */
export const MAX_ALTERNATIVES = 500;
/** Links from one resource to the next in one parameter: `a.b.c` has two, `_has:T:r:c` one. */
export const MAX_CHAIN_DEPTH = 5;
/** Tests and links of the whole tree, each resource type of a system search counted. */
export const MAX_NODES = 20_000;
/** Links of the whole tree; a chain that names no type has one for each type that it could lead to. */
export const MAX_LINKS = 1000;
/** Tests for which each value of a parameter has to be looked at: no index leads to what stands in the middle of a text. */
export const MAX_SCANS = 40;
/** Matches a page where the client asks for no number. */
export const DEFAULT_COUNT = 50;
/** Matches a page at most; a greater `_count` is lowered to it, as R4 allows, and the self link says so. */
export const MAX_COUNT = 1000;

export function tooCostly(name: string, text: string): FhirError {
  return new FhirError('too-costly', text, { expression: `http.${name.slice(0, 100)}` });
}
