import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Tree } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { linkTo, meaning, meantBy } from '../../src/search/links.ts';
import { match, NOWHERE } from '../../src/search/match.ts';
import type { Param } from '../../src/search/param.ts';
import { createParams } from '../../src/search/params.ts';
import { parseSearch } from '../../src/search/parse.ts';
import { ask, BASE, finds, NOW, worldOf } from './fixture.ts';

const SYMPTOMS = 'urn:symptoms';
const OWN: Resource[] = [
  {
    resourceType: 'CodeSystem',
    url: SYMPTOMS,
    status: 'active',
    content: 'complete',
    caseSensitive: false,
    concept: [{ code: 'Pain', concept: [{ code: 'Headache', concept: [{ code: 'Migraine' }] }, { code: 'Backache' }] }, { code: 'Fever' }],
  },
  {
    resourceType: 'ValueSet',
    url: 'urn:aches',
    status: 'active',
    compose: { include: [{ system: SYMPTOMS, filter: [{ property: 'concept', op: 'is-a', value: 'Pain' }] }] },
  },
];
const params = createParams(loadRegistry(OWN));
const index = createIndexer(params, BASE);

function found(query: string): string[] {
  const pair = query.split(/=(.*)/s).slice(0, 2) as [string, string];
  const { query: asked } = parseSearch({ types: ['Observation'], query: [pair], base: BASE, params, now: NOW, strict: true });
  const where = asked.of[0]?.where ?? { op: 'none' };
  return RESOURCES.filter((resource) => match(where, { ref: `Observation/${resource.id}`, indexed: index(resource) }, NOWHERE)).map(({ id }) => String(id));
}

const coded = (id: string, ...coding: object[]): Resource => ({ resourceType: 'Observation', id, status: 'final', code: { coding } });
const RESOURCES = [
  coded('head', { system: SYMPTOMS, code: 'Headache', display: 'A severe headache' }),
  coded('back', { system: SYMPTOMS, code: 'BACKACHE' }),
  coded('migraine', { system: SYMPTOMS, code: 'Migraine' }, { system: 'urn:other', code: 'Fever' }),
  coded('fever', { system: SYMPTOMS, code: 'fever', display: 'Fever' }),
  { resourceType: 'Observation', id: 'none', status: 'final', code: { text: 'Some headache, she said' } },
];

describe('sets of codes', () => {
  test.each<[string, string[]]>([
    ['code:in=urn:aches', ['head', 'migraine']],
    ['code:not-in=urn:aches', ['back', 'fever', 'none']],
    [`code:below=${SYMPTOMS}|Pain`, ['head', 'migraine']],
    [`code:below=${SYMPTOMS}|Headache`, ['head', 'migraine']],
    [`code:above=${SYMPTOMS}|Migraine`, ['head', 'migraine']],
    [`code:above=${SYMPTOMS}|Pain`, []],
    [`code:below=${SYMPTOMS}|Headache,${SYMPTOMS}|Fever`, ['head', 'migraine']],
    [`code:not=${SYMPTOMS}|Headache`, ['back', 'migraine', 'fever', 'none']],
    ['status:in=http://hl7.org/fhir/ValueSet/observation-status', ['head', 'back', 'migraine', 'fever', 'none']],
    ['status:not-in=http://hl7.org/fhir/ValueSet/observation-status', []],
  ])('%s: %j', (query, ids) => {
    expect(found(query)).toEqual(ids);
  });

  test('case means nothing where the code system says so, and only there', () => {
    expect(found(`code=${SYMPTOMS}|BackAche`)).toEqual(['back']);
    expect(found(`code=${SYMPTOMS}|FEVER`)).toEqual(['fever']);
    expect(found('code=urn:other|fever')).toEqual([]);
    expect(found('code=FEVER')).toEqual([]);
  });

  test.each<[string, string[]]>([
    ['code:text=headache', ['head', 'none']],
    ['code:text=SEVERE head', ['head']],
    ['code:text=some severe', []],
    ['code:text=fev', ['fever']],
  ])('words of texts and displays: %s: %j', (query, ids) => {
    expect(found(query)).toEqual(ids);
  });

  test.each([
    ['code:in=urn:nowhere', /not known here/],
    ['code:below=Pain', /system\|code/],
    ['code:below=urn:unknown|x', /not known here/],
    [`code:below=${SYMPTOMS}|nothing`, /no such code/],
  ])('%s is refused with the reason', (query, message) => {
    expect(() => found(query)).toThrow(message);
  });
});

