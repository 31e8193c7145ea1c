/** Every expression of SDC, in a small case of its own. https://hl7.org/fhir/uv/sdc/expressions.html */
import { describe, expect, test } from '@jest/globals';
import type { Coding, Extension, QuestionnaireItem } from 'fhir/r4';
import { plainValue } from '../../src/fhir/fhirpath.ts';
import { checkResponse } from '../../src/questionnaire/check.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { createEvaluator, type World } from '../../src/questionnaire/evaluate.ts';
import { NO_TERMS, type Terms } from '../../src/questionnaire/terms.ts';
import { copyItems, walk } from '../../src/questionnaire/walk.ts';
import { answer, answerTo, CORE, cqf, form, issues, launchContext, NOW, response, SDC, sdc, stateFor, stateOf, variable } from './fixture.ts';

const integer = (linkId: string, ...extension: Extension[]): QuestionnaireItem => ({ linkId, type: 'integer', extension });
const text = (linkId: string, ...extension: Extension[]): QuestionnaireItem => ({ linkId, type: 'string', extension });
const calculated = (linkId: string, expression: string, ...more: Extension[]): QuestionnaireItem =>
  integer(linkId, sdc('calculatedExpression', expression), ...more);
const valuesOf = (state: ReturnType<typeof stateFor>, linkId: string): unknown => stateOf(state, `${linkId}[0]`).answers.map(({ value }) => value?.raw);

/** What an expression yields at the first item of a form, `x`, answered with 7. */
function yields(expression: string, more: QuestionnaireItem[] = [], world: World = NOW, extension: Extension[] = []): unknown[] {
  const questionnaire = { ...form({ linkId: 'x', text: 'The x', type: 'integer', extension: [sdc('initialExpression', expression)] }, ...more), extension };
  const plan = compilePlan(questionnaire);
  const copy = copyItems(response([answer('x', { valueInteger: 7 }), answer('y', { valueDecimal: 1.5 }, { valueDecimal: 2.5 })]));
  const walked = walk(plan, copy);
  const [found] = walked.all;
  const own = plan.byLinkId.get('x')?.expressions.initialExpression;
  if (found === undefined || own === undefined) throw new Error('the form has an x');
  const { values, fault } = createEvaluator(plan, copy, world).at(own, found);
  return fault === undefined ? values.map(plainValue) : [`fault: ${fault}`];
}

describe('what an expression sees', () => {
  const y: QuestionnaireItem = { linkId: 'y', type: 'decimal', repeats: true };
  test.each<[string, unknown[]]>([
    ["%resource.item.where(linkId='x').answer.value", [7]],
    ['%resource.status', ['completed']],
    ['%context.answer.value', [7]],
    ['answer.value', [7]],
    ['%questionnaire.url', ['http://example.org/q']],
    ['%qitem.text', ['The x']],
    ["%questionnaire.item.where(linkId='y').type", ['decimal']],
    ["%resource.item.where(linkId='y').answer.value.sum()", [4]],
    ["%resource.item.where(linkId='y').answer.value.avg()", [2]],
    ["%resource.item.where(linkId='y').answer.value.min()", [1.5]],
    ["%resource.item.where(linkId='y').answer.value.max()", [2.5]],
    ["%resource.repeat(item).where(linkId='y').answer.count()", [2]],
    ["%resource.descendants().where(linkId='y').answer.count()", [2]],
    ["%resource.item.where(linkId in ('x' | 'y')).answer.count()", [3]],
    ['%resource.answers().count()', [3]],
    ['today()', ['2026-11-22']],
    ["'aab'.matches('^a+b$')", [true]],
    ['%ucum', ['http://unitsofmeasure.org']],
  ])('%s', (expression, expected) => expect(yields(expression, [y])).toEqual(expected));

  test('today() is the day in the time zone of the form', () => {
    const world = { ...NOW, now: new Date('2026-11-22T20:00:00Z'), timeZone: 'Asia/Shanghai' };
    expect(yields('today()', [], world)).toEqual(['2026-11-23']);
  });

  test('a launch context', () => {
    const world: World = { ...NOW, launch: new Map([['patient', [{ resourceType: 'Patient', id: '7', birthDate: '1970-01-01' }]]]) };
    expect(yields('%patient.birthDate', [], world, [launchContext('patient')])).toEqual(['1970-01-01']);
  });

  test('a pattern that would explode elsewhere takes no time', () => {
    const before = performance.now();
    expect(yields(`'${'a'.repeat(5000)}!'.matches('^(a+)+$')`)).toEqual([false]);
    expect(performance.now() - before).toBeLessThan(1000);
  });

  test('an expression that multiplies without end is stopped', () => {
    const many: QuestionnaireItem = { linkId: 'many', type: 'integer', repeats: true };
    const plan = compilePlan(
      form(many, { ...integer('x', sdc('initialExpression', '%resource.item.answer.select(%resource.item.answer.select(%resource.item.answer))')) }),
    );
    const copy = copyItems(response([answer('many', ...Array.from({ length: 300 }, (_, valueInteger) => ({ valueInteger })))]));
    const own = plan.byLinkId.get('x')?.expressions.initialExpression;
    if (own === undefined) throw new Error('the form has an x');
    expect(createEvaluator(plan, copy, NOW).at(own, walk(plan, copy).root).fault).toMatch(/more steps than an expression may/);
  });
});

