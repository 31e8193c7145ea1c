import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Tree } from '../../src/search/ast.ts';
import { compartmentTree } from '../../src/search/compartment.ts';
import { parseSearch, printQuery } from '../../src/search/parse.ts';
import { ask, BASE, NOW, params, registry } from './fixture.ts';

/** A tree in few words, for comparison. */
function brief(tree: Tree): unknown {
  switch (tree.op) {
    case 'and':
    case 'or':
      return [tree.op, ...tree.of.map(brief)];
    case 'not':
      return ['not', brief(tree.of)];
    case 'atom':
      return `${tree.param.type}.${tree.param.code} ${JSON.stringify(tree.test)}`;
    case 'exists':
      return [`${tree.link.direction} ${tree.link.param.type}.${tree.link.param.code} ${tree.link.type}`, brief(tree.tree)];
    default:
      return tree.op;
  }
}

const where = (type: string, query: string): unknown => brief(ask(type, query).query.of[0]?.where ?? { op: 'none' });
const code = (value: string): string => `{"is":"token","code":"${value}"}`;

describe('the tree', () => {
  test('nothing asked is everything', () => {
    expect(where('Observation', '')).toBe('all');
  });

  test('commas are or, repetition is and', () => {
    expect(where('Observation', 'code=a,b&status=final')).toEqual([
      'and',
      ['or', `Observation.code ${code('a')}`, `Observation.code ${code('b')}`],
      `Observation.status ${code('final')}`,
    ]);
    expect(where('Observation', 'code=a&code=b')).toEqual(['and', `Observation.code ${code('a')}`, `Observation.code ${code('b')}`]);
  });

  test('not means none of them', () => {
    expect(where('Observation', 'code:not=a,b')).toEqual(['not', ['or', `Observation.code ${code('a')}`, `Observation.code ${code('b')}`]]);
  });

  test('a chain with a type', () => {
    expect(where('Observation', 'subject:Patient.active=true')).toEqual(['out Observation.subject Patient', `Patient.active ${code('true')}`]);
  });

  test('a chain without a type asks every type that has the parameter', () => {
    expect(where('Observation', 'subject.identifier=a')).toEqual([
      'or',
      ...['Group', 'Device', 'Patient', 'Location'].map((type) => [`out Observation.subject ${type}`, `${type}.identifier ${code('a')}`]),
    ]);
    expect(where('Observation', 'subject.birthdate=2000')).toEqual(['out Observation.subject Patient', expect.stringContaining('Patient.birthdate')]);
  });

  test('a chain of three', () => {
    expect(where('Observation', 'patient.general-practitioner:Practitioner.identifier=a')).toEqual([
      'out Observation.patient Patient',
      ['out Patient.general-practitioner Practitioner', `Practitioner.identifier ${code('a')}`],
    ]);
  });

  test('_has, nested, and behind a chain', () => {
    expect(where('Patient', '_has:Observation:patient:code=a')).toEqual(['in Observation.patient Observation', `Observation.code ${code('a')}`]);
    expect(where('Patient', '_has:Observation:patient:_has:AuditEvent:entity:type=x')).toEqual([
      'in Observation.patient Observation',
      ['in AuditEvent.entity AuditEvent', `AuditEvent.type ${code('x')}`],
    ]);
    expect(where('Encounter', 'patient._has:Group:member:_id=102')).toEqual([
      'out Encounter.patient Patient',
      ['in Group.member Group', `Group._id ${code('102')}`],
    ]);
  });

  test('a system search has a tree for each type, and _type narrows them', () => {
    const { query } = ask(registry.resourceTypes, '_lastUpdated=2026&_type=Patient,Observation');
    expect(query.of.map(({ type }) => type)).toEqual(['Observation', 'Patient']);
    expect(query.of.map(({ where: tree }) => tree.op)).toEqual(['atom', 'atom']);
    expect(ask(registry.resourceTypes, '_id=1').query.of).toHaveLength(registry.resourceTypes.length);
  });
});

