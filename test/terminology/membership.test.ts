import { expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import { codeList } from '../../src/terminology/membership.ts';

const registry = loadRegistry();

test('a code is asked with or without its system', () => {
  const genders = codeList(registry, 'http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1');
  expect(genders?.hasCode('male')).toBe(true);
  expect(genders?.hasCode('constructor')).toBe(false);
  expect(genders?.hasCoding('http://hl7.org/fhir/administrative-gender', 'female')).toBe(true);
  expect(genders?.hasCoding('http://x.example', 'female')).toBe(false);
  expect(genders?.summary).toBe('male, female, other, unknown');
});

test('a long list is cut short in the summary', () => {
  expect(codeList(registry, 'http://hl7.org/fhir/ValueSet/resource-types')?.summary).toMatch(/^(?:\w+, ){11}\w+ and 136 more$/);
});

test('nobody can say what is in a set that cannot be listed', () => {
  expect(codeList(registry, 'http://hl7.org/fhir/ValueSet/mimetypes')).toBeUndefined();
});
