/**
 * The frame that rules are hung into: a rule looks at an element's definition once, when its type is compiled, and answers
 * with a check for its values, or with nothing where it has nothing to say about that element.
 */
import type { ElementDefinition, Registry } from '../definitions/registry.ts';
import type { Profiles } from './profile/profiles.ts';
import type { Visit } from './visit.ts';

/** An element as one of its types: `Observation.value[x]` as `Quantity`. */
interface Site {
  readonly element: ElementDefinition;
  /** The FHIR type of the value; '' where the element's children are defined in place (a backbone, the root of a type). */
  readonly type: string;
  readonly registry: Registry;
  /** To be called when a value is checked, not before: profiles are compiled from types. */
  readonly profiles: () => Profiles;
}

/** Looks at one value whose JSON kind is right (a repeating element: at each); its parts have been looked at, but may be wrong. */
export type Check = (value: unknown, visit: Visit) => void;

export type Rule = (site: Site) => Check | undefined;