describe('quantities in any unit that measures the same', () => {
  const UCUM = 'http://unitsofmeasure.org';
  const weighing = (value: number, code: string, more: object = {}): Resource => ({
    resourceType: 'Observation',
    valueQuantity: { value, system: UCUM, code, unit: code, ...more },
  });
  test.each<[Resource, string, boolean]>([
    [weighing(500, 'mg'), `0.5|${UCUM}|g`, true],
    [weighing(0.5, 'g'), `500|${UCUM}|mg`, true],
    [weighing(0.5, 'g'), `500000|${UCUM}|ug`, true],
    [weighing(540, 'mg'), `0.5|${UCUM}|g`, true],
    [weighing(551, 'mg'), `0.5|${UCUM}|g`, false],
    [weighing(300, 'mg'), `le0.3|${UCUM}|g`, true],
    [weighing(300, 'mg'), `gt0.3|${UCUM}|g`, false],
    [weighing(300, 'mg'), `ne0.3|${UCUM}|g`, false],
    [weighing(300, 'mg', { comparator: '<' }), `lt0.2|${UCUM}|g`, true],
    [weighing(300, 'mg', { comparator: '<' }), `gt0.2|${UCUM}|g`, true],
    [weighing(300, 'mg', { comparator: '<' }), `ge0.3|${UCUM}|g`, false],
    [weighing(98.6, '[degF]'), `37.0|${UCUM}|Cel`, true],
    [weighing(310.15, 'K'), `ge37|${UCUM}|Cel`, true],
    [weighing(120, 'mm[Hg]'), `16|${UCUM}|kPa`, true],
    [weighing(500, 'mg'), `0.5|${UCUM}|m`, false],
    [weighing(5, '[iU]'), `5|${UCUM}|[iU]`, true],
    [weighing(5, '[iU]'), `5|${UCUM}|mg`, false],
    [weighing(500, 'mg'), '500', true],
    [weighing(500, 'mg'), '500||mg', true],
    [weighing(500, 'mg'), '0.5||g', false],
    [weighing(500, 'mg'), `500|${UCUM}|nonsense`, false],
    [{ resourceType: 'Observation', valueQuantity: { value: 5, unit: 'drops' } }, '5||drops', true],
    [{ resourceType: 'Observation', valueQuantity: { value: 500, unit: 'mg' } }, `0.5|${UCUM}|g`, false],
  ])('%j by %s: %s', (resource, asked, expected) => {
    expect(finds(resource, `value-quantity=${asked}`)).toBe(expected);
  });

  test('ranges too, and one whose low end lies above its high one is no value', () => {
    const range = (low: number, high: number): Resource => ({
      resourceType: 'Condition',
      onsetRange: { low: { value: low, system: UCUM, code: 'mo' }, high: { value: high, system: UCUM, code: 'mo' } },
    });
    expect(finds(range(12, 24), `onset-age=ge1|${UCUM}|a`)).toBe(true);
    expect(finds(range(12, 24), `onset-age=gt3|${UCUM}|a`)).toBe(false);
    expect(finds(range(24, 12), 'onset-age:missing=true')).toBe(true);
  });
});

