/** The pages about the REST interface over plain HTTP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { loadRegistry } from '../../src/definitions/load.ts';
import { FHIR, type Started, start } from '../http/start.ts';

describe('the pages about the API', () => {
  let server: Started;
  const get = (path: string) => supertest(server.app.origin).get(path);
  const types = loadRegistry().resourceTypes;

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
  });
  afterAll(() => server.app.close());

  const linksIn = (text: string): readonly string[] =>
    [...text.matchAll(/href="([^"]+)"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&').replaceAll('&#39;', "'"));

  test('the first lists every type, each with a page of its own', async () => {
    const { text } = await get('/api').expect(200);
    const listed = linksIn(text).filter((address) => address.startsWith('/api/'));
    expect(listed).toEqual(types.map((type) => `/api/${type}`));
    for (const address of listed) await get(address).expect(200);
  });

  test.each(['', '/Patient', '/Observation', '/QuestionnaireResponse', '/Location', '/Flag'])('each example on /api%s can be followed', async (path) => {
    const { text } = await get(`/api${path}`).expect(200);
    const here = linksIn(text).filter((address) => address.startsWith(server.app.base));
    expect(here.length).toBeGreaterThan(10);
    const refused: string[] = [];
    for (const address of here) {
      const answer = await fetch(address);
      if (answer.status !== 200) refused.push(`${address}: ${answer.status} ${(await answer.text()).slice(0, 200)}`);
      else await answer.arrayBuffer();
    }
    expect(refused).toEqual([]);
  });

  test('a parameter is described by its definition, with modifiers and prefixes', async () => {
    const { text } = await get('/api/Patient').expect(200);
    expect(text).toContain('The patient&#39;s date of birth');
    expect(text).toContain('<code>of-type</code>');
    expect(text).toContain('<code>sa</code>');
    expect((await get('/api/Flag')).text).toContain('https://pro-bridge.example/fhir/StructureDefinition/alert-flag');
  });

  test('the form leads to the search, and what is typed stays what it is', async () => {
    const to = async (query: string): Promise<unknown> => (await get(`/api/Patient?${query}`).expect(303)).headers['location'];
    expect(await to('parameter=family&modifier=&value=Lee')).toBe(`${server.app.base}/Patient?family=Lee`);
    expect(await to('parameter=family&modifier=exact&value=%26_count%3D0')).toBe(`${server.app.base}/Patient?family:exact=%26_count%3D0`);
    expect(await to('parameter=_has%3AFlag%3Apatient%3A_id&modifier=&value=7')).toBe(`${server.app.base}/Patient?_has:Flag:patient:_id=7`);
    expect(await to('parameter=%0D%0ASet-Cookie%3A%20a&modifier=&value=%0D%0A')).toBe(`${server.app.base}/Patient?Set-Cookie:%20a=`);
  });

  test('what there is no page of is said', async () => {
    for (const path of ['/api/Nothing', '/api/Patient/7', '/api/constructor', '/api/__proto__']) await get(path).expect(404);
  });

  test('a definition from outside cannot bring markup along', async () => {
    const profile = {
      ...{ resourceType: 'StructureDefinition', id: 'marked', url: 'http://example.org/"><script>alert(1)</script>', name: 'Marked', status: 'active' },
      ...{ kind: 'resource', abstract: false, type: 'Basic', baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic', derivation: 'constraint' },
      differential: { element: [{ id: 'Basic', path: 'Basic' }] },
    };
    await server.api().put('/StructureDefinition/marked').set('Content-Type', FHIR).send(JSON.stringify(profile)).expect(201);
    const { text } = await get('/api/Basic').expect(200);
    expect(text).toContain('&lt;script&gt;alert(1)');
    expect(text).not.toContain('<script');
  });
});
