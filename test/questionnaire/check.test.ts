import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { answersOf } from '../../src/questionnaire/answers.ts';
import { checkResponse } from '../../src/questionnaire/check.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';

const CORE = 'http://hl7.org/fhir/StructureDefinition';
const form = (...item: QuestionnaireItem[]): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: 'http://example.org/q',
  version: '1',
  status: 'active',
  item,
});

function issues(item: readonly QuestionnaireItem[], answers: QuestionnaireResponseItem[], status: QuestionnaireResponse['status'] = 'completed'): string[] {
  const response: QuestionnaireResponse = { resourceType: 'QuestionnaireResponse', status, item: answers };
  return checkResponse(compilePlan(form(...item)), response).map(
    ({ severity, code, expression }) => `${severity} ${code} ${expression?.[0]?.replace('QuestionnaireResponse', 'QR')}`,
  );
}

const integer = (linkId: string, valueInteger: number): QuestionnaireResponseItem => ({ linkId, answer: [{ valueInteger }] });
const pain: QuestionnaireItem = {
  linkId: 'pain',
  type: 'integer',
  required: true,
  extension: [
    { url: `${CORE}/minValue`, valueInteger: 0 },
    { url: `${CORE}/maxValue`, valueInteger: 10 },
  ],
};

describe('structure', () => {
  test('a right answer has no issue', () => expect(issues([pain], [integer('pain', 5)])).toEqual([]));

  test.each<[string, QuestionnaireItem[], QuestionnaireResponseItem[], string[]]>([
    ['an unknown linkId', [{ ...pain, required: false }], [integer('pein', 5)], ['error structure QR.item[0].linkId']],
    [
      'an item of a group at the top',
      [{ linkId: 'g', type: 'group', item: [{ ...pain, required: false }] }],
      [integer('pain', 5)],
      ['error structure QR.item[0]'],
    ],
    [
      'an item of a question under item instead of answer.item',
      [{ linkId: 'q', type: 'boolean', item: [{ linkId: 'why', type: 'string' }] }],
      [{ linkId: 'q', answer: [{ valueBoolean: true }], item: [{ linkId: 'why', answer: [{ valueString: 'x' }] }] }],
      ['error structure QR.item[0].item[0]'],
    ],
    ['an answer to a group', [{ linkId: 'g', type: 'group' }], [{ linkId: 'g', answer: [{ valueString: 'x' }] }], ['error structure QR.item[0].answer']],
    ['an answer to a display', [{ linkId: 'd', type: 'display' }], [{ linkId: 'd', answer: [{ valueString: 'x' }] }], ['error structure QR.item[0].answer']],
    ['a wrong type', [pain], [{ linkId: 'pain', answer: [{ valueString: '5' }] }], ['error structure QR.item[0].answer[0].value']],
    ['a value that is not of its type', [pain], [integer('pain', 5.5)], ['error structure QR.item[0].answer[0].value']],
    ['an answer without a value', [pain], [{ linkId: 'pain', answer: [{}] }], ['error required QR.item[0]', 'error structure QR.item[0].answer[0].value']],
    ['two values in one answer', [pain], [{ linkId: 'pain', answer: [{ valueInteger: 1, valueString: 'x' }] }], ['error structure QR.item[0].answer[0].value']],
    ['a question standing twice', [pain], [integer('pain', 1), integer('pain', 2)], ['error structure QR.item[1]']],
  ])('%s', (_, questions, answers, expected) => expect(issues(questions, answers)).toEqual(expected));

  test('says what is allowed', () => {
    const response: QuestionnaireResponse = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      item: [{ linkId: 'pain', answer: [{ valueString: '5' }] }],
    };
    const [issue] = checkResponse(compilePlan(form({ ...pain, text: 'Pain now' })), response);
    expect(issue?.text).toBe("valueString is the wrong type of answer to 'pain' (Pain now); it takes valueInteger.");
  });

  test('never has more issues than a person reads', () => {
    expect(
      issues(
        [pain],
        Array.from({ length: 5000 }, (_, index) => integer(`x${index}`, 1)),
      ),
    ).toHaveLength(100);
  });
});

