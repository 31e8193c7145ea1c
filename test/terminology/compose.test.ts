/** Definitions of value sets: each filter, include, exclude and import; listing and membership say the same. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CodeSystem, CodeSystemConcept, ValueSet, ValueSetComposeInclude, ValueSetComposeIncludeFilter } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { faultsOf } from '../../src/terminology/compose.ts';
import { isListed, listingOf } from '../../src/terminology/listing.ts';
import type { TerminologyResource } from '../../src/terminology/source.ts';
import { createTerminology, type Terminology } from '../../src/terminology/terminology.ts';

const base = createTerminology(loadRegistry());
const SYSTEM = 'http://x.example/animals';
const animals: CodeSystem = {
  resourceType: 'CodeSystem',
  url: SYSTEM,
  version: '1.0.0',
  status: 'active',
  content: 'complete',
  property: [
    { code: 'legs', type: 'integer' },
    { code: 'kin', type: 'code', uri: 'http://hl7.org/fhir/concept-properties#parent' },
    { code: 'notSelectable', type: 'boolean', uri: 'http://x.example/another-meaning' },
  ],
  concept: [
    {
      code: 'mammal',
      concept: [
        { code: 'dog', property: [{ code: 'legs', valueInteger: 4 }], concept: [{ code: 'poodle' }] },
        {
          code: 'cat',
          property: [
            { code: 'legs', valueInteger: 4 },
            { code: 'notSelectable', valueBoolean: true },
          ],
        },
      ],
    },
    { code: 'fish', property: [{ code: 'legs', valueInteger: 0 }] },
    { code: 'pet', concept: [{ code: 'goldfish', property: [{ code: 'kin', valueCode: 'fish' }] }] },
    {
      code: 'house-dog',
      property: [
        { code: 'kin', valueCode: 'dog' },
        { code: 'kin', valueCode: 'pet' },
      ],
    },
  ],
};
const older: CodeSystem = { ...animals, version: '0.9.0', concept: [{ code: 'dinosaur' }, { code: 'dog' }] };

const set = (include: ValueSetComposeInclude[], exclude?: ValueSetComposeInclude[], id = 'set'): ValueSet => ({
  resourceType: 'ValueSet',
  status: 'active',
  id,
  url: `http://x.example/vs/${id}`,
  version: '1',
  compose: { include, ...(exclude === undefined ? {} : { exclude }) },
});
const over = (...resources: TerminologyResource[]): Terminology => base.with({ resources: [animals, older, ...resources] });

/** The codes of a set, or the kinds of its faults. */
function codes(valueSet: ValueSet, terminology = over()): string[] {
  const compiled = terminology.shelf.compiled(valueSet);
  const listing = listingOf(compiled);
  return isListed(listing) ? listing.map(({ code }) => code) : faultsOf(compiled).map(({ kind }) => `! ${kind}`);
}
const filtered = (property: string, op: string, value: string) => codes(set([{ system: SYSTEM, filter: [{ property, op: op as 'is-a', value }] }]));
const filter = (op: string, value: string): ValueSetComposeIncludeFilter => ({ property: 'concept', op: op as 'is-a', value });
const ALL = ['mammal', 'dog', 'poodle', 'cat', 'fish', 'pet', 'goldfish', 'house-dog'];

