/** Every limit that a question can set, at its edge and one beyond. */
import { describe, expect, test } from '@jest/globals';
import type { Extension, QuestionnaireItem, QuestionnaireResponseItemAnswer, ValueSet } from 'fhir/r4';
import { checkResponse } from '../../src/questionnaire/check.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { NO_TERMS, type Terms } from '../../src/questionnaire/terms.ts';
import { answer, CORE, form, issues, response, SDC } from './fixture.ts';

type Answer = QuestionnaireResponseItemAnswer;

const item = (type: QuestionnaireItem['type'], ...extension: Extension[]): QuestionnaireItem => ({ linkId: 'x', type, extension });
const core = (name: string, value: object): Extension => ({ url: `${CORE}${name}`, ...value });
const own = (name: string, value: object): Extension => ({ url: `${SDC}${name}`, ...value });
const kilo = (value: number): Answer => ({ valueQuantity: { value, system: 'http://unitsofmeasure.org', code: 'kg' } });
const gram = (value: number): Answer => ({ valueQuantity: { value, system: 'http://unitsofmeasure.org', code: 'g' } });
const terms: Terms = { ...NO_TERMS, convert: (value, from, to) => (from === 'g' && to === 'kg' ? value / 1000 : undefined) };
const quantity = (value: number, code: string) => ({ valueQuantity: { value, system: 'http://unitsofmeasure.org', code } });
const bytes = (count: number): string => Buffer.alloc(count).toString('base64');