describe('status decides what counts', () => {
  const questions = [pain, { linkId: 'note', type: 'string', maxLength: 3 } as const];
  const answers = [{ linkId: 'note', answer: [{ valueString: 'long' }] }, integer('other', 1)];
  test.each([
    ['completed', ['error structure QR.item[1].linkId', 'error required QR', 'error value QR.item[0].answer[0].value']],
    ['amended', ['error structure QR.item[1].linkId', 'error required QR', 'error value QR.item[0].answer[0].value']],
    ['in-progress', ['error structure QR.item[1].linkId', 'warning required QR', 'warning value QR.item[0].answer[0].value']],
    ['stopped', ['error structure QR.item[1].linkId']],
    ['entered-in-error', ['error structure QR.item[1].linkId']],
  ] as const)('%s', (status, expected) => expect(issues(questions, answers, status)).toEqual(expected));
});

describe('options', () => {
  const options = [
    { valueCoding: { system: 's', code: 'a' } },
    { valueCoding: { system: 's', code: 'none' }, extension: [{ url: `${CORE}/questionnaire-optionExclusive`, valueBoolean: true }] },
  ];
  const choice: QuestionnaireItem = { linkId: 'c', type: 'choice', repeats: true, answerOption: options };
  const coded = (...codes: string[]): QuestionnaireResponseItem[] => [{ linkId: 'c', answer: codes.map((code) => ({ valueCoding: { system: 's', code } })) }];

  test('an option', () => expect(issues([choice], coded('a'))).toEqual([]));
  test('another code', () => expect(issues([choice], coded('b'))).toEqual(['error code-invalid QR.item[0].answer[0].value']));
  test('the code of another system', () => expect(issues([choice], [{ linkId: 'c', answer: [{ valueCoding: { system: 't', code: 'a' } }] }])).toHaveLength(1));
  test('words in a closed choice', () =>
    expect(issues([choice], [{ linkId: 'c', answer: [{ valueString: 'a' }] }])).toEqual(['error structure QR.item[0].answer[0].value']));
  test('words in an open choice', () => expect(issues([{ ...choice, type: 'open-choice' }], [{ linkId: 'c', answer: [{ valueString: 'mine' }] }])).toEqual([]));
  test('options that are words', () => {
    const words: QuestionnaireItem = { linkId: 'c', type: 'choice', answerOption: [{ valueString: 'yes' }] };
    expect(issues([words], [{ linkId: 'c', answer: [{ valueString: 'yes' }] }])).toEqual([]);
    expect(issues([words], [{ linkId: 'c', answer: [{ valueString: 'no' }] }])).toEqual(['error code-invalid QR.item[0].answer[0].value']);
  });
  test('an exclusive option beside another', () => expect(issues([choice], coded('a', 'none'))).toEqual(['error business-rule QR.item[0].answer[1].value']));
  test('an exclusive option alone', () => expect(issues([choice], coded('none'))).toEqual([]));
});

describe('how often', () => {
  const occurs = (min: number, max: number): QuestionnaireItem => ({
    linkId: 'q',
    type: 'integer',
    repeats: true,
    required: true,
    extension: [
      { url: `${CORE}/questionnaire-minOccurs`, valueInteger: min },
      { url: `${CORE}/questionnaire-maxOccurs`, valueInteger: max },
    ],
  });
  const times = (count: number): QuestionnaireResponseItem[] => [{ linkId: 'q', answer: Array.from({ length: count }, () => ({ valueInteger: 1 })) }];

  test.each([
    [1, ['error required QR.item[0]']],
    [2, []],
    [3, []],
    [4, ['error invariant QR.item[0]']],
  ])('%i answers where 2 to 3 are asked for', (count, expected) => expect(issues([occurs(2, 3)], times(count))).toEqual(expected));

  test('two answers to a question that does not repeat', () =>
    expect(issues([{ linkId: 'q', type: 'integer' }], times(2))).toEqual(['error invariant QR.item[0]']));
  test('a group that does not repeat, twice', () => {
    expect(issues([{ linkId: 'g', type: 'group' }], [{ linkId: 'g' }, { linkId: 'g' }])).toEqual(['error invariant QR.item[0]']);
  });
  test('a required question in a section that was left out', () => {
    expect(issues([{ linkId: 'g', type: 'group', item: [pain] }], [])).toEqual(['error required QR']);
    expect(issues([{ linkId: 'g', type: 'group', repeats: true, item: [pain] }], [])).toEqual([]);
  });
  test('a required item under each answer of a question', () => {
    const question: QuestionnaireItem = { linkId: 'q', type: 'integer', repeats: true, item: [{ linkId: 'why', type: 'string', required: true }] };
    const why = { item: [{ linkId: 'why', answer: [{ valueString: 'x' }] }] };
    expect(
      issues(
        [question],
        [
          {
            linkId: 'q',
            answer: [
              { valueInteger: 1, ...why },
              { valueInteger: 2, ...why },
            ],
          },
        ],
      ),
    ).toEqual([]);
    expect(issues([question], [{ linkId: 'q', answer: [{ valueInteger: 1, ...why }, { valueInteger: 2 }] }])).toEqual(['error required QR.item[0].answer[1]']);
    expect(issues([question], [])).toEqual([]);
  });
});

