import { describe, expect, test } from '@jest/globals';
import { withPlaces } from '../../src/fhir/json-place.ts';

const TEXT = `{
  "resourceType": "Observation",
  "status": "x\\"y}",
  "_status": { "extension": [ {}, { "url": 1 } ] },
  "component": [ { "code": { "text": "a" } },
    { "valueQuantity": { "value": 1.50 } } ],
  "a b": [[1], 2]
}`;

const placeOf = (expression: string, root?: string) => {
  const [issue] = withPlaces([{ severity: 'error', code: 'value', text: '', expression: [expression] }], TEXT, root);
  return issue?.place && [issue.place.line, issue.place.column];
};

describe('line and column of', () => {
  test.each([
    ['Observation', 1, 1],
    ['Observation.status', 3, 3],
    ['Observation.status.extension[1].url', 4, 37],
    ['Observation.component', 5, 3],
    ['Observation.component[0].code.text', 5, 30],
    ['Observation.component[1].value.ofType(Quantity).value', 6, 26],
    ['Observation.`a b`[1]', 7, 16],
    ['Observation.component[1].code', 6, 5],
    ['Observation.subject', 1, 1],
    ['Observation.component[7].code', 5, 3],
  ] as const)('%s', (expression, line, column) => {
    expect(placeOf(expression)).toEqual([line, column]);
  });
});

test('a resource inside another', () => {
  expect(placeOf('Patient.code.text', 'Observation.component[0]')).toEqual([5, 30]);
});

test('an issue that names no element stays as it is', () => {
  const issue = { severity: 'error', code: 'value', text: 'x' } as const;
  expect(withPlaces([issue], TEXT)).toEqual([issue]);
});

test('ten megabytes with many issues without a long wait', () => {
  const item = Array.from({ length: 100_000 }, (_, index) => ({ linkId: `q${index}`, text: 'x'.repeat(60) }));
  const text = JSON.stringify({ resourceType: 'Questionnaire', item }, undefined, 1);
  const issues = Array.from(
    { length: 200 },
    (_, index) => ({ severity: 'error', code: 'value', text: '', expression: [`Questionnaire.item[${index * 500}].linkId`] }) as const,
  );
  const started = performance.now();
  expect(withPlaces(issues, text).at(-1)?.place?.line).toBe(4 + 199 * 500 * 4 + 1);
  expect(performance.now() - started).toBeLessThan(3000);
});