test.each<[string, string, string, string[]]>([
  ['concept', 'is-a', 'dog', ['dog', 'poodle', 'house-dog']],
  ['concept', 'descendent-of', 'dog', ['poodle', 'house-dog']],
  ['concept', 'is-not-a', 'mammal', ['fish', 'pet', 'goldfish']],
  ['concept', 'child-of', 'mammal', ['dog', 'cat']],
  ['concept', 'child-of', 'pet', ['goldfish', 'house-dog']],
  ['concept', 'descendent-leaf', 'mammal', ['poodle', 'cat', 'house-dog']],
  ['concept', 'generalizes', 'poodle', ['mammal', 'dog', 'poodle']],
  ['concept', '=', 'cat', ['cat']],
  ['concept', 'in', 'cat, fish', ['fish', 'cat'].toReversed()],
  ['concept', 'not-in', 'mammal,dog,poodle,cat', ['fish', 'pet', 'goldfish', 'house-dog']],
  ['code', 'regex', '.*dog', ['dog', 'house-dog']],
  ['legs', '=', '4', ['dog', 'cat']],
  ['legs', 'in', '0,4', ['dog', 'cat', 'fish']],
  ['legs', 'exists', 'false', ['mammal', 'poodle', 'pet', 'goldfish', 'house-dog']],
  ['legs', 'exists', 'true', ['dog', 'cat', 'fish']],
  ['legs', 'regex', '[1-9]', ['dog', 'cat']],
  ['kin', '=', 'pet', ['goldfish', 'house-dog']],
  ['child', '=', 'poodle', ['dog']],
  ['inactive', '=', 'false', ALL],
  ['concept', 'is-a', 'nothing', []],
])('filter %s %s %s', (property, op, value, expected) => {
  expect(filtered(property, op, value)).toEqual(expected);
});

test.each([
  ['an operator that is none', 'concept', 'like', 'dog'],
  ['a property that the system does not have', 'colour', '=', 'red'],
  ['no value', 'concept', 'is-a', ''],
  ['hierarchy of a property', 'legs', 'is-a', '4'],
  ['a regular expression that looks around', 'code', 'regex', '(?=d)dog'],
  ['exists that is neither true nor false', 'legs', 'exists', 'maybe'],
])('%s makes the definition invalid, and no code certain', (_name, property, op, value) => {
  expect(filtered(property, op, value)).toEqual(['! invalid']);
  const membership = over().membership(set([{ system: SYSTEM, filter: [{ property, op: op as 'is-a', value }] }]));
  expect(membership.coding({ system: SYSTEM, code: 'dog' }).is).toBe('unknown');
  expect(membership.coding({ system: 'http://x.example/other', code: 'dog' }).is).toBe('out');
});

test('a property that is declared with another meaning is not the standard one', () => {
  expect(over().options(set([{ system: SYSTEM, concept: [{ code: 'cat' }] }]))).toHaveLength(1);
});

