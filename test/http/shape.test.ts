import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import { shapeOf, shapeText } from '../../src/http/shape.ts';

const registry = loadRegistry();
const shape = (resource: object, query: string) => JSON.parse(shapeText(JSON.stringify(resource), shapeOf(new URLSearchParams(query)), registry));

const observation = {
  resourceType: 'Observation',
  id: 'o',
  meta: { tag: [{ code: 'mine' }] },
  text: { status: 'generated', div: '<div/>' },
  modifierExtension: [{ url: 'u', valueBoolean: true }],
  status: 'final',
  _status: { id: 's' },
  code: { text: 'c' },
  valueQuantity: { value: 1 },
  note: [{ text: 'n' }],
  component: [{ code: { text: 'a' }, valueInteger: 1, referenceRange: [{ text: 'r' }] }],
};

describe('shapes of a resource', () => {
  test('summary: what is marked so, down into backbone elements; what is mandatory or modifies, always', () => {
    const summary = shape(observation, '_summary=true');
    expect(Object.keys(summary).toSorted()).toEqual(
      ['_status', 'code', 'component', 'id', 'meta', 'modifierExtension', 'resourceType', 'status', 'valueQuantity'].toSorted(),
    );
    expect(summary.component).toEqual([{ code: { text: 'a' }, valueInteger: 1 }]);
    expect(summary.meta.tag).toEqual([{ code: 'mine' }, expect.objectContaining({ code: 'SUBSETTED' })]);
  });

  test('elements: those named, by either name of a choice, and what is mandatory', () => {
    expect(Object.keys(shape(observation, '_elements=note')).toSorted()).toEqual([
      '_status',
      'code',
      'id',
      'meta',
      'modifierExtension',
      'note',
      'resourceType',
      'status',
    ]);
    expect(shape(observation, '_elements=value')).toHaveProperty('valueQuantity');
    expect(shape(observation, '_elements=Observation.valueQuantity')).toHaveProperty('valueQuantity');
    expect(shape(observation, '_elements=Patient.valueQuantity,Observation.note')).not.toHaveProperty('valueQuantity');
  });

  test('text and data', () => {
    expect(Object.keys(shape(observation, '_summary=text')).toSorted()).toEqual(['_status', 'code', 'id', 'meta', 'resourceType', 'status', 'text']);
    expect(shape(observation, '_summary=data')).not.toHaveProperty('text');
  });

  test('decimals keep their digits in what is left', () => {
    const text =
      '{"resourceType":"Observation","status":"final","code":{},"valueQuantity":{"value":1.50},"component":[{"code":{},"valueQuantity":{"value":2.0}}]}';
    const cut = shapeText(text, shapeOf(new URLSearchParams('_summary=true')), registry);
    expect(cut).toContain('1.50');
    expect(cut).toContain('2.0');
  });

  test('without either, and for false, the text is not touched', () => {
    const text = '{ "resourceType": "Patient" }';
    expect(shapeText(text, shapeOf(new URLSearchParams('_summary=false')), registry)).toBe(text);
    expect(shapeText(text, shapeOf(new URLSearchParams('_pretty=true')), registry)).toBe(text);
  });

  test.each(['_summary=yes', '_summary=constructor', '_summary=true&_summary=false'])('%s is refused', (query) => {
    expect(() => shapeOf(new URLSearchParams(query))).toThrow(/_summary/);
  });
});