describe('links', () => {
  const ward = (id: string, partOf?: string): Resource => ({
    resourceType: 'Location',
    id,
    ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
  });
  const at = (id: string, location: string): Resource => ({
    resourceType: 'Procedure',
    id,
    status: 'completed',
    location: { reference: `Location/${location}` },
  });
  const questionnaire = (id: string, url: string, version: string, title: string): Resource => ({
    resourceType: 'Questionnaire',
    id,
    status: 'active',
    url,
    version,
    title,
  });
  const answered = (id: string, canonical: string): Resource => ({ resourceType: 'QuestionnaireResponse', id, status: 'completed', questionnaire: canonical });
  const all = [
    ward('site'),
    ward('house', 'site'),
    ward('room', 'house'),
    at('in-room', 'room'),
    at('on-site', 'site'),
    questionnaire('q1', 'http://q.example/a', '1', 'First'),
    questionnaire('q2', 'http://q.example/a', '2', 'Second'),
    answered('v1', 'http://q.example/a|1'),
    answered('any', 'http://q.example/a'),
    answered('gone', 'http://q.example/gone'),
    { resourceType: 'List', id: 'mine', status: 'current', mode: 'working', entry: [{ item: { reference: 'Procedure/in-room' } }] },
  ];
  const world = worldOf(all);
  const ids = (type: string, query: string): string[] =>
    all.filter((each) => each.resourceType === type && finds(each, query, world)).map(({ id }) => String(id));

  test.each<[string, string, string[]]>([
    ['Procedure', 'location:below=site', ['in-room', 'on-site']],
    ['Procedure', 'location:below=Location/house', ['in-room']],
    ['Procedure', 'location:above=room', ['in-room', 'on-site']],
    ['Procedure', 'location:above=site', ['on-site']],
    ['Location', 'partof:below=site', ['house', 'room']],
    ['Procedure', '_list=mine', ['in-room']],
    ['Procedure', '_list=other', []],
    ['Location', '_has:Procedure:location:_list=mine', ['room']],
    ['QuestionnaireResponse', 'questionnaire.title=first', ['v1', 'any']],
    ['QuestionnaireResponse', 'questionnaire.title=second', ['any']],
    ['QuestionnaireResponse', 'questionnaire:Questionnaire.version=2', ['any']],
    ['Questionnaire', '_has:QuestionnaireResponse:questionnaire:_id=v1', ['q1']],
    ['Questionnaire', '_has:QuestionnaireResponse:questionnaire:_id=any', ['q1', 'q2']],
  ])('%s?%s: %j', (type, query, expected) => {
    expect(ids(type, query)).toEqual(expected);
  });

  test('what a canonical means, and what means a resource, can be asked as trees of their own', () => {
    const link = linkTo(params, params.of('QuestionnaireResponse').get('questionnaire') as Param, 'Questionnaire');
    const matching = (type: string, tree: Tree): string[] => {
      const members = all.filter((each) => each.resourceType === type);
      return members.filter((each) => match(tree, { ref: `${type}/${each.id}`, indexed: index(each) }, NOWHERE)).map(({ id }) => String(id));
    };
    const byId = (id: string) => index(all.find((each) => each.id === id) ?? { resourceType: 'Basic' });
    expect(matching('Questionnaire', meantBy(link, byId('v1')))).toEqual(['q1']);
    expect(matching('Questionnaire', meantBy(link, byId('any')))).toEqual(['q1', 'q2']);
    expect(matching('Questionnaire', meantBy(link, byId('gone')))).toEqual([]);
    expect(matching('QuestionnaireResponse', meaning(link, byId('q1')))).toEqual(['v1', 'any']);
    expect(matching('QuestionnaireResponse', meaning(link, byId('q2')))).toEqual(['any']);
  });

  test.each([
    ['Procedure', '_list=$current-problems', /no id of a List/],
    ['Observation', 'performer:in=urn:x', /has no modifier 'in'; it has missing, above, below, identifier/],
    ['Observation', 'specimen:below=1', /has no modifier 'below'/],
    ['QuestionnaireResponse', 'questionnaire:above=http://q.example', /has no modifier 'above'; it has missing, below/],
  ])('%s?%s is refused', (type, query, message) => {
    expect(() => ask(type, query)).toThrow(message);
  });
});