describe('enableWhen', () => {
  const asks = (condition: object, more: object = {}): QuestionnaireItem[] => [
    { linkId: 'n', type: 'integer', repeats: true },
    { linkId: 'c', type: 'choice', answerOption: [{ valueCoding: { system: 's', code: 'x' } }, { valueCoding: { system: 's', code: 'y' } }] },
    { linkId: 'then', type: 'string', required: true, enableWhen: [condition as never], ...more },
  ];
  const n = (...numbers: number[]): QuestionnaireResponseItem => ({ linkId: 'n', answer: numbers.map((valueInteger) => ({ valueInteger })) });
  const isAsked = (condition: object, ...answers: QuestionnaireResponseItem[]): boolean => issues(asks(condition), answers).length === 1;

  test.each([
    ['exists', { operator: 'exists', answerBoolean: true }, [n(1)], true],
    ['exists, not answered', { operator: 'exists', answerBoolean: true }, [], false],
    ['exists false, not answered', { operator: 'exists', answerBoolean: false }, [], true],
    ['=', { operator: '=', answerInteger: 4 }, [n(4)], true],
    ['= one of several', { operator: '=', answerInteger: 4 }, [n(1, 4)], true],
    ['!=', { operator: '!=', answerInteger: 4 }, [n(4)], false],
    ['!= without an answer', { operator: '!=', answerInteger: 4 }, [], true],
    ['>', { operator: '>', answerInteger: 4 }, [n(4)], false],
    ['>=', { operator: '>=', answerInteger: 4 }, [n(4)], true],
    ['<', { operator: '<', answerInteger: 4 }, [n(3)], true],
    ['<=', { operator: '<=', answerDecimal: 4.5 }, [n(5)], false],
    ['< without an answer', { operator: '<', answerInteger: 4 }, [], false],
  ])('%s', (_, condition, answers, expected) => expect(isAsked({ question: 'n', ...condition }, ...answers)).toBe(expected));

  test('a code', () => {
    const x: QuestionnaireResponseItem = { linkId: 'c', answer: [{ valueCoding: { system: 's', code: 'x' } }] };
    expect(isAsked({ question: 'c', operator: '=', answerCoding: { system: 's', code: 'x' } }, x)).toBe(true);
    expect(isAsked({ question: 'c', operator: '=', answerCoding: { system: 'other', code: 'x' } }, x)).toBe(false);
  });

  test('any and all', () => {
    const conditions = [
      { question: 'n', operator: '>', answerInteger: 4 },
      { question: 'c', operator: 'exists', answerBoolean: true },
    ];
    const both = (enableBehavior: string) => issues(asks({}, { enableWhen: conditions, enableBehavior }), [n(5)]).length;
    expect([both('any'), both('all')]).toEqual([1, 0]);
  });

  test('a disabled item that is answered, once and without its other faults', () => {
    const questions = asks({ question: 'n', operator: '>', answerInteger: 4 }, { maxLength: 1 });
    const answers = [n(1), { linkId: 'then', answer: [{ valueString: 'long' }] }];
    expect(issues(questions, answers)).toEqual(['error business-rule QR.item[1]']);
    expect(issues(questions, answers, 'in-progress')).toEqual(['warning business-rule QR.item[1]']);
  });

  test('the answer to a disabled question counts as not given', () => {
    const questions: QuestionnaireItem[] = [
      { linkId: 'a', type: 'boolean' },
      { linkId: 'b', type: 'integer', enableWhen: [{ question: 'a', operator: '=', answerBoolean: true }] },
      { linkId: 'c', type: 'string', required: true, enableWhen: [{ question: 'b', operator: 'exists', answerBoolean: true }] },
    ];
    expect(issues(questions, [{ linkId: 'a', answer: [{ valueBoolean: false }] }, integer('b', 1)])).toEqual(['error business-rule QR.item[1]']);
  });

  test('a chain of five thousand conditions, last question first', () => {
    const chain = Array.from({ length: 5_000 }, (_, index): QuestionnaireItem => {
      const enableWhen: QuestionnaireItem['enableWhen'] = [{ question: `q${index - 1}`, operator: '=', answerInteger: 1 }];
      return { linkId: `q${index}`, type: 'integer', ...(index > 0 && { enableWhen }) };
    });
    const questions = chain.toReversed();
    expect(
      issues(
        questions,
        questions.map(({ linkId }) => integer(linkId, linkId === 'q4997' ? 2 : 1)),
      ),
    ).toEqual(['error business-rule QR.item[0]', 'error business-rule QR.item[1]']);
  });

  test('in a repeating group, each asks its own', () => {
    const questions: QuestionnaireItem[] = [
      {
        linkId: 'g',
        type: 'group',
        repeats: true,
        item: [
          { linkId: 'fell', type: 'boolean' },
          { linkId: 'where', type: 'string', required: true, enableWhen: [{ question: 'fell', operator: '=', answerBoolean: true }] },
        ],
      },
    ];
    const group = (valueBoolean: boolean): QuestionnaireResponseItem => ({ linkId: 'g', item: [{ linkId: 'fell', answer: [{ valueBoolean }] }] });
    expect(issues(questions, [group(false), group(true), group(false)])).toEqual(['error required QR.item[1]']);
  });
});