describe('variables', () => {
  test('of the questionnaire, of a group and of the item, each hiding one from further out', () => {
    const group: QuestionnaireItem = {
      linkId: 'g',
      type: 'group',
      extension: [variable('v', '2'), variable('w', '%v + 10')],
      item: [calculated('inner', '%v + %w'), calculated('own', '%v', variable('v', '3'))],
    };
    const state = stateFor({ ...form(calculated('outer', '%v'), group), extension: [variable('v', '1')] }, []);
    expect([valuesOf(state, 'outer'), stateOf(state, 'g[0]/inner[0]').calculated?.[0]?.raw, stateOf(state, 'g[0]/own[0]').calculated?.[0]?.raw]).toEqual([
      [1],
      14,
      3,
    ]);
  });

  test('that use one of the same name from further out', () => {
    const state = stateFor({ ...form(calculated('x', '%v', variable('v', '%v + 1'))), extension: [variable('v', '1')] }, []);
    expect(valuesOf(state, 'x')).toEqual([2]);
  });

  test('of a repeating group have a value in each of its occurrences', () => {
    const group: QuestionnaireItem = {
      linkId: 'g',
      type: 'group',
      repeats: true,
      extension: [variable('here', "%context.item.where(linkId='n').answer.value")],
      item: [integer('n'), calculated('double', '%here * 2')],
    };
    const given = [2, 5].map((valueInteger) => ({ linkId: 'g', item: [answer('n', { valueInteger })] }));
    const state = stateFor(form(group), given);
    expect([0, 1].map((n) => stateOf(state, `g[${n}]/double[0]`).calculated?.[0]?.raw)).toEqual([4, 10]);
  });

  test('that are defined by each other are a fault, not an endless loop', () => {
    const state = stateFor({ ...form(calculated('x', '%a')), extension: [variable('a', '%b'), variable('b', '%a')] }, []);
    expect(valuesOf(state, 'x')).toEqual([]);
  });
});

