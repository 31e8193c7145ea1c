/** What a compiled type looks like to whoever walks beside it. https://hl7.org/fhir/R4/json.html */
import type { ElementDefinition } from '../definitions/registry.ts';
import type { Visit } from './visit.ts';

/** Looks at one value whose JSON kind is right (a repeating element: at each); its parts have been looked at, but may be wrong. */
export type Check = (value: unknown, visit: Visit) => void;

/** A value is a JSON primitive, an object, or a resource that names its own type. */
export type Kind = 'primitive' | 'object' | 'resource';

/** One member of a JSON object: an element, or one type of a choice (`valueQuantity`). */
export interface Member {
  /** The name in JSON. */
  readonly name: string;
  /** FHIRPath from the parent: `.code`, `.value.ofType(Quantity)`. */
  readonly segment: string;
  readonly type: string;
  readonly kind: Kind;
  /** Its definition in the base. */
  readonly element: ElementDefinition;
  readonly repeats: boolean;
  readonly max: number;
  /** The bit of its slot in a mask of those met; 0 where nothing is asked of the slot. */
  readonly slot: number;
  readonly checks: readonly Check[];
  /** The type of its values, where they are objects. */
  schema(): ObjectSchema;
}

/** An element that must be there, or of which only one type may be. */
export interface Slot {
  readonly bit: number;
  /** As in the definition: `value[x]`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Its JSON names: one, or one a type. */
  readonly members: readonly string[];
}

export interface ObjectSchema {
  /** `Observation`, `Quantity`, `Observation.component` */
  readonly name: string;
  /** It is written with a resourceType. */
  readonly isConcreteResource: boolean;
  readonly members: ReadonlyMap<string, Member>;
  readonly slots: readonly Slot[];
  readonly checks: readonly Check[];
}

/** The compiled types, each made when first met. */
export interface Schemas {
  /** Undefined where no such type is defined. */
  of(type: string): ObjectSchema | undefined;
}
