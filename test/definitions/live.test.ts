import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Change } from '../../src/definitions/registry.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { listCodes } from '../../src/terminology/expand.ts';

const URL = 'https://site.example/ValueSet/mood';
const valueSet = (version: string | undefined, other: object = {}): Resource => ({
  resourceType: 'ValueSet',
  url: URL,
  ...(version === undefined ? {} : { version }),
  status: 'active',
  compose: { include: [{ system: 'https://site.example/mood', concept: [{ code: version ?? 'none' }] }] },
  ...other,
});

function registryWith(...resources: readonly Resource[]) {
  const registry = loadRegistry([], listCodes);
  for (const resource of resources) registry.put(resource, 'posted');
  return registry;
}

const chosen = (canonical: string, ...resources: readonly Resource[]) => registryWith(...resources).resource('ValueSet', canonical)?.version;

describe('a canonical without a version means', () => {
  test('the latest of those that are active', () => {
    expect(chosen(URL, valueSet('1.9.0'), valueSet('1.10.0'), valueSet('2.0.0', { status: 'draft' }))).toBe('1.10.0');
  });
  test('the latest, where none is active', () => {
    expect(chosen(URL, valueSet('1.0.0', { status: 'retired' }), valueSet('2.0.0', { status: 'draft' }))).toBe('2.0.0');
  });
  test('the release rather than its drafts', () => {
    expect(chosen(URL, valueSet('2.0.0-ballot'), valueSet('2.0.0'))).toBe('2.0.0');
  });
  test('the later by the algorithm that its author names', () => {
    const alpha = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm', valueCoding: { code: 'alpha' } }] };
    expect(chosen(URL, valueSet('10', alpha), valueSet('9', alpha))).toBe('9');
    expect(chosen(URL, valueSet('10'), valueSet('9'))).toBe('10');
  });
  test('the one with a version rather than the one with none', () => {
    expect(chosen(URL, valueSet('1'), valueSet(undefined))).toBe('1');
  });
  test('nothing, where nobody defines it', () => {
    expect(chosen('https://site.example/ValueSet/other', valueSet('1'))).toBeUndefined();
    expect(chosen('constructor', valueSet('1'))).toBeUndefined();
    expect(chosen('', valueSet('1'))).toBeUndefined();
  });
});

describe('a canonical with a version', () => {
  const several = [valueSet('1.0.0'), valueSet('1.2.0'), valueSet('1.2.7'), valueSet('1.3.0-ballot'), valueSet('2.0.0')];
  test.each([
    ['1.0.0', '1.0.0'],
    ['1.3.0-ballot', '1.3.0-ballot'],
    ['1', '1.2.7'],
    ['1.2', '1.2.7'],
    ['1.x', '1.2.7'],
    ['1.2.x', '1.2.7'],
    ['1.*.0', '1.2.0'],
    ['*', '2.0.0'],
    ['1.3', undefined],
    ['3', undefined],
    ['1.2.0.0', undefined],
  ])('%s means %s', (asked, expected) => {
    expect(chosen(`${URL}|${asked}`, ...several)).toBe(expected);
  });
});

describe('a live registry', () => {
  test('follows what is put and removed, and its revision rises with each', () => {
    const registry = registryWith();
    const revisions = [registry.revision];
    registry.put(valueSet('1'), 'posted');
    revisions.push(registry.revision);
    expect(registry.valueSetCodes(URL)).toEqual(new Set(['https://site.example/mood|1']));
    registry.put(valueSet('1', { compose: { include: [{ system: 'https://site.example/mood', concept: [{ code: 'better' }] }] } }), 'posted');
    revisions.push(registry.revision);
    expect(registry.valueSetCodes(URL)).toEqual(new Set(['https://site.example/mood|better']));
    registry.remove('ValueSet', URL, '1');
    revisions.push(registry.revision);
    expect(registry.valueSetCodes(URL)).toBeUndefined();
    expect(registry.resource('ValueSet', URL)).toBeUndefined();
    expect(new Set(revisions).size).toBe(4);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  });

  test('tells its listeners, until they have heard enough', () => {
    const registry = registryWith();
    const heard: Change[] = [];
    const stop = registry.onChange((change) => heard.push(change));
    registry.put(valueSet('1'), 'a.package#1.0.0');
    registry.remove('ValueSet', URL, '1');
    registry.remove('ValueSet', URL, '1');
    stop();
    registry.put(valueSet('2'), 'posted');
    expect(heard.map(({ change, version, source }) => [change, version, source])).toEqual([
      ['put', '1', 'a.package#1.0.0'],
      ['removed', '1', 'a.package#1.0.0'],
    ]);
  });

  test('lists each version with where it comes from, the latest first', () => {
    const registry = registryWith(valueSet('1'));
    registry.put(valueSet('2', { status: 'draft' }), 'a.package#1.0.0');
    expect(registry.versions('ValueSet', URL)).toEqual([
      { type: 'ValueSet', url: URL, version: '2', status: 'draft', source: 'a.package#1.0.0' },
      { type: 'ValueSet', url: URL, version: '1', status: 'active', source: 'posted' },
    ]);
    expect(registry.list('ValueSet').filter(({ url }) => url === URL)).toHaveLength(2);
  });

  test('shows what is posted in the place of what the server brings along, and that again when it is gone', () => {
    const own = valueSet('1', { title: 'own' });
    const registry = loadRegistry([own], listCodes);
    registry.put(valueSet('1', { title: 'posted' }), 'posted');
    expect(registry.resource('ValueSet', `${URL}|1`)?.title).toBe('posted');
    expect(registry.versions('ValueSet', URL)).toHaveLength(1);
    registry.remove('ValueSet', URL, '1');
    expect(registry.resource('ValueSet', `${URL}|1`)?.title).toBe('own');
  });

  test('has posted search parameters after those of HL7', () => {
    const registry = registryWith();
    const posted = {
      resourceType: 'SearchParameter',
      url: 'https://site.example/SearchParameter/ward',
      code: 'ward',
      base: ['Encounter'],
      type: 'token',
      expression: 'Encounter.location.location.display',
    };
    registry.put(posted, 'posted');
    expect(registry.searchParameters.at(-1)).toMatchObject({ code: 'ward', base: ['Encounter'] });
    registry.remove('SearchParameter', posted.url, '');
    expect(registry.searchParameters.some(({ code }) => code === 'ward')).toBe(false);
  });

  test('finds a NamingSystem by each of its ids', () => {
    const registry = registryWith({
      resourceType: 'NamingSystem',
      status: 'active',
      name: 'Ward',
      uniqueId: [
        { type: 'uri', value: 'https://site.example/ward' },
        { type: 'oid', value: '1.2.3' },
      ],
    });
    expect(registry.resource('NamingSystem', '1.2.3')?.name).toBe('Ward');
    expect(registry.resource('NamingSystem', 'https://site.example/ward')?.name).toBe('Ward');
  });
});
