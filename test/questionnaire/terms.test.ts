/** The engine over the real terminology: what it asks, and what it gets. */
import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireItem } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { termsOver } from '../../src/questionnaire/terms.ts';
import { answer, form, issues, SDC, stateFor, stateOf } from './fixture.ts';

const registry = loadRegistry();
const terms = termsOver(registry);
const GENDER = 'http://hl7.org/fhir/ValueSet/administrative-gender';
const gender = (code: string) => ({ valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code } });
const question: QuestionnaireItem = { linkId: 'x', type: 'choice', answerValueSet: GENDER };

test('one for each set of definitions', () => expect(termsOver(registry)).toBe(terms));

describe('value sets', () => {
  test('of the base', () => {
    expect([issues(form(question), [answer('x', gender('female'))], { terms }), issues(form(question), [answer('x', gender('fem'))], { terms })]).toEqual([
      [],
      ['error code-invalid QR.item[0].answer[0].value'],
    ]);
  });
  test('that nobody here knows are doubted', () => {
    const unknown: QuestionnaireItem = { ...question, answerValueSet: 'http://example.org/nowhere' };
    expect(issues(form(unknown), [answer('x', gender('female'))], { terms })).toEqual(['warning code-invalid QR.item[0].answer[0].value']);
  });
  test('contained, with a filter', () => {
    const filtered = {
      ...form({ ...question, answerValueSet: '#own' }),
      contained: [
        {
          resourceType: 'ValueSet' as const,
          id: 'own',
          status: 'active' as const,
          compose: {
            include: [{ system: 'http://hl7.org/fhir/administrative-gender' }],
            exclude: [{ system: 'http://hl7.org/fhir/administrative-gender', concept: [{ code: 'unknown' }] }],
          },
        },
      ],
    };
    expect([issues(filtered, [answer('x', gender('male'))], { terms }), issues(filtered, [answer('x', gender('unknown'))], { terms })]).toEqual([
      [],
      ['error code-invalid QR.item[0].answer[0].value'],
    ]);
  });
  test('are listed for a form, with their words', () => {
    const state = stateFor(form(question), [], undefined, terms);
    expect(stateOf(state, 'x[0]').options?.map(({ value }) => (value.raw as { display: string }).display)).toEqual(['Male', 'Female', 'Other', 'Unknown']);
  });
});

test('quantities are turned into each other by UCUM', () => {
  const item: QuestionnaireItem = {
    linkId: 'x',
    type: 'quantity',
    extension: [{ url: `${SDC}maxQuantity`, valueQuantity: { value: 70, system: 'http://unitsofmeasure.org', code: 'kg' } }],
  };
  const given = (value: number, code: string): string[] =>
    issues(form(item), [answer('x', { valueQuantity: { value, system: 'http://unitsofmeasure.org', code } })], { terms });
  expect([given(70_000, 'g'), given(70_001, 'g'), given(154, '[lb_av]'), given(155, '[lb_av]')]).toEqual([
    [],
    ['error value QR.item[0].answer[0].value'],
    [],
    ['error value QR.item[0].answer[0].value'],
  ]);
});
