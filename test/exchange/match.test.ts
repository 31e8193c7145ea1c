import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HumanName, Patient } from 'fhir/r4';
import { matchPatient } from '../../src/exchange/match.ts';
import { identifierSystem } from '../../src/fhir/names.ts';

const SYSTEM = 'urn:pro-bridge:demo:national-id';

const person = (id: string, name: HumanName, birthDate?: string, value = '17'): Patient => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: SYSTEM, value }],
  name: [name],
  ...(birthDate === undefined ? {} : { birthDate }),
});

const KARI: HumanName = { family: 'Nordmann', given: ['Kari'] };
const here = person('here', KARI, '1958-03-04');
const gradeOf = (there: Patient, ours = here): string => matchPatient(ours, [there]).grade;

describe('one record with the same identifier', () => {
  test.each<[string, HumanName, HumanName]>([
    ['case and accents', { family: 'Müller', given: ['ANNE'] }, { family: 'MULLER', given: ['Anne'] }],
    ['a middle name on one side', { family: 'Nordmann', given: ['Kari', 'Marie'] }, { family: 'Nordmann', given: ['Kari'] }],
    ['given names in one string', { family: 'Nordmann', given: ['Kari Marie'] }, { family: 'Nordmann', given: ['Kari', 'Marie'] }],
    ['a text on one side', { text: 'Kari Nordmann' }, KARI],
    ['a Chinese name in one piece', { text: '王秀英' }, { family: '王', given: ['秀英'] }],
    ['texts on both sides', { text: '王 秀英' }, { text: '王秀英' }],
  ])('agrees despite %s', (_what, ours, theirs) => {
    expect(gradeOf(person('x', theirs, '1958-03-04'), person('here', ours, '1958-03-04'))).toBe('certain');
    expect(gradeOf(person('x', ours, '1958-03-04'), person('here', theirs, '1958-03-04'))).toBe('certain');
  });

  test.each<[string, HumanName]>([
    ['another family name', { family: 'Hansen', given: ['Kari'] }],
    ['another given name', { family: 'Nordmann', given: ['Karin'] }],
    ['a given name that contradicts', { family: 'Nordmann', given: ['Ola', 'Kari'] }],
    ['only a family name', { family: 'Nordmann' }],
    ['no name', {}],
    ['only a former name', { ...KARI, use: 'old' }],
    ['a letter of its own', { family: 'Nørdmann', given: ['Kari'] }],
    ['only part of the name in one piece', { text: 'Kari' }],
  ])('is left to a person: %s', (_what, theirs) => {
    const match = matchPatient(here, [person('x', theirs, '1958-03-04')]);
    expect(match).toMatchObject({ grade: 'possible', candidates: [{ id: 'x', differences: [{ about: 'name', here: 'Kari Nordmann' }] }] });
  });

  test.each([['1958-03-05'], ['1958-03'], [undefined]])('is left to a person: born %s', (birthDate) => {
    const match = matchPatient(here, [person('x', KARI, birthDate)]);
    expect(match).toMatchObject({ grade: 'possible', candidates: [{ differences: [{ about: 'birth date', here: '1958-03-04', there: birthDate ?? '' }] }] });
  });

  test('two unknown or partial birth dates do not agree', () => {
    expect(gradeOf(person('x', KARI), person('here', KARI))).toBe('possible');
    expect(gradeOf(person('x', KARI, '1958'), person('here', KARI, '1958'))).toBe('possible');
  });
});

test('without a shared identifier there is no match, however alike', () => {
  expect(gradeOf(person('x', KARI, '1958-03-04', '18'))).toBe('none');
  expect(gradeOf({ ...person('x', KARI, '1958-03-04'), identifier: [{ system: 'urn:other', value: '17' }] })).toBe('none');
  expect(gradeOf({ ...person('x', KARI, '1958-03-04'), identifier: [{ value: '17' }] }, { ...here, identifier: [{ value: '17' }] })).toBe('none');
});

test('the mark of an earlier link is no identifier to match by', () => {
  const identifier = [{ system: identifierSystem('hospital-id'), value: 'http://h/Patient/1' }];
  expect(gradeOf({ ...here, id: 'x', identifier }, { ...here, identifier })).toBe('none');
});

test('a record that is no longer in use is passed over', () => {
  expect(gradeOf({ ...person('x', KARI, '1958-03-04'), active: false })).toBe('none');
});

test('several records are left to a person, the one that agrees in everything included', () => {
  const match = matchPatient(here, [person('b', KARI, '1958-03-04'), person('a', KARI, '1960-01-01')]);
  expect(match).toMatchObject({ grade: 'possible', candidates: [{ id: 'a' }, { id: 'b', differences: [] }] });
});

describe('whatever the records', () => {
  const word = fc.constantFrom('Kari', 'Ola', 'Nordmann', '秀英', '王', '');
  const names = fc.record({ family: word, given: fc.array(word, { maxLength: 2 }), text: word }, { requiredKeys: [] });
  const patients = fc.record({
    resourceType: fc.constant('Patient' as const),
    id: fc.constantFrom('1', '2', '3', '4'),
    active: fc.boolean(),
    identifier: fc.array(fc.record({ system: fc.constantFrom(SYSTEM, 'urn:b'), value: fc.constantFrom('17', '18') }), { maxLength: 3 }),
    name: fc.array(names, { maxLength: 2 }),
    birthDate: fc.constantFrom('1958-03-04', '1958-03-05', '1958'),
  }) as fc.Arbitrary<Patient>;

  test('it never links a differing birth date, nor without a shared identifier', () => {
    fc.assert(
      fc.property(patients, fc.array(patients, { maxLength: 4 }), (ours, theirs) => {
        const match = matchPatient(ours, theirs);
        if (match.grade !== 'certain') return;
        const there = theirs.findLast(({ id, active }) => id === match.candidate.id && active !== false);
        expect(there?.birthDate).toBe(ours.birthDate);
        expect(there?.identifier).toEqual(expect.arrayContaining([expect.objectContaining(match.candidate.shared[0] ?? {})]));
      }),
    );
  });

  test('neither the order of records nor that of identifiers and names plays a role', () => {
    fc.assert(
      fc.property(patients, fc.uniqueArray(patients, { selector: ({ id }) => id, maxLength: 4 }), (ours, theirs) => {
        const turned = { ...ours, identifier: ours.identifier?.toReversed() ?? [], name: ours.name?.toReversed() ?? [] };
        expect(matchPatient(turned, theirs.toReversed()).grade).toBe(matchPatient(ours, theirs).grade);
        expect(matchPatient(ours, theirs.toReversed())).toEqual(matchPatient(ours, theirs));
      }),
    );
  });

  test('neither side has the last word', () => {
    fc.assert(
      fc.property(patients, patients, (ours, theirs) => {
        const [a, b] = [
          { ...ours, active: true },
          { ...theirs, active: true },
        ];
        expect(matchPatient(a, [b]).grade).toBe(matchPatient(b, [a]).grade);
      }),
    );
  });
});
