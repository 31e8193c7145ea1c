import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Registry, SearchParameterDefinition } from '../../src/definitions/registry.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Indexed } from '../../src/search/entry.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { clinicalDateParam, isSingle, patientParams } from '../../src/search/facts.ts';
import { createParams } from '../../src/search/params.ts';
import { indexOf, params, registry } from './fixture.ts';

const valuesOf = (indexed: Indexed, code: string) => indexed.entries.filter(({ param }) => param.code === code).map(({ value }) => value);
const paramOf = (type: string, code: string) => {
  const param = params.find(type, code);
  if (param === undefined) throw new Error(`${type}.${code}`);
  return param;
};

const observation: Resource = {
  resourceType: 'Observation',
  id: 'o',
  meta: { lastUpdated: '2026-01-01T00:00:00.123Z', profile: ['http://p.example/a|1'], tag: [{ system: 'urn:t', code: 'x' }] },
  code: {
    coding: [
      { system: 'http://loinc.org', code: '44261-6' },
      { system: 'http://loinc.org', code: '44261-6' },
    ],
  },
  subject: { reference: 'Patient/7' },
  effectiveDateTime: '2026-01-02',
};

describe('the index values of a resource', () => {
  test('hold what every resource has', () => {
    const indexed = indexOf(observation);
    expect(valuesOf(indexed, '_id')).toEqual([{ kind: 'token', system: '', code: 'o' }]);
    expect(valuesOf(indexed, '_lastUpdated')).toEqual([{ kind: 'date', low: Date.UTC(2026, 0, 1) + 123, high: Date.UTC(2026, 0, 1) + 124 }]);
    expect(valuesOf(indexed, '_profile')).toEqual([{ kind: 'uri', value: 'http://p.example/a|1' }]);
    expect(valuesOf(indexed, '_tag')).toEqual([{ kind: 'token', system: 'urn:t', code: 'x' }]);
  });

  test('hold each value once', () => {
    expect(valuesOf(indexOf(observation), 'code')).toHaveLength(1);
  });

  test('carry the patient and the clinical date', () => {
    expect(indexOf(observation)).toMatchObject({ patients: ['7'], date: { low: Date.UTC(2026, 0, 2), high: Date.UTC(2026, 0, 3) } });
    expect(indexOf({ resourceType: 'Patient', id: '9' }).patients).toEqual(['9']);
    expect(indexOf({ ...observation, subject: { reference: 'Group/7' }, effectiveDateTime: 'soon' })).toMatchObject({ patients: [], date: undefined });
    expect(indexOf({ ...observation, subject: { reference: 'http://far.example/fhir/Patient/7' } }).patients).toEqual([]);
    expect(indexOf({ ...observation, subject: { reference: 'http://here.example/fhir/Patient/7' } }).patients).toEqual(['7']);
  });

  test('several patients are all named, several dates are none', () => {
    const provenance = { resourceType: 'Provenance', target: [{ reference: 'Patient/1' }, { reference: 'Flag/2' }, { reference: 'Patient/3' }] };
    expect(indexOf(provenance).patients).toEqual(['1', '3']);
    const appointment = { resourceType: 'Account', servicePeriod: { start: '2026' }, subject: [{ reference: 'Patient/1' }] };
    expect(indexOf(appointment)).toMatchObject({ patients: ['1'], date: { low: Date.UTC(2026), high: Number.POSITIVE_INFINITY } });
  });

  test('a type that does not exist has none', () => {
    expect(indexOf({ resourceType: '__proto__', id: 'x' }).entries).toEqual([]);
  });
});

