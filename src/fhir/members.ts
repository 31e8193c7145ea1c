/**
 * Which elements a type has, as JSON names them: `valueQuantity` rather than `value[x]`, each with its type and its
 * place in the order of the definition. Read by what turns FHIR into other shapes (XML) and by what builds elements (patches).
 * https://hl7.org/fhir/R4/json.html
 */

/** One row of a definition, as far as it is needed here. */
interface MemberDefinition {
  /** `Observation.value[x]` */
  readonly path: string;
  readonly max: number;
  readonly types: readonly { readonly code: string }[];
  readonly contentReference?: string;
}

/** What is defined, by type name; the registry is one. */
export interface Definitions {
  structure(type: string): { readonly kind: string; readonly elements: readonly MemberDefinition[] } | undefined;
}

/** An element of a type, in one of the forms that it may take. */
export interface Member {
  /** As in JSON: `valueQuantity`. */
  readonly key: string;
  /** Without the type: `value`. The same as the key where there is no choice. */
  readonly name: string;
  /** `Quantity`, `code`, `BackboneElement`; `Resource` where any resource may stand. */
  readonly type: string;
  readonly isList: boolean;
  readonly isChoice: boolean;
  readonly isPrimitive: boolean;
  /** Where its own elements are defined. */
  readonly inside: string;
}

/** By key, in the order of the definition. */
export type Members = ReadonlyMap<string, Member>;

const known = new WeakMap<Definitions, Map<string, Members>>();

/**
 * The elements of a type (`Observation`, `Quantity`) or of an anonymous part of one (`Observation.component`).
 * Undefined where there is no such type.
 */
export function membersOf(definitions: Definitions, place: string): Members | undefined {
  const places = known.get(definitions) ?? new Map<string, Members>();
  known.set(definitions, places);
  const members = places.get(place) ?? readMembers(definitions, place);
  if (members !== undefined) places.set(place, members);
  return members;
}

function readMembers(definitions: Definitions, place: string): Members | undefined {
  const elements = definitions.structure(place.split('.', 1)[0] ?? '')?.elements;
  if (elements === undefined) return undefined;
  const own = elements.filter(({ path }) => path.startsWith(`${place}.`) && !path.includes('.', place.length + 1));
  const members = own.flatMap((element) => formsOf(definitions, element, elements));
  return new Map(members.map((member) => [member.key, member]));
}

function formsOf(definitions: Definitions, element: MemberDefinition, elements: readonly MemberDefinition[]): Member[] {
  const { path, max, types, contentReference } = element;
  const last = path.slice(path.lastIndexOf('.') + 1);
  const isChoice = last.endsWith('[x]');
  const name = isChoice ? last.slice(0, -3) : last;
  const isAnonymous = elements.some((other) => other.path.startsWith(`${path}.`));
  const codes = contentReference === undefined ? types.map(({ code }) => code) : ['BackboneElement'];
  return codes.map((type) => ({
    key: isChoice ? `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}` : name,
    name,
    type,
    isList: max > 1,
    isChoice,
    isPrimitive: isPrimitiveType(definitions, type),
    inside: contentReference?.slice(1) ?? (isAnonymous ? path : type),
  }));
}

/** https://hl7.org/fhir/R4/datatypes.html#primitive; `xhtml` is one of them, although it looks like none in XML. */
const isPrimitiveType = (definitions: Definitions, type: string): boolean => definitions.structure(type)?.kind === 'primitive-type' || type === 'xhtml';

export const isResourceLike = (value: unknown): value is { readonly resourceType: string } =>
  typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string';
