/** How a form stands: what a page shows, without deciding anything itself. */
import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireItem, QuestionnaireResponseItem } from 'fhir/r4';
import { FhirError } from '../../src/fhir/outcome.ts';
import { NO_TERMS, type Terms } from '../../src/questionnaire/terms.ts';
import { allStates, answer, answerTo, CORE, form, sdc, stateFor, stateOf } from './fixture.ts';

const integer = (linkId: string, more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({ linkId, type: 'integer', ...more });
const group = (linkId: string, item: QuestionnaireItem[], more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({
  linkId,
  type: 'group',
  item,
  ...more,
});

describe('places', () => {
  /** Three levels of repeating groups. */
  const nested = form(
    group(
      'ward',
      [
        group(
          'bed',
          [
            group('visit', [integer('pain', { required: true }), integer('twice', { extension: [sdc('calculatedExpression', '%context.answer.value | 1')] })], {
              repeats: true,
            }),
          ],
          { repeats: true },
        ),
      ],
      { repeats: true },
    ),
  );
  const visit = (...pains: number[]): QuestionnaireResponseItem[] =>
    pains.map((valueInteger) => ({ linkId: 'visit', item: [answer('pain', { valueInteger })] }));
  const given: QuestionnaireResponseItem[] = [
    {
      linkId: 'ward',
      item: [
        { linkId: 'bed', item: visit(1, 2) },
        { linkId: 'bed', item: [{ linkId: 'visit', item: [] as never[] }] },
      ],
    },
    { linkId: 'ward', item: [{ linkId: 'bed', item: visit(3) }] },
  ];
  const state = stateFor(nested, given);
  const keys = allStates(state.items).map(({ key }) => key);

  test('have names that tell them apart', () => {
    expect(keys.filter((key) => key.endsWith('pain[0]'))).toEqual([
      'ward[0]/bed[0]/visit[0]/pain[0]',
      'ward[0]/bed[0]/visit[1]/pain[0]',
      'ward[0]/bed[1]/visit[0]/pain[0]',
      'ward[1]/bed[0]/visit[0]/pain[0]',
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });
  test('say where they stand in the response that was given, though answers were added to it', () => {
    expect(stateOf(state, 'ward[1]/bed[0]/visit[0]/pain[0]').place).toBe('QuestionnaireResponse.item[1].item[0].item[0].item[0]');
    expect(stateOf(state, 'ward[0]/bed[1]/visit[0]/pain[0]').place).toBeUndefined();
  });
  test('have the messages that are about them', () => {
    const troubled = allStates(state.items).filter(({ messages }) => messages.length > 0);
    expect(troubled.map(({ key, messages }) => [key, messages.map(({ code }) => code)])).toEqual([['ward[0]/bed[1]/visit[0]/pain[0]', ['required']]]);
  });
  test('a group that is not there stands there once, to be begun', () => {
    expect(allStates(stateFor(nested, []).items).map(({ key, place }) => [key, place])).toEqual([
      ['ward[0]', undefined],
      ['ward[0]/bed[0]', undefined],
      ['ward[0]/bed[0]/visit[0]', undefined],
      ['ward[0]/bed[0]/visit[0]/pain[0]', undefined],
      ['ward[0]/bed[0]/visit[0]/twice[0]', undefined],
    ]);
  });
  test('under each answer of a question', () => {
    const question = form(integer('a', { repeats: true, item: [integer('why', { required: true })] }));
    const two = stateFor(question, [answer('a', { valueInteger: 1, item: [answer('why', { valueInteger: 9 })] }, { valueInteger: 2 })]);
    expect(allStates(two.items).map(({ key, messages }) => [key, messages.length])).toEqual([
      ['a[0]', 0],
      ['a[0].0/why[0]', 0],
      ['a[0].1/why[0]', 1],
    ]);
  });
});

describe('what is asked', () => {
  test('is enabled by the answers so far, and what is off is left out of what is sent', () => {
    const questionnaire = form(integer('a'), integer('b', { enableWhen: [{ question: 'a', operator: '>', answerInteger: 3 }] }));
    const off = stateFor(questionnaire, [answer('a', { valueInteger: 1 }), answer('b', { valueInteger: 2 })]);
    expect([stateOf(off, 'b[0]').enabled, off.response.item?.length]).toEqual([false, 1]);
    const on = stateFor(questionnaire, [answer('a', { valueInteger: 4 }), answer('b', { valueInteger: 2 })]);
    expect([stateOf(on, 'b[0]').enabled, on.response.item?.length]).toEqual([true, 2]);
  });
  test('inside a group that is off is off', () => {
    const questionnaire = form(integer('a'), group('g', [integer('b')], { enableWhen: [{ question: 'a', operator: 'exists', answerBoolean: true }] }));
    expect(stateOf(stateFor(questionnaire, []), 'g[0]/b[0]').enabled).toBe(false);
  });
  test('the response that was given is left as it is', () => {
    const given = [answer('a', { valueInteger: 1 }), answer('b', { valueInteger: 2 })];
    const before = JSON.stringify(given);
    stateFor(
      form(
        integer('a'),
        integer('b', { enableWhen: [{ question: 'a', operator: '>', answerInteger: 3 }] }),
        integer('c', { extension: [sdc('calculatedExpression', answerTo('a'))] }),
      ),
      given,
    );
    expect(JSON.stringify(given)).toBe(before);
  });
  test('hidden, required, repeating and limited', () => {
    const item = integer('a', {
      required: true,
      repeats: true,
      extension: [
        { url: `${CORE}questionnaire-hidden`, valueBoolean: true },
        { url: `${CORE}questionnaire-maxOccurs`, valueInteger: 3 },
        { url: `${CORE}maxValue`, valueInteger: 9 },
      ],
    });
    expect(stateOf(stateFor(form(item), []), 'a[0]')).toMatchObject({
      hidden: true,
      inForce: { required: true, repeats: true, minOccurs: 1, maxOccurs: 3, limits: { maxValue: { raw: 9 } } },
    });
  });
});

describe('options', () => {
  const option = (code: string, weight: number, exclusive = false) => ({
    valueCoding: { system: 's', code, display: code.toUpperCase() },
    extension: [
      { url: `${CORE}itemWeight`, valueDecimal: weight },
      ...(exclusive ? [{ url: `${CORE}questionnaire-optionExclusive`, valueBoolean: true }] : []),
    ],
  });
  test('with their weights, which is chosen, and which stands alone', () => {
    const item: QuestionnaireItem = { linkId: 'c', type: 'choice', answerOption: [option('a', 1), option('none', 0, true)] };
    const state = stateFor(form(item), [answer('c', { valueCoding: { system: 's', code: 'a' } })]);
    expect(stateOf(state, 'c[0]').options?.map(({ key, weight, exclusive, chosen }) => [key, weight, exclusive, chosen])).toEqual([
      ['s|a', 1, false, true],
      ['s|none', 0, true, false],
    ]);
  });
  test('of a value set, where it can be listed', () => {
    const terms: Terms = {
      ...NO_TERMS,
      list: (set) => (set === 'http://example.org/short' ? [{ system: 's', code: 'a', display: 'A', weight: undefined }] : undefined),
    };
    const item = (linkId: string, answerValueSet: string): QuestionnaireItem => ({ linkId, type: 'choice', answerValueSet });
    const state = stateFor(form(item('x', 'http://example.org/short'), item('y', 'http://example.org/long')), [], undefined, terms);
    expect([stateOf(state, 'x[0]').options?.map(({ words }) => words), stateOf(state, 'y[0]').options]).toEqual([['s|a "A"'], undefined]);
  });
});

test('a response of a size that no form has is refused', () => {
  const many = Array.from({ length: 6000 }, (_, n) => answer(`q${n}`, { valueInteger: 1 }));
  expect(() => stateFor(form(integer('a')), many)).toThrow(FhirError);
});

test('a thousand questions of which three hundred are calculated take tens of milliseconds', () => {
  const items = Array.from(
    { length: 1000 },
    (_, n): QuestionnaireItem =>
      integer(`q${n}`, n % 3 === 2 ? { extension: [sdc('calculatedExpression', `${answerTo(`q${n - 1}`)} + ${answerTo(`q${n - 2}`)}`)] } : {}),
  );
  const given = items.filter(({ extension }) => extension === undefined).map(({ linkId }) => answer(linkId, { valueInteger: 1 }));
  stateFor(form(...items), given);
  const before = performance.now();
  const state = stateFor(form(...items), given);
  expect(state.response.item).toHaveLength(999 + 1);
  expect(performance.now() - before).toBeLessThan(2000); // generous, for a busy machine; the benchmark measures
});
