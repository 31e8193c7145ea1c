import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusedAnswers } from '../../src/web/refused-answers.ts';

test('questions and values are read in order, whatever else is wrong with the answer', () => {
  const text = JSON.stringify({
    resourceType: 'QuestionnaireResponse',
    item: [
      { linkId: 'safety', item: [{ linkId: 'fever', text: 'Fever', answer: [{ valueBoolean: true }] }] },
      { linkId: 'pain', answer: [{ valueInteger: 14 }] },
      {
        linkId: 'fall',
        answer: [{ valueCoding: { code: 'hurt', display: 'Yes, and I was hurt' }, item: [{ linkId: 'where', answer: [{ valueString: 'hip' }] }] }],
      },
      { answer: [{}] },
    ],
  });
  expect(refusedAnswers(text)).toEqual([
    { question: 'Fever', value: 'yes' },
    { question: 'pain', value: '14' },
    { question: 'fall', value: 'Yes, and I was hurt' },
    { question: 'where', value: 'hip' },
    { question: 'A question without a name', value: 'nothing that can be read' },
  ]);
});

test('what cannot be read as an answer is shown as it was sent', () => {
  expect(refusedAnswers('{"item": 7')).toEqual([{ question: 'As it was sent', value: '{"item": 7' }]);
});

test('nothing in it makes the page fail', () => {
  fc.assert(fc.property(fc.json(), (text) => refusedAnswers(text).length > 0));
  fc.assert(fc.property(fc.jsonValue(), (value) => refusedAnswers(JSON.stringify({ item: [value, { item: [value], answer: [value] }] })).length > 0));
});
