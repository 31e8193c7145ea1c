/**
 * The shape of validation: pure and synchronous. It returns issues, and open questions that only a store can answer;
 * `record` asks them under the caller's rights before it commits.
 */
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { CodeQuestion } from '../terminology/membership.ts';
import type { Terminology } from '../terminology/terminology.ts';

export interface Validation {
  /** Errors block a write; warnings and information do not. */
  readonly issues: readonly Issue[];
  readonly questions: readonly Question[];
}

/** Something the resource claims that must be looked up. */
export type Question =
  /** Does this resource exist on this server? */
  | { readonly ask: 'reference'; readonly type: string; readonly id: string; readonly expression: string }
  /** Is one of these codes in its set? `out`: what is to be told where none is; `unknown`: where nobody can say. */
  | { readonly ask: 'code'; readonly codes: readonly CodeQuestion[]; readonly out: Issue; readonly unknown: Issue }
  /** Where it exists: does it conform to one of these profiles? */
  | { readonly ask: 'conformance'; readonly type: string; readonly id: string; readonly profiles: readonly string[]; readonly expression: string }
  /** Does this QuestionnaireResponse fit the Questionnaire that it names? */
  | { readonly ask: 'answers'; readonly response: Readonly<Record<string, unknown>>; readonly expression: string };

interface ValidateOptions {
  /** Canonicals of profiles to hold the resource against, beside those that it claims and those that are demanded. */
  readonly profiles?: readonly string[];
}

export interface Validator {
  validate(resource: Resource, options?: ValidateOptions): Validation;
}

export interface ValidatorSettings {
  /** By resource type: the profiles that each resource of it must conform to, claimed or not. */
  readonly requiredProfiles?: ReadonlyMap<string, readonly string[]>;
  /** What it is that a resource claims a profile which is not known here. */
  readonly unknownProfiles?: 'error' | 'warning';
  /** Where codes are looked up; without it, one over the registry is made. */
  readonly terminology?: Pick<Terminology, 'membership'>;
}