describe('bounds', () => {
  const question = (more: Partial<QuestionnaireItem>): QuestionnaireItem[] => [{ linkId: 'q', type: 'decimal', ...more }];
  const ext = (url: string, value: object): Partial<QuestionnaireItem> => ({ extension: [{ url: `${CORE}/${url}`, ...value }] });
  const wrong = (questions: QuestionnaireItem[], answer: object): boolean => issues(questions, [{ linkId: 'q', answer: [answer] }]).length > 0;

  test.each<[string, QuestionnaireItem[], object, boolean]>([
    ['at the least', question(ext('minValue', { valueDecimal: 0.5 })), { valueDecimal: 0.5 }, false],
    ['below the least', question(ext('minValue', { valueDecimal: 0.5 })), { valueDecimal: 0.4 }, true],
    ['above the most', question(ext('maxValue', { valueInteger: 10 })), { valueDecimal: 10.1 }, true],
    ['a date before the first', question({ type: 'date', ...ext('minValue', { valueDate: '2026-01-01' }) }), { valueDate: '2025-12-31' }, true],
    ['a month of the first year', question({ type: 'date', ...ext('minValue', { valueDate: '2026' }) }), { valueDate: '2026-02' }, false],
    [
      'a time in another zone',
      question({ type: 'dateTime', ...ext('maxValue', { valueDateTime: '2026-01-01T12:00:00Z' }) }),
      { valueDateTime: '2026-01-01T12:30:00+01:00' },
      false,
    ],
    ['too many places', question(ext('maxDecimalPlaces', { valueInteger: 1 })), { valueDecimal: 1.25 }, true],
    ['few enough places', question(ext('maxDecimalPlaces', { valueInteger: 1 })), { valueDecimal: 1.2 }, false],
    ['tiny numbers have places too', question(ext('maxDecimalPlaces', { valueInteger: 3 })), { valueDecimal: 1e-7 }, true],
    ['too long', question({ type: 'string', maxLength: 2 }), { valueString: 'abc' }, true],
    ['two characters outside the basic plane', question({ type: 'string', maxLength: 2 }), { valueString: '😀😀' }, false],
    [
      'a unit of the question',
      question({ type: 'quantity', ...ext('questionnaire-unit', { valueCoding: { system: 'u', code: 'kg' } }) }),
      { valueQuantity: { value: 70, system: 'u', code: 'kg' } },
      false,
    ],
    [
      'another unit',
      question({ type: 'quantity', ...ext('questionnaire-unit', { valueCoding: { system: 'u', code: 'kg' } }) }),
      { valueQuantity: { value: 70, system: 'u', code: 'g' } },
      true,
    ],
    [
      'a quantity above a bare number',
      question({ type: 'quantity', ...ext('maxValue', { valueInteger: 10 }) }),
      { valueQuantity: { value: 11, code: 'kg' } },
      true,
    ],
  ])('%s', (_, questions, answer, expected) => expect(wrong(questions, answer)).toBe(expected));
});

