/**
 * Valid resources of every R4 type, made from the definitions: required elements always, others as the seed decides.
 * The same seed gives the same resource.
 */
import type { ElementDefinition, Registry } from '../../src/definitions/registry.ts';
import type { Resource } from '../../src/fhir/resource.ts';

/** Seed 0: the smallest valid resource. Any other: with optional elements, chosen by the seed. */
export function sampleResource(registry: Registry, type: string, seed = 0): Resource {
  const elements = registry.structure(type)?.elements;
  if (elements === undefined || !registry.isResourceType(type)) throw new Error(`${type} is no resource type.`);
  const maker: Maker = { registry, random: seed === 0 ? () => 1 : numbers(seed), counter: 0 };
  return { resourceType: type, id: `sample-${seed}`, ...fill(elements, type, maker, 0), ...NEEDED[type] };
}

/** A plausible value of one element as one of its types. */
export function sampleValue(registry: Registry, element: ElementDefinition, type = element.types[0]?.code ?? ''): unknown {
  const elements = registry.structure(element.path.split('.')[0] ?? '')?.elements ?? [];
  return makeValue(element, { type, elements }, { registry, random: () => 1, counter: 0 }, 1);
}

interface Maker {
  readonly registry: Registry;
  /** The next number from 0 up to 1; always 1 for the smallest resource. */
  readonly random: () => number;
  counter: number;
}

/** What invariants ask for beyond cardinality. */
const NEEDED: Readonly<Record<string, object>> = {
  AllergyIntolerance: { clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }] } },
  Appointment: {
    status: 'booked',
    start: '2026-03-02T09:00:00Z',
    end: '2026-03-02T09:30:00Z',
    participant: [{ type: [{ text: 'patient' }], status: 'accepted' }],
  },
  AppointmentResponse: { actor: { reference: 'Patient/sample' } },
  Bundle: { type: 'collection' },
  CapabilityStatement: { kind: 'requirements', description: 'A sample.', rest: [{ mode: 'server' }] },
  Consent: { policyRule: { text: 'sample' } },
  ImmunizationRecommendation: {
    recommendation: [{ vaccineCode: [{ text: 'sample' }], forecastStatus: { text: 'due' } }],
  },
  InsurancePlan: { name: 'Sample plan' },
  Linkage: {
    item: [
      { type: 'source', resource: { reference: 'Patient/a' } },
      { type: 'alternate', resource: { reference: 'Patient/b' } },
    ],
  },
  MolecularSequence: { coordinateSystem: 0 },
  NutritionOrder: { oralDiet: { type: [{ text: 'low salt' }] } },
  Organization: { name: 'Sample hospital' },
  SearchParameter: { code: 'sample', base: ['Basic'], type: 'token', expression: 'Basic.code' },
  StructureDefinition: { abstract: true, type: 'Observation', differential: { element: [{ id: 'Observation', path: 'Observation' }] } },
  TerminologyCapabilities: { kind: 'requirements', description: 'A sample.' },
};

/** How likely an optional element of the root is there. */
const OPTIONAL = 0.4;
const MAX_DEPTH = 3;
const PLUMBING: readonly string[] = ['id', 'extension', 'modifierExtension', 'contained', 'implicitRules', 'language', 'text', 'meta'];

