import { describe, expect, test } from '@jest/globals';
import { compileFhirPath } from '../../src/fhir/fhirpath.ts';
import { FhirError } from '../../src/fhir/outcome.ts';

const observation = {
  resourceType: 'Observation',
  subject: { reference: 'Patient/7' },
  performer: [{ reference: 'http://elsewhere.example/fhir/Practitioner/9' }, { type: 'Organization', identifier: { value: 'x' } }],
  component: [{ valueQuantity: { value: 1 } }, { valueString: ' as Quantity' }, { valueQuantity: { value: 2 } }],
};

describe('expressions that the package alone cannot evaluate', () => {
  test.each([
    ['(Observation.component.value as Quantity).value', [1, 2]],
    ['Observation.component.value.as(Quantity).value', [1, 2]],
    ['Observation.subject.where(resolve() is Patient).reference', ['Patient/7']],
    ['Observation.subject.where(resolve() is Group)', []],
    ['Observation.performer.where(resolve() is Practitioner).reference', ['http://elsewhere.example/fhir/Practitioner/9']],
    ['Observation.performer.where(resolve() is Organization).identifier.value', ['x']],
    ['Observation.subject.resolve() is Patient', [true]],
    ["Observation.component.value.ofType(string) = ' as Quantity'", [true]],
    ["'it\\'s resolve() is Patient'", ["it's resolve() is Patient"]],
  ])('%s', (expression, expected) => {
    expect(compileFhirPath(expression)(observation)).toEqual(expected);
  });
});

test('the environment gives variables', () => {
  expect(compileFhirPath('%score + 1')({}, { score: 4 })).toEqual([5]);
});

test('a compiled expression is kept', () => {
  expect(compileFhirPath('Observation.subject')).toBe(compileFhirPath('Observation.subject'));
});

test.each(['Observation.(', "'", '', 'Observation..subject'])('%j is refused as no FHIRPath', (expression) => {
  expect(() => compileFhirPath(expression)).toThrow(FhirError);
});

test('an evaluation that fails is a FhirError that names the expression', () => {
  expect(() => compileFhirPath('Observation.component.single()')(observation)).toThrow(/component\.single\(\)' cannot be evaluated/);
});