test('the words of a question may be those of any of its languages', () => {
  const translation = {
    url: `${CORE}/translation`,
    extension: [
      { url: 'lang', valueCode: 'nb' },
      { url: 'content', valueString: 'Smerte' },
    ],
  };
  const questions: QuestionnaireItem[] = [{ linkId: 'q', type: 'boolean', text: 'Pain', _text: { extension: [translation] } }];
  const said = (text: string): string[] => issues(questions, [{ linkId: 'q', text, answer: [{ valueBoolean: true }] }]);
  expect([said('Pain'), said('Smerte'), said('Fever')]).toEqual([[], [], ['warning invariant QR.item[0].text']]);
});

test('the words of another question of the form are refused once answers are finished; white space does not count', () => {
  const questions: QuestionnaireItem[] = ['Pain now', 'Pain at its worst', 'Notes'].map((text, n) => ({ linkId: `q${n}`, type: 'string', text }));
  const said = (text: string, status: QuestionnaireResponse['status'] = 'completed'): string[] =>
    issues(questions, [{ linkId: 'q0', text, answer: [{ valueString: 'x' }] }], status);
  expect(said('Pain at its worst')).toEqual(['error invariant QR.item[0].text']);
  expect(said('Pain at its worst', 'in-progress')).toEqual(['warning invariant QR.item[0].text']);
  expect(said(' Pain \n now')).toEqual([]);
  expect(said('Pain today')).toEqual(['warning invariant QR.item[0].text']);
});

test('whatever the items hold, checking and reading them ends in answers and issues', () => {
  const plan = compilePlan(form(pain, { linkId: 'g', type: 'group', item: [{ linkId: 'c', type: 'choice', answerOption: [{ valueString: 'x' }] }] }));
  const { item } = fc.letrec((tie) => ({
    item: fc.record(
      {
        linkId: fc.constantFrom('pain', 'g', 'c', 'constructor', '__proto__', 7),
        answer: fc.oneof(fc.array(tie('answer'), { maxLength: 3 }), fc.anything()),
        item: fc.oneof({ maxDepth: 3 }, fc.constant(undefined), fc.array(tie('item'), { maxLength: 3 })),
      },
      { requiredKeys: [] },
    ),
    answer: fc.record({ valueInteger: fc.anything(), valueString: fc.anything(), item: fc.array(tie('item'), { maxLength: 2 }) }, { requiredKeys: [] }),
  }));
  fc.assert(
    fc.property(fc.array(item, { maxLength: 4 }), fc.constantFrom('completed', 'stopped', 'in-progress', 'nonsense'), (items, status) => {
      const response = { resourceType: 'QuestionnaireResponse', status, item: items } as QuestionnaireResponse;
      for (const { text, expression } of checkResponse(plan, response)) expect([text.length > 0, expression?.length]).toEqual([true, 1]);
      answersOf(plan, response);
    }),
    { numRuns: 300 },
  );
});

describe('more than any form asks', () => {
  const plan = compilePlan(form({ linkId: 'g', type: 'group', item: [{ ...pain, repeats: true }] }));
  const many = (item: unknown): QuestionnaireResponse => ({ resourceType: 'QuestionnaireResponse', status: 'completed', item }) as QuestionnaireResponse;
  const answers = (count: number): unknown => [{ linkId: 'g', item: [{ linkId: 'pain', answer: Array.from({ length: count }, () => ({ valueInteger: 5 })) }] }];
  const items = (count: number): unknown => Array.from({ length: count }, () => ({ linkId: 'pain' }));

  test.each([
    ['answers', answers],
    ['items', items],
    ['things that are neither', (count: number) => Array.from({ length: count }, () => null)],
  ])('%s', (_, make) => {
    const code = (count: number): unknown => checkResponse(plan, many(make(count)))[0]?.code;
    expect([code(9_998), code(10_001)]).toEqual([expect.not.stringMatching('too-costly'), 'too-costly']);
  });
  test('ten thousand are still taken', () => {
    const response = many(answers(9_998));
    expect(checkResponse(plan, response)).toEqual([]);
    expect(answersOf(plan, response).given.get('pain')).toHaveLength(9_998);
  });
  test('one word about it, and nothing is read further', () => {
    const response = many(answers(400_000));
    const found = checkResponse(plan, response);
    expect(answersOf(plan, response).given.size).toBe(0);
    expect(found).toEqual([
      { severity: 'error', code: 'too-costly', text: expect.stringContaining('more than 10000'), expression: ['QuestionnaireResponse.item'] },
    ]);
  });
});