describe('parameters about the result', () => {
  test('sorting, paging and totals', () => {
    const { query } = ask('Observation', '_sort=-date,_id&_count=10&_total=accurate&_after=x');
    expect(query.sort.map(({ param, descending }) => [param.code, descending])).toEqual([
      ['date', true],
      ['_id', false],
    ]);
    expect(query).toMatchObject({ count: 10, total: 'accurate', after: 'x' });
  });

  test('without any: 50 a page, no total', () => {
    expect(ask('Observation', '').query).toMatchObject({ count: 50, total: 'none', sort: [], include: [] });
  });

  test('_count is lowered to what is allowed, and the self link says so', () => {
    const { query, applied } = ask('Observation', '_count=99999');
    expect(query.count).toBe(1000);
    expect(applied).toEqual([['_count', '1000']]);
  });

  test.each<[string, (texts: string[]) => string]>([
    ['values joined by commas', (texts) => `name:contains=${texts.join(',')}`],
    ['a filter', (texts) => `_filter=${texts.map((text) => `name co ${text}`).join(' or ')}`],
    ['parameters', (texts) => texts.map((text) => `name:contains=${text}`).join('&')],
  ])('texts looked for inside of others are limited, as %s', (_, written) => {
    const texts = Array.from({ length: 41 }, (_none, n) => `a${n}`);
    expect(() => ask('Patient', written(texts))).toThrow('This search looks for more than 40 texts inside of others');
    expect(() => ask('Patient', written(texts.slice(1)))).not.toThrow();
  });

  test('a _count of any length is lowered', () => {
    expect(ask('Observation', `_count=${'9'.repeat(30)}`).applied).toEqual([['_count', '1000']]);
  });

  test('a _sort without a value is told as that', () => {
    expect(() => ask('Observation', '_sort=')).toThrow(
      "The search parameter '_sort' names no parameter to sort by; write _sort=_lastUpdated, or _sort=-_lastUpdated for the newest first.",
    );
    expect(() => ask('Observation', '_sort=date,')).toThrow('names no parameter');
  });

  test('a modifier of _sort is refused with what replaces it', () => {
    expect(() => ask('Observation', '_sort:desc=date')).toThrow("The search parameter '_sort' has no modifier");
    expect(() => ask('Observation', '_count:exact=1')).toThrow("The search parameter '_count' has no modifier");
  });

  test('a parameter that only some of several types have is refused with the way out', () => {
    expect(() => ask(['Patient', 'Observation'], 'birthdate=2000')).toThrow(
      /^A search of several types asks by what all of them have; narrow it with _type\. Observation has no search parameter 'birthdate'/,
    );
    expect(ask(['Patient', 'Observation'], 'birthdate=2000', false).ignored).toHaveLength(1);
  });

  test.each(['_count=0', '_summary=count', '_count=10&_summary=count', '_summary=count&_count=10', '_count=0&_total=none'])(
    '%s asks for the total alone',
    (query) => {
      expect(ask('Observation', query).query).toMatchObject({ count: 0, total: 'accurate' });
    },
  );

  test('_summary and _elements are handed on', () => {
    expect(ask('Observation', '_summary=true&_elements=id,subject')).toMatchObject({ summary: 'true', elements: ['id', 'subject'] });
  });

  test('the page is no part of the self link', () => {
    expect(ask('Observation', 'code=a&_after=x&_format=json').applied).toEqual([
      ['code', 'a'],
      ['_format', 'json'],
    ]);
  });
});

