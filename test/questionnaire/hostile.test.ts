/** Forms and answers that are made to hold the server: each is refused or done with in time. */
import { expect, test } from '@jest/globals';
import type { Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { checkQuestionnaire } from '../../src/questionnaire/check-questionnaire.ts';
import { NO_TERMS } from '../../src/questionnaire/terms.ts';
import { answer, answerTo, CORE, faults, form, issues, sdc, stateFor, variable } from './fixture.ts';

const within = (milliseconds: number, work: () => void): void => {
  const before = performance.now();
  work();
  expect(performance.now() - before).toBeLessThan(milliseconds);
};
const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

test('a chain of a thousand variables is worked out', () => {
  const chain = many(1000, (n) => variable(`v${n}`, n === 0 ? '1' : `%v${n - 1} + 1`));
  const questionnaire: Questionnaire = { ...form({ linkId: 'x', type: 'integer', extension: [sdc('calculatedExpression', '%v999')] }), extension: chain };
  within(10_000, () => expect(stateFor(questionnaire, []).response.item?.[0]?.answer).toEqual([{ valueInteger: 1000 }]));
});

test('more variables are refused', () => {
  expect(faults({ ...form({ linkId: 'x', type: 'string' }), extension: many(1001, (n) => variable(`v${n}`, '1')) })).toEqual(['error Questionnaire']);
});

test('an expression of megabytes is refused before it is looked at', () => {
  const long = `${"linkId in ('a') or ".repeat(200_000)}true`;
  within(2000, () =>
    expect(faults(form({ linkId: 'x', type: 'integer', extension: [sdc('initialExpression', long)] }))).toEqual(['error Questionnaire.item[0].extension[0]']),
  );
});

test('a query of nothing but braces is refused', () => {
  within(2000, () =>
    expect(
      faults({ ...form({ linkId: 'x', type: 'string' }), extension: [variable('v', `Patient?${'{{'.repeat(4000)}`, 'application/x-fhir-query')] }),
    ).toContain('error Questionnaire.extension[0]'),
  );
});

test('brackets without end are refused', () => {
  const deep = `${'('.repeat(4000)}1${')'.repeat(4000)}`;
  expect(faults(form({ linkId: 'x', type: 'integer', extension: [sdc('initialExpression', deep)] }))).toEqual(['error Questionnaire.item[0].extension[0]']);
});

test('fifty thousand options and ten thousand conditions on them', () => {
  const options: QuestionnaireItem = { linkId: 'x', type: 'choice', answerOption: many(50_000, (n) => ({ valueCoding: { system: 's', code: `c${n}` } })) };
  const asking = many(
    10_000,
    (n): QuestionnaireItem => ({ linkId: `q${n}`, type: 'string', enableWhen: [{ question: 'x', operator: '=', answerCoding: { system: 's', code: 'c0' } }] }),
  );
  within(10_000, () => expect(checkQuestionnaire(form(options, ...asking), NO_TERMS)).toEqual([]));
});

test('a form whose expressions all go to their limit is given up on, as a whole', () => {
  const heavy = '%resource.item.answer.select(%resource.item.answer.select(%resource.item.answer)).count() > 0';
  const items = [
    { linkId: 'many', type: 'integer', repeats: true } as const,
    ...many(200, (n): QuestionnaireItem => ({ linkId: `q${n}`, type: 'string', extension: [sdc('enableWhenExpression', heavy)] })),
  ];
  within(20_000, () => expect(issues(form(...items), [answer('many', ...many(300, (valueInteger) => ({ valueInteger })))])).toContain('warning processing QR'));
});

test('a pattern that would explode elsewhere', () => {
  const item: QuestionnaireItem = { linkId: 'x', type: 'string', extension: [{ url: `${CORE}regex`, valueString: '(a+)+b' }] };
  within(3000, () => expect(issues(form(item), [answer('x', { valueString: 'a'.repeat(50_000) })])).toEqual(['error value QR.item[0].answer[0].value']));
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('answers and launch contexts called %s', (name) => {
  const questionnaire = form({ linkId: name, type: 'integer' }, { linkId: 'x', type: 'integer', extension: [sdc('calculatedExpression', answerTo(name))] });
  expect(stateFor(questionnaire, [answer(name, { valueInteger: 7 })]).response.item?.at(-1)).toEqual({ linkId: 'x', answer: [{ valueInteger: 7 }] });
});
