/** The route table and who may pass; faults of ours. */
import { describe, expect, test } from '@jest/globals';
import { everythingAs, type Permit } from '../../src/access/permit.ts';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Call, Policy, Route, Services } from '../../src/http/call.ts';
import { createDispatch } from '../../src/http/dispatch.ts';
import type { FhirRequest } from '../../src/http/message.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { ALL } from '../../src/search/ast.ts';

const registry = loadRegistry();
/** The routes here ask for nothing else. */
const services = { registry, readerFor: () => ({}) } as unknown as Services;
const request = (path: string, query = ''): FhirRequest => ({
  method: 'GET',
  path: path.split('/').filter(Boolean),
  query: new URLSearchParams(query),
  headers: {},
  body: '',
  base: 'http://x.example/fhir',
});
const fine = ({ named }: Call) => ({ status: 200, headers: {}, body: JSON.stringify(named) });
const route = (path: string, policy: Policy, handle: Route['handle'] = fine): Route => ({ method: 'GET', path, interaction: 'read', policy, handle });
const permitting = (type: string): Permit => ({ actor: { display: 't' }, everything: false, grants: [{ type, actions: ['read'], where: ALL }] });
const noReport = () => {
  throw new Error('no fault was expected');
};

test('a route without a policy stops the start', () => {
  const routes = [route('x', undefined as unknown as Policy)];
  expect(() => createDispatch(routes, services, noReport)).toThrow('GET /x has no policy');
  expect(() => createDispatch(ROUTES, services, noReport)).not.toThrow();
});

describe('who may pass', () => {
  const dispatch = createDispatch(
    [route('open', 'public'), route('each', 'any'), route('all', 'admin'), route(':type/:id', 'read'), route('Patient/:id/:target', 'read')],
    services,
    noReport,
  );
  const status = async (path: string, permit: Permit | undefined) => (await dispatch(request(path), permit)).response.status;

  test.each([
    ['open', undefined, 200],
    ['each', undefined, 401],
    ['Patient/1', undefined, 401],
    ['nothing', undefined, 401],
    ['Patient/1', permitting('Patient'), 200],
    ['Observation/1', permitting('Patient'), 403],
    ['each', permitting('Patient'), 200],
    ['all', undefined, 401],
    ['all', permitting('Patient'), 403],
    ['all', permitting('*'), 403],
    ['all', everythingAs('t'), 200],
    ['Patient/1/Observation', permitting('Patient'), 403],
    ['Patient/1/*', permitting('Patient'), 200],
    ['Patient/1', { actor: { display: 't' }, everything: false, grants: [] }, 403],
    ['Observation/1', everythingAs('t'), 200],
    ['nothing', everythingAs('t'), 404],
  ])('%s', async (path, permit, expected) => {
    expect(await status(path, permit)).toBe(expected);
  });

  test('the pattern that answered is told, never the values', async () => {
    expect((await dispatch(request('Patient/secret'), everythingAs('t'))).route).toBe('GET /:type/:id');
    expect((await dispatch(request('Patient/secret/more/and/more'), everythingAs('t'))).route).toBeUndefined();
  });
});

test('a fault of ours is a 500 with an id; the detail is only reported', async () => {
  const reported: unknown[] = [];
  const broken = route('broken', 'public', () => {
    throw new TypeError('secret detail');
  });
  const dispatch = createDispatch([broken], services, (...what) => reported.push(what));
  const { response } = await dispatch(request('broken'), undefined);
  expect(response.status).toBe(500);
  const [[id, error, path]] = reported as [[string, Error, string]];
  expect(response.body).toContain(id);
  expect(response.body).not.toContain('secret');
  expect([error.message, path]).toEqual(['secret detail', 'GET /broken']);
});
