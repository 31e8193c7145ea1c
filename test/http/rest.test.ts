/** Each interaction and header of FHIR REST, over real HTTP, the same cases over every store. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome, Patient } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const family = (name: string): Patient => ({ resourceType: 'Patient', name: [{ family: name }] });
const identified = (value: string, name = 'X'): Patient => ({ ...family(name), identifier: [{ system: 'urn:test', value }] });
const idsOf = (bundle: Bundle): (string | undefined)[] => (bundle.entry ?? []).map(({ resource }) => resource?.id);
const textOf = (outcome: OperationOutcome): string => outcome.issue.map(({ details }) => details?.text).join(' ');

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  const api = () => server.api();
  const post = (path: string, resource: object, headers: Record<string, string> = {}) =>
    api()
      .post(path)
      .set({ 'Content-Type': FHIR, ...headers })
      .send(JSON.stringify(resource));
  const put = (path: string, resource: object, headers: Record<string, string> = {}) =>
    api()
      .put(path)
      .set({ 'Content-Type': FHIR, ...headers })
      .send(JSON.stringify(resource));
  const created = async (resource: object): Promise<string> =>
    (await post(`/${(resource as { resourceType: string }).resourceType}`, resource).expect(201)).body.id as string;

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
  });
  afterAll(() => server.app.close());

  describe('create and read', () => {
    test('a new resource gets an id, a version and the headers that say so', async () => {
      const answer = await post('/Patient', { ...family('New'), id: 'mine', meta: { versionId: '9' } }).expect(201);
      const { id, meta } = answer.body as Patient;
      expect(id).not.toBe('mine');
      expect(meta?.versionId).toBe('1');
      expect(answer.headers).toMatchObject({
        location: `${server.app.base}/Patient/${id}/_history/1`,
        etag: 'W/"1"',
        'last-modified': new Date(meta?.lastUpdated ?? '').toUTCString(),
        'content-type': 'application/fhir+json; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/);
      const read = await api().get(`/Patient/${id}`).expect(200);
      expect(read.body).toEqual(answer.body);
      expect(read.headers.etag).toBe('W/"1"');
      expect(Number(read.headers['content-length'])).toBe(Buffer.byteLength(read.text));
    });

    test('decimals come back as they were written', async () => {
      const text = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50,"unit":"mg"}}';
      const { text: stored } = await api().post('/Observation').set('Content-Type', FHIR).send(text).expect(201);
      expect(stored).toContain('"value":1.50');
    });

    test('a known version is not sent again', async () => {
      const id = await created(family('Cached'));
      const { headers } = await api().get(`/Patient/${id}`);
      await api().get(`/Patient/${id}`).set('If-None-Match', 'W/"1"').expect(304, '');
      await api().get(`/Patient/${id}`).set('If-None-Match', 'W/"7"').expect(200);
      await api()
        .get(`/Patient/${id}`)
        .set('If-Modified-Since', headers['last-modified'] ?? '')
        .expect(304);
    });

    test('HEAD is GET without the body', async () => {
      const id = await created(family('Head'));
      const get = await api().get(`/Patient/${id}`);
      const head = await api().head(`/Patient/${id}`).expect(200);
      expect(head.text).toBeFalsy();
      expect(head.headers['content-length']).toBe(get.headers['content-length']);
      expect(head.headers.etag).toBe('W/"1"');
    });

    test('Prefer decides how much comes back', async () => {
      const minimal = await post('/Patient', family('A'), { Prefer: 'return=minimal' }).expect(201);
      expect(minimal.text).toBe('');
      const outcome = await post('/Patient', family('A'), { Prefer: 'return=OperationOutcome' }).expect(201);
      expect(outcome.body.resourceType).toBe('OperationOutcome');
      expect(outcome.headers.location).toContain('/_history/1');
    });

    test('_pretty prints lines, _format asks for JSON', async () => {
      const id = await created(family('Pretty'));
      const { text } = await api().get(`/Patient/${id}?_pretty=true&_format=json`).set('Accept', 'application/fhir+xml').expect(200);
      expect(text).toContain('\n  "resourceType": "Patient"');
    });

    test('_summary and _elements cut the resource and mark it', async () => {
      const id = await created({
        ...family('Cut'),
        communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'nb' }] } }],
        gender: 'female',
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Cut</div>' },
      });
      const subsetted = { tag: [{ code: 'SUBSETTED' }] };
      const summary = (await api().get(`/Patient/${id}?_summary=true`)).body;
      expect(summary).toMatchObject({ id, gender: 'female', meta: subsetted });
      expect(summary).not.toHaveProperty('communication');
      const elements = (await api().get(`/Patient/${id}?_elements=gender`)).body;
      expect(Object.keys(elements).toSorted()).toEqual(['gender', 'id', 'meta', 'resourceType']);
      const data = (await api().get(`/Patient/${id}?_summary=data`)).body;
      expect(data).not.toHaveProperty('text');
      expect(data).toHaveProperty('communication');
      const text = (await api().get(`/Patient/${id}?_summary=text`)).body;
      expect(Object.keys(text).toSorted()).toEqual(['id', 'meta', 'resourceType', 'text']);
    });
  });

  describe('update', () => {
    test('a changed resource is a new version, an unchanged one is not', async () => {
      const id = await created(family('Before'));
      const changed = await put(`/Patient/${id}`, { ...family('After'), id }).expect(200);
      expect(changed.headers.etag).toBe('W/"2"');
      const same = await put(`/Patient/${id}`, { ...family('After'), id }).expect(200);
      expect(same.headers.etag).toBe('W/"2"');
    });

    test('an id of the client’s own choice is created', async () => {
      const answer = await put('/Patient/chosen-1', { ...family('Chosen'), id: 'chosen-1' }).expect(201);
      expect(answer.headers.location).toBe(`${server.app.base}/Patient/chosen-1/_history/1`);
    });

    test('If-Match writes over that version only', async () => {
      const id = await created(family('One'));
      await put(`/Patient/${id}`, { ...family('Two'), id }, { 'If-Match': 'W/"1"' }).expect(200);
      const late = await put(`/Patient/${id}`, { ...family('Three'), id }, { 'If-Match': 'W/"1"' });
      expect(late.status).toBe(412);
      expect(late.body.issue[0].code).toBe('conflict');
      expect((await api().get(`/Patient/${id}`)).body.name[0].family).toBe('Two');
    });

    test('of fifty writers over the same version one wins', async () => {
      const id = await created(family('Start'));
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => put(`/Patient/${id}`, { ...family(`W${n}`), id }, { 'If-Match': 'W/"1"' })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 412)).toHaveLength(49);
    });

    test.each([
      ['no id in the body', { resourceType: 'Patient' }, 400, 'no id'],
      ['another id in the body', { resourceType: 'Patient', id: 'other' }, 400, '"other"'],
      ['another type in the body', { resourceType: 'Observation', id: 'x' }, 400, 'Observation'],
    ])('%s is refused', async (_, resource, status, words) => {
      const answer = await put('/Patient/x', resource);
      expect(answer.status).toBe(status);
      expect(textOf(answer.body)).toContain(words);
    });
  });

  describe('delete and history', () => {
    test('what is deleted is gone, its history is not', async () => {
      const id = await created(family('Short'));
      await put(`/Patient/${id}`, { ...family('Shorter'), id });
      await api().delete(`/Patient/${id}`).expect(204);
      const gone = await api().get(`/Patient/${id}`).expect(410);
      expect(gone.headers.etag).toBe('W/"3"');
      await api().delete(`/Patient/${id}`).expect(204);
      const history = (await api().get(`/Patient/${id}/_history`).expect(200)).body as Bundle;
      expect(history.type).toBe('history');
      expect(history.entry?.map(({ request, response }) => [request?.method, response?.etag])).toEqual([
        ['DELETE', 'W/"3"'],
        ['PUT', 'W/"2"'],
        ['POST', 'W/"1"'],
      ]);
      expect((await api().get(`/Patient/${id}/_history/1`).expect(200)).body.name[0].family).toBe('Short');
      await api().get(`/Patient/${id}/_history/3`).expect(410);
      await api().get(`/Patient/${id}/_history/4`).expect(404);
      await api().get(`/Patient/${id}/_history/x`).expect(404);
    });

    test('history of a type and of everything, in pages, since a time', async () => {
      const before = new Date().toISOString();
      const ids = [await created(family('H1')), await created(family('H2')), await created(family('H3'))];
      const first = (await api().get(`/Patient/_history?_count=2&_since=${before}`).expect(200)).body as Bundle;
      expect(idsOf(first)).toEqual([ids[2], ids[1]]);
      const next = first.link?.find(({ relation }) => relation === 'next')?.url ?? '';
      const second = (await (await fetch(next)).json()) as Bundle;
      expect(idsOf(second)[0]).toBe(ids[0]);
      expect(idsOf((await api().get('/_history?_count=1').expect(200)).body)).toEqual([ids[2]]);
      await api().get('/Patient/_history?_since=yesterday').expect(400);
      await api().get('/Patient/never/_history').expect(404);
    });
  });

  describe('conditional writes', () => {
    test('If-None-Exist creates once', async () => {
      const header = { 'If-None-Exist': 'identifier=urn:test|once' };
      const first = await post('/Patient', identified('once'), header).expect(201);
      const second = await post('/Patient', identified('once'), header).expect(200);
      expect(second.body.id).toBe(first.body.id);
    });

    test('fifty at once create one', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => post('/Patient', identified('race'), { 'If-None-Exist': 'identifier=urn:test|race' })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
      expect((await api().get('/Patient?identifier=urn:test|race&_summary=count')).body.total).toBe(1);
    });

    test('update where: none creates, one updates, several are refused', async () => {
      const path = '/Patient?identifier=urn:test|cu';
      const first = await put(path, identified('cu', 'First')).expect(201);
      const second = await put(path, identified('cu', 'Second')).expect(200);
      expect(second.body.id).toBe(first.body.id);
      expect(second.headers.etag).toBe('W/"2"');
      await created(identified('cu', 'Double'));
      const several = await put(path, identified('cu', 'Third')).expect(412);
      expect(several.body.issue[0].code).toBe('multiple-matches');
    });

    test('delete where: none is fine, one is deleted, several are refused', async () => {
      await api().delete('/Patient?identifier=urn:test|cd').expect(204);
      const id = await created(identified('cd'));
      await api().delete('/Patient?identifier=urn:test|cd').expect(204);
      await api().get(`/Patient/${id}`).expect(410);
      await created(identified('cd2'));
      await created(identified('cd2'));
      await api().delete('/Patient?identifier=urn:test|cd2').expect(412);
    });

    test.each(['/Patient', '/Patient?_count=3'])('without criteria %s is refused', async (path) => {
      expect(textOf((await api().delete(path).expect(400)).body)).toContain('search criteria');
      await put(path, family('All')).expect(400);
    });

    test('an unknown criterion is refused even where the client asks for leniency', async () => {
      await api().delete('/Patient?colour=red').set('Prefer', 'handling=lenient').expect(400);
    });
  });

  describe('search', () => {
    test('GET and POST find the same, with a self link', async () => {
      const id = await created(identified('s1', 'Searched'));
      const get = (await api().get('/Patient?identifier=urn:test|s1').expect(200)).body as Bundle;
      const form = (await api().post('/Patient/_search').type('form').send('identifier=urn:test|s1').expect(200)).body as Bundle;
      expect(idsOf(get)).toEqual([id]);
      expect(form).toEqual(get);
      expect(get.entry?.[0]).toMatchObject({ fullUrl: `${server.app.base}/Patient/${id}`, search: { mode: 'match' } });
      expect(get.link).toEqual([{ relation: 'self', url: `${server.app.base}/Patient?identifier=urn:test%7Cs1` }]);
    });

    test('in pages', async () => {
      const ids = [await created(identified('p1', 'Pages')), await created(identified('p2', 'Pages')), await created(identified('p3', 'Pages'))];
      const found: unknown[] = [];
      let url: string | undefined = `${server.app.base}/Patient?family=Pages&_count=2`;
      for (let page = 0; url !== undefined && page < 5; page += 1) {
        const bundle = (await (await fetch(url)).json()) as Bundle;
        found.push(...idsOf(bundle));
        url = bundle.link?.find(({ relation }) => relation === 'next')?.url;
      }
      expect(found.toSorted()).toEqual(ids.toSorted());
    });

    test('includes, over the system, in a compartment', async () => {
      const patient = await created(family('Subject'));
      const observation = await created({ resourceType: 'Observation', status: 'final', code: { text: 'c' }, subject: { reference: `Patient/${patient}` } });
      const included = (await api().get(`/Observation?patient=${patient}&_include=Observation:patient`)).body as Bundle;
      expect(included.entry?.map(({ search, resource }) => [search?.mode, resource?.id])).toEqual([
        ['match', observation],
        ['include', patient],
      ]);
      expect(idsOf((await api().get(`/?_type=Patient,Observation&_id=${patient},${observation}`).expect(200)).body).toSorted()).toEqual(
        [patient, observation].toSorted(),
      );
      expect(idsOf((await api().get(`/Patient/${patient}/Observation`).expect(200)).body)).toEqual([observation]);
      expect(idsOf((await api().get(`/Patient/${patient}/*`).expect(200)).body).toSorted()).toEqual([patient, observation].toSorted());
      await api().get(`/Patient/${patient}/Practitioner`).expect(404);
    });

    test('unknown parameters are refused, or left out and named where the client asks for leniency', async () => {
      const strict = await api().get('/Patient?colour=red').expect(400);
      expect(textOf(strict.body)).toContain('colour');
      const lenient = (await api().get('/Patient?colour=red&_count=1').set('Prefer', 'handling=lenient').expect(200)).body as Bundle;
      expect(lenient.entry?.at(-1)).toMatchObject({ resource: { resourceType: 'OperationOutcome' }, search: { mode: 'outcome' } });
      expect(lenient.link?.[0]?.url).not.toContain('colour');
    });

    test('_summary=count gives the total alone; a huge _count is lowered', async () => {
      const count = (await api().get('/Patient?_summary=count').expect(200)).body as Bundle;
      expect(count.total).toBeGreaterThan(0);
      expect(count).not.toHaveProperty('entry');
      const huge = (await api().get('/Patient?_count=999999999').expect(200)).body as Bundle;
      expect(huge.link?.[0]?.url).toContain('_count=1000');
      await api().get('/Patient?_count=-1').expect(400);
    });
  });

  describe('$everything', () => {
    test('a patient’s own resources and who cares for them, no other patient’s', async () => {
      const organization = await created({ resourceType: 'Organization', name: 'Hospital' });
      const role = await created({ resourceType: 'PractitionerRole', organization: { reference: `Organization/${organization}` } });
      const other = await created(family('Other'));
      const patient = await created({
        ...family('Whole'),
        generalPractitioner: [{ reference: `PractitionerRole/${role}` }],
        link: [{ other: { reference: `Patient/${other}` }, type: 'seealso' }],
      });
      const observation = await created({ resourceType: 'Observation', status: 'final', code: { text: 'c' }, subject: { reference: `Patient/${patient}` } });
      await created({ resourceType: 'Observation', status: 'final', code: { text: 'c' }, subject: { reference: `Patient/${other}` } });
      const bundle = (await api().get(`/Patient/${patient}/$everything`).expect(200)).body as Bundle;
      expect(idsOf(bundle).toSorted()).toEqual([patient, observation, role, organization].toSorted());
      const some = (await api().get(`/Patient/${patient}/$everything?_type=Observation`).expect(200)).body as Bundle;
      expect(idsOf(some)).toEqual([observation]);
      const posted = await post(`/Patient/${patient}/$everything`, {
        resourceType: 'Parameters',
        parameter: [{ name: '_type', valueString: 'Observation' }],
      }).expect(200);
      expect(idsOf(posted.body)).toEqual([observation]);
      const future = (await api().get(`/Patient/${patient}/$everything?_since=2999-01-01T00:00:00Z`).expect(200)).body as Bundle;
      expect(future).not.toHaveProperty('entry');
      const page = (await api().get(`/Patient/${patient}/$everything?_count=1`).expect(200)).body as Bundle;
      expect(page.link?.map(({ relation }) => relation)).toEqual(['self', 'next']);
      await api().get('/Patient/nobody/$everything').expect(404);
      await api().get(`/Patient/${patient}/$everything?_type=Nothing`).expect(400);
    });
  });

  describe('$validate', () => {
    test('says what is wrong without storing anything', async () => {
      const good = await post('/Patient/$validate', family('Good')).expect(200);
      expect(textOf(good.body)).toBe('All went well.');
      const bad = await post('/Patient/$validate', {
        resourceType: 'Parameters',
        parameter: [{ name: 'resource', resource: { resourceType: 'Patient', gender: 'x' } }],
      }).expect(200);
      expect(bad.body.issue[0]).toMatchObject({ severity: 'error', expression: ['Patient.gender'] });
      const id = await created(family('Stored'));
      expect(textOf((await api().get(`/Patient/${id}/$validate`).expect(200)).body)).toBe('All went well.');
      await post('/Patient/$validate', { resourceType: 'Observation' }).expect(400);
      await api().post('/Patient/$validate').expect(400);
    });
  });

  test('$pull without hospitals or patients has nothing to report', async () => {
    expect((await post('/$pull', { resourceType: 'Parameters' }).expect(200)).body).toEqual({ resourceType: 'Parameters' });
    await post('/Patient/nobody/$pull', { resourceType: 'Parameters' }).expect(404);
    await post('/$pull', { resourceType: 'Patient' }).expect(400);
    await api().get('/$pull').expect(405);
  });

  describe('batch', () => {
    test('each entry answers for itself, in order', async () => {
      const id = await created(family('Batched'));
      const bundle = {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { request: { method: 'GET', url: `Patient/${id}` } },
          { request: { method: 'GET', url: 'Patient/never' } },
          { resource: family('InBatch'), request: { method: 'POST', url: 'Patient' } },
          { resource: { resourceType: 'Patient', gender: 'x' }, request: { method: 'POST', url: 'Patient' } },
          { request: { method: 'GET', url: `${server.app.base}/Patient?_id=${id}` } },
          { request: { method: 'DELETE', url: `Patient/${id}`, ifMatch: 'W/"9"' } },
          { resource: { resourceType: 'Bundle', type: 'batch' }, request: { method: 'POST', url: '' } },
          { request: { method: 'PATCH', url: `Patient/${id}` } },
        ],
      };
      const answer = (await post('', bundle).expect(200)).body as Bundle;
      expect(answer.type).toBe('batch-response');
      expect(answer.entry?.map(({ response }) => response?.status)).toEqual([
        '200 OK',
        '404 Not Found',
        '201 Created',
        '422 Unprocessable Entity',
        '200 OK',
        '412 Precondition Failed',
        '400 Bad Request',
        '400 Bad Request',
      ]);
      expect(answer.entry?.[0]?.resource?.id).toBe(id);
      expect(answer.entry?.[2]).toMatchObject({ response: { location: expect.stringMatching(/\/Patient\/[^/]+\/_history\/1$/), etag: 'W/"1"' } });
      expect(answer.entry?.[2]).not.toHaveProperty('resource');
      expect(answer.entry?.[3]?.response?.outcome).toMatchObject({ resourceType: 'OperationOutcome' });
    });
  });

  describe('transaction', () => {
    const entry = (method: string, url: string, resource?: object, more: object = {}) => ({
      ...(resource === undefined ? {} : { resource }),
      request: { method, url, ...more },
    });
    const transaction = (...entries: object[]) => post('', { resourceType: 'Bundle', type: 'transaction', entry: entries });

    test('references among the entries are resolved, reads come after writes, answers keep their order', async () => {
      const gone = await created(family('Gone'));
      const urn = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a';
      const answer = await transaction(
        entry('GET', 'Patient?identifier=urn:test|tx'),
        {
          fullUrl: 'urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059',
          ...entry('POST', 'Observation', { resourceType: 'Observation', status: 'final', code: { text: 'c' }, subject: { reference: urn } }),
        },
        { fullUrl: urn, ...entry('POST', 'Patient', identified('tx'), { ifNoneExist: 'identifier=urn:test|tx' }) },
        entry('DELETE', `Patient/${gone}`),
        entry('PUT', 'Patient/tx-put', { ...family('Put'), id: 'tx-put' }),
      ).expect(200);
      const bundle = answer.body as Bundle;
      expect(bundle.type).toBe('transaction-response');
      expect(bundle.entry?.map(({ response }) => response?.status)).toEqual(['200 OK', '201 Created', '201 Created', '204 No Content', '201 Created']);
      const patient = bundle.entry?.[2]?.response?.location?.match(/Patient\/[^/]+/)?.[0];
      expect(bundle.entry?.[0]?.resource).toMatchObject({ entry: [{ fullUrl: `${server.app.base}/${patient}` }] });
      const observation = bundle.entry?.[1]?.response?.location ?? '';
      expect(((await (await fetch(observation)).json()) as { subject: object }).subject).toEqual({ reference: patient });
      await api().get(`/Patient/${gone}`).expect(410);
    });

    test('one entry at fault, nothing is stored, and the fault names its entry', async () => {
      const answer = await transaction(
        entry('GET', 'Patient?_id=whoever'),
        entry('POST', 'Patient', identified('atomic')),
        entry('POST', 'Patient', { resourceType: 'Patient', gender: 'x' }),
      );
      expect(answer.status).toBe(422);
      expect(answer.body.issue[0].expression).toEqual(['Bundle.entry[2].resource.gender']);
      expect((await api().get('/Patient?identifier=urn:test|atomic&_summary=count')).body.total).toBe(0);
    });

    test.each([
      [
        'a single write at fault',
        [entry('GET', 'Patient?_id=x'), entry('POST', 'Patient', { resourceType: 'Patient', gender: 'x' })],
        422,
        'Bundle.entry[1].resource.gender',
      ],
      ['no request', [{ resource: family('x') }], 400, 'Bundle.entry[0].request'],
      ['no URL', [{ request: { method: 'POST' } }], 400, 'Bundle.entry[0].request.url'],
      ['an unknown method', [entry('MERGE', 'Patient')], 400, 'Bundle.entry[0].request.method'],
      ['PATCH', [entry('PATCH', 'Patient/1')], 400, 'Bundle.entry[0]'],
      ['a broken escape', [entry('GET', 'Patient/1'), entry('GET', 'Patient/%zz')], 400, 'Bundle.entry[1].request.url'],
      ['a type that is none', [entry('POST', 'Pet', { resourceType: 'Pet' })], 400, 'Bundle.entry[0]'],
      ['another type than the URL says', [entry('POST', 'Patient', { resourceType: 'Observation' })], 400, 'Bundle.entry[0].resource'],
      ['null instead of an entry', [null], 400, 'Bundle.entry[0]'],
    ])('%s is refused with its place', async (_, entries, status, expression) => {
      const answer = await transaction(...(entries as object[]));
      expect(answer.status).toBe(status);
      expect(JSON.stringify(answer.body.issue[0].expression)).toContain(expression);
    });

    test('a Bundle that is no batch, too many entries', async () => {
      expect(textOf((await post('', { resourceType: 'Bundle', type: 'collection' }).expect(400)).body)).toContain('a batch or a transaction');
      await post('', family('x')).expect(400);
      await transaction(...Array.from({ length: 5001 }, () => entry('GET', 'Patient/1'))).expect(400);
      expect((await transaction().expect(200)).body).toEqual({ resourceType: 'Bundle', type: 'transaction-response' });
    });

    test('Prefer asks for the resources', async () => {
      const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [entry('POST', 'Patient', family('Echo'))] };
      const answer = (await post('', bundle, { Prefer: 'return=representation' }).expect(200)).body as Bundle;
      expect(answer.entry?.[0]?.resource).toMatchObject({ name: [{ family: 'Echo' }] });
    });
  });

  describe('refusals', () => {
    test.each([
      ['GET', '/Pet', 404, 'no FHIR R4 resource type'],
      ['GET', '/patient', 404, 'Patient is'],
      ['GET', '/constructor', 404, 'nothing'],
      ['GET', '/__proto__/1', 404, 'nothing'],
      ['GET', '/Patient/1/2/3/4', 404, 'nothing'],
      ['GET', '/Patient/a%00b', 404, 'cannot be the id'],
      ['GET', `/Patient/${'x'.repeat(65)}`, 404, 'cannot be the id'],
      ['GET', '/Patient/a_b/_history', 404, 'cannot be the id'],
      ['PUT', '/Patient/a_b', 400, 'cannot be the id'],
      ['GET', '/Patient/%zz', 400, 'broken escape'],
      ['GET', '/Patient/never', 404, 'no Patient/never'],
      ['GET', '/.well-known/smart-configuration', 404, 'nothing'],
      ['GET', '/Patient/1/$unknown', 404, 'nothing'],
      ['GET', '/Patient?constructor=1', 400, 'constructor'],
      ['GET', '/Patient?__proto__=1', 400, '__proto__'],
      ['GET', '/Patient?name=%00', 400, 'null character'],
      ['GET', '/Patient?birthdate=soon', 400, 'birthdate'],
      ['GET', '/Patient?_sort=nothing', 400, 'nothing'],
      ['GET', '/Patient?_after=x', 400, 'page'],
      ['GET', '/Patient/1?colour=red', 400, 'colour'],
      ['GET', '/metadata?_format=ttl', 406, 'application/fhir+json'],
      ['PUT', '/metadata', 405, 'GET, HEAD'],
      ['POST', '/Patient/1', 405, 'GET, HEAD, PUT, PATCH, DELETE'],
      ['PATCH', '/metadata', 405, 'GET, HEAD'],
      ['OPTIONS', '/Patient', 405, 'GET'],
    ])('%s %s: %s', async (method, path, status, words) => {
      const answer = await fetch(`${server.app.base}${path}`, { method });
      const text = await answer.text();
      expect([answer.status, text]).toEqual([status, expect.stringContaining(words)]);
      expect(JSON.parse(text).resourceType).toBe('OperationOutcome');
      if (status === 405) expect(answer.headers.get('allow')).toContain('GET');
    });

    test.each([
      ['broken JSON', '{"resourceType":"Patient",}', 400, 'line 1, column 27'],
      ['nothing', '', 400, 'empty'],
      ['a list', '[]', 400, 'a list'],
      ['wrong types', '{"resourceType":"Patient","birthDate":7}', 422, 'Patient.birthDate'],
      ['an unknown element', '{"resourceType":"Patient","colour":"red"}', 422, 'colour'],
      ['a prototype', '{"resourceType":"Patient","__proto__":{"x":1}}', 400, '__proto__'],
      ['a null character', '{"resourceType":"Patient","name":[{"family":"a\\u0000"}]}', 400, 'null character'],
      ['a deep nest', `{"resourceType":"Patient","extension":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400, '64 levels'],
      [
        'a reference to nobody',
        '{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/nobody"}}',
        422,
        'Patient/nobody',
      ],
    ])('%s in the body', async (_, body, status, words) => {
      const type = body.includes('Observation') ? 'Observation' : 'Patient';
      const answer = await api().post(`/${type}`).set('Content-Type', FHIR).send(body);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)]);
    });

    test.each(['text/plain', 'application/fhir+turtle', 'application/x-www-form-urlencoded'])('%s as a body is 415', async (type) => {
      const answer = await api().post('/Patient').set('Content-Type', type).send('x');
      expect(answer.status).toBe(415);
      expect(textOf(answer.body)).toContain('application/fhir+json');
    });
  });
});
