/**
 * What is defined: the R4 base (compiled by `scripts/build-definitions.ts`), what the server brings along (`profiles/`),
 * and what was posted or installed in packages. Each layer hides what the ones below it say of the same `url|version`.
 */
import type { CodeSystem, ConceptMap, NamingSystem, OperationDefinition, SearchParameter, StructureDefinition, ValueSet } from 'fhir/r4';
import type { Resource } from '../fhir/resource.ts';

/** The kinds of resource that the registry finds by their canonical URL; a NamingSystem, which has none in R4, by each of its unique ids. */
export interface Definitions {
  readonly StructureDefinition: StructureDefinition;
  readonly ValueSet: ValueSet;
  readonly CodeSystem: CodeSystem;
  readonly ConceptMap: ConceptMap;
  readonly SearchParameter: SearchParameter;
  readonly OperationDefinition: OperationDefinition;
  readonly NamingSystem: NamingSystem;
}
export type DefinitionType = keyof Definitions;

/** `base`, `own` (the server brings it along), `posted`, or the package that it came in: `hl7.fhir.us.core#6.1.0`. */
export type Source = 'base' | 'own' | 'posted' | `${string}#${string}` | StandInSource;

/** A guide that is not installed, and of which the server knows what it understands itself: `SDC 4.0.0`. */
export type StandInSource = `${string} ${string}`;

/** What can be said of a definition without reading it. */
export interface Listed {
  readonly type: DefinitionType;
  readonly url: string;
  /** '' where it has none. */
  readonly version: string;
  /** `draft`, `active`, `retired`, `unknown` */
  readonly status: string;
  readonly source: Source;
}

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
  /** Where it is not of the base. */
  readonly source?: Exclude<Source, 'base'>;
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
  /** Those in force: of each URL one, and none that is retired. */
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
  /** Rises with every definition that is added, replaced or removed: what was compiled at a lower one is compiled again. */
  readonly revision: number;
  /**
   * The whole resource for `url` or `url|version`: that very version, or the latest that a partial one (`1.2`) or one with wildcards
   * (`1.x`, `1.*`) fits. Without a version the latest active one or, where none is active, the latest.
   * https://hl7.org/fhir/R4/references.html#canonical, https://hl7.org/fhir/R5/references.html#canonical (matching of versions)
   */
  resource<Type extends DefinitionType>(type: Type, canonical: string): Definitions[Type] | undefined;
  /** Every version of one URL, the latest first; what a higher layer hides is left out. */
  versions(type: DefinitionType, url: string): readonly Listed[];
  /** Everything of a type, in the order of URLs. */
  list(type: DefinitionType): readonly Listed[];
}

export interface Change extends Pick<Listed, 'type' | 'url' | 'version' | 'source'> {
  readonly change: 'put' | 'removed';
}

/** A registry that definitions are put into while it is in use. */
export interface LiveRegistry extends Registry {
  /** Adds a definition, or puts it in the place of the one with its `url|version` and of the same layer. What has no URL, is of another type, or would replace a type of FHIR itself, is passed over. */
  put(resource: Resource, source: Exclude<Source, 'base'>): void;
  /** Takes out what was posted or came in a package. `version` is '' for one that has none. */
  remove(type: DefinitionType, url: string, version: string): void;
  /** Called after each change. Gives back what ends it. */
  onChange(listener: (change: Change) => void): () => void;
}
