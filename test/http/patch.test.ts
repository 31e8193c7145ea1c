/** PATCH in each of its formats over real HTTP: alone, by criteria, in a batch, in a transaction. https://hl7.org/fhir/R4/http.html#patch */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const OBSERVATION = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50,"unit":"mg"}}';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const amended = [{ op: 'replace', path: '/status', value: 'amended' }];
const parameters = (type: string, path: string, ...more: object[]) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'operation', part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...more] }],
});
const amendedByPath = parameters('replace', 'Observation.status', { name: 'value', valueCode: 'amended' });
const textOf = (outcome: OperationOutcome): string => outcome.issue.map(({ details }) => details?.text).join(' ');

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  const patch = (path: string, body: unknown, type: string, headers: Record<string, string> = {}) =>
    server
      .api()
      .patch(path)
      .set({ 'Content-Type': type, ...headers })
      .send(JSON.stringify(body));
  const created = async (identifier = ''): Promise<string> => {
    const text = identifier === '' ? OBSERVATION : OBSERVATION.replace('"status"', `"identifier":[{"system":"urn:p","value":"${identifier}"}],"status"`);
    return (await server.api().post('/Observation').set('Content-Type', FHIR).send(text).expect(201)).body.id as string;
  };

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
  });
  afterAll(() => server.app.close());

  test.each<[string, unknown, string]>([
    ['JSON Patch', amended, JSON_PATCH],
    ['merge patch', { status: 'amended' }, MERGE_PATCH],
    ['FHIRPath Patch', amendedByPath, FHIR],
  ])('%s makes a new version, and leaves decimals as they were written', async (_, body, type) => {
    const id = await created();
    const answer = await patch(`/Observation/${id}`, body, type).expect(200);
    expect(answer.headers).toMatchObject({ etag: 'W/"2"', location: `${server.app.base}/Observation/${id}/_history/2` });
    expect(answer.text).toContain('"value":1.50');
    expect((await server.api().get(`/Observation/${id}`).expect(200)).body).toMatchObject({ status: 'amended', meta: { versionId: '2' } });
    const again = await patch(`/Observation/${id}`, body, type).expect(200);
    expect(again.headers.etag).toBe('W/"2"');
  });

  test('If-Match guards a patch; Prefer says what comes back', async () => {
    const id = await created();
    await patch(`/Observation/${id}`, amended, JSON_PATCH, { 'If-Match': 'W/"7"' }).expect(412);
    await patch(`/Observation/${id}`, amended, JSON_PATCH, { 'If-Match': 'W/"7", W/"1"', Prefer: 'return=minimal' }).expect(200, '');
    await patch(`/Observation/${id}`, { status: 'final' }, MERGE_PATCH, { 'If-Match': '*', Prefer: 'return=OperationOutcome' }).expect(200, /OperationOutcome/);
    await patch(`/Observation/${id}`, amended, JSON_PATCH, { 'If-None-Match': '*' }).expect(400);
  });

  test('by criteria: one is patched, none is 404, several are 412', async () => {
    const id = await created('one');
    const where = '/Observation?identifier=urn:p|one';
    const answer = await patch(where, amended, JSON_PATCH).expect(200);
    expect(answer.body).toMatchObject({ id, status: 'amended' });
    await patch(where, amended, JSON_PATCH, { 'If-Match': 'W/"1"' }).expect(412);
    await patch('/Observation?identifier=urn:p|none', amendedByPath, FHIR).expect(404);
    await created('one');
    await patch(where, { status: 'final' }, MERGE_PATCH).expect(412);
    await patch('/Observation', amended, JSON_PATCH).expect(400);
  });

  test('what is not there, and what was deleted', async () => {
    await patch('/Observation/never', amended, JSON_PATCH).expect(404);
    const id = await created();
    await server.api().delete(`/Observation/${id}`).expect(204);
    await patch(`/Observation/${id}`, amended, JSON_PATCH).expect(410);
  });

  test.each([
    ['id', { id: 'other' }],
    ['resourceType', { resourceType: 'Patient' }],
    ['meta.versionId', { meta: { versionId: '9' } }],
    ['meta.lastUpdated', { meta: { lastUpdated: '2020-01-01T00:00:00Z' } }],
  ])('%s cannot be patched', async (name, body) => {
    const id = await created();
    expect(textOf((await patch(`/Observation/${id}`, body, MERGE_PATCH).expect(422)).body)).toContain(`may not change ${name}`);
    await patch(`/Observation/${id}`, { meta: { tag: [{ code: 'kept' }] } }, MERGE_PATCH).expect(200);
  });

  test('the result is checked like any update', async () => {
    const id = await created();
    const { body } = await patch(`/Observation/${id}`, [{ op: 'remove', path: '/code' }], JSON_PATCH).expect(422);
    expect((body as OperationOutcome).issue[0]?.expression).toEqual(['Observation.code']);
    await patch(`/Observation/${id}`, [{ op: 'add', path: '/subject', value: { reference: 'Patient/nobody' } }], JSON_PATCH).expect(422);
    expect((await server.api().get(`/Observation/${id}`)).headers.etag).toBe('W/"1"');
  });

  test.each([
    ['text/plain', 415],
    ['application/xml-patch+xml', 415],
    ['application/json', 400],
  ])('a body of type %s is %i', async (type, status) => {
    const answer = await patch(`/Observation/${await created()}`, amended, type);
    expect(answer.status).toBe(status);
    if (status === 415) expect(answer.headers['accept-patch']).toContain(JSON_PATCH);
  });

  const bundle = (type: string, ...entry: object[]) =>
    server
      .api()
      .post('')
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ resourceType: 'Bundle', type, entry }));
  const binary = (contentType: string, patchBody: unknown) => ({ resourceType: 'Binary', contentType, data: base64(patchBody) });

  test.each(['batch', 'transaction'])('inside a %s, in each format, by id and by criteria', async (type) => {
    const [one, two] = [await created(), await created(`in-${type}`)];
    const three = await created();
    const { body } = await bundle(
      type,
      { resource: binary(JSON_PATCH, amended), request: { method: 'PATCH', url: `Observation/${one}`, ifMatch: 'W/"1"' } },
      { resource: binary(MERGE_PATCH, { status: 'amended' }), request: { method: 'PATCH', url: `Observation?identifier=urn:p|in-${type}` } },
      { resource: amendedByPath, request: { method: 'PATCH', url: `Observation/${three}` } },
    ).expect(200);
    expect((body as Bundle).entry?.map(({ response }) => [response?.status, response?.etag])).toEqual(Array(3).fill(['200 OK', 'W/"2"']));
    for (const id of [one, two, three]) {
      const { text } = await server.api().get(`/Observation/${id}`);
      expect(text).toContain('"status":"amended"');
      expect(text).toContain('"value":1.50');
    }
  });

  test('a patch in a transaction may refer to what is created beside it', async () => {
    const id = await created();
    const urn = 'urn:uuid:9d2a7f1e-5a4e-4d6c-8f55-0d3d1b2c3a4b';
    const { body } = await bundle(
      'transaction',
      { fullUrl: urn, resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
      { resource: binary(JSON_PATCH, [{ op: 'add', path: '/subject', value: { reference: urn } }]), request: { method: 'PATCH', url: `Observation/${id}` } },
    ).expect(200);
    const reference = (body as Bundle).entry?.[0]?.response?.location?.split('/').slice(-4, -2).join('/');
    expect((await server.api().get(`/Observation/${id}`)).body.subject).toEqual({ reference });
  });

  test('a transaction with a patch that does not apply leaves nothing, and names it', async () => {
    const id = await created();
    const { body } = await bundle(
      'transaction',
      { resource: { resourceType: 'Patient', identifier: [{ system: 'urn:p', value: `beside-${id}` }] }, request: { method: 'POST', url: 'Patient' } },
      { resource: binary(JSON_PATCH, [{ op: 'remove', path: '/issued' }]), request: { method: 'PATCH', url: `Observation/${id}` } },
    ).expect(422);
    expect((body as OperationOutcome).issue[0]).toMatchObject({ expression: ['Bundle.entry[1]'], details: { text: expect.stringContaining('"/issued"') } });
    expect((await server.api().get(`/Patient?identifier=urn:p|beside-${id}&_summary=count`)).body.total).toBe(0);
  });

  test('of fifty patches at once each is done, one after the other', async () => {
    const id = await created('race');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        patch(n % 2 === 0 ? `/Observation/${id}` : '/Observation?identifier=urn:p|race', [{ op: 'add', path: '/note', value: [{ text: `${n}` }] }], JSON_PATCH),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect((await server.api().get(`/Observation/${id}`)).headers.etag).toBe('W/"51"');
  });
});