describe('odd data never throws', () => {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.constantFrom(null, [], {}, [[{}]], [null], '2026-13', Number.MAX_VALUE, { coding: 'x' }, { reference: 5 }, { start: '2026', end: '2025' }),
  );
  const names = [
    'code',
    'subject',
    'effectiveDateTime',
    'effectivePeriod',
    'effectiveTiming',
    'valueQuantity',
    'valueSampledData',
    'component',
    'identifier',
    'meta',
    'performer',
    'name',
    'telecom',
    'deceasedBoolean',
    'extension',
    'entry',
  ];
  test('of an Observation, a Patient or a Bundle', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Observation', 'Patient', 'Bundle', 'Questionnaire'),
        fc.array(fc.tuple(fc.constantFrom(...names), odd)),
        (resourceType, fields) => {
          const indexed = indexOf({ ...Object.fromEntries(fields), resourceType });
          for (const { value } of indexed.entries) if (value.kind === 'date') expect(value.low).toBeLessThan(value.high);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('however deep', () => {
    let deep: unknown = {};
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(indexOf({ resourceType: 'Observation', code: deep, component: deep, subject: deep }).entries).toEqual([]);
  });
});

describe('parameters that are defined beside the base', () => {
  const own = (code: string, expression: string, type: SearchParameterDefinition['type'] = 'token'): SearchParameterDefinition => ({
    url: `http://own.example/${code}`,
    code,
    base: ['Flag'],
    type,
    expression,
    target: [],
    component: [],
  });
  const extended: Registry = {
    ...registry,
    searchParameters: [
      ...registry.searchParameters,
      own('status', 'Flag.status'),
      own('words', 'Flag.code.text.lower()', 'string'),
      own('failing', 'Flag.identifier.single().value'),
      own('patient', 'Flag.id'),
      own('broken', 'Flag.('),
    ],
  };
  const more = createParams(extended);
  const flag = { resourceType: 'Flag', status: 'active', code: { text: 'FEVER' }, identifier: [{ value: 'a' }, { value: 'b' }] };

  test('are indexed like those of the base, through the fhirpath package where need be', () => {
    const indexed = createIndexer(more)(flag);
    expect(valuesOf(indexed, 'status')).toEqual([{ kind: 'token', system: '', code: 'active' }]);
    expect(valuesOf(indexed, 'words')).toEqual([{ kind: 'string', folded: 'fever', text: 'fever' }]);
  });

  test('an expression that fails on a resource gives no value', () => {
    expect(valuesOf(createIndexer(more)(flag), 'failing')).toEqual([]);
  });

  test('one that is no FHIRPath is not there, and harms no other', () => {
    expect(more.find('Flag', 'broken')).toBeUndefined();
    expect(more.of('Flag').size).toBe(params.of('Flag').size + 3);
  });

  test('cannot replace one of the base', () => {
    expect(more.of('Flag').get('patient')?.kind).toBe('reference');
  });
});

describe('what a store may fold into its rows', () => {
  test.each([
    ['Observation', 'date', true],
    ['Observation', 'patient', true],
    ['Observation', 'code', false],
    ['Observation', 'status', true],
    ['Observation', 'combo-value-quantity', false],
    ['Patient', 'identifier', false],
    ['Patient', 'deceased', true],
    ['Provenance', 'patient', false],
    ['CareTeam', 'date', true],
  ])('%s.%s is single: %s', (type, code, single) => {
    expect(isSingle(params, paramOf(type, code))).toBe(single);
  });

  test.each([
    ['Observation', 'date', ['patient', 'subject']],
    ['QuestionnaireResponse', 'authored', ['patient', 'subject']],
    ['MedicationRequest', 'authoredon', ['patient', 'subject']],
    ['Condition', 'onset-date', ['patient', 'subject']],
    ['MedicationAdministration', 'effective-time', ['patient', 'subject']],
    ['Flag', 'date', ['patient', 'subject']],
    ['Task', 'authored-on', ['patient', 'subject']],
    ['AllergyIntolerance', 'date', ['patient']],
    ['Communication', 'sent', ['patient', 'subject']],
    ['Patient', undefined, []],
    ['Organization', undefined, []],
  ])('%s has the clinical date %s and the patient %j', (type, date, patient) => {
    expect(clinicalDateParam(params, type)?.code).toBe(date);
    expect(patientParams(params, type)).toEqual(patient);
  });

  test('a single parameter has one value at most, and the patient parameters name the patients', () => {
    const reference = fc.constantFrom('Patient/1', 'Patient/2', 'Group/1', 'http://far.example/fhir/Patient/3', '#p', 'x').map((text) => ({ reference: text }));
    const resource = fc.record({
      resourceType: fc.constantFrom('Observation', 'Flag', 'Provenance', 'Encounter', 'Task'),
      subject: reference,
      for: reference,
      target: fc.array(reference),
      effectiveDateTime: fc.constantFrom('2026', 'x'),
      effectivePeriod: fc.constant({ start: '2026' }),
    });
    fc.assert(
      fc.property(resource, (data) => {
        const indexed = indexOf(data);
        for (const code of patientParams(params, data.resourceType)) {
          const named = valuesOf(indexed, code).flatMap((value) =>
            value.kind === 'reference' && value.target.startsWith('Patient/') ? [value.target.slice(8)] : [],
          );
          expect(named).toEqual(indexed.patients);
        }
      }),
    );
  });
});