describe('enableWhenExpression', () => {
  const why: QuestionnaireItem = { ...text('why', sdc('enableWhenExpression', `${answerTo('n')} > 3`)), required: true };
  const given = (n: number, ...more: Parameters<typeof issues>[1]): string[] => issues(form(integer('n'), why), [answer('n', { valueInteger: n }), ...more]);

  test('required where it holds', () => expect(given(4)).toEqual(['error required QR']));
  test('not asked where it does not', () => expect(given(3)).toEqual([]));
  test('an answer where it does not hold', () => expect(given(3, answer('why', { valueString: 'x' }))).toEqual(['error business-rule QR.item[1]']));
  test('an answer where it holds', () => expect(given(4, answer('why', { valueString: 'x' }))).toEqual([]));
  test('sees no answer to a question that is itself not enabled', () => {
    const chain = form(integer('n'), text('a', sdc('enableWhenExpression', `${answerTo('n')} > 3`)), {
      ...text('b', sdc('enableWhenExpression', `${answerTo('a')}.exists()`)),
      required: true,
    });
    const answers = [answer('n', { valueInteger: 1 }), answer('a', { valueString: 'left over' })];
    expect(issues(chain, answers)).toEqual(['error business-rule QR.item[1]']);
    expect(issues(chain, [answer('n', { valueInteger: 5 }), answer('a', { valueString: 'x' })])).toEqual(['error required QR']);
  });
  test('uses variables', () => {
    const item: QuestionnaireItem = { ...text('why', variable('limit', '3'), sdc('enableWhenExpression', `${answerTo('n')} > %limit`)), required: true };
    expect(issues(form(integer('n'), item), [answer('n', { valueInteger: 4 })])).toEqual(['error required QR']);
  });
  test('that fails asks the question, and says so', () => {
    const broken: QuestionnaireItem = { ...text('why', sdc('enableWhenExpression', "('a' | 'b').single() = 'a'")), required: true };
    expect(issues(form(broken), [])).toEqual(['warning required QR', 'warning processing QR']);
  });
  test('both conditions must hold where enableWhen stands beside it', () => {
    const both: QuestionnaireItem = { ...why, enableWhen: [{ question: 'n', operator: '<', answerInteger: 10 }] };
    const required = (n: number): string[] => issues(form(integer('n'), both), [answer('n', { valueInteger: n })]);
    expect([required(2), required(5), required(11)]).toEqual([[], ['error required QR'], []]);
  });
});

