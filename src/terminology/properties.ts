/**
 * What the standard concept properties say of a concept: whether it is in use, may be chosen, is on its way out.
 * https://hl7.org/fhir/R4/codesystem-concept-properties.html
 */
import type { CodeSystem, CodeSystemConceptProperty, Extension, ValueSet } from 'fhir/r4';
import type { Concept } from './system.ts';

const STANDARD = 'http://hl7.org/fhir/concept-properties#';
const STANDARDS_STATUS = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status';

type Standard = 'status' | 'inactive' | 'deprecated' | 'notSelectable' | 'parent' | 'child' | 'subsumedBy' | 'deprecationDate' | 'retirementDate';

const codesBySystem = new WeakMap<CodeSystem, Map<Standard, ReadonlySet<string>>>();

/**
 * The codes under which a system carries a standard property: whatever it calls the one with HL7's uri, else the property
 * of that name, unless it is declared with another uri and so means something else.
 */
export function codesOf(about: CodeSystem, name: Standard): ReadonlySet<string> {
  const known = codesBySystem.get(about) ?? new Map<Standard, ReadonlySet<string>>();
  codesBySystem.set(about, known);
  const found = known.get(name) ?? findCodes(about, name);
  known.set(name, found);
  return found;
}

function findCodes({ property = [] }: CodeSystem, name: Standard): ReadonlySet<string> {
  const named = property.filter(({ uri }) => uri === STANDARD + name).map(({ code }) => code);
  const other = property.some(({ code, uri }) => code === name && uri !== undefined && uri !== STANDARD + name);
  return new Set(other ? named : [...named, name]);
}

function propertyValues(about: CodeSystem, concept: Concept, name: Standard): readonly CodeSystemConceptProperty[] {
  const { property } = concept.raw;
  if (property === undefined) return [];
  const codes = codesOf(about, name);
  return property.filter(({ code }) => codes.has(code));
}

const isTrue = ({ valueBoolean, valueCode, valueString }: CodeSystemConceptProperty): boolean =>
  valueBoolean === true || valueCode === 'true' || valueString === 'true';

const OUT_OF_USE: ReadonlySet<string> = new Set(['inactive', 'retired', 'withdrawn']);

/** Why a concept is as it is: `retired`, `deprecated`, …; undefined where nothing is said. */
export function statusOf(about: CodeSystem, concept: Concept): string | undefined {
  if (concept.raw.property === undefined && concept.raw.extension === undefined) return undefined;
  const [status] = propertyValues(about, concept, 'status');
  const stated = status?.valueCode ?? status?.valueString ?? standardsStatus(concept.raw.extension);
  if (stated !== undefined) return stated;
  if (propertyValues(about, concept, 'inactive').some(isTrue)) return 'inactive';
  const deprecated = (['deprecated', 'deprecationDate'] as const).some((name) => propertyValues(about, concept, name).some((value) => !isFalse(value)));
  return deprecated ? 'deprecated' : undefined;
}

const isFalse = ({ valueBoolean, valueCode }: CodeSystemConceptProperty): boolean => valueBoolean === false || valueCode === 'false';

export const standardsStatus = (extension: readonly Extension[] | undefined): string | undefined =>
  extension?.find(({ url }) => url === STANDARDS_STATUS)?.valueCode;

export function isInactive(about: CodeSystem, concept: Concept): boolean {
  if (concept.raw.property === undefined && concept.raw.extension === undefined) return false;
  return propertyValues(about, concept, 'inactive').some(isTrue) || OUT_OF_USE.has(statusOf(about, concept) ?? '');
}

/** Exists to group others, and is not meant for a record. */
export const isAbstract = (about: CodeSystem, concept: Concept): boolean => propertyValues(about, concept, 'notSelectable').some(isTrue);

/** A property's value as the text that filters compare. */
export function valueText(property: CodeSystemConceptProperty): string {
  const { valueCode, valueString, valueBoolean, valueInteger, valueDecimal, valueDateTime, valueCoding } = property;
  return String(valueCode ?? valueString ?? valueCoding?.code ?? valueBoolean ?? valueInteger ?? valueDecimal ?? valueDateTime ?? '');
}

/** What is to be said against a definition: that it is not settled, or no longer to be used. */
export function standingWords({ status, experimental, extension }: CodeSystem | ValueSet): readonly ('draft' | 'experimental' | 'withdrawn' | 'deprecated')[] {
  const stated = standardsStatus(extension);
  return [
    ...(status === 'draft' || stated === 'draft' ? (['draft'] as const) : []),
    ...(experimental === true ? (['experimental'] as const) : []),
    ...(status === 'retired' || stated === 'withdrawn' ? (['withdrawn'] as const) : []),
    ...(stated === 'deprecated' ? (['deprecated'] as const) : []),
  ];
}

/** The type that a system declares for a property; `parent` and `child` hold codes of the system. */
export const propertyMeaning = ({ property = [] }: CodeSystem, name: string): string | undefined =>
  property.find(({ code }) => code === name)?.type ?? (name === 'parent' || name === 'child' ? 'code' : undefined);