describe('includes', () => {
  const links = (type: string, query: string) =>
    ask(type, query).query.include.map(
      ({ link, from, iterate }) => `${from} ${link.direction} ${link.param.type}.${link.param.code} ${link.type}${iterate ? ' again' : ''}`,
    );

  test('of one link', () => {
    expect(links('Observation', '_include=Observation:patient')).toEqual(['Observation out Observation.patient Patient']);
    expect(links('Observation', '_include=Observation:subject:Group')).toEqual(['Observation out Observation.subject Group']);
    expect(links('Patient', '_revinclude=Observation:subject')).toEqual(['Patient in Observation.subject Observation']);
    expect(links('Observation', '_include=Observation:encounter:Encounter&_include:iterate=Encounter:location')).toEqual([
      'Observation out Observation.encounter Encounter',
      'Encounter out Encounter.location Location again',
    ]);
  });

  test('of every link', () => {
    expect(links('Encounter', '_include=*')).toEqual(links('Encounter', '_include=Encounter:*'));
    expect(links('Encounter', '_include=*')).toContain('Encounter out Encounter.patient Patient');
    const back = links('Patient', '_revinclude=*');
    expect(back).toContain('Patient in Observation.patient Observation');
    expect(back.every((link) => link.startsWith('Patient in '))).toBe(true);
  });

  test.each([
    ['Observation', '_include=Observation', /Type:parameter/],
    ['Observation', '_include=Foo:bar', /'Foo' is not a resource type/],
    ['Observation', '_include=Encounter:patient', /_include:iterate/],
    ['Observation', '_include=Observation:code', /token parameter/],
    ['Observation', '_include=Observation:patient:Group', /cannot point to 'Group'/],
    ['Observation', '_include:recurse=Observation:patient', /no modifier 'recurse'/],
    ['Observation', '_include=Observation:nothing', /no search parameter 'nothing'/],
    ['Patient', '_revinclude=Encounter:location', /links no Patient/],
  ])('%s?%s is refused', (type, query, message) => {
    expect(() => ask(type, query)).toThrow(message);
  });
});

describe('what does not exist', () => {
  test('an unknown parameter is named, with the nearest and the whole list', () => {
    expect(() => ask('Observation', 'statsu=final')).toThrow(
      /no search parameter 'statsu'\. Did you mean 'status'\? It has: _content, _filter, _has, _id, .*value-string/,
    );
  });

  test('handled leniently it is left out, reported, and not in the self link', () => {
    const { query, applied, ignored } = ask('Observation', 'foo=1&code=a&subject.foo=2&_query=x', false);
    expect(query.of[0]?.where.op).toBe('atom');
    expect(applied).toEqual([['code', 'a']]);
    expect(ignored.map(({ name }) => name)).toEqual(['foo', 'subject.foo', '_query']);
  });

  test('a modifier or value that cannot be is refused even then', () => {
    expect(() => ask('Observation', 'code:foo=a', false)).toThrow(FhirError);
    expect(() => ask('Observation', 'date=foo', false)).toThrow(FhirError);
  });

  test.each([
    ['_query=x', /no named queries/],
    ['_contained=true', /not offered/],
    ['_contained=both', /not offered/],
    ['_containedType=contained', /not offered/],
  ])('%s is refused with the reason', (query, reason) => {
    expect(() => ask('Location', query)).toThrow(reason);
  });

  test.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'subject.constructor',
    '_has:constructor:patient:code',
    '_has:Observation:__proto__:code',
    'constructor:exact',
    'code:constructor',
    'subject:__proto__.name',
    '',
  ])('the name %j finds nothing', (name) => {
    expect(() => ask('Observation', `${name}=x`)).toThrow(FhirError);
  });

  test.each([
    '_sort=constructor',
    '_sort=',
    '_sort=code-value-quantity',
    '_sort=-',
    '_count=-1',
    '_count=1e3',
    '_count=many',
    '_count=1&_count=2',
    '_total=some',
    '_summary=all',
    '_elements=a b',
    '_type=Patient',
    '_summary=text&_include=Observation:subject',
    '_revinclude=Provenance:target&_summary=text',
    '_include=__proto__:constructor',
    'subject:Medication.code=a',
    'code.text=a',
    'subject.nothing=a',
    'subject:Patient.nothing=a',
    '_has:Observation=a',
    '_has:Foo:patient:code=a',
    '_has:Patient:link:name=a',
    'instantiates-canonical.name=a',
    'code=a\0b',
    'co\0de=a',
  ])('%j is refused', (query) => {
    expect(() => ask('Observation', query)).toThrow(FhirError);
  });
});

