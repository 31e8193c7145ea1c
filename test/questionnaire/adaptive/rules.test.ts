import { describe, expect, test } from '@jest/globals';
import type { Extension, Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { containedQuestionnaire } from '../../../src/questionnaire/adaptive/contained.ts';
import { isAdaptive, nextByRules } from '../../../src/questionnaire/adaptive/rules.ts';
import { checkResponse } from '../../../src/questionnaire/check.ts';
import { compilePlan } from '../../../src/questionnaire/compile.ts';
import { worldAt } from '../../../src/questionnaire/evaluate.ts';
import { ext, questionnaire } from '../extract/fixture.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const calculated = (expression: string): Extension => ext('calculatedExpression', { valueExpression: { language: 'text/fhirpath', expression } });
const question = (linkId: string, more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({ linkId, type: 'integer', text: linkId, ...more });
const when = (asked: string, least: number): Partial<QuestionnaireItem> => ({ enableWhen: [{ question: asked, operator: '>=', answerInteger: least }] });

const form = questionnaire(
  [
    { linkId: 'hello', type: 'display', text: 'Hello' },
    question('a', { required: true }),
    { linkId: 'g', type: 'group', text: 'g', item: [question('b', when('a', 2)), question('c', { ...when('b', 2), required: true })] },
    question('d'),
    question('sum', { readOnly: true, extension: [calculated("%resource.repeat(item).where(linkId in ('a'|'b'|'c'|'d')).answer.value.sum()")] }),
  ],
  { extension: [ext('questionnaireAdaptive', { valueBoolean: true })] },
);

const begun: QuestionnaireResponse = {
  resourceType: 'QuestionnaireResponse',
  status: 'in-progress',
  questionnaire: '#q',
  contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active', derivedFrom: [form.url] } as Questionnaire],
};

const next = (response: QuestionnaireResponse, of: Questionnaire = form): QuestionnaireResponse => nextByRules(compilePlan(of), response, worldAt(NOW)).result;
const shown = (items: readonly QuestionnaireItem[] = []): string[] => items.flatMap(({ linkId, item }) => [linkId, ...shown(item)]);
const askedIn = (response: QuestionnaireResponse): string[] => shown(containedQuestionnaire(response).item);
const given = (items: readonly QuestionnaireResponseItem[] = []): [string, unknown][] =>
  items.flatMap(({ linkId, answer, item }) => [...(answer ?? []).map((one): [string, unknown] => [linkId, one.valueInteger]), ...given(item)]);

/** Answers in the groups where they belong. */
function answered(response: QuestionnaireResponse, values: Readonly<Record<string, number>>): QuestionnaireResponse {
  const of = (items: readonly QuestionnaireItem[] = []): QuestionnaireResponseItem[] =>
    items.flatMap(({ linkId, item }) => {
      const below = of(item);
      const value = values[linkId];
      if (value === undefined && below.length === 0) return [];
      return [{ linkId, ...(value !== undefined && { answer: [{ valueInteger: value }] }), ...(below.length > 0 && { item: below }) }];
    });
  return { ...response, item: of(containedQuestionnaire(response).item) };
}

describe('a rule-based adaptive questionnaire', () => {
  test('is known by its extension, true or an address', () => {
    expect(isAdaptive(compilePlan(form))).toBe(true);
    expect(isAdaptive(compilePlan({ ...form, extension: [ext('questionnaireAdaptive', { valueUrl: 'http://x' })] }))).toBe(true);
    expect(isAdaptive(compilePlan({ ...form, extension: [] }))).toBe(false);
  });

  test('begins with the first question, and what is shown before it', () => expect(askedIn(next(begun))).toEqual(['hello', 'a']));

  test('follows the answers, question by question, groups around them', () => {
    const second = next(answered(next(begun), { a: 3 }));
    expect(askedIn(second)).toEqual(['hello', 'a', 'g', 'b']);
    const third = next(answered(second, { a: 3, b: 5 }));
    expect(askedIn(third)).toEqual(['hello', 'a', 'g', 'b', 'c']);
    expect(askedIn(next(answered(third, { a: 3, b: 5, c: 1 })))).toEqual(['hello', 'a', 'g', 'b', 'c', 'd']);
  });

  test('leaves out what is not enabled', () => expect(askedIn(next(answered(next(begun), { a: 1 })))).toEqual(['hello', 'a', 'd']));

  test('what is shown stands by itself: it compiles, and fits its answers', () => {
    const second = next(answered(next(begun), { a: 3 }));
    const plan = compilePlan(containedQuestionnaire(second));
    expect(checkResponse(plan, { ...second, questionnaire: '#q' }).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('ends completed, with what is calculated', () => {
    const last = next(answered(next(answered(next(begun), { a: 1 })), { a: 1, d: 4 }));
    expect(last.status).toBe('completed');
    expect(askedIn(last)).toEqual(['hello', 'a', 'd', 'sum']);
    expect(given(last.item)).toEqual([
      ['a', 1],
      ['d', 4],
      ['sum', 5],
    ]);
  });

  test('a question that need not be answered may be passed over', () => {
    const third = next(answered(next(begun), { a: 1 }));
    expect(next(answered(third, { a: 1 })).status).toBe('completed');
  });

  test('one that must be is asked for', () => expect(() => next(next(begun))).toThrow("'a' is required and not answered"));

  test('answers that are not enabled any more go, with their questions', () => {
    const third = next(answered(next(answered(next(begun), { a: 3 })), { a: 3, b: 5 }));
    const changed = next(answered(third, { a: 1, b: 5, c: 1 }));
    expect(askedIn(changed)).toEqual(['hello', 'a', 'd']);
    expect(given(changed.item)).toEqual([['a', 1]]);
  });

  test('a group that repeats is asked as a whole', () => {
    const repeating = questionnaire([{ linkId: 'r', type: 'group', repeats: true, item: [question('x'), question('y', when('x', 1))] }, question('z')], {
      extension: form.extension ?? [],
    });
    const first = next(begun, repeating);
    expect(askedIn(first)).toEqual(['r', 'x', 'y']);
    const twice = { ...first, item: [1, 2].map((value) => ({ linkId: 'r', item: [{ linkId: 'x', answer: [{ valueInteger: value }] }] })) };
    const second = next(twice, repeating);
    expect(askedIn(second)).toEqual(['r', 'x', 'y', 'z']);
    expect(second.item).toHaveLength(2);
  });
});
