/** No false alarms. */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { sampleResource } from '../support/resources.ts';

const registry = loadRegistry();
const validator = createValidator(registry);
/** Codes of samples are made up: that none of a preferred set is used is told, and blocks nothing. */
const issuesOf = (resource: object) =>
  validator.validate(resource as Resource).issues.filter(({ code, severity }) => severity === 'error' || !ADVICE.includes(code));
const ADVICE: readonly string[] = ['code-invalid', 'not-supported', 'extension'];

const SEEDS = [0, 1, 2, 3, 4, 5];

describe('finds nothing wrong with', () => {
  test.each(registry.resourceTypes)('samples of %s', (type) => {
    for (const seed of SEEDS) {
      const resource = sampleResource(registry, type, seed);
      expect({ resource, issues: issuesOf(resource) }).toEqual({ resource, issues: [] });
    }
  });

  test('a Bundle of every sample, packed', () => {
    const entry = registry.resourceTypes.map((type) => ({ fullUrl: `https://x.example/fhir/${type}/sample-2`, resource: sampleResource(registry, type, 2) }));
    const { issues, questions } = validator.validate({ resourceType: 'Bundle', type: 'collection', entry });
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(questions.filter(({ ask }) => ask === 'reference')).toEqual([]);
  });
});

const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"';

const RIGHT: readonly (readonly [name: string, resource: object])[] = [
  [
    'a primitive that has only an extension',
    { resourceType: 'Patient', _birthDate: { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] } },
  ],
  [
    'nulls aligned with extensions',
    { resourceType: 'Patient', name: [{ given: ['A', null], _given: [null, { extension: [{ url: 'http://x.example/a', valueBoolean: true }] }] }] },
  ],
  [
    'extensions shorter than their values',
    { resourceType: 'Patient', name: [{ given: ['A', 'B'], _given: [{ id: 'x', extension: [{ url: 'http://x.example/a', valueBoolean: true }] }] }] },
  ],
  [
    'a blood pressure',
    {
      resourceType: 'Observation',
      status: 'final',
      category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
      code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
      subject: { reference: 'Patient/7' },
      effectiveDateTime: '2026-03-02',
      component: [
        {
          code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
          valueQuantity: { value: 120, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
        },
        {
          code: { coding: [{ system: 'http://loinc.org', code: '8462-4' }] },
          dataAbsentReason: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }] },
        },
      ],
    },
  ],
  [
    'a nested questionnaire response',
    {
      resourceType: 'QuestionnaireResponse',
      questionnaire: 'http://x.example/Questionnaire/a|1.0',
      status: 'completed',
      subject: { reference: 'Patient/7' },
      authored: '2026-03-02T10:15:00.123+05:30',
      item: [
        {
          linkId: 'g',
          item: [
            { linkId: 'q', answer: [{ valueCoding: { code: '1' }, item: [{ linkId: 'why', answer: [{ valueString: 'because' }] }] }, { valueDecimal: 0.5 }] },
          ],
        },
      ],
    },
  ],
  [
    'a contained resource that refers to the one around it',
    { resourceType: 'Patient', contained: [{ resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' }, subject: { reference: '#' } }] },
  ],
  [
    'a contained resource that another contained one refers to',
    {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/7' },
      medicationReference: { reference: '#m' },
      contained: [
        { resourceType: 'Medication', id: 'm', manufacturer: { reference: '#o' } },
        { resourceType: 'Organization', id: 'o', name: 'x' },
      ],
    },
  ],
  [
    'a canonical to something contained',
    {
      resourceType: 'QuestionnaireResponse',
      status: 'in-progress',
      questionnaire: '#q',
      contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'draft' }],
    },
  ],
  [
    'a transaction',
    {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { fullUrl: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
        {
          resource: {
            resourceType: 'Observation',
            status: 'final',
            code: { text: 'x' },
            subject: { reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' },
            performer: [{ reference: 'Practitioner?identifier=1' }],
          },
          request: { method: 'POST', url: 'Observation' },
        },
        { request: { method: 'GET', url: 'Patient/7' } },
      ],
    },
  ],
  [
    'a searchset',
    {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 1,
      link: [{ relation: 'self', url: 'https://x.example/fhir/Patient?name=a&_count=1' }],
      entry: [{ fullUrl: 'https://x.example/fhir/Patient/1', search: { mode: 'match', score: 1 }, resource: { resourceType: 'Patient', id: '1' } }],
    },
  ],
  [
    'a history with one resource twice',
    {
      resourceType: 'Bundle',
      type: 'history',
      entry: [1, 2].map((versionId) => ({
        fullUrl: 'https://x.example/fhir/Patient/1',
        resource: { resourceType: 'Patient', id: '1', meta: { versionId: `${versionId}` } },
        request: { method: 'PUT', url: 'Patient/1' },
        response: { status: '200' },
      })),
    },
  ],
  [
    'a rich narrative',
    {
      resourceType: 'Patient',
      text: {
        status: 'additional',
        div: `<div ${XHTML} lang="en"><!-- x --><h2>A &amp; B&#160;&nbsp;</h2><p style="color: red">5 &lt; 6<br/><img src="#photo" alt='x'/></p><table border="1"><tr><td colspan="2">x</td></tr></table><a href="https://x.example/?a=1&amp;b=2">x</a><a href="Patient/7">y</a></div>`,
      },
    },
  ],
  ['a period within one day', { resourceType: 'Patient', name: [{ text: 'x', period: { start: '2026-03-02T10:00:00Z', end: '2026-03-02' } }] }],
  ['a code with a single blank', { resourceType: 'Observation', status: 'final', code: { coding: [{ code: 'Blood pressure' }] } }],
  [
    'a leap second, a leap day and the widest zone',
    {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      effectivePeriod: { start: '2016-12-31T23:59:60Z', end: '2024-02-29T23:59:59.999999+14:00' },
    },
  ],
  [
    'a full reference to another server, and things outside FHIR',
    {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'https://x.example/fhir/Patient/7/_history/2' },
      focus: [{ reference: 'urn:oid:1.2.3' }, { reference: 'https://x.example/Some/page' }, { identifier: { value: '7' } }],
    },
  ],
  ['deeply nested items', { resourceType: 'Questionnaire', status: 'draft', item: [nestedItem(25)] }],
];