describe('what would cost too much', () => {
  const costly = expect.objectContaining({ fault: 'too-costly' });
  const refusal = (type: string, query: string): unknown => {
    try {
      return ask(type, query);
    } catch (error) {
      return error;
    }
  };

  test.each<[string, string]>([
    ['a thousand alternatives', `name=${'a,'.repeat(999)}a`],
    ['a hundred and one parameters', `${'name=a&'.repeat(100)}name=a`],
    ['twenty links', `${'link:Patient.'.repeat(20)}name=x`],
    ['twenty backward links', `${'_has:Patient:link:'.repeat(20)}name=x`],
    ['a name that is too long', `${'a'.repeat(2000)}=x`],
    ['a value that is too long', `name=${'x'.repeat(9000)}`],
    ['a chain over every type at every step', 'subject.subject.subject.subject.subject.identifier=a'],
  ])('%s', (_, query) => {
    expect(refusal(query.includes('subject.subject') ? 'Composition' : 'Patient', query)).toEqual(costly);
  });

  test('and is refused quickly', () => {
    const start = performance.now();
    refusal('Composition', 'subject.subject.subject.subject.subject.nothing=a');
    refusal('Patient', `${'\\,'.repeat(4000)}=x`);
    refusal('Patient', `name=${'\\'.repeat(8000)}`);
    refusal('Observation', `date=${'0'.repeat(8000)}`);
    refusal('ChargeItem', `factor-override=${'9'.repeat(8000)}`);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('what is within the limits passes', () => {
    expect(ask('Observation', `code=${'a,'.repeat(499)}a`).query.of[0]?.where.op).toBe('or');
    expect(ask('Patient', `${'link:Patient.'.repeat(5)}name=x`).query.of[0]?.where.op).toBe('exists');
  });
});

describe('printing', () => {
  test('keeps what a query may hold readable', () => {
    expect(printQuery([['subject:Patient.name', 'a&b|c,d/e#+é']])).toBe('subject:Patient.name=a%26b%7Cc,d/e%23%2B%C3%A9');
  });

  test('what was applied asks the same again', () => {
    const names = fc.constantFrom(
      'code',
      'code:not',
      'subject',
      'subject:Patient.name',
      '_id',
      'value-string:contains',
      'combo-code',
      '_has:Observation:derived-from:code',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.string({ minLength: 1, unit: 'binary' })), { maxLength: 5 }), (pairs) => {
        const parse = (query: Iterable<readonly [string, string]>) =>
          parseSearch({ types: ['Observation'], query, base: BASE, params, now: NOW, strict: true });
        try {
          const first = parse(pairs);
          const again = parse(new URLSearchParams(printQuery(first.applied)));
          if (pairs.every(([, value]) => value.isWellFormed())) expect(again).toEqual(first);
        } catch (error) {
          expect(error).toBeInstanceOf(FhirError);
        }
      }),
    );
  });
});

test('whatever the query, the answer is a search or a FhirError', () => {
  const names = [
    ...params.of('Observation').keys(),
    '_sort',
    '_count',
    '_include',
    '_revinclude',
    '_elements',
    '_type',
    '_has:Observation:derived-from:code',
    'subject.name',
  ];
  const name = fc.oneof(
    fc.constantFrom(...names),
    fc.string(),
    fc.tuple(fc.constantFrom(...names), fc.string()).map(([a, b]) => `${a}:${b}`),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string()), { maxLength: 4 }), fc.boolean(), (query, strict) => {
      try {
        parseSearch({ types: ['Observation'], query, base: BASE, params, now: NOW, strict });
      } catch (error) {
        expect(error).toBeInstanceOf(FhirError);
      }
    }),
    { numRuns: 500 },
  );
});

describe('compartments', () => {
  const inside = (type: string) => brief(compartmentTree(params, type, { type: 'Patient', id: '7' }));

  test('a type lies in it through any of its parameters', () => {
    const seven = '{"is":"reference","type":"Patient","id":"7"}';
    expect(inside('Observation')).toEqual(['or', `Observation.subject ${seven}`, `Observation.performer ${seven}`]);
  });

  test('of its own type only the resource itself, whatever links to it', () => {
    expect(inside('Patient')).toBe(`Patient._id ${code('7')}`);
  });

  test('Task is in none of the Patient, and an unknown type in none at all', () => {
    expect(inside('Task')).toBe('none');
    expect(inside('Nothing')).toBe('none');
  });
});
