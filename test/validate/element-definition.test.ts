/** The invariants of ElementDefinition beside the FHIRPath of the base: a good and a bad case for each. */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import { compileFhirPath } from '../../src/fhir/fhirpath.ts';
import { ELEMENT_DEFINITION } from '../../src/validate/invariants/element-definition.ts';
import { Visit } from '../../src/validate/visit.ts';

const path = 'Patient.name';
const type = (...codes: string[]) => codes.map((code) => ({ code }));

/** key, part of the element that it is about ('' the whole), good, bad */
const CASES: readonly (readonly [key: string, part: string, good: unknown, bad: unknown])[] = [
  ['eld-1', 'slicing', { rules: 'open', description: 'by hand' }, { rules: 'open' }],
  ['eld-2', '', { path, min: 1, max: '2' }, { path, min: 3, max: '2' }],
  ['eld-2', '', { path, min: 1, max: '*' }, { path, min: 1, max: '0' }],
  ['eld-3', 'max', '12', '-1'],
  ['eld-4', 'type', { code: 'Reference', aggregation: ['contained'] }, { code: 'string', aggregation: ['contained'] }],
  ['eld-5', '', { path, contentReference: '#Patient.name' }, { path, contentReference: '#Patient.name', type: type('string') }],
  ['eld-6', '', { path, fixedString: 'x', type: type('string') }, { path, fixedString: 'x', type: type('string', 'code') }],
  ['eld-7', '', { path, patternString: 'x', type: type('string') }, { path, patternString: 'x', type: type('string', 'code') }],
  ['eld-8', '', { path, fixedString: 'x' }, { path, fixedString: 'x', patternString: 'x' }],
  ['eld-11', '', { path, binding: { strength: 'example' }, type: type('code') }, undefined],
  ['eld-12', 'binding', { valueSet: 'http://x.example/v' }, { valueSet: 'v' }],
  ['eld-13', '', { path, type: type('string', 'code') }, { path, type: type('code', 'code') }],
  ['eld-14', '', { path, constraint: [{ key: 'a' }, { key: 'b' }] }, { path, constraint: [{ key: 'a' }, { key: 'a' }] }],
  ['eld-15', '', { path, defaultValueString: 'x' }, { path, defaultValueString: 'x', meaningWhenMissing: 'x' }],
  ['eld-16', '', { path, sliceName: 'a/b-c_[x]@1' }, { path, sliceName: 'a b' }],
  ['eld-17', 'type', { code: 'canonical', targetProfile: ['http://x.example/p'] }, { code: 'string', targetProfile: ['http://x.example/p'] }],
  ['eld-18', '', { path, isModifier: true, isModifierReason: 'x' }, { path, isModifier: true }],
  ['eld-19', '', { path: 'Patient.value[x]' }, { path: '..' }],
  ['eld-20', '', { path: 'Patient.value[x]' }, { path: '123' }],
  ['eld-21', 'constraint', { key: 'a', expression: 'true' }, { key: 'a' }],
  ['eld-22', '', { path, sliceName: 'a', sliceIsConstraining: true }, { path, sliceIsConstraining: true }],
];

const elements = loadRegistry().structure('ElementDefinition')?.elements ?? [];
const expressionOf = (key: string): string =>
  elements.flatMap(({ constraints }) => constraints ?? []).find((constraint) => constraint.key === key)?.expression ?? '';

/** As FHIRPath decides it, inside a StructureDefinition. */
function decided(key: string, part: string, value: unknown): unknown {
  const inner = part === '' ? value : { path, [part]: part === 'type' || part === 'constraint' ? [value] : value };
  const resource = { resourceType: 'StructureDefinition', snapshot: { element: [inner] } };
  const place = ['StructureDefinition.snapshot.element', part].filter((name) => name !== '').join('.');
  return compileFhirPath(`${place}.select(${expressionOf(key)})`)(resource)[0];
}

const verdict = (key: string, value: unknown): boolean => ELEMENT_DEFINITION[key]?.(value, new Visit('x')) === true;

describe('agrees with FHIRPath on', () => {
  test.each(CASES)('%s of %p', (key, part, good, bad) => {
    expect([verdict(key, good), decided(key, part, good)]).toEqual([true, true]);
    if (bad !== undefined) expect([verdict(key, bad), decided(key, part, bad)]).toEqual([false, false]);
  });
});

test('every invariant of ElementDefinition is tried', () => {
  const keys = new Set(elements.flatMap(({ constraints }) => constraints ?? []).map(({ key }) => key));
  const tried = new Set([...CASES.map(([key]) => key), 'ele-1', 'ext-1']);
  expect([...keys].filter((key) => !tried.has(key))).toEqual([]);
});

test('a binding needs a coded type, although the published expression asks only for a type', () => {
  expect(verdict('eld-11', { path, binding: { strength: 'example' }, type: type('boolean') })).toBe(false);
});
