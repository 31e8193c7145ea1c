import { describe, expect, test } from '@jest/globals';
import type { ConceptMap, ConceptMapGroup, Parameters, ValueSet } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { TerminologyResource } from '../../src/terminology/source.ts';
import { createTerminology } from '../../src/terminology/terminology.ts';
import { type TranslateRequest, translate } from '../../src/terminology/translate.ts';

const base = createTerminology(loadRegistry());
const [FROM, TO] = ['http://x.example/from', 'http://x.example/to'];
const map = (id: string, group: Partial<ConceptMapGroup>, more: Partial<ConceptMap> = {}): ConceptMap => ({
  resourceType: 'ConceptMap',
  status: 'active',
  url: `http://x.example/map/${id}`,
  group: [{ source: FROM, target: TO, element: [{ code: 'a', target: [{ code: 'A', equivalence: 'equivalent' }] }], ...group }],
  ...more,
});
const NOTHING: Omit<TranslateRequest, 'codings'> = {
  map: undefined,
  source: undefined,
  target: undefined,
  targetSystem: undefined,
  reverse: false,
  dependencies: [],
};

function ask(code: string, given: Partial<TranslateRequest>, ...resources: TerminologyResource[]): Parameters {
  const { shelf } = base.with({ resources });
  return translate(shelf, { ...NOTHING, codings: [{ system: given.reverse === true ? TO : FROM, code, display: 'As given' }], ...given });
}
const matches = ({ parameter = [] }: Parameters) =>
  parameter
    .filter(({ name }) => name === 'match')
    .map(({ part = [] }) => `${part[0]?.valueCode} ${part.find(({ name }) => name === 'concept')?.valueCoding?.code ?? '-'}`);
const messageOf = ({ parameter = [] }: Parameters) => parameter.find(({ name }) => name === 'message')?.valueString;

describe('a code without an entry', () => {
  test('is itself, another, or asked of another map', () => {
    const provided = map('provided', { unmapped: { mode: 'provided' } });
    const fixed = map('fixed', { unmapped: { mode: 'fixed', code: 'Z' } });
    const other = map('other', { unmapped: { mode: 'other-map', url: 'http://x.example/map/fixed' } });
    expect(matches(ask('b', { map: provided }))).toEqual(['equal b']);
    expect(matches(ask('b', { map: fixed }))).toEqual(['relatedto Z']);
    const handed = ask('b', { map: other }, fixed);
    expect(matches(handed)).toEqual(['relatedto Z']);
    expect(handed.parameter?.at(-1)).toEqual({ name: 'used-conceptmap', valueCanonical: 'http://x.example/map/fixed' });
    expect(() => ask('b', { map: other })).toThrow('is not known here');
  });

  test('maps that hand on to each other in a circle are refused', () => {
    const [a, b] = ['a', 'b'].map((id) => map(id, { element: [], unmapped: { mode: 'other-map', url: `http://x.example/map/${id === 'a' ? 'b' : 'a'}` } })) as [
      ConceptMap,
      ConceptMap,
    ];
    expect(() => ask('b', { map: a }, a, b)).toThrow('in a circle');
  });
});

test('a map says nothing of codes outside the value set that it is from', () => {
  const scope: ValueSet = {
    resourceType: 'ValueSet',
    status: 'active',
    url: 'http://x.example/vs',
    compose: { include: [{ system: FROM, concept: [{ code: 'a' }] }] },
  };
  const scoped = map('scoped', { unmapped: { mode: 'fixed', code: 'Z' } }, { sourceUri: 'http://x.example/vs' });
  expect(matches(ask('a', { map: scoped }, scope))).toEqual(['equivalent A']);
  const outside = ask('b', { map: scoped }, scope);
  expect([matches(outside), messageOf(outside)]).toEqual([[], `No concept map that fits says anything of ${FROM}#b.`]);
});

test('without a name every map that fits is used, but not one that another hands on to', () => {
  const fixed = map('fixed', { unmapped: { mode: 'fixed', code: 'Z' } });
  const other = map('other', { unmapped: { mode: 'other-map', url: 'http://x.example/map/fixed' } });
  expect(matches(ask('b', {}, fixed, other))).toEqual(['relatedto Z']);
  expect(matches(ask('a', { targetSystem: 'http://x.example/elsewhere' }, fixed))).toEqual([]);
  expect(matches(ask('a', { target: 'http://x.example/vs/none' }, fixed))).toEqual([]);
});

test.each([
  ['wider', 'narrower'],
  ['subsumes', 'specializes'],
  ['equal', 'equal'],
] as const)('%s is %s the other way round', (equivalence, inverse) => {
  const one = map('one', { element: [{ code: 'a', target: [{ code: 'A', equivalence }] }] });
  expect(matches(ask('A', { map: one, reverse: true }))).toEqual([`${inverse} a`]);
});

test('products come with a match', () => {
  const one = map('one', {
    element: [{ code: 'a', target: [{ code: 'A', equivalence: 'equal', product: [{ property: 'http://x.example/side', system: TO, value: 'left' }] }] }],
  });
  expect(ask('a', { map: one }).parameter?.[1]?.part).toContainEqual({
    name: 'product',
    part: [
      { name: 'element', valueUri: 'http://x.example/side' },
      { name: 'concept', valueCoding: { system: TO, code: 'left' } },
    ],
  });
});

test('the maps of the base are found', () => {
  const { shelf } = base;
  const answer = translate(shelf, { ...NOTHING, codings: [{ system: 'http://hl7.org/fhir/address-use', code: 'home' }] });
  expect(matches(answer)).toContain('equivalent H');
});