describe.each<[string, QuestionnaireItem, Answer, Answer]>([
  ['minValue of an integer', item('integer', core('minValue', { valueInteger: 3 })), { valueInteger: 3 }, { valueInteger: 2 }],
  ['maxValue of an integer', item('integer', core('maxValue', { valueInteger: 3 })), { valueInteger: 3 }, { valueInteger: 4 }],
  ['minValue of a decimal', item('decimal', core('minValue', { valueDecimal: 0.5 })), { valueDecimal: 0.5 }, { valueDecimal: 0.4 }],
  ['maxValue of a date', item('date', core('maxValue', { valueDate: '2026-01-31' })), { valueDate: '2026-01-31' }, { valueDate: '2026-02-01' }],
  [
    'minValue of a dateTime',
    item('dateTime', core('minValue', { valueDateTime: '2026-01-01T12:00:00Z' })),
    { valueDateTime: '2026-01-01T13:00:00+01:00' },
    { valueDateTime: '2026-01-01T12:30:00+01:00' },
  ],
  ['maxValue of a time', item('time', core('maxValue', { valueTime: '12:00:00' })), { valueTime: '12:00:00' }, { valueTime: '12:00:01' }],
  ['minQuantity in another unit', item('quantity', own('minQuantity', quantity(2, 'kg'))), gram(2000), gram(1999)],
  ['maxQuantity in the same unit', item('quantity', own('maxQuantity', quantity(2, 'kg'))), kilo(2), kilo(2.1)],
  ['minLength', item('string', core('minLength', { valueInteger: 2 })), { valueString: '\u{1F600}\u{1F600}' }, { valueString: '\u{1F600}' }],
  ['maxLength', { ...item('text'), maxLength: 3 }, { valueString: 'abc' }, { valueString: 'abcd' }],
  ['maxLength of a url', { ...item('url'), maxLength: 5 }, { valueUri: 'a:b:c' }, { valueUri: 'a:b:cd' }],
  ['maxDecimalPlaces', item('decimal', core('maxDecimalPlaces', { valueInteger: 2 })), { valueDecimal: 1.25 }, { valueDecimal: 1.255 }],
  ['maxDecimalPlaces of a quantity', item('quantity', core('maxDecimalPlaces', { valueInteger: 0 })), kilo(70), kilo(70.5)],
  ['maxDecimalPlaces of a tiny number', item('decimal', core('maxDecimalPlaces', { valueInteger: 6 })), { valueDecimal: 0.000001 }, { valueDecimal: 1e-7 }],
  ['regex', item('string', core('regex', { valueString: '[0-9]{3}' })), { valueString: '123' }, { valueString: '1234' }],
  [
    'maxSize',
    item('attachment', core('maxSize', { valueDecimal: 0.001 })),
    { valueAttachment: { data: bytes(1000) } },
    { valueAttachment: { data: bytes(1001) } },
  ],
  [
    'maxSize of what lies elsewhere',
    item('attachment', core('maxSize', { valueDecimal: 1 })),
    { valueAttachment: { url: 'x', size: 1_000_000 } },
    { valueAttachment: { url: 'x', size: 1_000_001 } },
  ],
  [
    'mimeType',
    item('attachment', core('mimeType', { valueCode: 'image/png' })),
    { valueAttachment: { contentType: 'image/png; q=1', url: 'x' } },
    { valueAttachment: { contentType: 'image/gif', url: 'x' } },
  ],
  [
    'mimeType of a kind',
    item('attachment', core('mimeType', { valueCode: 'image/*' })),
    { valueAttachment: { contentType: 'IMAGE/gif', url: 'x' } },
    { valueAttachment: { url: 'x' } },
  ],
  [
    'referenceResource',
    item('reference', core('questionnaire-referenceResource', { valueCode: 'Patient' })),
    { valueReference: { reference: 'Patient/1' } },
    { valueReference: { reference: 'Group/1' } },
  ],
  [
    'referenceResource of a logical reference',
    item('reference', core('questionnaire-referenceResource', { valueCode: 'Patient' })),
    { valueReference: { type: 'Patient', identifier: { value: '1' } } },
    { valueReference: { type: 'Group', identifier: { value: '1' } } },
  ],
  [
    'referenceProfile of the base',
    item('reference', core('questionnaire-referenceProfile', { valueCanonical: `${CORE}Patient` })),
    { valueReference: { reference: 'Patient/1' } },
    { valueReference: { reference: 'Group/1' } },
  ],
  ['unit', item('quantity', core('questionnaire-unit', { valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg' } })), kilo(1), gram(1)],
  [
    'unitOption',
    item('quantity', ...['kg', 'lb'].map((code) => core('questionnaire-unitOption', { valueCoding: { system: 'http://unitsofmeasure.org', code } }))),
    kilo(1),
    gram(1),
  ],
  [
    'unitOpen for words',
    item('quantity', core('questionnaire-unitOption', { valueCoding: { code: 'kg' } }), own('unitOpen', { valueCode: 'optionsOrString' })),
    { valueQuantity: { value: 1, unit: 'stone' } },
    { valueQuantity: { value: 1, unit: 'stone', code: '[stone_av]' } },
  ],
  [
    'unitOpen for codes',
    item('quantity', core('questionnaire-unitOption', { valueCoding: { code: 'kg' } }), own('unitOpen', { valueCode: 'optionsOrType' })),
    { valueQuantity: { value: 1, code: '[stone_av]' } },
    { valueQuantity: { value: 1, unit: 'stone' } },
  ],
  [
    'unitSupplementalSystem',
    item(
      'quantity',
      core('questionnaire-unitOption', { valueCoding: { code: 'kg' } }),
      own('unitOpen', { valueCode: 'optionsOrType' }),
      own('unitSupplementalSystem', { valueCanonical: 'http://unitsofmeasure.org' }),
    ),
    { valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', code: '[stone_av]' } },
    { valueQuantity: { value: 1, system: 'http://example.org', code: 'stone' } },
  ],
])('%s', (_, question, right, wrong) => {
  test('kept', () => expect(issues(form(question), [answer('x', right)], { terms })).toEqual([]));
  test('not kept', () => expect(issues(form(question), [answer('x', wrong)], { terms })).toEqual(['error value QR.item[0].answer[0].value']));
  test('in a draft only a warning', () =>
    expect(issues(form(question), [answer('x', wrong)], { terms, status: 'in-progress' })).toEqual(['warning value QR.item[0].answer[0].value']));
});

describe('a quantity in a unit that cannot be turned into that of its limit', () => {
  test('is doubted, not refused', () => {
    const question = item('quantity', own('minQuantity', quantity(2, 'kg')));
    expect(issues(form(question), [answer('x', quantity(1, 'm'))], { terms })).toEqual(['warning value QR.item[0].answer[0].value']);
  });
});

describe('enableWhen on a quantity', () => {
  test('turns units into each other', () => {
    const asked: QuestionnaireItem = {
      linkId: 'y',
      type: 'string',
      required: true,
      enableWhen: [{ question: 'x', operator: '>', answerQuantity: { value: 2, system: 'http://unitsofmeasure.org', code: 'kg' } }],
    };
    const given = (one: Answer): string[] => issues(form(item('quantity'), asked), [answer('x', one)], { terms });
    expect([given(gram(1999)), given(gram(2001)), given(kilo(3))]).toEqual([[], ['error required QR'], ['error required QR']]);
  });
});

describe('value sets', () => {
  const chosen = (code: string): Answer => ({ valueCoding: { system: 's', code } });
  const question: QuestionnaireItem = { linkId: 'x', type: 'choice', answerValueSet: 'http://example.org/vs' };
  const known: Terms = { ...NO_TERMS, has: (_, { code }) => code === 'a' };

  test('a code of the set', () => expect(issues(form(question), [answer('x', chosen('a'))], { terms: known })).toEqual([]));
  test('a code that is not in it', () =>
    expect(issues(form(question), [answer('x', chosen('b'))], { terms: known })).toEqual(['error code-invalid QR.item[0].answer[0].value']));
  test('words beside an open set', () =>
    expect(issues(form({ ...question, type: 'open-choice' }), [answer('x', { valueString: 'mine' })], { terms: known })).toEqual([]));
  test('where nobody here can say', () => {
    const [issue] = checkResponse(compilePlan(form(question)), response([answer('x', chosen('a'))]));
    expect(issue).toMatchObject({ severity: 'warning', text: expect.stringContaining('could not be confirmed') });
  });
  test('units of a set', () => {
    const unit = item('quantity', core('questionnaire-unitValueSet', { valueCanonical: 'http://example.org/vs' }));
    const has: Terms = { ...terms, has: (_, { code }) => (code === 'g' ? undefined : code === 'kg') };
    const given = (one: Answer): string[] => issues(form(unit), [answer('x', one)], { terms: has });
    expect([given(kilo(1)), given(quantity(1, 'lb')), given(gram(1))]).toEqual([
      [],
      ['error value QR.item[0].answer[0].value'],
      ['warning code-invalid QR.item[0].answer[0].value'],
    ]);
  });

  const contained = (set: Partial<ValueSet>) => ({
    ...form({ linkId: 'x', type: 'choice', answerValueSet: '#set' }),
    contained: [{ resourceType: 'ValueSet', id: 'set', status: 'active', ...set } as const],
  });
  test('contained, listed code by code', () => {
    const questionnaire = contained({ compose: { include: [{ system: 's', concept: [{ code: 'a' }] }] } });
    expect([issues(questionnaire, [answer('x', chosen('a'))]), issues(questionnaire, [answer('x', chosen('b'))])]).toEqual([
      [],
      ['error code-invalid QR.item[0].answer[0].value'],
    ]);
  });
  test('contained, of a whole system: asked of the terminology', () => {
    const questionnaire = contained({ compose: { include: [{ system: 's' }] } });
    const asked: Terms = { ...NO_TERMS, has: (set, { code }) => typeof set === 'object' && code === 'a' };
    expect([issues(questionnaire, [answer('x', chosen('a'))], { terms: asked }), issues(questionnaire, [answer('x', chosen('b'))], { terms: asked })]).toEqual([
      [],
      ['error code-invalid QR.item[0].answer[0].value'],
    ]);
  });
});

describe('how much is told', () => {
  test('an error is never left out for notices before it', () => {
    const many = Array.from(
      { length: 150 },
      (_, n): QuestionnaireItem => ({ linkId: `q${n}`, text: 'Right', type: 'string', ...(n === 149 && { maxLength: 1 }) }),
    );
    const given = many.map(({ linkId }) => ({ linkId, text: 'Wrong', answer: [{ valueString: 'long' }] }));
    const told = issues(form(...many), given);
    expect(told).toHaveLength(100);
    expect(told[0]).toBe('error value QR.item[149].answer[0].value');
  });
});
