/**
 * How long one validation takes, warm, on this machine: `node scripts/bench-validate.ts`.
 * Aim: an Observation in about 0.15 ms, a QuestionnaireResponse of 30 items under 1 ms.
 */
import { loadRegistry } from '../src/definitions/load.ts';
import type { Resource } from '../src/fhir/resource.ts';
import { createValidator } from '../src/validate/create-validator.ts';

const ROUNDS = 20_000;

const observation: Resource = {
  resourceType: 'Observation',
  id: 'score',
  meta: { versionId: '1', lastUpdated: '2026-03-02T09:15:01.123Z' },
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '44261-6', display: 'PHQ-9 total score' }] },
  subject: { reference: 'Patient/7' },
  effectiveDateTime: '2026-03-02T10:15:00+01:00',
  issued: '2026-03-02T09:15:01Z',
  valueQuantity: { value: 12, unit: 'points', system: 'http://unitsofmeasure.org', code: '{score}' },
  interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'H' }] }],
  derivedFrom: [{ reference: 'QuestionnaireResponse/a' }],
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

const started = performance.now();
const registry = loadRegistry();
const loaded = performance.now();
const validator = createValidator(registry);
console.log(`registry loaded in ${(loaded - started).toFixed(1)} ms`);

for (const resource of [observation, response]) measure(resource);

function measure(resource: Resource): void {
  const first = performance.now();
  const { issues } = validator.validate(resource);
  console.log(`${resource.resourceType}: first (types compiled) ${(performance.now() - first).toFixed(2)} ms, ${issues.length} issues`);
  const times = new Float64Array(ROUNDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    validator.validate(resource);
    times[round] = performance.now() - begin;
  }
  times.sort();
  const at = (share: number): string => (times[Math.floor(ROUNDS * share)] ?? 0).toFixed(4);
  console.log(`${resource.resourceType}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms over ${ROUNDS} rounds`);
}
