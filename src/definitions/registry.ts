/**
 * What is defined: the R4 base (compiled by `scripts/build-definitions.ts`), later packages and stored conformance
 * resources on top. Loaded lazily; nothing here does I/O after start.
 */

/** A search parameter as HL7's definitions (or a package) give it. */
export interface SearchParameterDefinition {
  readonly url: string;
  readonly code: string;
  /** Resource types, or `Resource` / `DomainResource` for all. */
  readonly base: readonly string[];
  readonly type: 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special';
  /** '' where the definition has none (`_text`, `_content`, …). */
  readonly expression: string;
  readonly target: readonly string[];
  readonly component: readonly { readonly definition: string; readonly expression: string }[];
}

/** One element of a StructureDefinition's snapshot, cut down to what rules read. */
export interface ElementDefinition {
  /** `Observation.value[x]`, `Observation.component.code` */
  readonly path: string;
  readonly min: number;
  /** Infinity for `*`. */
  readonly max: number;
  readonly types: readonly { readonly code: string; readonly profiles?: readonly string[]; readonly targets?: readonly string[] }[];
  /** `#Questionnaire.item`: the element whose children these are. */
  readonly contentReference?: string;
  readonly binding?: { readonly strength: 'required' | 'extensible' | 'preferred' | 'example'; readonly valueSet: string };
  readonly constraints?: readonly { readonly key: string; readonly severity: 'error' | 'warning'; readonly human: string; readonly expression?: string }[];
  readonly isModifier?: true;
  readonly isSummary?: true;
}

/** A type of the base: a resource, a data type or a primitive. */
export interface Structure {
  readonly url: string;
  readonly type: string;
  readonly kind: 'resource' | 'complex-type' | 'primitive-type';
  readonly abstract: boolean;
  readonly base: string | undefined;
  /** The snapshot, root first, in document order. */
  readonly elements: readonly ElementDefinition[];
}

export interface Registry {
  /** Every concrete R4 resource type, sorted. */
  readonly resourceTypes: readonly string[];
  isResourceType(name: string): boolean;
  /** By type name: `Observation`, `HumanName`, `date`. */
  structure(type: string): Structure | undefined;
  readonly searchParameters: readonly SearchParameterDefinition[];
  /**
   * For a compartment (`Patient`, `Encounter`, `RelatedPerson`, `Practitioner`, `Device`): resource type → the
   * search parameter codes that place it there. Types outside the compartment are absent. From HL7's R4 CompartmentDefinitions.
   */
  compartment(type: string): ReadonlyMap<string, readonly string[]>;
  /**
   * The codes that a value set of the base allows (`system|code` of each), where it can be listed: undefined where it
   * takes in a whole code system that the base does not carry, or filters that it cannot work out.
   */
  valueSetCodes(url: string): ReadonlySet<string> | undefined;
}
