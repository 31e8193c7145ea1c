/**
 * A search parameter as the search engine needs it. Made from the registry's SearchParameters, never by hand,
 * one for each resource type that it applies to. https://hl7.org/fhir/R4/searchparameter.html
 */
import type { Source } from '../definitions/registry.ts';

export type ParamKind = 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special';

export interface Param {
  /** The resource type it is asked of: `Observation`. */
  readonly type: string;
  /**
   * The name in a URL: `value-quantity`, `_id`. A modifier that asks for other values than the parameter itself holds has
   * a parameter of its own, whose code carries it: `subject:identifier` (a token), `identifier:of-type` (a token whose
   * system is `type system|type code`), `code:text` (the words of displays). So every value of a parameter is of its kind.
   */
  readonly code: string;
  readonly kind: ParamKind;
  /** Canonical URL of the SearchParameter. */
  readonly url: string;
  /** FHIRPath over one resource of `type`, already narrowed to that type's part of the definition's expression; '' for `_text` and `_content`. */
  readonly expression: string;
  /** For references: the resource types it may point to. */
  readonly targets: readonly string[];
  /** For composites: the parts, in order, each with its expression relative to what `expression` yields. */
  readonly parts: readonly Param[];
  /** Where it is not of the base: who put it there. Its index may still be under way (`search/readiness`). */
  readonly added?: Exclude<Source, 'base'>;
}
