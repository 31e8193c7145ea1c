import { describe, expect, test } from '@jest/globals';
import type { CodeSystem, ValueSet, ValueSetCompose } from 'fhir/r4';
import { type DefinitionSource, listCodes, withoutVersion } from '../../src/terminology/expand.ts';

const animals: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://x.example/animals',
  status: 'active',
  content: 'complete',
  concept: [
    {
      code: 'mammal',
      concept: [
        { code: 'dog', concept: [{ code: 'poodle' }] },
        { code: 'cat', property: [{ code: 'tame', valueBoolean: false }] },
      ],
    },
    { code: 'fish', property: [{ code: 'tame', valueBoolean: true }] },
  ],
};
const fragment: CodeSystem = { ...animals, url: 'http://x.example/some', content: 'fragment' };
const set = (compose: ValueSetCompose, url = 'http://x.example/set'): ValueSet => ({ resourceType: 'ValueSet', status: 'active', url, compose });

const dogs = set({ include: [{ system: animals.url ?? '', filter: [{ property: 'concept', op: 'is-a', value: 'dog' }] }] }, 'http://x.example/dogs');
const circle = set({ include: [{ valueSet: ['http://x.example/circle'] }] }, 'http://x.example/circle');
const source: DefinitionSource = {
  codeSystem: (url) => [animals, fragment].find((candidate) => candidate.url === url),
  valueSet: (url) => [dogs, circle].find((candidate) => candidate.url === url),
};

function list(compose: ValueSetCompose): string[] | undefined {
  const codes = listCodes(set(compose), source);
  return codes && [...codes].map((code) => code.replace('http://x.example/animals|', ''));
}

const system = 'http://x.example/animals';
const filtered = (property: string, op: string, value: string) => list({ include: [{ system, filter: [{ property, op: op as 'is-a', value }] }] });

describe('lists', () => {
  test('a whole code system, with what is below in the hierarchy', () => {
    expect(list({ include: [{ system }] })).toEqual(['mammal', 'dog', 'poodle', 'cat', 'fish']);
  });

  test('concepts that are named, even of a system that is not at hand', () => {
    expect(list({ include: [{ system: 'http://y.example', concept: [{ code: 'a' }] }] })).toEqual(['http://y.example|a']);
  });

  test('what a filter lets through', () => {
    expect(filtered('concept', 'is-a', 'dog')).toEqual(['dog', 'poodle']);
    expect(filtered('concept', 'descendent-of', 'mammal')).toEqual(['dog', 'poodle', 'cat']);
    expect(filtered('concept', 'is-not-a', 'mammal')).toEqual(['fish']);
    expect(filtered('parent', '=', 'mammal')).toEqual(['dog', 'cat']);
    expect(filtered('tame', '=', 'true')).toEqual(['fish']);
  });

  test('what several parts have together, without what is excluded', () => {
    expect(
      list({
        include: [{ valueSet: ['http://x.example/dogs|1.0'] }, { system, concept: [{ code: 'fish' }] }],
        exclude: [{ system, concept: [{ code: 'poodle' }] }],
      }),
    ).toEqual(['dog', 'fish']);
  });

  test('what a part has in common with the sets it names', () => {
    expect(list({ include: [{ system, concept: [{ code: 'poodle' }, { code: 'cat' }], valueSet: ['http://x.example/dogs'] }] })).toEqual(['poodle']);
  });
});

test.each<[string, ValueSetCompose]>([
  ['a code system that is not at hand', { include: [{ system: 'http://y.example' }] }],
  ['a code system that is only a fragment', { include: [{ system: 'http://x.example/some' }] }],
  ['an operator that is not worked out', { include: [{ system, filter: [{ property: 'code', op: 'regex', value: '.*' }] }] }],
  ['a value set that is not at hand', { include: [{ valueSet: ['http://y.example'] }] }],
  ['value sets that import each other', { include: [{ valueSet: ['http://x.example/circle'] }] }],
  ['an exclude that cannot be listed', { include: [{ system }], exclude: [{ system: 'http://y.example' }] }],
])('cannot list with %s', (_name, compose) => {
  expect(list(compose)).toBeUndefined();
});

test('a value set that says nothing of its content cannot be listed', () => {
  expect(listCodes({ resourceType: 'ValueSet', status: 'active' }, source)).toBeUndefined();
});

test('a canonical loses its version', () => {
  expect(withoutVersion('http://x.example/a|1|2')).toBe('http://x.example/a');
  expect(withoutVersion('http://x.example/a')).toBe('http://x.example/a');
});