function nestedItem(depth: number): object {
  return depth === 0 ? { linkId: 'leaf', type: 'string' } : { linkId: `${depth}`, type: 'group', item: [nestedItem(depth - 1)] };
}

test.each(RIGHT)('finds nothing wrong with %s', (_name, resource) => {
  expect(issuesOf(resource)).toEqual([]);
});

describe('asks', () => {
  test('for each resource of this server that is referred to, and nothing else', () => {
    const { questions } = validator.validate({
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'Patient/7' },
      focus: [{ reference: 'https://x.example/fhir/Patient/8' }, { reference: 'Condition/a/_history/2' }],
      performer: [{ reference: '#p' }, { display: 'x' }],
      contained: [{ resourceType: 'PractitionerRole', id: 'p', organization: { reference: 'Organization/o' } }],
    });
    expect(questions).toEqual([
      { ask: 'reference', type: 'Patient', id: '7', expression: 'Observation.subject' },
      { ask: 'reference', type: 'Condition', id: 'a', expression: 'Observation.focus[1]' },
      { ask: 'reference', type: 'Organization', id: 'o', expression: 'Observation.contained[0].organization' },
    ]);
  });
});

test('warns of a name that programs cannot use', () => {
  expect(issuesOf({ resourceType: 'Questionnaire', status: 'draft', name: 'my questions' })).toEqual([
    expect.objectContaining({ severity: 'warning', code: 'invariant', text: expect.stringContaining('que-0') }),
  ]);
});

test('lists at most 100 faults and says how many more there are', () => {
  const { issues } = validator.validate({ resourceType: 'Patient', name: Array.from({ length: 5000 }, () => ({ family: 1 })) });
  expect(issues).toHaveLength(101);
  expect(issues.at(-1)?.text).toContain('4900 more');
});

test('only warnings stay warnings, however many', () => {
  const entry = Array.from({ length: 200 }, () => ({ resource: { resourceType: 'Questionnaire', status: 'draft', name: 'a b' } }));
  const { issues } = validator.validate({ resourceType: 'Bundle', type: 'collection', entry });
  expect(new Set(issues.map(({ severity }) => severity))).toEqual(new Set(['warning']));
  expect(issues).toHaveLength(101);
});
