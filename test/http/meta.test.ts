/** $meta, $meta-add and $meta-delete over real HTTP. https://hl7.org/fhir/R4/resource-operation-meta.html */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Meta, OperationOutcome, Parameters } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const parameters = (meta: unknown) => ({ resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: meta }] });
const metaIn = (body: unknown): Meta | undefined => (body as Parameters).parameter?.find(({ name }) => name === 'return')?.valueMeta;
const tag = (code: string, more: object = {}) => ({ system: 'urn:tags', code, ...more });
const textOf = (outcome: OperationOutcome): string => outcome.issue.map(({ details }) => details?.text).join(' ');

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  const post = (path: string, body: object) => server.api().post(path).set('Content-Type', FHIR).send(JSON.stringify(body));
  const get = async (path: string): Promise<Meta | undefined> => metaIn((await server.api().get(path).expect(200)).body);
  const created = async (type: string, meta?: object): Promise<string> =>
    (await post(`/${type}`, { resourceType: type, meta, ...NEEDED[type] }).expect(201)).body.id as string;

  const NEEDED: Readonly<Record<string, object>> = { Basic: { code: { text: 'x' } } };

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
  });
  afterAll(() => server.app.close());

  test('tags are added once, by system and code, and taken away again; the rest of meta stays', async () => {
    const id = await created('Patient', { source: 'urn:source', tag: [tag('a', { display: 'A' })] });
    const added = await post(
      `/Patient/${id}/$meta-add`,
      parameters({ tag: [tag('a'), tag('b')], profile: ['http://hl7.org/fhir/StructureDefinition/Patient'] }),
    ).expect(200);
    expect(metaIn(added.body)).toMatchObject({
      versionId: '2',
      source: 'urn:source',
      tag: [tag('a', { display: 'A' }), tag('b')],
      profile: ['http://hl7.org/fhir/StructureDefinition/Patient'],
    });
    const again = await post(`/Patient/${id}/$meta-add`, parameters({ tag: [tag('b')] })).expect(200);
    expect(metaIn(again.body)?.versionId).toBe('2');
    const taken = await post(`/Patient/${id}/$meta-delete`, parameters({ tag: [tag('a', { version: '9', display: 'other' }), tag('never')] })).expect(200);
    expect(metaIn(taken.body)).toMatchObject({ versionId: '3', tag: [tag('b')] });
    expect(await get(`/Patient/${id}/$meta`)).toEqual((await server.api().get(`/Patient/${id}`)).body.meta);
    expect((await get(`/Patient/${id}/_history/1/$meta`))?.tag).toEqual([tag('a', { display: 'A' })]);
  });

  test('by the current version; the past is not changed', async () => {
    const id = await created('Patient');
    await post(`/Patient/${id}/_history/1/$meta-add`, parameters({ tag: [tag('now')] })).expect(200);
    expect(textOf((await post(`/Patient/${id}/_history/1/$meta-add`, parameters({ tag: [tag('then')] })).expect(422)).body)).toContain('is history');
    await post(`/Patient/${id}/_history/9/$meta-delete`, parameters({ tag: [tag('then')] })).expect(404);
  });

  test('those in use on a type, and on the server', async () => {
    await created('Basic', { tag: [tag(`basic-${DATABASE_URL}`)], security: [tag('secret')] });
    await created('Basic', { tag: [tag(`basic-${DATABASE_URL}`)] });
    await created('Patient', { tag: [tag(`patient-${DATABASE_URL}`)] });
    expect(await get('/Basic/$meta')).toEqual({ tag: [tag(`basic-${DATABASE_URL}`)], security: [tag('secret')] });
    const all = await get('/$meta');
    expect(all?.tag).toEqual(expect.arrayContaining([tag(`basic-${DATABASE_URL}`), tag(`patient-${DATABASE_URL}`)]));
  });

  test('what is not there, was deleted, or is no Meta', async () => {
    await server.api().get('/Patient/never/$meta').expect(404);
    await post('/Patient/never/$meta-add', parameters({ tag: [tag('a')] })).expect(404);
    const id = await created('Patient');
    await post(`/Patient/${id}/$meta-add`, { resourceType: 'Parameters' }).expect(400);
    await post(`/Patient/${id}/$meta-add`, parameters({ tag: 'a' })).expect(400);
    await post(`/Patient/${id}/$meta-add`, { resourceType: 'Patient' }).expect(400);
    await server.api().delete(`/Patient/${id}`).expect(204);
    await server.api().get(`/Patient/${id}/$meta`).expect(410);
    await post(`/Patient/${id}/$meta-add`, parameters({ tag: [tag('a')] })).expect(410);
  });

  test('of fifty labels at once none is lost', async () => {
    const id = await created('Patient');
    await Promise.all(Array.from({ length: 50 }, (_, n) => post(`/Patient/${id}/$meta-add`, parameters({ tag: [tag(`t${n}`)] })).expect(200)));
    expect((await get(`/Patient/${id}/$meta`))?.tag).toHaveLength(50);
  });
});
