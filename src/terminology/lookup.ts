/** `$lookup` and `$subsumes` of code systems. https://hl7.org/fhir/R4/codesystem-operation-lookup.html, https://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
import type { Parameters, ParametersParameter } from 'fhir/r4';
import { displayFor, type LanguageWishes, type Wording, wordingsOf } from './language.ts';
import type { Shelf } from './library.ts';
import { isAbstract, propertyMeaning } from './properties.ts';
import { conceptProperties, type PropertyValue } from './property-values.ts';
import { printCanonical } from './source.ts';
import { type Concept, isBelow, type System } from './system.ts';
import { txError } from './tx-issue.ts';

export interface CodeAt {
  readonly system: string;
  readonly version: string | undefined;
  readonly code: string;
}

/** The system that holds codes; throws `not-found` where only its name is known, or not even that. */
export function requireSystem(shelf: Shelf, url: string, version: string | undefined): System {
  const { system, fault } = shelf.system(url, version);
  if (system === undefined || fault !== undefined)
    throw txError('not-found', 'not-found', fault?.text ?? `The code system ${printCanonical(url, version)} is not known here.`);
  return system;
}

function requireConcept(system: System, code: string): Concept {
  const concept = system.find(code);
  if (concept !== undefined) return concept;
  const why = system.lacks(code) ? 'has no code' : 'is not held here as a whole, and what is held has no code';
  throw txError('not-found', 'invalid-code', `The code system ${printCanonical(system.url, system.version)} ${why} "${code}".`);
}

/** Given where nothing is asked for. */
const USUAL: readonly string[] = ['system', 'name', 'version', 'display', 'definition', 'designation', 'parent', 'child', 'inactive'];

export interface LookupOptions {
  /** Codes of properties, `display`, `designation`, `lang.XX`, or `*`; empty: the usual ones. */
  readonly properties: readonly string[];
  readonly languages: LanguageWishes | undefined;
}

export function lookup(shelf: Shelf, { system: url, version, code }: CodeAt, { properties, languages }: LookupOptions): Parameters {
  const system = requireSystem(shelf, url, version);
  const concept = requireConcept(system, code);
  const wants = (name: string): boolean => properties.length === 0 || properties.includes(name) || properties.includes('*');
  const display = displayFor({ system, concept }, languages);
  const { about } = system;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'name', valueString: about.title ?? about.name ?? url },
      ...(system.version === undefined ? [] : [{ name: 'version', valueString: system.version }]),
      ...(display === undefined ? [] : [{ name: 'display', valueString: display }]),
      { name: 'code', valueCode: code },
      { name: 'system', valueUri: url },
      { name: 'abstract', valueBoolean: isAbstract(about, concept) },
      ...(concept.raw.definition === undefined || !wants('definition') ? [] : [{ name: 'definition', valueString: concept.raw.definition }]),
      ...wordingsOf({ system, concept })
        .filter(isWanted(properties, wants('designation')))
        .map(designationParameter),
      ...conceptProperties(system, concept)
        .filter(propertyWanted(properties, concept))
        .map((row) => propertyParameter(system, row)),
      ...system.supplements.map((canonical) => ({ name: 'used-supplement', valueCanonical: canonical })),
    ],
  };
}

const isWanted =
  (properties: readonly string[], all: boolean) =>
  ({ language = '' }: Wording): boolean =>
    all || properties.some((name) => name.toLowerCase() === `lang.${language.toLowerCase()}`);

const propertyWanted =
  (properties: readonly string[], concept: Concept) =>
  ({ code }: PropertyValue): boolean => {
    if (code === 'definition' && properties.length === 0) return false;
    const own = concept.raw.property?.some((row) => row.code === code) === true;
    return properties.length === 0 ? own || USUAL.includes(code) : properties.includes(code) || properties.includes('*');
  };

function designationParameter({ value, language, use }: Wording): ParametersParameter {
  return {
    name: 'designation',
    part: [
      ...(language === undefined ? [] : [{ name: 'language', valueCode: language }]),
      ...(use === undefined ? [] : [{ name: 'use', valueCoding: use }]),
      { name: 'value', valueString: value },
    ],
  };
}

function propertyParameter(system: System, { code, value }: PropertyValue): ParametersParameter {
  const named = value.valueCode === undefined ? undefined : meaningOf(system, code, value.valueCode);
  return {
    name: 'property',
    part: [{ name: 'code', valueCode: code }, { name: 'value', ...value }, ...(named === undefined ? [] : [{ name: 'description', valueString: named }])],
  };
}

/** The display of the code that a property points at. */
const meaningOf = (system: System, property: string, code: string): string | undefined =>
  propertyMeaning(system.about, property) === 'code' ? system.find(code)?.raw.display : undefined;

type Outcome = 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed';

/** Throws `not-found` for a code that is none, `not-supported` where the system's form does not settle it. */
export function subsumes(shelf: Shelf, a: CodeAt, b: CodeAt): Parameters {
  if (a.system !== b.system) throw txError('bad-request', 'invalid-data', `Both codes must be of one code system; they are of ${a.system} and ${b.system}.`);
  const system = requireSystem(shelf, a.system, a.version ?? b.version);
  const [left, right] = [requireConcept(system, a.code), requireConcept(system, b.code)];
  const outcome = left.code === right.code ? 'equivalent' : system.subsumes === undefined ? byHierarchy(left, right) : byForm(system.subsumes, left, right);
  return { resourceType: 'Parameters', parameter: [{ name: 'outcome', valueCode: outcome }] };
}

function byHierarchy(left: Concept, right: Concept): Outcome {
  if (isBelow(right, left.code)) return 'subsumes';
  return isBelow(left, right.code) ? 'subsumed-by' : 'not-subsumed';
}

function byForm(above: NonNullable<System['subsumes']>, left: Concept, right: Concept): Outcome {
  const [down, up] = [above(left.code, right.code), above(right.code, left.code)];
  if (down === true && up === true) return 'equivalent';
  if (down === true) return 'subsumes';
  if (up === true) return 'subsumed-by';
  if (down === undefined || up === undefined)
    throw txError('invalid', 'processing-note', `Whether one of "${left.code}" and "${right.code}" is a kind of the other does not follow from their form.`);
  return 'not-subsumed';
}
