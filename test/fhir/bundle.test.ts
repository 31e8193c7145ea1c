import { describe, expect, test } from '@jest/globals';
import { type EntryVersion, history, responseBundle, searchset } from '../../src/fhir/bundle.ts';

const version = (id: string, n: number, method: EntryVersion['method']): EntryVersion => ({
  type: 'Patient',
  id,
  version: n,
  updated: '2026-01-02T03:04:05.678Z',
  method,
  text: method === 'delete' ? '' : `{"resourceType":"Patient","id":"${id}","extension":[{"valueDecimal":1.50}]}`,
});
const base = 'http://x.example/fhir';
const read = (pieces: Iterable<string>): unknown => JSON.parse([...pieces].join(''));

describe('searchset', () => {
  test('matches, included and outcome, each with its mode', () => {
    const outcome = '{"resourceType":"OperationOutcome","issue":[]}';
    const links = [{ relation: 'self', url: `${base}/Patient?name="x"` }] as const;
    expect(read(searchset({ base, links, total: 9, matches: [version('a', 1, 'create')], included: [version('b', 2, 'update')], outcome }))).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 9,
      link: links,
      entry: [
        { fullUrl: `${base}/Patient/a`, resource: JSON.parse(version('a', 1, 'create').text), search: { mode: 'match' } },
        { fullUrl: `${base}/Patient/b`, resource: JSON.parse(version('b', 1, 'create').text), search: { mode: 'include' } },
        { resource: JSON.parse(outcome), search: { mode: 'outcome' } },
      ],
    });
  });

  test('without entries there is no empty list, which FHIR forbids', () => {
    expect(read(searchset({ base, links: [], matches: [], included: [] }))).toEqual({ resourceType: 'Bundle', type: 'searchset' });
  });

  test('resources stand in it as they are stored', () => {
    expect([...searchset({ base, links: [], matches: [version('a', 1, 'create')], included: [] })].join('')).toContain('"valueDecimal":1.50');
  });
});

test('history says how each version came about', () => {
  const bundle = read(history({ base, links: [], versions: [version('a', 3, 'delete'), version('a', 2, 'update'), version('a', 1, 'create')] }));
  expect(bundle).toMatchObject({
    type: 'history',
    entry: [
      { request: { method: 'DELETE', url: 'Patient/a' }, response: { status: '204 No Content', etag: 'W/"3"', lastModified: '2026-01-02T03:04:05.678Z' } },
      { request: { method: 'PUT', url: 'Patient/a' }, response: { status: '200 OK', etag: 'W/"2"' }, resource: { id: 'a' } },
      { request: { method: 'POST', url: 'Patient' }, response: { status: '201 Created', etag: 'W/"1"' } },
    ],
  });
  expect((bundle as { entry: object[] }).entry[0]).not.toHaveProperty('resource');
});

test('responses keep their order, with or without resource and outcome', () => {
  const entries = [
    { status: '201 Created', location: `${base}/Patient/a/_history/1`, etag: 'W/"1"' },
    { status: '404 Not Found', outcome: '{"x":1}' },
    { status: '200 OK', resource: '{"y":1.0}' },
  ];
  expect(read(responseBundle('batch-response', entries))).toEqual({
    resourceType: 'Bundle',
    type: 'batch-response',
    entry: [{ response: entries[0] }, { response: { status: '404 Not Found', outcome: { x: 1 } } }, { resource: { y: 1 }, response: { status: '200 OK' } }],
  });
});