describe('calculatedExpression', () => {
  const questionnaire = form(
    integer('a'),
    integer('b'),
    calculated('sum', `${answerTo('a')} + ${answerTo('b')}`),
    calculated('twice', `${answerTo('sum')} * 2`),
  );
  const given = [answer('a', { valueInteger: 1 }), answer('b', { valueInteger: 2 })];

  test('is filled in, one after what it depends on', () => {
    const state = stateFor(questionnaire, given);
    expect([valuesOf(state, 'sum'), valuesOf(state, 'twice')]).toEqual([[3], [6]]);
    expect(state.response.item?.map(({ linkId }) => linkId)).toEqual(['a', 'b', 'sum', 'twice']);
  });
  test('leaves nothing behind where it yields nothing', () => expect(stateFor(questionnaire, [given[0] ?? answer('a')]).response.item?.length).toBe(1));
  test("keeps a person's own answer, and goes on from it", () => {
    const state = stateFor(questionnaire, [...given, answer('sum', { valueInteger: 10 })]);
    expect(stateOf(state, 'sum[0]')).toMatchObject({ overridden: true, calculated: [{ raw: 3 }], answers: [{ value: { raw: 10 } }] });
    expect(valuesOf(state, 'twice')).toEqual([20]);
  });
  test('a read-only answer is always as calculated', () => {
    const readOnly = form(integer('a'), { ...calculated('copy', answerTo('a')), readOnly: true });
    const state = stateFor(readOnly, [answer('a', { valueInteger: 1 }), answer('copy', { valueInteger: 9 })]);
    expect(stateOf(state, 'copy[0]')).toMatchObject({ overridden: false, answers: [{ value: { raw: 1 } }] });
  });
  test('another answer in a finished response is kept, and told', () => {
    expect(issues(questionnaire, [...given, answer('sum', { valueInteger: 10 })])).toEqual(['information informational QR.item[2]']);
  });
  test('another read-only answer in a finished response is doubtful', () => {
    const readOnly = form(integer('a'), { ...calculated('copy', answerTo('a')), readOnly: true });
    expect(issues(readOnly, [answer('a', { valueInteger: 1 }), answer('copy', { valueInteger: 9 })])).toEqual(['warning informational QR.item[1]']);
  });
  test('a difference in the last digit is none', () => {
    const thirds = form({ linkId: 'a', type: 'decimal' }, { linkId: 'c', type: 'decimal', extension: [sdc('calculatedExpression', `${answerTo('a')} * 3`)] });
    expect(issues(thirds, [answer('a', { valueDecimal: 0.1 }), answer('c', { valueDecimal: 0.3 })])).toEqual([]);
  });
  test('decides whether another item is enabled', () => {
    const asked: QuestionnaireItem = { ...text('why'), required: true, enableWhen: [{ question: 'sum', operator: '>', answerInteger: 2 }] };
    const state = stateFor({ ...questionnaire, item: [...(questionnaire.item ?? []), asked] }, given);
    expect(stateOf(state, 'why[0]')).toMatchObject({ enabled: true, messages: [{ code: 'required' }] });
  });
  test('is not made for an item that is not enabled', () => {
    const off = form(integer('a'), { ...calculated('copy', answerTo('a')), enableWhen: [{ question: 'a', operator: '>', answerInteger: 5 }] });
    expect(stateFor(off, [answer('a', { valueInteger: 1 })]).response.item?.length).toBe(1);
  });
  test('into a quantity has the unit of the question', () => {
    const unit: Extension = { url: `${CORE}questionnaire-unit`, valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg', display: 'kg' } };
    const weight: QuestionnaireItem = { linkId: 'w', type: 'quantity', extension: [sdc('calculatedExpression', '70.5'), unit] };
    expect(valuesOf(stateFor(form(weight), []), 'w')).toEqual([{ value: 70.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' }]);
  });
  test('in groups that are not in the response yet', () => {
    const nested = form({ linkId: 'g', type: 'group', item: [calculated('x', '1 + 1')] });
    expect(stateFor(nested, []).response.item).toEqual([{ linkId: 'g', item: [{ linkId: 'x', answer: [{ valueInteger: 2 }] }] }]);
  });
});

describe('weight() and ordinal()', () => {
  const coding = (code: string): Coding => ({ system: 's', code });
  const weighted = (weight: Extension[], onCoding: Extension[] = []): QuestionnaireItem => ({
    linkId: 'c',
    type: 'choice',
    answerOption: [{ extension: weight, valueCoding: { ...coding('a'), ...(onCoding.length > 0 && { extension: onCoding }) } }],
  });
  const scored = (item: QuestionnaireItem, call: string, terms: Terms = NO_TERMS, valueCoding: Coding = coding('a')): unknown =>
    valuesOf(stateFor(form(item, calculated('score', `${answerTo('c')}.${call}`)), [answer('c', { valueCoding })], NOW, terms), 'score');
  const item = (url: string, valueDecimal: number): Extension[] => [{ url: `${CORE}${url}`, valueDecimal }];

  test.each([
    ['itemWeight on the option', weighted(item('itemWeight', 3)), 'weight()', 3],
    ['ordinalValue on the option', weighted(item('ordinalValue', 4)), 'ordinal()', 4],
    ['itemWeight on the coding of the option', weighted([], item('itemWeight', 5)), 'weight()', 5],
    ['0 on the option', weighted(item('itemWeight', 0)), 'weight()', 0],
  ])('%s', (_, question, call, expected) => expect(scored(question, call)).toEqual([expected]));

  test('on the answer itself goes first', () => {
    const own = { ...coding('a'), extension: item('itemWeight', 9) };
    expect(scored(weighted(item('itemWeight', 3)), 'weight()', NO_TERMS, own)).toEqual([9]);
  });
  test('of the answer as well as of its value', () => {
    const state = stateFor(form(weighted(item('itemWeight', 3)), calculated('score', "%resource.item.where(linkId='c').answer.weight()")), [
      answer('c', { valueCoding: coding('a') }),
    ]);
    expect(valuesOf(state, 'score')).toEqual([3]);
  });
  test('by the value set', () => {
    const terms: Terms = { ...NO_TERMS, list: () => [{ system: 's', code: 'a', display: undefined, weight: 6 }] };
    expect(scored({ linkId: 'c', type: 'choice', answerValueSet: 'http://example.org/vs' }, 'weight()', terms)).toEqual([6]);
  });
  test('by the code system', () => {
    const terms: Terms = { ...NO_TERMS, weight: ({ code }) => (code === 'a' ? 7 : undefined) };
    expect(scored({ linkId: 'c', type: 'choice' }, 'weight()', terms)).toEqual([7]);
  });
  test('an answer without weight gives no score, and the reason', () => {
    const plan = compilePlan(form(weighted([]), calculated('score', `${answerTo('c')}.weight()`)));
    const [issue] = checkResponse(plan, response([answer('c', { valueCoding: coding('a') }), answer('score', { valueInteger: 1 })]), NOW);
    expect(issue).toMatchObject({ severity: 'warning', code: 'processing', text: expect.stringContaining("the answer s|a to 'c' has no weight") });
  });
});

describe('answerExpression', () => {
  const codes = (...list: string[]): QuestionnaireItem => ({
    linkId: 'all',
    type: 'choice',
    repeats: true,
    answerOption: list.map((code) => ({ valueCoding: { system: 's', code } })),
  });
  const main: QuestionnaireItem = { linkId: 'main', type: 'choice', extension: [sdc('answerExpression', answerTo('all'))] };
  const given = [answer('all', { valueCoding: { system: 's', code: 'a' } }, { valueCoding: { system: 's', code: 'b' } })];

  test('offers what it yields', () => {
    const state = stateFor(form(codes('a', 'b', 'c'), main), given);
    expect(stateOf(state, 'main[0]').options?.map(({ key }) => key)).toEqual(['s|a', 's|b']);
  });
  test('an answer among them, and another', () => {
    const chosen = (code: string): string[] => issues(form(codes('a', 'b', 'c'), main), [...given, answer('main', { valueCoding: { system: 's', code } })]);
    expect([chosen('b'), chosen('c')]).toEqual([[], ['error code-invalid QR.item[1].answer[0].value']]);
  });
  test.each<[QuestionnaireItem['type'], object, object, object]>([
    ['string', { valueString: 'Ann' }, { valueString: 'Bo' }, { valueString: 'Cy' }],
    ['integer', { valueInteger: 3 }, { valueInteger: 4 }, { valueInteger: 5 }],
    ['date', { valueDate: '2020-01-01' }, { valueDate: '2021-01-01' }, { valueDate: '2022-01-01' }],
  ])('a choice among answers of type %s', (type, first, second, other) => {
    const questionnaire = form({ linkId: 'all', type, repeats: true }, main);
    const chosen = (value: object): string[] => issues(questionnaire, [answer('all', first, second), answer('main', value)]);
    expect([chosen(second), chosen(other)]).toEqual([[], ['error code-invalid QR.item[1].answer[0].value']]);
  });
  test('resources that a search finds become references', () => {
    const who: QuestionnaireItem = {
      linkId: 'who',
      type: 'reference',
      extension: [sdc('answerExpression', 'Practitioner?active=true', 'application/x-fhir-query')],
    };
    const bundle = { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Practitioner', id: '3' } }] };
    const world: World = { ...NOW, answers: (query) => (query === 'Practitioner?active=true' ? [bundle] : undefined) };
    expect(stateOf(stateFor(form(who), [], world), 'who[0]').options?.map(({ value }) => value.raw)).toEqual([{ reference: 'Practitioner/3' }]);
    const asked = stateFor(form(who), []);
    expect([...asked.openQueries]).toEqual(['Practitioner?active=true']);
    expect(issues(form(who), [answer('who', { valueReference: { reference: 'Practitioner/3' } })])).toEqual([
      'warning code-invalid QR.item[0].answer[0].value',
    ]);
    expect(issues(form(who), [answer('who', { valueReference: { reference: 'Practitioner/4' } })], { world })).toEqual([
      'error code-invalid QR.item[0].answer[0].value',
    ]);
  });
});

describe('answerOptionsToggleExpression', () => {
  const toggle = (code: string, expression: string): Extension => ({
    url: `${SDC}answerOptionsToggleExpression`,
    extension: [
      { url: 'option', valueCoding: { system: 's', code } },
      { url: 'expression', valueExpression: { language: 'text/fhirpath', expression } },
    ],
  });
  const question = (...extension: Extension[]): QuestionnaireItem => ({
    linkId: 'c',
    type: 'choice',
    extension,
    answerOption: ['a', 'b'].map((code) => ({ valueCoding: { system: 's', code } })),
  });
  const offered = (n: number, ...extension: Extension[]): unknown =>
    stateOf(stateFor(form(integer('n'), question(...extension)), [answer('n', { valueInteger: n })]), 'c[0]').options?.map(({ key }) => key);

  test('an option is offered only while it holds; the others always', () => {
    const when = toggle('b', `${answerTo('n')} > 3`);
    expect([offered(1, when), offered(4, when)]).toEqual([['s|a'], ['s|a', 's|b']]);
  });
  test('an option under two of them is offered while one holds', () => {
    expect(offered(1, toggle('b', 'false'), toggle('b', 'true'))).toEqual(['s|a', 's|b']);
  });
  test('codes of a value set are switched too; those it does not name are as the set says', () => {
    const codes = ['a', 'b'].map((code) => ({ system: 's', code, display: code, weight: undefined }));
    const terms: Terms = { ...NO_TERMS, list: () => codes, has: (_, { code }) => codes.some((one) => one.code === code) };
    const item: QuestionnaireItem = { linkId: 'c', type: 'choice', answerValueSet: 'http://vs', extension: [toggle('b', `${answerTo('n')} > 3`)] };
    const questionnaire = form(integer('n'), item);
    const chosen = (n: number, code: string): number =>
      issues(questionnaire, [answer('n', { valueInteger: n }), answer('c', { valueCoding: { system: 's', code } })], { terms }).length;
    expect([chosen(1, 'a'), chosen(1, 'b'), chosen(4, 'b'), chosen(4, 'z')]).toEqual([0, 1, 0, 1]);
    const shown = (n: number): unknown =>
      stateOf(stateFor(questionnaire, [answer('n', { valueInteger: n })], NOW, terms), 'c[0]').options?.map(({ key }) => key);
    expect([shown(1), shown(4)]).toEqual([['s|a'], ['s|a', 's|b']]);
  });
  test('an option that is not offered cannot be the answer', () => {
    const questionnaire = form(integer('n'), question(toggle('b', `${answerTo('n')} > 3`)));
    const chosen = (n: number): string[] => issues(questionnaire, [answer('n', { valueInteger: n }), answer('c', { valueCoding: { system: 's', code: 'b' } })]);
    expect([chosen(1), chosen(4)]).toEqual([['error code-invalid QR.item[1].answer[0].value'], []]);
  });
});

describe('cqf-expression', () => {
  test('on the text', () => {
    const hello: QuestionnaireItem = { linkId: 'n', type: 'integer', text: 'How many?', _text: cqf(`'How many of ' + ${answerTo('m')}.toString() + '?'`) };
    const questionnaire = form(integer('m'), hello);
    const given = [answer('m', { valueInteger: 3 })];
    expect(stateOf(stateFor(questionnaire, given), 'n[0]').inForce.text).toBe('How many of 3?');
    const worded = (words: string): string[] => issues(questionnaire, [...given, { linkId: 'n', text: words, answer: [{ valueInteger: 1 }] }]);
    expect([worded('How many of 3?'), worded('How many?'), worded('Who?')]).toEqual([[], [], ['warning invariant QR.item[1].text']]);
  });

  const limit = (url: string, element: string, expression: string): Extension => ({ url, [element]: cqf(expression) });
  const max = answerTo('m');
  test.each<[string, QuestionnaireItem, object[], object[]]>([
    ['maxValue', integer('n', limit(`${CORE}maxValue`, '_valueInteger', max)), [{ valueInteger: 3 }], [{ valueInteger: 4 }]],
    ['minValue', integer('n', limit(`${CORE}minValue`, '_valueInteger', max)), [{ valueInteger: 3 }], [{ valueInteger: 2 }]],
    [
      'maxValue of a date',
      { linkId: 'n', type: 'date', extension: [limit(`${CORE}maxValue`, '_valueDate', 'today()')] },
      [{ valueDate: '2026-11-22' }],
      [{ valueDate: '2026-11-23' }],
    ],
    ['minLength', text('n', limit(`${CORE}minLength`, '_valueInteger', max)), [{ valueString: 'abc' }], [{ valueString: 'ab' }]],
    ['maxLength', { linkId: 'n', type: 'string', _maxLength: cqf(max) } as QuestionnaireItem, [{ valueString: 'abc' }], [{ valueString: 'abcd' }]],
    [
      'maxDecimalPlaces',
      { linkId: 'n', type: 'decimal', extension: [limit(`${CORE}maxDecimalPlaces`, '_valueInteger', '1')] },
      [{ valueDecimal: 0.1 }],
      [{ valueDecimal: 0.12 }],
    ],
    [
      'maxOccurs',
      { ...integer('n', limit(`${CORE}questionnaire-maxOccurs`, '_valueInteger', max)), repeats: true },
      [1, 2, 3].map((valueInteger) => ({ valueInteger })),
      [1, 2, 3, 4].map((valueInteger) => ({ valueInteger })),
    ],
    [
      'minOccurs',
      { ...integer('n', limit(`${CORE}questionnaire-minOccurs`, '_valueInteger', '2')), repeats: true, required: true },
      [{ valueInteger: 1 }, { valueInteger: 2 }],
      [{ valueInteger: 1 }],
    ],
  ])('on %s', (_, item, right, wrong) => {
    const given = (answers: object[]): string[] => issues(form(integer('m'), item), [answer('m', { valueInteger: 3 }), answer('n', ...answers)]);
    expect(given(right)).toEqual([]);
    expect(given(wrong)).toEqual([expect.stringMatching(/^error (value|invariant|required) QR\.item\[1\]/)]);
  });

  test('on required', () => {
    const item = { linkId: 'n', type: 'integer', _required: cqf(`${answerTo('m')} > 2`) } as QuestionnaireItem;
    const given = (m: number): string[] => issues(form(integer('m'), item), [answer('m', { valueInteger: m })]);
    expect([given(2), given(3)]).toEqual([[], ['error required QR']]);
  });
  test('on readOnly', () => {
    const item = { ...calculated('n', answerTo('m')), _readOnly: cqf('true') } as QuestionnaireItem;
    expect(stateOf(stateFor(form(integer('m'), item), []), 'n[0]').inForce.readOnly).toBe(true);
  });
  test('in the older spelling, cqf-calculatedValue', () => {
    const older: Extension = {
      url: `${CORE}maxValue`,
      _valueInteger: { extension: [{ url: `${CORE}cqf-calculatedValue`, valueExpression: { language: 'text/fhirpath', expression: '2' } }] },
    };
    expect(issues(form(integer('n', older)), [answer('n', { valueInteger: 3 })])).toEqual(['error value QR.item[0].answer[0].value']);
  });
});

describe('constraints', () => {
  const parts = (expression: Extension, severity = 'error'): Extension[] => [
    { url: 'key', valueId: 'c-1' },
    { url: 'severity', valueCode: severity },
    { url: 'human', valueString: 'a is less than b' },
    expression,
  ];
  const older = (expression: string, severity?: string): Extension => ({
    url: `${CORE}questionnaire-constraint`,
    extension: parts({ url: 'expression', valueString: expression }, severity),
  });
  const newer = (expression: string, severity?: string): Extension => ({
    url: `${CORE}targetConstraint`,
    extension: parts({ url: 'expression', valueExpression: { language: 'text/fhirpath', expression } }, severity),
  });
  const less = `${answerTo('a')} < ${answerTo('b')}`;
  const given = (a: number, b?: number) => [answer('a', { valueInteger: a }), ...(b === undefined ? [] : [answer('b', { valueInteger: b })])];
  const check = (extension: Extension, a: number, b?: number): string[] => issues({ ...form(integer('a'), integer('b')), extension: [extension] }, given(a, b));

  test.each([
    ['questionnaire-constraint', older],
    ['targetConstraint', newer],
  ])('%s of the questionnaire', (_, make) => {
    expect(check(make(less), 1, 2)).toEqual([]);
    expect(check(make(less), 2, 1)).toEqual(['error invariant QR']);
    expect(check(make(less, 'warning'), 2, 1)).toEqual(['warning invariant QR']);
  });
  test('nothing is broken by what is not answered', () => expect(check(newer(less), 2)).toEqual([]));
  test('of an item, about its own answer', () => {
    const item = integer('a', newer('answer.value < 5'));
    expect(issues(form(item), [answer('a', { valueInteger: 5 })])).toEqual(['error invariant QR.item[0]']);
    expect(issues(form(item), [answer('a', { valueInteger: 4 })])).toEqual([]);
  });
  test('of each occurrence of a group', () => {
    const group: QuestionnaireItem = {
      linkId: 'g',
      type: 'group',
      repeats: true,
      extension: [newer("item.where(linkId='n').answer.value < 5")],
      item: [integer('n')],
    };
    const answers = [1, 9].map((valueInteger) => ({ linkId: 'g', item: [answer('n', { valueInteger })] }));
    expect(issues(form(group), answers)).toEqual(['error invariant QR.item[1]']);
  });
  test('is not asked of what is not enabled', () => {
    const group: QuestionnaireItem = {
      linkId: 'g',
      type: 'group',
      extension: [newer('false')],
      enableWhen: [{ question: 'a', operator: '>', answerInteger: 5 }],
      item: [integer('n')],
    };
    expect(issues(form(integer('a'), group), [answer('a', { valueInteger: 1 }), { linkId: 'g' }])).toEqual([]);
  });
});

describe('x-fhir-query', () => {
  const query = (text: string) => variable('found', text, 'application/x-fhir-query');
  const count = calculated('count', '%found.entry.count()');
  const patient: World = { ...NOW, launch: new Map([['patient', [{ resourceType: 'Patient', id: 'a b' }]]]) };
  const questionnaire = { ...form(count), extension: [launchContext('patient'), query('Observation?patient={{%patient.id}}&code=1,2')] };

  test('is asked of the caller, with its expressions filled in and encoded', () => {
    expect([...stateFor(questionnaire, [], patient).openQueries]).toEqual(['Observation?patient=a%20b&code=1,2']);
  });
  test('its answer is a Bundle', () => {
    const world: World = { ...patient, answers: () => [{ resourceType: 'Bundle', entry: [{}, {}] }] };
    expect(valuesOf(stateFor(questionnaire, [], world), 'count')).toEqual([2]);
  });
  test('with nothing to fill in asks for nothing', () => {
    expect([...stateFor(questionnaire, []).openQueries]).toEqual([]);
    const known: World = { ...NOW, launch: new Map([['patient', []]]) };
    expect([...stateFor(questionnaire, [], known).openQueries]).toEqual([]);
  });
  test('that is not answered leaves what depends on it open, not wrong', () => {
    const asked: QuestionnaireItem = { ...text('why', sdc('enableWhenExpression', '%found.entry.exists()')), required: true };
    expect(issues({ ...questionnaire, item: [asked] }, [], { world: patient })).toEqual(['warning required QR']);
  });
});

describe('what is only offered is not evaluated by checks', () => {
  test.each(['initialExpression', 'candidateExpression', 'contextExpression', 'itemPopulationContext'])('%s', (name) => {
    const plan = compilePlan(form(text('a', sdc(name, "('a'|'b').single()"))));
    expect(plan.isLive).toBe(false);
    expect(plan.byLinkId.get('a')?.expressions).toHaveProperty(name);
  });
});