describe('includes, excludes and imports', () => {
  const dogs = set([{ system: SYSTEM, filter: [{ property: 'concept', op: 'is-a', value: 'dog' }] }], undefined, 'dogs');
  const pets = set([{ system: SYSTEM, filter: [{ property: 'concept', op: 'is-a', value: 'pet' }] }], undefined, 'pets');
  const both = over(dogs, pets);

  test.each<[string, ValueSetComposeInclude[], ValueSetComposeInclude[] | undefined, string[]]>([
    [
      'filters of one include hold together',
      [{ system: SYSTEM, filter: [filter('is-a', 'mammal'), filter('descendent-of', 'pet')] }],
      undefined,
      ['house-dog'],
    ],
    [
      'several includes are joined, each code once',
      [{ system: SYSTEM, concept: [{ code: 'cat' }, { code: 'dog' }] }, { valueSet: ['http://x.example/vs/dogs'] }],
      undefined,
      ['cat', 'dog', 'poodle', 'house-dog'],
    ],
    ['sets of one include are intersected', [{ valueSet: ['http://x.example/vs/dogs', 'http://x.example/vs/pets'] }], undefined, ['house-dog']],
    [
      'system and set of one include too',
      [{ system: SYSTEM, concept: [{ code: 'poodle' }, { code: 'cat' }], valueSet: ['http://x.example/vs/dogs|1'] }],
      undefined,
      ['poodle'],
    ],
    ['exclude by code', [{ valueSet: ['http://x.example/vs/dogs'] }], [{ system: SYSTEM, concept: [{ code: 'dog' }] }], ['poodle', 'house-dog']],
    ['exclude by filter', [{ system: SYSTEM }], [{ system: SYSTEM, filter: [filter('is-a', 'mammal')] }], ['fish', 'pet', 'goldfish']],
    ['exclude by set', [{ valueSet: ['http://x.example/vs/dogs'] }], [{ valueSet: ['http://x.example/vs/pets'] }], ['dog', 'poodle']],
    ['everything excluded leaves nothing, and no fault', [{ system: SYSTEM }], [{ system: SYSTEM }], []],
    ['a code that the system does not have is passed over', [{ system: SYSTEM, concept: [{ code: 'unicorn' }, { code: 'cat' }] }], undefined, ['cat']],
    ['a version that is not here', [{ system: SYSTEM, version: '7' }], undefined, ['! system-not-found']],
    ['a wildcard', [{ system: SYSTEM, version: '0.x' }], undefined, ['dinosaur', 'dog']],
    [
      'two versions keep apart',
      [
        { system: SYSTEM, version: '0.9.0', concept: [{ code: 'dinosaur' }] },
        { system: SYSTEM, version: '1.0.0', concept: [{ code: 'cat' }, { code: 'dinosaur' }] },
      ],
      undefined,
      ['dinosaur', 'cat'],
    ],
    [
      'an exclude of one version spares the other',
      [
        { system: SYSTEM, version: '0.9.0' },
        { system: SYSTEM, version: '1.0.0', concept: [{ code: 'dog' }] },
      ],
      [{ system: SYSTEM, version: '0.9.0', concept: [{ code: 'dog' }] }],
      ['dinosaur', 'dog'],
    ],
    ['a set that is not here', [{ valueSet: ['http://x.example/vs/none'] }], undefined, ['! value-set-not-found']],
    ['an include of nothing', [{}], undefined, ['! invalid']],
  ])('%s', (_name, include, exclude, expected) => {
    expect(codes(set(include, exclude), both)).toEqual(expected);
  });

  test('a set without definition is what it once expanded to', () => {
    const contains = [
      { system: SYSTEM, code: 'mammal', abstract: true, contains: [{ system: SYSTEM, code: 'cat' }] },
      { system: SYSTEM, code: 'fish' },
    ];
    expect(codes({ resourceType: 'ValueSet', status: 'active', expansion: { timestamp: '2026-01-01', contains } })).toEqual(['cat', 'fish']);
  });
});

test('membership says of every code what the listing shows', () => {
  const code = fc.constantFrom(...ALL);
  const part: fc.Arbitrary<ValueSetComposeInclude> = fc.oneof(
    fc.constant({ system: SYSTEM }),
    fc.array(code, { minLength: 1, maxLength: 4 }).map((named) => ({ system: SYSTEM, concept: [...new Set(named)].map((one) => ({ code: one })) })),
    fc
      .array(fc.tuple(fc.constantFrom('is-a', 'descendent-of', 'is-not-a', 'child-of', 'generalizes'), code), { minLength: 1, maxLength: 2 })
      .map((rows) => ({ system: SYSTEM, filter: rows.map(([op, value]) => filter(op, value)) })),
    code.map((value) => ({ valueSet: [`http://x.example/vs/below-${value}`] })),
  );
  const terminology = over(...ALL.map((value) => set([{ system: SYSTEM, filter: [filter('is-a', value)] }], undefined, `below-${value}`)));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), fc.array(part, { maxLength: 2 }), (include, exclude) => {
      const valueSet = set(include, exclude);
      const listed = new Set(codes(valueSet, terminology));
      const membership = terminology.membership(valueSet);
      for (const one of ALL) {
        expect(membership.coding({ system: SYSTEM, code: one }).is).toBe(listed.has(one) ? 'in' : 'out');
        expect(membership.code(one).is).toBe(listed.has(one) ? 'in' : 'out');
      }
    }),
    { numRuns: 300 },
  );
});

