/**
 * The shape of validation: pure and synchronous. It returns issues, and open questions that only a store can answer;
 * `record` asks them under the caller's rights before it commits.
 */
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';

export interface Validation {
  /** Errors block a write; warnings and information do not. */
  readonly issues: readonly Issue[];
  readonly questions: readonly Question[];
}

/** Something the resource claims that must be looked up. */
export type Question =
  /** Does this resource exist on this server? */
  { readonly ask: 'reference'; readonly type: string; readonly id: string; readonly expression: string };

export interface Validator {
  validate(resource: Resource): Validation;
}
