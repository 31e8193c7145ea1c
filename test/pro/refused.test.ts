import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alerts } from '../../src/pro/instrument.ts';
import { redFlagsIn } from '../../src/pro/refused.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { alerts, plan, response } from './fixture.ts';

const names = (answer: unknown): string[] => redFlagsIn(alerts, plan, answer).map(({ id }) => id);

test.each<[string, unknown, string[]]>([
  ['a right answer', response({ id: 'a', fever: true }), ['fever']],
  ['a right no', response({ id: 'a', fever: false }), []],
  ['nested where it does not belong', { item: [{ linkId: 'x', answer: [{ item: [{ linkId: 'fever', answer: [{ valueBoolean: true }] }] }] }] }, ['fever']],
  ['one object where a list belongs', { item: { linkId: 'fever', answer: { valueBoolean: true } } }, ['fever']],
  ['a word for a boolean', { item: [{ linkId: 'fever', answer: [{ valueString: 'true' }] }] }, ['fever']],
  ['a number for a boolean', { item: [{ linkId: 'fever', answer: [{ valueInteger: 1 }] }] }, ['fever']],
  ['a no as a number', { item: [{ linkId: 'fever', answer: [{ valueInteger: 0 }] }] }, []],
  ['a code for a boolean', { item: [{ linkId: 'fever', answer: [{ valueCoding: { code: 'Y', display: 'Yes' } }] }] }, ['fever']],
  ['what cannot become text', { item: [{ linkId: 'fever', answer: [{ valueBoolean: { toString: 1, valueOf: 1 } }, { valueBoolean: true }] }] }, ['fever']],
  ['no answer', { item: [{ linkId: 'fever' }] }, []],
  ['nothing', undefined, []],
])('%s', (_, answer, expected) => expect(names(answer)).toEqual(expected));

test('an option by its weight, with or without its system, or by its words', () => {
  const option = {
    valueCoding: { system: 's', code: 'often', display: 'Often' },
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 2 }],
  };
  const form = compilePlan({ resourceType: 'Questionnaire', status: 'active', item: [{ linkId: '9', type: 'choice', answerOption: [option] }] });
  const rules: Alerts = {
    ...alerts,
    rules: [{ id: 'nine', symptom: 'pain', tier: 'critical', source: alerts.interval.source, kind: 'red-flag', item: '9', when: { atLeast: 1 } }],
  };
  const answers = [
    { valueCoding: { system: 's', code: 'often' } },
    { valueCoding: { code: 'often' } },
    { valueCoding: { code: 'mistyped', display: 'often' } },
    { valueString: 'Often' },
    { valueCoding: { system: { toString: 1 }, code: [{ toString: 1 }] } },
    { valueCoding: { system: 's', code: 'never' } },
  ];
  expect(answers.map((answer) => redFlagsIn(rules, form, { item: [{ linkId: '9', answer: [answer] }] }).length)).toEqual([1, 1, 1, 1, 0, 0]);
});

test('reads anything', () => {
  fc.assert(fc.property(fc.anything({ maxDepth: 5 }), (anything) => names({ item: anything }).length >= 0));
});

test('reads the deep', () => {
  let deep: object = { linkId: 'fever', answer: [{ valueBoolean: true }] };
  for (let depth = 0; depth < 50_000; depth += 1) deep = { linkId: 'x', item: [deep] };
  expect(names(deep)).toEqual(['fever']);
});