function fill(elements: readonly ElementDefinition[], path: string, maker: Maker, depth: number): Record<string, unknown> {
  const own = elements.filter((element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes('.'));
  const delicate = (elements.find((element) => element.path === path)?.constraints ?? []).map(({ expression }) => expression ?? '').join(' ');
  const optional = own.filter((element) => element.min === 0 && isHarmless(element, delicate));
  const chosen = own.filter((element) => element.min > 0 || (depth === 0 && optional.includes(element) && maker.random() < OPTIONAL));
  // A data type without required elements still needs one to be there (ele-1).
  const wanted = chosen.length === 0 && depth > 0 ? optional.slice(0, 1) : chosen;
  return Object.fromEntries(
    wanted.map((element) => {
      const type = pick(element.types, maker)?.code ?? '';
      const value = makeValue(element, { type, elements }, maker, depth + 1);
      return [jsonName(element, type), element.max > 1 ? [value] : value];
    }),
  );
}

/** Optional elements are left out where an invariant speaks of them, or they would need a whole tree of their own. */
function isHarmless(element: ElementDefinition, delicate: string): boolean {
  const name = baseName(element);
  const isSimple = element.contentReference === undefined && element.types.every(({ code }) => code !== 'BackboneElement' && code !== 'Resource');
  return isSimple && element.max > 0 && !PLUMBING.includes(name) && !new RegExp(`\\b${name}\\b`).test(delicate);
}

const baseName = ({ path }: ElementDefinition): string => path.slice(path.lastIndexOf('.') + 1).replace('[x]', '');

function jsonName(element: ElementDefinition, type: string): string {
  return element.path.endsWith('[x]') ? `${baseName(element)}${type.charAt(0).toUpperCase()}${type.slice(1)}` : baseName(element);
}

function pick<T>(list: readonly T[], { random }: Maker): T | undefined {
  return list[Math.min(Math.floor(random() * list.length), list.length - 1)];
}

function makeValue(
  element: ElementDefinition,
  { type, elements }: { type: string; elements: readonly ElementDefinition[] },
  maker: Maker,
  depth: number,
): unknown {
  if (depth > MAX_DEPTH * 2) throw new Error(`${element.path}: required elements without end.`);
  if (type === 'BackboneElement' || type === 'Element') return fill(elements, element.path, maker, depth);
  if (type === 'Reference') return { reference: `${targetOf(element, maker)}/sample` };
  if (type === 'Resource') return { resourceType: 'Basic', id: 'inner', code: { text: 'sample' } };
  const coded = codedValue(element, type, maker);
  if (coded !== undefined) return coded;
  const simple = SIMPLE[type];
  if (simple !== undefined) return typeof simple === 'function' ? simple(maker) : structuredClone(simple);
  return fill(maker.registry.structure(type)?.elements ?? [], type, maker, depth);
}

function targetOf(element: ElementDefinition, maker: Maker): string {
  const targets = element.types.find(({ code }) => code === 'Reference')?.targets ?? [];
  const target = pick(targets, maker) ?? 'Patient';
  return target === 'Resource' ? 'Patient' : target;
}

function codedValue(element: ElementDefinition, type: string, maker: Maker): unknown {
  if (!['code', 'Coding', 'CodeableConcept'].includes(type)) return undefined;
  const codes = element.binding?.strength === 'required' ? maker.registry.valueSetCodes(element.binding.valueSet) : undefined;
  const [system = '', code = ''] = (pick([...(codes ?? [])], maker) ?? grammarCode(element) ?? 'http://example.org/codes|sample').split('|');
  if (type === 'code') return code;
  return type === 'Coding' ? { system, code } : { coding: [{ system, code }] };
}

const grammarCode = ({ binding }: ElementDefinition): string | undefined => GRAMMARS.find(([set]) => binding?.valueSet.startsWith(set))?.[1];

/** Sets that no list can hold, and a code of each. */
const GRAMMARS = [
  ['http://hl7.org/fhir/ValueSet/mimetypes', 'urn:ietf:bcp:13|text/plain'],
  ['http://hl7.org/fhir/ValueSet/languages', 'urn:ietf:bcp:47|en'],
  ['http://hl7.org/fhir/ValueSet/all-languages', 'urn:ietf:bcp:47|en'],
] as const;

const quantity = { value: 3.5, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' };
const days = { value: 3, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' };

const SIMPLE: Readonly<Record<string, unknown>> = {
  Address: { use: 'work', line: ['1 Sample Street'], city: 'Sampleton', country: 'NO' },
  Age: { value: 61, unit: 'a', system: 'http://unitsofmeasure.org', code: 'a' },
  Annotation: { text: 'A sample note.' },
  Attachment: { contentType: 'text/plain', data: 'c2FtcGxl' },
  ContactPoint: { system: 'phone', value: '+47 22 00 00 00' },
  Duration: days,
  Expression: { language: 'text/fhirpath', expression: 'true' },
  Dosage: { text: 'one a day' },
  HumanName: { family: 'Sample', given: ['Sam'] },
  Identifier: (maker: Maker) => ({ system: 'urn:ietf:rfc:3986', value: `urn:uuid:00000000-0000-4000-8000-${String(++maker.counter).padStart(12, '0')}` }),
  Money: { value: 10.5, currency: 'EUR' },
  Narrative: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Sample</p></div>' },
  Period: { start: '2026-01-05', end: '2026-02-05' },
  Quantity: quantity,
  Range: { low: quantity, high: { ...quantity, value: 7 } },
  Ratio: { numerator: quantity, denominator: { value: 1, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' } },
  TriggerDefinition: { type: 'named-event', name: 'sample' },
  Timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
  base64Binary: 'c2FtcGxl',
  boolean: (maker: Maker) => maker.random() < 0.5,
  canonical: 'http://example.org/sample|1.0',
  date: '2026-03-02',
  dateTime: '2026-03-02T10:15:00+01:00',
  decimal: 12.5,
  id: 'sample',
  instant: '2026-03-02T10:15:00.000Z',
  integer: -3,
  markdown: 'Some *sample* text',
  oid: 'urn:oid:2.16.840.1.113883',
  positiveInt: 4,
  string: (maker: Maker) => `Sample${++maker.counter}`,
  time: '10:15:00',
  unsignedInt: 0,
  uri: 'http://example.org/sample',
  url: 'https://example.org/sample',
  uuid: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
  xhtml: '<div xmlns="http://www.w3.org/1999/xhtml">Sample</div>',
};

/** A small, fast, repeatable generator (linear congruential, constants of Numerical Recipes). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}
