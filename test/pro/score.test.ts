import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Questionnaire } from 'fhir/r4';
import type { ScoreRule, Scoring } from '../../src/pro/instrument.ts';
import { type Score, score } from '../../src/pro/score.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { plan, response, scoring } from './fixture.ts';

const of = (id: string, said: Parameters<typeof response>[0]): Score | undefined => score(scoring, plan, response(said)).find(({ rule }) => rule.id === id);

describe('score', () => {
  test('an item, with its band', () => expect(of('pain', { id: '1', pain: 4 })).toMatchObject({ value: 4, band: { interpretation: 'H' }, prorated: false }));
  test('a sum', () => expect(of('total', { id: '1', pain: 4, nausea: 3 })).toMatchObject({ value: 7, answered: 2, prorated: false }));
  test('a sum with an item missing is prorated, and says so', () => {
    expect(of('total', { id: '1', pain: 4 })).toMatchObject({ value: 8, answered: 1, prorated: true });
  });
  test('too few answers', () => {
    expect(of('total', { id: '1' })).toMatchObject({
      value: undefined,
      answered: 0,
      absent: { code: 'unknown', text: '0 of 2 items answered; at least 1 are needed.' },
    });
  });
  test('an unanswered item is not 0', () => expect(of('pain', { id: '1', nausea: 1 })).toMatchObject({ value: undefined, absent: { code: 'unknown' } }));
  test('an item that was not asked', () => expect(of('medicine', { id: '1', pain: 0 })?.absent?.code).toBe('not-asked'));
  test('an item that was asked and passed over', () => expect(of('medicine', { id: '1', pain: 1 })?.absent?.code).toBe('unknown'));
  test('a value outside the range', () => expect(of('pain', { id: '1', pain: 11 })).toMatchObject({ value: undefined, absent: { code: 'error' } }));
});

const options = [0, 1, 2, 3].map((weight) => ({
  valueCoding: { code: `o${weight}` },
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: weight }],
}));
const names = ['a', 'b', 'c', 'd'];
const form: Questionnaire = {
  resourceType: 'Questionnaire',
  status: 'active',
  version: '1',
  item: names.map((linkId) => ({ linkId, type: 'choice', answerOption: [...options, { valueCoding: { code: 'unsure' } }] })),
};
const choices = compilePlan(form);
const source = { citation: 'For tests', status: 'safety-default' } as const;

function rule(kind: 'sum' | 'mean', allowed: number): Scoring {
  const missing = allowed > 0 ? { missing: { allowed, method: 'prorate' as const, source } } : {};
  const only: ScoreRule = {
    id: 's',
    code: {},
    text: { en: 'S' },
    kind,
    items: names,
    range: kind === 'sum' ? [0, 12] : [0, 3],
    unit: '{score}',
    bands: [],
    source,
    ...missing,
  };
  return { questionnaire: '', questionnaireVersions: ['1'], version: '1', scores: [only] };
}

function chosen(weights: readonly (number | undefined)[], kind: 'sum' | 'mean', allowed = 0): Score | undefined {
  const item = names.flatMap((linkId, index) => (weights[index] === undefined ? [] : [{ linkId, answer: [{ valueCoding: { code: `o${weights[index]}` } }] }]));
  return score(rule(kind, allowed), choices, { resourceType: 'QuestionnaireResponse', status: 'completed', item })[0];
}

const weights = fc.array(fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }), { minLength: 4, maxLength: 4 });

describe('whatever is answered', () => {
  test('a score stays in its range, or says why there is none', () => {
    fc.assert(
      fc.property(weights, fc.constantFrom('sum', 'mean'), fc.integer({ min: 0, max: 3 }), (given, kind, allowed) => {
        const made = chosen(given, kind, allowed);
        const answered = given.filter((weight) => weight !== undefined).length;
        expect(made?.answered).toBe(answered);
        if (answered >= Math.max(1, 4 - allowed)) expect(made?.value).toBeGreaterThanOrEqual(0);
        else expect([made?.value, made?.absent?.code]).toEqual([undefined, 'unknown']);
        expect(made?.value ?? 0).toBeLessThanOrEqual(kind === 'sum' ? 12 : 3);
      }),
    );
  });

  test('a higher answer never lowers a score', () => {
    fc.assert(
      fc.property(weights, fc.nat(3), fc.constantFrom('sum', 'mean'), (given, at, kind) => {
        const before = given[at];
        fc.pre(before !== undefined && before < 3);
        const [low, high] = [chosen(given, kind, 3), chosen(given.with(at, (before ?? 0) + 1), kind, 3)];
        expect(high?.value ?? 0).toBeGreaterThanOrEqual(low?.value ?? 0);
      }),
    );
  });
});

test('an option without a weight makes a score an error and not a smaller number', () => {
  const item = names.map((linkId) => ({ linkId, answer: [{ valueCoding: { code: linkId === 'd' ? 'unsure' : 'o1' } }] }));
  const [made] = score(rule('sum', 1), choices, { resourceType: 'QuestionnaireResponse', status: 'completed', item });
  expect(made).toMatchObject({ value: undefined, absent: { code: 'error', text: expect.stringContaining("'d'") } });
});

test('a prorated sum of whole numbers is a whole number', () => {
  expect(chosen([3, 2, 2, undefined], 'sum', 1)?.value).toBe(9);
  expect(chosen([3, 2, 2, undefined], 'mean', 1)?.value).toBe(2.33333333333);
});
