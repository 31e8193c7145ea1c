/**
 * Lays what a profile says of an element over what holds already, and refuses what would allow more than before.
 * https://hl7.org/fhir/R4/profiling.html#resources
 */
import { FhirError } from '../../fhir/outcome.ts';
import { holdsPattern, isSame } from '../../fhir/same.ts';
import type { Structure } from '../registry.ts';
import type { Binding, Constraint, ProfileElement, ProfileType } from './element.ts';

/** Where in a differential something stands, for the message. */
export interface Place {
  /** Canonical URL of the profile. */
  readonly profile: string;
  /** `Observation.component:systolic.code` */
  readonly id: string;
  /** In the differential. */
  readonly index: number;
}

/** What must be looked up to judge a narrowing. */
export interface Kinship {
  structure(type: string): Structure | undefined;
  /** The type that a profile constrains; undefined where it is not known. */
  profiledType(canonical: string): string | undefined;
}

export function refuse({ profile, id, index }: Place, text: string): FhirError {
  return new FhirError('invalid', `The profile ${profile} is not a valid narrowing at ${id}: ${text}`, {
    expression: `StructureDefinition.differential.element[${index}]`,
  });
}

/** The element with the constraint laid over it. Throws FhirError `invalid` where that would allow more. */
export function narrow(element: ProfileElement, constraint: Constraint, place: Place, kin: Kinship): ProfileElement {
  const { path: _path, id: _id, sliceName: _sliceName, constraints, types, contentReference: _reference, ...said } = constraint;
  for (const check of CHECKS) {
    const fault = check(element, constraint);
    if (fault !== undefined) throw refuse(place, fault);
  }
  return {
    ...element,
    ...said,
    ...(types === undefined || element.contentReference !== undefined ? {} : { types: types.map((type) => narrowType(type, element, place, kin)) }),
    ...(said.binding === undefined ? {} : { binding: narrowBinding(element.binding, said.binding) }),
    constraints: mergeConstraints(element.constraints ?? [], constraints ?? []),
  };
}

type Constraints = NonNullable<ProfileElement['constraints']>;

/** Those that hold already hold on; a key that comes again is said anew. */
const mergeConstraints = (held: Constraints, added: Constraints): Constraints => [
  ...held.filter(({ key }) => !added.some((more) => more.key === key)),
  ...added,
];

/** A maximum once set stays, where the profile that narrows further does not repeat it. */
const narrowBinding = (held: Binding | undefined, said: Binding): Binding => ({
  ...(held?.maxValueSet === undefined ? {} : { maxValueSet: held.maxValueSet }),
  ...said,
  valueSet: said.valueSet === '' ? (held?.valueSet ?? '') : said.valueSet,
});

type Judge = (element: ProfileElement, constraint: Constraint) => string | undefined;

const many = (max: number): string => (Number.isFinite(max) ? String(max) : '*');

const cardinality: Judge = (element, { min = element.min, max = element.max }) => {
  if (Number.isNaN(max) || max < 0 || min < 0) return `the cardinality ${min}..${max} is none`;
  if (max > element.max) return `max ${many(max)} is more than the ${many(element.max)} that is allowed; give ${many(element.max)} or less`;
  if (min < element.min && max > 0) return `min ${min} is less than the ${element.min} that is required; give ${element.min} or more`;
  if (max === 0 && element.min > 0) return `max 0 takes away an element that is required ${element.min} times`;
  return min > max ? `min ${min} is more than max ${many(max)}` : undefined;
};

const STRENGTHS = ['example', 'preferred', 'extensible', 'required'] as const;

const bindingStrength: Judge = ({ binding: held }, { binding }) => {
  if (held === undefined || binding === undefined || STRENGTHS.indexOf(binding.strength) >= STRENGTHS.indexOf(held.strength)) return undefined;
  return `the binding is ${held.strength} already and cannot become ${binding.strength}`;
};

const fixedValue: Judge = (element, { fixed, pattern }) => {
  if (element.fixed !== undefined && fixed !== undefined && !isSame(fixed.value, element.fixed.value)) return 'the value is fixed to another one already';
  if (element.fixed !== undefined && pattern !== undefined && !holdsPattern(element.fixed.value, pattern.value))
    return 'the value is fixed already, and does not have this pattern';
  const given = fixed ?? pattern;
  if (element.pattern === undefined || given === undefined || holdsPattern(given.value, element.pattern.value)) return undefined;
  return 'the value must have another pattern already, which this one does not hold';
};

const lengths: Judge = (element, { maxLength }) =>
  element.maxLength !== undefined && maxLength !== undefined && maxLength > element.maxLength
    ? `maxLength ${maxLength} is more than the ${element.maxLength} that is allowed`
    : undefined;

const support: Judge = (element, { mustSupport }) => (element.mustSupport === true && mustSupport === false ? 'mustSupport cannot be taken back' : undefined);

/** The type in `fixedCode` is one of the element's. */
const valueTypes: Judge = (element, { types = element.types, fixed, pattern }) => {
  for (const [name, given] of Object.entries({ fixed, pattern })) {
    const codes = types.map(({ code }) => code);
    if (given === undefined || codes.length === 0 || codes.some((code) => isSystemType(code) || capitalised(code) === given.type)) continue;
    return `${name}${given.type} stands on an element of type ${codes.join(' or ')}`;
  }
  return undefined;
};

const CHECKS: readonly Judge[] = [cardinality, bindingStrength, fixedValue, lengths, support, valueTypes];

const capitalised = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);
const isSystemType = (code: string): boolean => code.startsWith('http://hl7.org/fhirpath/');

function narrowType(type: ProfileType, element: ProfileElement, place: Place, kin: Kinship): ProfileType {
  if (element.types.length === 0) return type;
  const held = element.types.find(({ code }) => code === type.code) ?? element.types.find(({ code }) => isBelow(type.code, code, kin));
  if (held === undefined) {
    const allowed = element.types.map(({ code }) => code).join(', ');
    throw refuse(place, `the type ${type.code} is not one of those allowed (${allowed})`);
  }
  checkTargets(type, held, place, kin);
  return isSystemType(type.code) ? { ...type, code: held.code } : { ...held, ...type };
}

/** Whether a type is another one, or was derived from it. FHIRPath's own types stand for the primitive that is there. */
function isBelow(type: string, above: string, kin: Kinship): boolean {
  if (isSystemType(type) || isSystemType(above)) return true;
  const seen = new Set<string>();
  for (let at: string | undefined = type; at !== undefined && !seen.has(at); at = kin.structure(at)?.base) {
    if (at === above) return true;
    seen.add(at);
  }
  return false;
}

function checkTargets(type: ProfileType, held: ProfileType, place: Place, kin: Kinship): void {
  if (held.targets === undefined || held.targets.includes('Resource')) return;
  const allowed = new Set(held.targets.map((target) => typeOf(target, kin) ?? target));
  for (const target of type.targets ?? []) {
    const name = typeOf(target, kin);
    if (name === undefined || held.targets.includes(target) || [...allowed].some((above) => isBelow(name, above, kin))) continue;
    throw refuse(place, `${target} is not one of the targets allowed (${[...allowed].join(', ')})`);
  }
}

const typeOf = (target: string, kin: Kinship): string | undefined => (target.includes(':') ? kin.profiledType(target) : target);
