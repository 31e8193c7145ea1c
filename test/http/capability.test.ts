/** What the CapabilityStatement says is what the server does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, CapabilityStatement, CapabilityStatementRestResource } from 'fhir/r4';
import { Client } from 'fhir-kit-client';
import { loadRegistry } from '../../src/definitions/load.ts';
import { sampleResource } from '../support/resources.ts';
import { FHIR, STORES, type Started, start } from './start.ts';

const registry = loadRegistry();

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  let statement: CapabilityStatement;
  const resources = (): readonly CapabilityStatementRestResource[] => statement.rest?.[0]?.resource ?? [];
  const of = (type: string) => resources().find((resource) => resource.type === type);

  beforeAll(async () => {
    server = await start({ DATABASE_URL, REFERENCES: 'free' });
    statement = (await (await fetch(`${server.app.base}/metadata`)).json()) as CapabilityStatement;
  });
  afterAll(() => server.app.close());

  test('is valid itself, and names where it is', async () => {
    expect(statement).toMatchObject({ fhirVersion: '4.0.1', kind: 'instance', implementation: { url: server.app.base } });
    const answer = await server.api().post('/CapabilityStatement/$validate').set('Content-Type', FHIR).send(JSON.stringify(statement)).expect(200);
    expect(answer.body.issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([]);
  });

  test('every R4 resource type is there', () => {
    expect(resources().map(({ type }) => type)).toEqual(registry.resourceTypes);
  });

  test('each type states every interaction', () => {
    const needed = ['create', 'delete', 'history-instance', 'history-type', 'patch', 'read', 'search-type', 'update', 'vread'];
    for (const { interaction } of resources()) expect(interaction?.map(({ code }) => code).toSorted()).toEqual(needed);
  });

  /** Status or number of entries of each step. */
  async function lifeOf(type: string): Promise<unknown[]> {
    const api = server.api();
    const created = await api
      .post(`/${type}`)
      .set('Content-Type', FHIR)
      .send(JSON.stringify(sampleResource(registry, type)));
    const path = `/${type}/${created.body.id}`;
    const read = await api.get(path);
    const found = await api.get(`/${type}?_id=${created.body.id}&_lastUpdated=gt2000-01-01`);
    const updated = await api
      .put(path)
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ ...read.body, language: 'nb' }));
    const history = await api.get(`${path}/_history`);
    const deleted = await api.delete(path);
    const gone = await api.get(`/${type}?_id=${created.body.id}`);
    return [created.status, read.status, found.body.entry?.length, updated.status, history.body.entry?.length, deleted.status, gone.body.entry];
  }

  test('a resource of every type can be created, read, found, updated and deleted', async () => {
    for (const type of registry.resourceTypes) expect([type, ...(await lifeOf(type))]).toEqual([type, 201, 200, 1, 200, 2, 204, undefined]);
  });

  /** These ask for something else than a value. */
  const BESIDES: ReadonlyMap<string, string> = new Map([
    ['_filter', '_filter=_id%20eq%20none'],
    ['_has', '_has:Provenance:target:_id=none'],
    ['_list', '_list=none'],
  ]);

  test('every search parameter and include that it states is taken', async () => {
    const entry = resources().flatMap(({ type, searchParam = [], searchInclude = [], searchRevInclude = [] }) => [
      ...searchParam.map(({ name }) => `${type}?${BESIDES.get(name) ?? `${name}:missing=true`}&_summary=count`),
      ...(searchInclude.length > 0 ? [`${type}?${searchInclude.map((include) => `_include=${include}`).join('&')}&_count=1&_id=none`] : []),
      ...searchRevInclude.slice(0, 3).map((include) => `${type}?_revinclude=${include}&_count=1&_id=none`),
    ]);
    const refused: string[] = [];
    for (let from = 0; from < entry.length; from += 1000) {
      const urls = entry.slice(from, from + 1000);
      const bundle = { resourceType: 'Bundle', type: 'batch', entry: urls.map((url) => ({ request: { method: 'GET', url } })) };
      const answer = (await server.api().post('').set('Content-Type', FHIR).send(JSON.stringify(bundle)).expect(200)).body as Bundle;
      answer.entry?.forEach(({ response }, at) => {
        if (response?.status !== '200 OK') refused.push(`${urls[at]}: ${JSON.stringify(response?.outcome)}`);
      });
    }
    expect([refused.length, refused.slice(0, 3)]).toEqual([0, []]);
  });

  test('our own search parameters and operations are stated with their definitions, which can be read', async () => {
    expect(of('Flag')?.searchParam?.map(({ name }) => name)).toEqual(expect.arrayContaining(['status', 'category', 'code', 'priority']));
    const [status] = (await server.api().get('/SearchParameter?code=status&base=Flag').expect(200)).body.entry;
    expect(of('Flag')?.searchParam?.find(({ name }) => name === 'status')?.definition).toBe(status.resource.url);
    expect(
      of('Patient')
        ?.operation?.map(({ name }) => name)
        .toSorted(),
    ).toEqual(expect.arrayContaining(['everything', 'validate']));
  });

  test('formats, conditional interactions, references and profiles are stated as they are', () => {
    expect(statement).toMatchObject({
      format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
      patchFormat: ['application/json-patch+json', 'application/merge-patch+json', 'application/fhir+json', 'application/fhir+xml'],
    });
    for (const entry of resources())
      expect(entry).toMatchObject({
        ...{ versioning: 'versioned', readHistory: true, updateCreate: true, conditionalCreate: true },
        ...{ conditionalRead: 'full-support', conditionalUpdate: true, conditionalDelete: 'single', referencePolicy: ['literal', 'logical'] },
        extension: expect.arrayContaining([{ url: expect.stringMatching(/conditionalPatch$/), valueBoolean: true }]),
      });
    expect(of('Flag')?.supportedProfile).toEqual(['https://pro-bridge.example/fhir/StructureDefinition/alert-flag']);
  });

  test('modifiers, prefixes and includes are stated', () => {
    const param = (type: string, code: string) => of(type)?.searchParam?.find(({ name }) => name === code);
    expect(param('Patient', 'family')?.documentation).toMatch(/Modifiers: missing, exact, contains\.$/);
    expect(param('Patient', 'identifier')?.documentation).toMatch(/ of-type/);
    expect(param('Patient', 'birthdate')?.documentation).toMatch(/Prefixes: eq, ne, gt, lt, ge, le, sa, eb, ap\.$/);
    expect(param('Flag', 'author')?.documentation).toMatch(/Modifiers: missing, .*identifier, .*Device/);
    expect(of('Flag')?.searchInclude).toEqual(expect.arrayContaining(['Flag:*', 'Flag:patient']));
    expect(of('Patient')?.searchRevInclude).toEqual(expect.arrayContaining(['*', 'Flag:patient']));
  });

  test('every operation is defined: here, in FHIR, or in the guide on questionnaires', async () => {
    const stated = [...resources().flatMap(({ operation = [] }) => operation), ...(statement.rest?.[0]?.operation ?? [])].map(({ definition }) => definition);
    const elsewhere: string[] = [];
    for (const url of new Set(stated)) {
      const found = await server.api().get(`/OperationDefinition?url=${url}&_summary=count`).expect(200);
      if (found.body.total === 0 && registry.resource('OperationDefinition', url) === undefined) elsewhere.push(url);
    }
    const sdc = [
      'Questionnaire-assemble',
      'Questionnaire-next-question',
      'Questionnaire-populate',
      'Questionnaire-process-response',
      'QuestionnaireResponse-extract',
    ];
    expect(elsewhere.toSorted()).toEqual(sdc.map((name) => `http://hl7.org/fhir/uv/sdc/OperationDefinition/${name}`));
  });

  test('who has the statement already is told so, whatever the format', async () => {
    const get = (path: string) => server.api().get(path).buffer(true);
    const { etag } = (await get('/metadata').expect(200)).headers;
    await get('/metadata').set('If-None-Match', String(etag)).expect(304);
    await get('/metadata?_format=xml').set('If-None-Match', `W/"other", ${etag}`).expect(304);
    const xml = await get('/metadata?_format=xml').set('Accept-Encoding', 'identity').set('If-None-Match', 'W/"other"').expect(200);
    expect(xml.headers).toMatchObject({ etag, 'content-type': 'application/fhir+xml; charset=utf-8', 'cache-control': 'no-cache' });
    expect(xml.text).toContain('<CapabilityStatement xmlns="http://hl7.org/fhir">');
    expect((await get('/metadata?_pretty=true')).text).toContain('\n  "url"');
    expect((await get('/metadata?mode=normative').expect(200)).body).toEqual(statement);
    expect((await get('/metadata?mode=terminology').expect(200)).body.resourceType).toBe('TerminologyCapabilities');
    expect(Object.keys((await get('/metadata?_elements=software').expect(200)).body)).not.toContain('rest');
    await get('/metadata?mode=none').expect(400);
  });

  test('in a batch it is an entry like any other', async () => {
    const batch = { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'metadata' } }] };
    const answer = await server.api().post('').set('Content-Type', FHIR).send(JSON.stringify(batch)).expect(200);
    expect(answer.body.entry[0].resource).toEqual(statement);
  });

  test('it follows the definitions that are loaded', async () => {
    const url = `http://example.org/StructureDefinition/stated-${DATABASE_URL.slice(0, 6)}`;
    const profile = {
      ...{ resourceType: 'StructureDefinition', id: 'stated', url, name: 'Stated', status: 'active', kind: 'resource', abstract: false, type: 'Basic' },
      ...{ baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic', derivation: 'constraint' },
      differential: { element: [{ id: 'Basic.author', path: 'Basic.author', min: 1 }] },
    };
    const profiles = async (): Promise<unknown> => {
      const now: CapabilityStatement = (await server.api().get('/metadata').expect(200)).body;
      return now.rest?.[0]?.resource?.find(({ type }) => type === 'Basic')?.supportedProfile;
    };
    expect(await profiles()).toBeUndefined();
    await server.api().put('/StructureDefinition/stated').set('Content-Type', FHIR).send(JSON.stringify(profile)).expect(201);
    expect(await profiles()).toEqual([url]);
    await server.api().delete('/StructureDefinition/stated').expect(204);
    expect(await profiles()).toBeUndefined();
  });

  test('fhir-kit-client does its work here', async () => {
    const client = new Client({ baseUrl: server.app.base });
    const created = await client.create({ resourceType: 'Patient', body: { resourceType: 'Patient', name: [{ family: 'Kit' }] } });
    const id = String(created.id);
    expect(await client.read({ resourceType: 'Patient', id })).toEqual(created);
    const found = await client.search({ resourceType: 'Patient', searchParams: { family: 'Kit' } });
    expect(found.entry).toHaveLength(1);
    const posted = await client.search({ resourceType: 'Patient', searchParams: { family: 'Kit' }, options: { postSearch: true } } as Parameters<
      typeof client.search
    >[0]);
    expect(posted.entry).toHaveLength(1);
    await client.update({ resourceType: 'Patient', id, body: { resourceType: 'Patient', id, name: [{ family: 'Kit2' }] } });
    expect((await client.history({ resourceType: 'Patient', id })).entry).toHaveLength(2);
    expect((await client.vread({ resourceType: 'Patient', id, version: '1' })) as object).toMatchObject({ name: [{ family: 'Kit' }] });
    const everything = await client.operation({ name: 'everything', resourceType: 'Patient', id });
    expect((everything as unknown as Bundle).entry).toHaveLength(1);
    const batch = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: `Patient/${id}` } }] } });
    expect((batch as unknown as Bundle).entry?.[0]?.response?.status).toBe('200 OK');
    await client.delete({ resourceType: 'Patient', id });
    await expect(client.read({ resourceType: 'Patient', id })).rejects.toMatchObject({ response: { status: 410 } });
    expect((await client.capabilityStatement()).fhirVersion).toBe('4.0.1');
  });
});

test('what the settings say is stated', async () => {
  const { app, api } = await start({ DATABASE_URL: 'memory:', UPDATE_CREATE: 'off', CONDITIONAL_DELETE: 'multiple' });
  const statement: CapabilityStatement = (await api().get('/metadata').expect(200)).body;
  expect(statement.rest?.[0]?.resource?.[0]).toMatchObject({ updateCreate: false, conditionalDelete: 'multiple' });
  expect(statement.rest?.[0]?.documentation).toContain('must be there when it is written');
  await app.close();
});

test('without a token it says that one is needed', async () => {
  const { app, api } = await start({ DATABASE_URL: 'memory:', AUTH: 'smart' });
  const statement: CapabilityStatement = (await api().get('/metadata').expect(200)).body;
  expect(statement.rest?.[0]?.security?.description).toContain('access token');
  await app.close();
});
