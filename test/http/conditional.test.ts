/** Conditions on writes: If-Match and If-None-Match, what the settings allow, and races between real parallel clients. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome, Patient } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const identified = (value: string, more: object = {}): Patient => ({ resourceType: 'Patient', identifier: [{ system: 'urn:c', value }], ...more });
const textOf = (outcome: OperationOutcome): string => outcome.issue.map(({ details }) => details?.text).join(' ');

interface Client {
  send(method: 'post' | 'put' | 'delete', path: string, resource?: object, headers?: Record<string, string>): ReturnType<ReturnType<Started['api']>['post']>;
  count(value: string): Promise<number>;
}

const clientOf = (server: () => Started): Client => ({
  send: (method, path, resource, headers = {}) => {
    const request = server().api()[method](path).set(headers);
    return resource === undefined ? request : request.set('Content-Type', FHIR).send(JSON.stringify(resource));
  },
  count: async (value) => (await server().api().get(`/Patient?identifier=urn:c|${value}&_summary=count`).expect(200)).body.total as number,
});

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  const { send, count } = clientOf(() => server);

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
  });
  afterAll(() => server.app.close());

  const created = async (value: string): Promise<string> => (await send('post', '/Patient', identified(value)).expect(201)).body.id as string;
  const put = (id: string, more: object, headers: Record<string, string>) => send('put', `/Patient/${id}`, identified('x', { id, ...more }), headers);

  describe('If-Match', () => {
    test.each(['W/"1"', '"1"', 'W/"9", W/"1"', '*'])('%s lets the write through', async (tag) => {
      const id = await created('match');
      await put(id, { active: true }, { 'If-Match': tag }).expect(200);
    });

    test.each(['W/"2"', 'W/"a", "b"'])('%s is 412, and nothing is written', async (tag) => {
      const id = await created('match');
      expect((await put(id, { active: true }, { 'If-Match': tag }).expect(412)).body.issue[0].code).toBe('conflict');
      await send('delete', `/Patient/${id}`, undefined, { 'If-Match': tag }).expect(412);
      expect((await server.api().get(`/Patient/${id}`).expect(200)).headers.etag).toBe('W/"1"');
    });

    test('where there is nothing yet, any is 412', async () => {
      await put('nothing', {}, { 'If-Match': '*' }).expect(412);
      await send('delete', '/Patient/nothing', undefined, { 'If-Match': '*' }).expect(412);
      await send('put', '/Patient?identifier=urn:c|nothing', identified('nothing'), { 'If-Match': '*' }).expect(412);
    });
  });

  describe('If-None-Match', () => {
    test('* on an update creates, and never writes over', async () => {
      await put('fresh', {}, { 'If-None-Match': '*' }).expect(201);
      expect(textOf((await put('fresh', { active: true }, { 'If-None-Match': '*' }).expect(412)).body)).toContain('version 1');
      await put('fresh', { active: true }, { 'If-None-Match': 'W/"1"' }).expect(412);
      await put('fresh', { active: true }, { 'If-None-Match': 'W/"7"' }).expect(200);
    });

    test('* on a conditional update creates where nothing matches', async () => {
      const where = '/Patient?identifier=urn:c|none-match';
      await send('put', where, identified('none-match'), { 'If-None-Match': '*' }).expect(201);
      await send('put', where, identified('none-match', { active: true }), { 'If-None-Match': '*' }).expect(412);
    });

    test('in a transaction', async () => {
      const entry = { resource: identified('tx', { id: 'tx' }), request: { method: 'PUT', url: 'Patient/tx', ifNoneMatch: '*' } };
      const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [entry] };
      await send('post', '', bundle).expect(200);
      await send('post', '', bundle).expect(412);
    });
  });

  describe('a hundred clients at once', () => {
    const hundred = <T>(make: (n: number) => PromiseLike<T>): Promise<T[]> => Promise.all(Array.from({ length: 100 }, (_, n) => make(n)));
    const tally = (answers: readonly { status: number }[]): Record<number, number> =>
      Object.fromEntries(Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([status, some]) => [status, some?.length ?? 0]));

    test('with the same conditional creation leave one resource', async () => {
      const answers = await hundred(() => send('post', '/Patient', identified('hundred'), { 'If-None-Exist': 'identifier=urn:c|hundred' }));
      expect(tally(answers)).toEqual({ 200: 99, 201: 1 });
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect(await count('hundred')).toBe(1);
    });

    test('with the same condition inside of transactions leave one resource', async () => {
      const entry = { resource: identified('within'), request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:c|within' } };
      const answers = await hundred(() => send('post', '', { resourceType: 'Bundle', type: 'transaction', entry: [entry] }));
      expect(tally(answers)).toEqual({ 200: 100 });
      expect(answers.filter(({ body }) => (body as Bundle).entry?.[0]?.response?.status === '201 Created')).toHaveLength(1);
      expect(await count('within')).toBe(1);
    });

    test('with the same conditional update leave one resource, and every content was written', async () => {
      const answers = await hundred((n) => send('put', '/Patient?identifier=urn:c|upsert', identified('upsert', { name: [{ family: `F${n}` }] })));
      expect(tally(answers)).toEqual({ 200: 99, 201: 1 });
      expect(await count('upsert')).toBe(1);
      const id = answers[0]?.body.id as string;
      const history = (await server.api().get(`/Patient/${id}/_history?_count=1000`).expect(200)).body as Bundle<Patient>;
      expect(new Set(history.entry?.map(({ resource }) => resource?.name?.[0]?.family)).size).toBe(100);
    });

    test('with If-None-Match: * and one id: one creates', async () => {
      const answers = await hundred((n) => put('raced', { name: [{ family: `F${n}` }] }, { 'If-None-Match': '*' }));
      expect(tally(answers)).toEqual({ 201: 1, 412: 99 });
    });

    test('deleting what one condition finds make one tombstone', async () => {
      const id = await created('deleted-once');
      const answers = await hundred(() => send('delete', '/Patient?identifier=urn:c|deleted-once'));
      expect(tally(answers)).toEqual({ 204: 100 });
      expect((await server.api().get(`/Patient/${id}`).expect(410)).headers.etag).toBe('W/"2"');
    });

    test('creating and deleting under one condition never leave two', async () => {
      await hundred((n) =>
        n % 2 === 0
          ? send('post', '/Patient', identified('to-and-fro'), { 'If-None-Exist': 'identifier=urn:c|to-and-fro' })
          : send('delete', '/Patient?identifier=urn:c|to-and-fro'),
      );
      expect(await count('to-and-fro')).toBeLessThanOrEqual(1);
    });
  });
});

describe('settings', () => {
  let server: Started;
  const { send, count } = clientOf(() => server);

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:', UPDATE_CREATE: 'off', CONDITIONAL_DELETE: 'multiple' });
  });
  afterAll(() => server.app.close());

  test('without update-as-create a PUT to a new id is 405, alone, by criteria and in a transaction', async () => {
    const resource = identified('own', { id: 'own' });
    const answer = await send('put', '/Patient/own', resource).expect(405);
    expect(textOf(answer.body)).toContain('POST Patient');
    expect(answer.headers.allow).toBeDefined();
    await send('put', '/Patient?identifier=urn:c|own', resource).expect(405);
    const entry = [{ resource, request: { method: 'PUT', url: 'Patient/own' } }];
    await send('post', '', { resourceType: 'Bundle', type: 'transaction', entry }).expect(405);
    await send('put', '/Patient?identifier=urn:c|given', identified('given')).expect(201);
  });

  test('a conditional deletion of several deletes all of them, and says how many', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await send('post', '/Patient', identified('many')).expect(201)).body.id as string));
    const answer = await send('delete', '/Patient?identifier=urn:c|many', undefined, { Prefer: 'return=OperationOutcome' }).expect(200);
    expect(textOf(answer.body)).toContain('3 resources');
    expect(await count('many')).toBe(0);
    for (const id of ids) await server.api().get(`/Patient/${id}`).expect(410);
    await send('delete', '/Patient?identifier=urn:c|many').expect(204);
  });

  test('all of them or none: one under another version spares the others', async () => {
    const [, second] = await Promise.all([1, 2].map(async () => (await send('post', '/Patient', identified('spared')).expect(201)).body as Patient));
    await send('put', `/Patient/${second?.id}`, { ...second, active: true }).expect(200);
    await send('delete', '/Patient?identifier=urn:c|spared', undefined, { 'If-Match': 'W/"1"' }).expect(412);
    expect(await count('spared')).toBe(2);
  });

  test('more than a thousand are refused', async () => {
    const entry = Array.from({ length: 1001 }, () => ({ resource: identified('too-many'), request: { method: 'POST', url: 'Patient' } }));
    await send('post', '', { resourceType: 'Bundle', type: 'transaction', entry }).expect(200);
    expect(textOf((await send('delete', '/Patient?identifier=urn:c|too-many').expect(412)).body)).toContain('1000');
    expect(await count('too-many')).toBe(1001);
  });
});