describe('hostile definitions', () => {
  const quick = (work: () => unknown, most = 3000): void => {
    const before = performance.now();
    work();
    expect(performance.now() - before).toBeLessThan(most);
  };

  test('sets that draw on each other in a circle, and on themselves', () => {
    const a = set([{ valueSet: ['http://x.example/vs/b'] }], undefined, 'a');
    const b = set([{ valueSet: ['http://x.example/vs/a'] }, { system: SYSTEM, concept: [{ code: 'dog' }] }], undefined, 'b');
    const terminology = over(a, b);
    expect(codes(a, terminology)).toEqual(['! circle']);
    expect(terminology.membership(a).coding({ system: SYSTEM, code: 'dog' }).is).toBe('in');
    expect(terminology.membership(a).coding({ system: SYSTEM, code: 'cat' }).is).toBe('unknown');
    const self = set([{ valueSet: ['http://x.example/vs/self'] }], undefined, 'self');
    expect(codes(self, over(self))).toEqual(['! circle']);
  });

  test('sets that each draw twice on the next do not unfold without end', () => {
    const levels = Array.from({ length: 40 }, (_, level) =>
      set(
        level === 39 ? [{ system: SYSTEM }] : [{ valueSet: [`http://x.example/vs/l${level + 1}`] }, { valueSet: [`http://x.example/vs/l${level + 1}`] }],
        undefined,
        `l${level}`,
      ),
    );
    quick(() => {
      const terminology = over(...levels);
      expect(codes(levels[0] as ValueSet, terminology)).toContain('! invalid');
      terminology.membership(levels[0] as ValueSet).coding({ system: SYSTEM, code: 'unicorn' });
    });
  });

  test('sets that share what they draw on list it once, however many ways lead to it', () => {
    const wide = Array.from({ length: 50_000 }, (_, at) => ({ code: `w${at}` }));
    const system: CodeSystem = { resourceType: 'CodeSystem', url: 'http://x.example/wide', status: 'active', content: 'complete', concept: wide };
    const levels = Array.from({ length: 11 }, (_, level) =>
      set(
        level === 10
          ? [{ system: 'http://x.example/wide' }]
          : [{ valueSet: [`http://x.example/vs/s${level + 1}`] }, { valueSet: [`http://x.example/vs/s${level + 1}`] }],
        undefined,
        `s${level}`,
      ),
    );
    quick(() => expect(codes(levels[0] as ValueSet, over(system, ...levels))).toHaveLength(50_000));
  });

  test('a hierarchy of 100 000 levels, one that runs in circles, and a million codes', () => {
    let deep: CodeSystemConcept = { code: 'c0' };
    for (let level = 1; level < 100_000; level += 1) deep = { code: `c${level}`, concept: [deep] };
    const circular: CodeSystemConcept[] = ['a', 'b', 'c'].map((code, at) => ({ code, property: [{ code: 'parent', valueCode: ['b', 'c', 'a'][at] ?? '' }] }));
    const wide = Array.from({ length: 1_000_000 }, (_, at) => ({ code: `w${at}` }));
    const system = (id: string, concept: CodeSystemConcept[]): CodeSystem => ({
      resourceType: 'CodeSystem',
      url: `http://x.example/${id}`,
      status: 'active',
      content: 'complete',
      concept,
    });
    const terminology = over(system('deep', [deep]), system('circular', circular), system('wide', wide));
    const isA = (id: string, value: string) => set([{ system: `http://x.example/${id}`, filter: [filter('is-a', value)] }], undefined, id);
    quick(() => expect(terminology.membership(isA('deep', 'c99999')).coding({ system: 'http://x.example/deep', code: 'c0' }).is).toBe('in'));
    quick(() => expect(codes(isA('circular', 'a'), terminology)).toEqual(['a', 'b', 'c']));
    quick(() => expect(terminology.membership(isA('circular', 'none')).code('a').is).toBe('out'));
    quick(() => expect(terminology.membership(set([{ system: 'http://x.example/wide' }], undefined, 'wide')).code('w999999').is).toBe('in'), 10_000);
  });

  test('codes and systems that are names of prototypes', () => {
    const membership = over().membership(set([{ system: SYSTEM }]));
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(membership.coding({ system: SYSTEM, code: name }).is).toBe('out');
      expect(membership.coding({ system: name, code: name }).is).toBe('out');
    }
  });
});
