/** Clients that mean harm, and clients that are clumsy: what they get over real HTTP, and what they must not get. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome, QuestionnaireResponse, Task } from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

let server: Started;
const send = (path: string, body: object | string, headers: Record<string, string> = {}) =>
  server
    .api()
    .post(path)
    .set({ 'Content-Type': FHIR, ...headers })
    .send(typeof body === 'string' ? body : JSON.stringify(body));
const textOf = ({ issue }: OperationOutcome): string => issue.map(({ details }) => details?.text).join(' ');

beforeAll(async () => {
  server = await start({ LOG_LEVEL: 'silent' });
});
afterAll(() => server.app.close());

const urgent = (words: object = {}): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'https://pro-bridge.example/fhir/Questionnaire/cancer-weekly|1.0.0',
  item: [{ linkId: 'safety', item: [{ linkId: 'chest-pain', answer: [{ valueBoolean: true }] }] }],
  ...words,
});
const keptAside = async (): Promise<number> => {
  const { body } = await server.api().get('/Task?_count=1000').expect(200);
  return ((body as Bundle<Task>).entry ?? []).filter(({ resource }) => JSON.stringify(resource?.code).includes('unreadable-red-flag')).length;
};

describe('an answer with a warning sign', () => {
  test.each(['subject', 'item', 'identifier'])('is kept aside where %s holds what cannot become text', async (element) => {
    const before = await keptAside();
    const odd = { toString: 1, valueOf: 1 };
    const given = { subject: { reference: odd }, item: [...(urgent().item ?? []), { linkId: odd }], identifier: { system: odd } }[element];
    const { body } = await send('/QuestionnaireResponse', urgent({ [element]: given })).expect(422);
    expect(textOf(body)).toContain('kept aside');
    expect(await keptAside()).toBe(before + 1);
  });

  const put = (path: string, body: object) => server.api().put(path).set('Content-Type', FHIR).send(JSON.stringify(body));
  const bundle = (type: string, url: string, said: object) => ({
    resourceType: 'Bundle',
    type,
    entry: [{ resource: urgent(said), request: { method: 'POST', url } }],
  });
  test.each<[string, (said: object) => PromiseLike<{ body: OperationOutcome; status: number }>]>([
    ['sent to the URL of another type', (said) => send('/Patient', urgent(said))],
    ['put under another id', (said) => put('/QuestionnaireResponse/x', urgent({ ...said, id: 'y' }))],
    ['with a parameter that means nothing', (said) => send('/QuestionnaireResponse?x=1', urgent(said))],
    ['with a condition that cannot be read', (said) => send('/QuestionnaireResponse', urgent(said), { 'If-None-Exist': 'x=1' })],
    ['in a Bundle of another type', (said) => send('', bundle('collection', 'QuestionnaireResponse', said))],
    ['in an entry for another type', (said) => send('', bundle('transaction', 'Nowhere', said))],
    ['of nobody, in a transaction', (said) => send('', bundle('transaction', 'QuestionnaireResponse', said))],
  ])('is kept aside once, however often it is %s', async (how, sent) => {
    const before = await keptAside();
    for (let again = 0; again < 2; again += 1) {
      const { body, status } = await sent({ identifier: { value: how } });
      expect([400, 422]).toContain(status);
      expect(textOf(body).match(/kept aside/g)).toHaveLength(1);
    }
    expect(await keptAside()).toBe(before + 1);
  });
});

const patient = (words: object = {}) => ({ resourceType: 'Patient', ...words });
const known = (value: string) => patient({ identifier: [{ system: 'urn:hostile', value }] });
const transaction = (...entry: object[]) => send('', { resourceType: 'Bundle', type: 'transaction', entry });
const entryFor = (method: string, url: string, more: object = {}, request: object = {}) => ({ ...more, request: { method, url, ...request } });

describe('nothing asked for is passed over in silence', () => {
  test.each<[string, object, string]>([
    ['a criterion on POST', entryFor('POST', 'Patient?name=x', { resource: patient() }), 'Bundle.entry[1]'],
    ['a criterion beside an id', entryFor('DELETE', 'Patient/x?name=x'), 'Bundle.entry[1]'],
    ['If-None-Exist on an update', entryFor('PUT', 'Patient/x', { resource: patient({ id: 'x' }) }, { ifNoneExist: 'name=x' }), 'Bundle.entry[1]'],
    ['a condition that is no text', entryFor('DELETE', 'Patient/x', {}, { ifMatch: 3 }), 'Bundle.entry[1].request.ifMatch'],
    ['a fullUrl that is no text', entryFor('POST', 'Patient', { fullUrl: 7, resource: patient() }), 'Bundle.entry[1].fullUrl'],
    ['the same fullUrl twice', entryFor('POST', 'Patient', { fullUrl: 'urn:uuid:a', resource: patient() }), 'Bundle.entry[1].fullUrl'],
    ['no resource to store', entryFor('POST', 'Patient'), 'Bundle.entry[1].resource'],
  ])('%s in a transaction', async (_, entry, expression) => {
    const { body } = await transaction(entryFor('POST', 'Patient', { fullUrl: 'urn:uuid:a', resource: known('never') }), entry).expect(400);
    expect((body as OperationOutcome).issue[0]?.expression).toEqual([expression]);
    expect((await server.api().get('/Patient?identifier=urn:hostile|never&_summary=count')).body.total).toBe(0);
  });

  test('If-Match guards a conditional delete, alone and in a transaction', async () => {
    await send('/Patient', known('guarded')).expect(201);
    const where = 'Patient?identifier=urn:hostile|guarded';
    await server.api().delete(`/${where}`).set('If-Match', 'W/"9"').expect(412);
    await transaction(entryFor('DELETE', where, {}, { ifMatch: 'W/"9"' })).expect(412);
    await server.api().delete('/Patient?identifier=urn:hostile|nobody').set('If-Match', 'W/"1"').expect(412);
    await server.api().delete(`/${where}`).set('If-Match', 'W/"1"').expect(204);
  });

  test.each(['/Patient/$validate?mode=delete', '/Patient/$validate?mode=constructor', '/Patient/$validate?foo=1'])('%s', async (path) => {
    expect(textOf((await send(path, patient()).expect(400)).body)).toMatch(/mode=|create, update|means nothing/);
  });

  test('parameters of $validate in the body count too', async () => {
    const asked = (profile: string) => ({
      resourceType: 'Parameters',
      parameter: [
        { name: 'resource', resource: patient() },
        { name: 'profile', valueUri: profile },
      ],
    });
    expect(textOf((await send('/Patient/$validate', asked('http://elsewhere.example/strict')).expect(200)).body)).toContain('elsewhere.example/strict');
    await send('/Patient/$validate', asked('http://hl7.org/fhir/StructureDefinition/Patient')).expect(200);
    await send('/Patient/$validate?mode=update', patient()).expect(200);
  });

  test.each(['/Patient?name=%C5se', '/Patient?name=100%', '/Patient?%ff=1'])('a broken escape in %s', async (path) => {
    expect(textOf((await server.api().get(path).expect(400)).body)).toContain('UTF-8');
  });

  test('a broken escape in a form, in If-None-Exist', async () => {
    await send('/Patient/_search', 'name=%FF', { 'Content-Type': 'application/x-www-form-urlencoded' }).expect(400);
    await send('/Patient', patient(), { 'If-None-Exist': 'name=%FF' }).expect(400);
  });

  test('a format asked for in a form', async () => {
    await send('/Patient/_search', '_format=ttl', { 'Content-Type': 'application/x-www-form-urlencoded' }).expect(406);
  });

  test('what a method that does not exist is told', async () => {
    const answer = await server.api().options('/Patient').expect(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST, PUT, DELETE, PATCH');
  });
});

describe('one large request', () => {
  /** Longest time that another client waited, in milliseconds, while the work went on. */
  async function longestWait(work: PromiseLike<unknown>): Promise<number> {
    let longest = 0;
    let over = false;
    const end = Promise.resolve(work).finally(() => {
      over = true;
    });
    while (!over) {
      const from = performance.now();
      await server.api().get('/Patient/nobody').expect(404);
      longest = Math.max(longest, performance.now() - from);
    }
    await end;
    return longest;
  }

  test('of 1500 conditional creations holds nobody up', async () => {
    const entries = Array.from({ length: 1500 }, (_, n) =>
      entryFor('POST', 'Patient', { resource: known(`many-${n}`) }, { ifNoneExist: `identifier=urn:hostile|many-${n}` }),
    );
    const from = performance.now();
    const longest = await longestWait(transaction(...entries).expect(200));
    expect(longest).toBeLessThan((performance.now() - from) / 2);
  });
});
