/**
 * The elements of a profile as rules read them: those of the base with what only profiles say, and an id that tells slices
 * apart. https://hl7.org/fhir/R4/elementdefinition.html
 */
import type { ElementDefinitionSlicing, ElementDefinition as RawElement, ElementDefinitionType as RawType } from 'fhir/r4';
import type { ElementDefinition, Structure } from '../registry.ts';

/** A value with the FHIR type that the definition writes it in: `fixedUri`, `patternCodeableConcept`. */
export interface TypedValue {
  readonly type: string;
  readonly value: unknown;
}

export type DiscriminatorType = 'value' | 'exists' | 'pattern' | 'type' | 'profile';

export interface Slicing {
  readonly discriminators: readonly { readonly type: DiscriminatorType; readonly path: string }[];
  readonly ordered: boolean;
  readonly rules: 'open' | 'closed' | 'openAtEnd';
}

/** One type of an element. `targets`: names of base types, canonical URLs of profiles. */
export interface ProfileType {
  readonly code: string;
  readonly profiles?: readonly string[];
  readonly targets?: readonly string[];
  readonly aggregation?: readonly string[];
  readonly versioning?: 'either' | 'independent' | 'specific';
  /** What the text of the value must match as a whole. */
  readonly regex?: string;
}

/** What a profile says of an element beyond what the base can say. */
interface ProfileOnly {
  readonly types: readonly ProfileType[];
  readonly slicing?: Slicing;
  readonly fixed?: TypedValue;
  readonly pattern?: TypedValue;
  readonly minValue?: TypedValue;
  readonly maxValue?: TypedValue;
  readonly maxLength?: number;
  readonly mustSupport?: boolean;
  readonly binding?: Binding;
}

export interface Binding extends NonNullable<ElementDefinition['binding']> {
  /** Beyond this set no code is allowed, however weak the binding is. https://hl7.org/fhir/R4/extension-elementdefinition-maxvalueset.html */
  readonly maxValueSet?: string;
}

/** An element of a snapshot. Its place is its node's. */
export type ProfileElement = Omit<ElementDefinition, 'path' | 'types' | 'binding'> & ProfileOnly;

/** An element of a differential: only what it says. */
export interface Constraint extends Partial<ProfileElement> {
  readonly path: string;
  readonly id?: string;
  readonly sliceName?: string;
}

/** Where an extension may stand. https://hl7.org/fhir/R4/defining-extensions.html#context */
export interface ExtensionContext {
  readonly type: 'fhirpath' | 'element' | 'extension';
  readonly expression: string;
}

const TYPE_PREFIX = 'http://hl7.org/fhir/StructureDefinition/';
const FHIR_TYPE = `${TYPE_PREFIX}structuredefinition-fhir-type`;
const REGEX = `${TYPE_PREFIX}regex`;
const MAX_VALUE_SET = `${TYPE_PREFIX}elementdefinition-maxValueSet`;

/** `Patient` for the base definition of Patient; another canonical stays as it is. */
export function typeNamed(canonical: string, structure: (type: string) => Structure | undefined): string {
  const name = canonical.startsWith(TYPE_PREFIX) ? canonical.slice(TYPE_PREFIX.length) : '';
  return name !== '' && structure(name) !== undefined ? name : canonical;
}

export const canonicalOf = (type: string): string => (type.includes(':') ? type : `${TYPE_PREFIX}${type}`);

/** An element as it is written in a StructureDefinition, cut down to what rules read. */
export function readElement(raw: RawElement, structure: (type: string) => Structure | undefined): Constraint {
  return {
    path: raw.path,
    ...given('id', raw.id),
    ...given('sliceName', raw.sliceName),
    ...given('min', raw.min),
    ...given('max', raw.max === undefined ? undefined : raw.max === '*' ? Number.POSITIVE_INFINITY : Number(raw.max)),
    ...given(
      'types',
      raw.type?.map((type) => readType(type, structure)),
    ),
    ...given('contentReference', raw.contentReference),
    ...given('binding', readBinding(raw)),
    ...given('constraints', raw.constraint?.map(readConstraint)),
    ...given('slicing', raw.slicing && readSlicing(raw.slicing)),
    ...given('maxLength', raw.maxLength),
    ...given('mustSupport', raw.mustSupport),
    ...(raw.isModifier === true ? { isModifier: true as const } : {}),
    ...readValues(raw),
  };
}

const given = <Name extends string, Value>(name: Name, value: Value | undefined): { readonly [key in Name]?: Value } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: Value }; // one key, or none

function readType(raw: RawType, structure: (type: string) => Structure | undefined): ProfileType {
  const extension = (url: string) => raw.extension?.find((candidate) => candidate.url === url);
  return {
    // A primitive's value and an id name a type of FHIRPath; what FHIR calls it stands beside.
    code: extension(FHIR_TYPE)?.valueUrl ?? extension(FHIR_TYPE)?.valueUri ?? raw.code,
    ...given('profiles', raw.profile),
    ...given(
      'targets',
      raw.targetProfile?.map((target) => typeNamed(target, structure)),
    ),
    ...given('aggregation', raw.aggregation),
    ...given('versioning', raw.versioning),
    ...given('regex', extension(REGEX)?.valueString),
  };
}

function readBinding({ binding }: RawElement): Binding | undefined {
  if (binding === undefined) return undefined;
  const max = binding.extension?.find(({ url }) => url === MAX_VALUE_SET);
  return { strength: binding.strength, valueSet: binding.valueSet ?? '', ...given('maxValueSet', max?.valueCanonical ?? max?.valueUri) };
}

const readConstraint = ({ key, severity, human, expression }: NonNullable<RawElement['constraint']>[number]) => ({
  key,
  severity,
  human,
  ...given('expression', expression),
});

const readSlicing = ({ discriminator = [], ordered = false, rules }: ElementDefinitionSlicing): Slicing => ({
  discriminators: discriminator.map(({ type, path }) => ({ type, path })),
  ordered,
  rules,
});

/** `fixed[x]`, `pattern[x]`, `minValue[x]` and `maxValue[x]`, in whatever type. */
function readValues(raw: RawElement): Pick<Constraint, 'fixed' | 'pattern' | 'minValue' | 'maxValue'> {
  const found: { -readonly [key in 'fixed' | 'pattern' | 'minValue' | 'maxValue']?: TypedValue } = {};
  for (const [key, value] of Object.entries(raw)) {
    for (const name of ['fixed', 'pattern', 'minValue', 'maxValue'] as const) {
      if (key.startsWith(name) && key.length > name.length) found[name] = { type: key.slice(name.length), value };
    }
  }
  return found;
}

/** An element of which nothing is said yet. */
export const ANYTHING: ProfileElement = Object.freeze({ min: 0, max: Number.POSITIVE_INFINITY, types: [] });
