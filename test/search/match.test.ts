import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Resource } from '../../src/fhir/resource.ts';
import { ALL, NONE, not } from '../../src/search/ast.ts';
import { compareBySort, match, NOWHERE, orderText, sortKey } from '../../src/search/match.ts';
import { ask, candidate, finds, indexOf, worldOf } from './fixture.ts';

const patient = (id: string, fields: object = {}): Resource => ({ resourceType: 'Patient', id, ...fields });
const observation = (id: string, of: string, fields: object = {}): Resource => ({
  resourceType: 'Observation',
  id,
  subject: { reference: `Patient/${of}` },
  ...fields,
});

describe('links', () => {
  const ada = patient('1', { name: [{ family: 'Lovelace' }], generalPractitioner: [{ reference: 'Practitioner/9' }] });
  const bob = patient('2', { name: [{ family: 'Builder' }] });
  const score = observation('a', '1', { code: { coding: [{ code: 'phq' }] }, status: 'final' });
  const draft = observation('b', '1', { code: { coding: [{ code: 'gad' }] }, status: 'preliminary' });
  const gone = observation('c', '404');
  const world = worldOf([ada, bob, score, draft, gone, { resourceType: 'Practitioner', id: '9', active: true }]);

  test.each<[Resource, string, boolean]>([
    [score, 'subject:Patient.name=love', true],
    [score, 'subject.name=love', true],
    [score, 'patient.name=build', false],
    [score, 'patient.general-practitioner.active=true', true],
    [score, 'patient.name:missing=true', false],
    [gone, 'patient.name=love', false],
    [gone, 'patient.name:missing=true', false],
    [ada, '_has:Observation:patient:code=phq', true],
    [ada, '_has:Observation:patient:code=bdi', false],
    [bob, '_has:Observation:patient:code=phq', false],
    [ada, '_has:Observation:patient:code=gad&_has:Observation:patient:status=final', true],
    [score, 'patient._has:Observation:patient:code=gad', true],
  ])('%j %s: %s', (resource, query, expected) => {
    expect(finds(resource, query, world)).toBe(expected);
  });

  test('lead nowhere without a world', () => {
    expect(finds(score, 'patient.name=love')).toBe(false);
    expect(finds(ada, '_has:Observation:patient:code=phq', NOWHERE)).toBe(false);
  });
});

test('all and none', () => {
  expect(match(ALL, candidate(patient('1')), NOWHERE)).toBe(true);
  expect(match(NONE, candidate(patient('1')), NOWHERE)).toBe(false);
  expect(match(not(NONE), candidate(patient('1')), NOWHERE)).toBe(true);
});

describe('against a filter written by hand', () => {
  interface Facts {
    readonly codes: readonly string[];
    readonly status: string | undefined;
    readonly day: number | undefined;
    readonly value: number | undefined;
    readonly patient: string;
  }
  const facts = fc.record<Facts>({
    codes: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
    status: fc.option(fc.constantFrom('final', 'amended'), { nil: undefined }),
    day: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    value: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    patient: fc.constantFrom('1', '2'),
  });
  const resourceOf = ({ codes, status, day, value, patient: id }: Facts): Resource =>
    observation('x', id, {
      code: { coding: codes.map((code) => ({ code })) },
      ...(status === undefined ? {} : { status }),
      ...(day === undefined ? {} : { effectiveDateTime: `2026-01-0${day}` }),
      ...(value === undefined ? {} : { valueQuantity: { value } }),
    });

  type Asked = readonly [string, (has: Facts) => boolean];
  const day = fc.integer({ min: 1, max: 9 });
  const asked: fc.Arbitrary<Asked> = fc.oneof(
    fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
      .map((codes): Asked => [`code=${codes}`, (has) => codes.some((code) => has.codes.includes(code))]),
    fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
      .map((codes): Asked => [`code:not=${codes}`, (has) => !codes.some((code) => has.codes.includes(code))]),
    fc.constantFrom('final', 'amended').map((status): Asked => [`status=${status}`, (has) => has.status === status]),
    fc.boolean().map((missing): Asked => [`status:missing=${missing}`, (has) => (has.status === undefined) === missing]),
    day.map((n): Asked => [`date=ge2026-01-0${n}`, (has) => has.day !== undefined && has.day >= n]),
    day.map((n): Asked => [`date=lt2026-01-0${n}`, (has) => has.day !== undefined && has.day < n]),
    day.map((n): Asked => [`date=ne2026-01-0${n}`, (has) => has.day !== undefined && has.day !== n]),
    day.map((n): Asked => [`value-quantity=gt${n}`, (has) => has.value !== undefined && has.value > n]),
    fc.constantFrom('1', '2').map((id): Asked => [`patient=${id}`, (has) => has.patient === id]),
  );

  test('every conjunction agrees', () => {
    fc.assert(
      fc.property(facts, fc.array(asked, { maxLength: 4 }), (has, all) => {
        expect(finds(resourceOf(has), all.map(([query]) => query).join('&'))).toBe(all.every(([, holds]) => holds(has)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('order', () => {
  const sorted = (query: string, resources: readonly Resource[]): (string | undefined)[] => {
    const { sort } = ask('Observation', query).query;
    return [...resources].sort((a, b) => compareBySort(sort, indexOf(a), indexOf(b))).map(({ id }) => id);
  };
  const early = observation('early', '1', { effectiveDateTime: '2026-01-01', valueQuantity: { value: 2 } });
  const long = observation('long', '1', { effectivePeriod: { start: '2025-12-01', end: '2026-03-01' }, valueQuantity: { value: 10 } });
  const late = observation('late', '2', { effectiveDateTime: '2026-02-01', valueQuantity: { value: 2 } });
  const never = observation('never', '1');

  test('a period counts with its start ascending and its end descending; without a value comes last', () => {
    expect(sorted('_sort=date', [never, late, early, long])).toEqual(['long', 'early', 'late', 'never']);
    expect(sorted('_sort=-date', [never, late, early, long])).toEqual(['long', 'late', 'early', 'never']);
  });

  test('the second rule decides where the first is even; numbers are no text', () => {
    expect(sorted('_sort=value-quantity,-date', [long, early, late])).toEqual(['late', 'early', 'long']);
  });

  test('of several values the lowest counts ascending, the highest descending', () => {
    const named = indexOf(patient('p', { name: [{ family: 'Zeta' }, { family: 'Álpha' }] }));
    expect(sortKey(named, 'family', false)).toBe('alpha');
    expect(sortKey(named, 'family', true)).toBe('zeta');
    expect(sortKey(named, 'gender', true)).toBeUndefined();
  });

  test('text is ordered as its UTF-8 bytes are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(orderText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});
