import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import type { Bank } from '../../../src/questionnaire/adaptive/bank.ts';
import { nextFromBank } from '../../../src/questionnaire/adaptive/cat.ts';
import { estimate, posterior } from '../../../src/questionnaire/adaptive/estimate.ts';

const bank = JSON.parse(readFileSync(join(import.meta.dirname, '../../../questionnaires/banks/synthetic-fatigue.json'), 'utf8')) as Bank;

const begun = (): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'in-progress',
  questionnaire: '#q',
  contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active', derivedFrom: [bank.questionnaire] } as Questionnaire],
});

const contained = (response: QuestionnaireResponse): Questionnaire => response.contained?.[0] as Questionnaire;
const linkIds = (response: QuestionnaireResponse): string[] => (contained(response).item ?? []).map(({ linkId }) => linkId);

/** Answers the question asked last. */
function answer(response: QuestionnaireResponse, category: number): QuestionnaireResponse {
  const item = contained(response).item?.at(-1);
  const valueCoding = item?.answerOption?.[category]?.valueCoding;
  if (item === undefined || valueCoding === undefined) throw new Error('nothing to answer');
  return { ...response, item: [...(response.item ?? []), { linkId: item.linkId, answer: [{ valueCoding }] }] };
}

function run(choose: (asked: string) => number, of: Bank = bank): { steps: QuestionnaireResponse[]; last: QuestionnaireResponse } {
  const steps = [nextFromBank(of, begun())];
  for (let last = steps[0] as QuestionnaireResponse; last.status === 'in-progress'; ) {
    last = nextFromBank(of, answer(last, choose(linkIds(last).at(-1) ?? '')));
    steps.push(last);
  }
  return { steps, last: steps.at(-1) as QuestionnaireResponse };
}

const scoreOf = (response: QuestionnaireResponse, linkId: string): number | undefined =>
  response.item?.find((item) => item.linkId === linkId)?.answer?.[0]?.valueDecimal;

describe('an adaptive test', () => {
  test('asks one question at a time, in the same order for the same answers, none twice', () => {
    const first = run(() => 2);
    expect(first.steps[0] && linkIds(first.steps[0])).toHaveLength(1);
    for (const [at, step] of first.steps.slice(0, -1).entries()) expect(linkIds(step)).toHaveLength(at + 1);
    expect(new Set(linkIds(first.last)).size).toBe(linkIds(first.last).length);
    expect(run(() => 2)).toEqual(first);
  });

  test('begins with the question that tells most, or with the one that the bank names', () => {
    expect(linkIds(nextFromBank(bank, begun()))).toEqual(['fatigue-start']);
    expect(linkIds(nextFromBank({ ...bank, start: 'fatigue-eat' }, begun()))).toEqual(['fatigue-eat']);
  });

  test('shows the question as the bank has it, without its parameters', () => {
    const [item] = contained(nextFromBank(bank, begun())).item ?? [];
    expect(item).toMatchObject({ type: 'choice', required: true, text: expect.stringContaining('starting things') });
    expect(JSON.stringify(item)).not.toContain('discrimination');
  });

  test('asks harder questions of who answers high, and scores them higher', () => {
    const [low, high] = [run(() => 0).last, run(() => 4).last];
    expect(linkIds(high)).not.toEqual(linkIds(low));
    expect(scoreOf(high, 'theta')).toBeGreaterThan(1);
    expect(scoreOf(low, 'theta')).toBeLessThan(-1);
  });

  test('ends with theta, its standard error and the T score, read-only and hidden', () => {
    const { last } = run(() => 3);
    expect(last.status).toBe('completed');
    const scores = (contained(last).item ?? []).slice(-3);
    expect(scores.map(({ linkId, readOnly, type }) => [linkId, readOnly, type])).toEqual([
      ['theta', true, 'decimal'],
      ['standard-error', true, 'decimal'],
      ['t-score', true, 'decimal'],
    ]);
    expect(scores.every(({ extension }) => extension?.[0]?.url.endsWith('questionnaire-hidden'))).toBe(true);
    expect(scoreOf(last, 't-score')).toBeCloseTo(50 + 10 * (scoreOf(last, 'theta') ?? 0), 2);
  });

  test('its scores are those of the answers given', () => {
    const { last } = run(() => 1);
    const answers = linkIds(last)
      .slice(0, -3)
      .map((linkId) => ({ item: bank.items.find(({ item }) => item.linkId === linkId) ?? { discrimination: 0, thresholds: [] }, category: 1 }));
    const expected = estimate(posterior(bank.prior, answers));
    expect(scoreOf(last, 'theta')).toBeCloseTo(expected.theta, 4);
    expect(scoreOf(last, 'standard-error')).toBeCloseTo(expected.standardError, 4);
  });

  test('two answers beside each other do not change the order of what was asked', () => {
    const second = nextFromBank(bank, answer(nextFromBank(bank, begun()), 4));
    const third = answer(second, 0);
    const swapped = { ...third, item: (third.item ?? []).toReversed() };
    expect(nextFromBank(bank, swapped)).toEqual(nextFromBank(bank, third));
  });
});

describe('the stop rules', () => {
  const asked = (response: QuestionnaireResponse): number => linkIds(response).length - 3;

  test('not before the smallest number, however sure it is', () => {
    expect(asked(run(() => 2, { ...bank, stop: { minItems: 6, maxItems: 12, standardError: 10 } }).last)).toBe(6);
  });

  test('at the largest number, however unsure', () => {
    expect(asked(run(() => 2, { ...bank, stop: { minItems: 1, maxItems: 3, standardError: 0.001 } }).last)).toBe(3);
  });

  test('when the standard error is low enough', () => {
    const { steps, last } = run(() => 2, { ...bank, stop: { minItems: 1, maxItems: 12, standardError: 0.45 } });
    expect(scoreOf(last, 'standard-error')).toBeLessThan(0.45);
    expect(steps.length).toBeLessThan(bank.items.length);
  });

  test('when the bank has no question left', () => {
    expect(asked(run(() => 2, { ...bank, stop: { minItems: 1, maxItems: 100, standardError: 0.001 } }).last)).toBe(bank.items.length);
  });
});

describe('refuses', () => {
  test('a response that contains no questionnaire', () => {
    expect(() => nextFromBank(bank, { resourceType: 'QuestionnaireResponse', status: 'in-progress', questionnaire: 'http://q' })).toThrow(
      'contains its Questionnaire',
    );
  });

  test('a question left open', () => {
    expect(() => nextFromBank(bank, nextFromBank(bank, begun()))).toThrow("'fatigue-start' is not answered");
  });

  test('an answer that is no option', () => {
    const first = nextFromBank(bank, begun());
    const odd = { ...first, item: [{ linkId: 'fatigue-start', answer: [{ valueCoding: { code: 'constructor' } }] }] };
    expect(() => nextFromBank(bank, odd)).toThrow('none of its options');
  });
});
