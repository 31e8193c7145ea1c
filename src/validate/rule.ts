/**
 * The frame that rules are hung into: a rule looks at an element's definition once, when its type is compiled, and answers
 * with a check for its values, or with nothing where it has nothing to say about that element.
 */
import type { ElementDefinition, Registry } from '../definitions/registry.ts';
import type { Check } from './member.ts';
import type { Profiles } from './profile/tools.ts';

/** An element as one of its types: `Observation.value[x]` as `Quantity`. */
interface Site {
  readonly element: ElementDefinition;
  /** The FHIR type of the value; '' where the element's children are defined in place (a backbone, the root of a type). */
  readonly type: string;
  readonly registry: Registry;
  /** To be called when a value is checked, not before: profiles are compiled from types. */
  readonly profiles: () => Profiles;
}

export type Rule = (site: Site) => Check | undefined;
