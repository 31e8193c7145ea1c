/** SearchParameters put into force while the server runs, over HTTP. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { FHIR, STORES, type Started, start } from './start.ts';

const opened: Started[] = [];
afterAll(() => Promise.all(opened.map(({ app }) => app.close())));

async function open(settings: Readonly<Record<string, string>>): Promise<Started> {
  const started = await start(settings);
  opened.push(started);
  return started;
}

const URL_OF = (code: string): string => `http://a.example/SearchParameter/${code}`;

const parameter = (code: string, more: object = {}): object => ({
  resourceType: 'SearchParameter',
  id: code,
  url: URL_OF(code),
  name: 'Own',
  status: 'active',
  description: 'Of our own.',
  code,
  base: ['Patient'],
  type: 'string',
  expression: 'Patient.maritalStatus.text',
  ...more,
});

const patient = (id: string, text: string): object => ({ resourceType: 'Patient', id, maritalStatus: { text } });

type Api = Started['api'];
const put = (api: Api, resource: object) => {
  const { resourceType, id } = resource as { resourceType: string; id: string };
  return api().put(`/${resourceType}/${id}`).set('Content-Type', FHIR).send(JSON.stringify(resource));
};

async function fill(api: Api, from: number, to: number): Promise<void> {
  const entry = Array.from({ length: to - from }, (_, n) => `p${from + n}`).map((id) => ({
    resource: patient(id, `Kind ${id}`),
    request: { method: 'PUT', url: `Patient/${id}` },
  }));
  const done = await api()
    .post('/')
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }));
  expect(done.status).toBe(200);
}

interface Status {
  readonly status: string;
  readonly [name: string]: unknown;
}

async function statusOf(api: Api, code: string): Promise<Status> {
  const { body, status } = await api()
    .get('/SearchParameter/$status')
    .query({ url: URL_OF(code) });
  expect(status).toBe(200);
  const parts = body.parameter.find(({ name }: { name: string }) => name === 'searchParameter').part as { name: string }[];
  return Object.fromEntries(parts.map(({ name, ...value }) => [name, Object.values(value)[0]])) as Status;
}

async function untilStatus(api: Api, code: string, wanted = 'supported'): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const { status } = await statusOf(api, code);
    if (status === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${code} did not become ${wanted}`);
}

const totalOf = async (api: Api, query: string): Promise<unknown> => {
  const { body } = await api().get(`/Patient?${query}&_total=accurate&_count=1`);
  return body.total ?? body.issue?.[0]?.details.text;
};

describe.each(STORES)('%s', (database) => {
  test('a posted SearchParameter finds what was stored before and after it, without a restart', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 100);
    expect(await totalOf(api, 'marital-word=kind')).toMatch(/has no search parameter 'marital-word'/);
    expect((await put(api, parameter('marital-word'))).status).toBe(201);
    await put(api, patient('late', 'Kind late'));
    await untilStatus(api, 'marital-word');
    expect(await totalOf(api, 'marital-word=kind')).toBe(101);
    expect(await totalOf(api, 'marital-word:exact=Kind%20p7')).toBe(1);
    expect(await totalOf(api, '_sort=-marital-word')).toBe(101);
    const statement = await api().get('/metadata');
    const offered = statement.body.rest[0].resource.find(({ type }: { type: string }) => type === 'Patient').searchParam;
    expect(offered.find(({ name }: { name: string }) => name === 'marital-word')).toMatchObject({ definition: URL_OF('marital-word') });
  });

  test('a search is refused, and told how far the index is, or complete: never half', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 300);
    await put(api, parameter('marital-word'));
    const seen = new Set<unknown>();
    for (let done = false, tries = 0; !done && tries < 2000; tries++) {
      const answer = await api().get('/Patient?marital-word=kind&_total=accurate&_count=1');
      done = answer.status === 200;
      seen.add(answer.status === 503 ? answer.body.issue[0].details.text.replace(/\d+ of \d+ are done|That has not begun yet/, '…') : answer.body.total);
      if (answer.status === 503) expect(answer.headers['retry-after']).toBe('5');
    }
    expect([...seen]).toEqual([expect.stringMatching(/'marital-word' of Patient is new: .* being indexed for it\. …/), 300]);
  });

  test('while it is indexed it is refused in chains, _has, _filter and _sort as well, and leniency does not drop it', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 300);
    await put(api, parameter('marital-word'));
    const asked = [
      '/Observation?subject.marital-word=kind',
      '/Observation?subject:Patient.marital-word=kind',
      '/Patient?_filter=marital-word%20eq%20kind',
      '/Patient?_sort=marital-word',
      '/Organization?_has:Patient:organization:marital-word=kind',
    ];
    const lenient = await Promise.all(asked.map((path) => api().get(path).set('Prefer', 'handling=lenient')));
    expect((await statusOf(api, 'marital-word')).status).toBe('indexing');
    expect(lenient.map(({ status }) => status)).toEqual(asked.map(() => 503));
  });

  test('retired, deleted and changed: each holds at once, and what it left behind is gone', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 20);
    await put(api, parameter('marital-word'));
    await untilStatus(api, 'marital-word');
    await put(api, parameter('marital-word', { status: 'retired' }));
    expect((await statusOf(api, 'marital-word')).status).toBe('disabled');
    expect(await totalOf(api, 'marital-word=kind')).toMatch(/has no search parameter/);
    await put(api, patient('between', 'Kind between'));
    await put(api, parameter('marital-word'));
    await untilStatus(api, 'marital-word');
    expect(await totalOf(api, 'marital-word=kind')).toBe(21);
    await put(api, parameter('marital-word', { expression: 'Patient.gender', type: 'token' }));
    await untilStatus(api, 'marital-word');
    expect(await totalOf(api, 'marital-word:missing=false')).toBe(0);
    const patched = await api()
      .patch('/SearchParameter/marital-word')
      .set('Content-Type', 'application/json-patch+json')
      .send('[{"op":"replace","path":"/expression","value":"Patient.id"}]');
    expect(patched.status).toBe(200);
    await untilStatus(api, 'marital-word');
    expect(await totalOf(api, 'marital-word=p3')).toBe(1);
    expect((await api().delete('/SearchParameter/marital-word')).status).toBe(204);
    expect(await totalOf(api, 'marital-word=p3')).toMatch(/has no search parameter/);
  });

  test('every kind of parameter can be added, a composite of added ones too', async () => {
    const { api } = await open({ DATABASE: database });
    const observation = {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      code: { text: 'weight' },
      subject: { reference: 'Patient/p1' },
      issued: '2026-01-02T00:00:00Z',
      bodySite: { coding: [{ system: 'urn:s', code: 'arm' }], text: 'left arm' },
      referenceRange: [{ low: { value: 5 }, high: { value: 9 }, age: { low: { value: 18 } } }],
      specimen: { identifier: { system: 'urn:i', value: '7' } },
    };
    await fill(api, 1, 2);
    await put(api, observation);
    const on = (code: string, type: string, expression: string, more: object = {}) => parameter(code, { base: ['Observation'], type, expression, ...more });
    for (const each of [
      on('issued', 'date', 'Observation.issued'),
      on('site', 'token', 'Observation.bodySite'),
      on('low', 'quantity', 'Observation.referenceRange.low'),
      on('whom', 'reference', 'Observation.subject', { target: ['Patient'] }),
      on('range', 'composite', 'Observation.referenceRange', {
        component: [
          { definition: URL_OF('low'), expression: 'low' },
          { definition: URL_OF('low'), expression: 'high' },
        ],
      }),
    ])
      expect((await put(api, each)).status).toBe(201);
    for (const code of ['issued', 'site', 'low', 'whom', 'range']) await untilStatus(api, code);
    for (const query of ['issued=ge2026', 'site=urn:s|arm', 'site:text=left', 'low=lt6', 'whom=Patient/p1', 'range=5$9']) {
      const { body } = await api().get('/Observation').query(query);
      expect([query, body.entry?.length]).toEqual([query, 1]);
    }
    expect((await api().get('/Observation?_include=Observation:whom')).body.entry).toHaveLength(2);
    expect((await api().get('/Patient?_has:Observation:whom:site=arm')).body.entry).toHaveLength(1);
  });

  test('what cannot work is refused with the element at fault', async () => {
    const { api } = await open({ DATABASE: database });
    const refused = async (made: object): Promise<unknown> => {
      const { status, body } = await put(api, made);
      return status === 422 ? [body.issue[0].expression[0], body.issue[0].details.text] : status;
    };
    const taken = parameter('birthdate', { type: 'date', expression: 'Patient.deceased' });
    expect(await refused(taken)).toEqual(['SearchParameter.code', expect.stringMatching(/FHIR R4's own: .*individual-birthdate has that code/)]);
    expect(await refused(parameter('x', { expression: 'Patient.name.' }))).toEqual(['SearchParameter.expression', expect.stringMatching(/cannot be read/)]);
    expect(await refused(parameter('x', { expression: 'Observation.code' }))).toEqual([
      'SearchParameter.expression',
      expect.stringMatching(/nothing of Patient/),
    ]);
    expect(await refused(parameter('x', { type: 'special' }))).toEqual(['SearchParameter.type', expect.any(String)]);
    expect(await refused(parameter('x', { code: '_count' }))).toEqual(['SearchParameter.code', expect.any(String)]);
    expect(await refused(parameter('x', { code: 'a:b' }))).toEqual(['SearchParameter.code', expect.any(String)]);
    expect(await refused(parameter('x', { base: ['Nobody'] }))).toEqual([expect.stringMatching(/SearchParameter\.base/), expect.any(String)]);
    const part = { definition: 'http://a.example/none', expression: 'x' };
    expect(await refused(parameter('x', { type: 'composite', component: [part] }))).toEqual(['SearchParameter.component[0].definition', expect.any(String)]);
    await put(api, parameter('one'));
    expect(await refused(parameter('two', { code: 'one', expression: 'Patient.gender', type: 'token' }))).toEqual([
      'SearchParameter.code',
      expect.stringMatching(/another: .*\/one has/),
    ]);
    expect((await api().get('/Patient?constructor=1')).status).toBe(400);
    expect(await refused(parameter('constructor'))).toBe(201);
    await untilStatus(api, 'constructor');
    expect((await api().get('/Patient?constructor=1')).status).toBe(200);
  });

  test('what $load-package brings is searched by', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 20);
    const parameters = [{ name: 'resource', resource: parameter('marital-word') }];
    const files = await api()
      .post('/$load-package')
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ resourceType: 'Parameters', parameter: parameters }));
    expect(files.status).toBe(200);
    await untilStatus(api, 'marital-word');
    expect(await totalOf(api, 'marital-word=kind')).toBe(20);
  });

  test('$reindex looks through one type, the types of one parameter, or all; searches go on', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 30);
    const typesIn = (body: { parameter: { name: string; valueCode?: string }[] }) =>
      body.parameter.filter(({ name }) => name === 'type').map(({ valueCode }) => valueCode);
    const one = await api().post('/Patient/$reindex');
    expect([one.status, typesIn(one.body)]).toEqual([202, ['Patient']]);
    expect(await totalOf(api, 'active:missing=true')).toBe(30);
    const named = await api()
      .post('/$reindex')
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'url', valueUri: 'http://hl7.org/fhir/SearchParameter/Patient-active' }] }));
    expect(typesIn(named.body)).toEqual(['Patient']);
    expect((await api().post('/$reindex?url=http://nobody.example')).status).toBe(404);
    expect(typesIn((await api().post('/$reindex')).body).length).toBeGreaterThan(100);
    expect(await totalOf(api, 'active:missing=true')).toBe(30);
  });

  test('$status tells of all that is not of the base, and of one of the base by its url', async () => {
    const { api } = await open({ DATABASE: database });
    const { body } = await api().get('/SearchParameter/$status');
    expect(JSON.stringify(body)).toContain('SearchParameter/flag-status');
    expect(JSON.stringify(body)).not.toContain('"indexing"');
    const base = await api().get('/SearchParameter/$status?url=http://hl7.org/fhir/SearchParameter/Patient-active');
    expect(JSON.stringify(base.body)).toContain('"supported"');
    expect((await api().get('/SearchParameter/$status?url=x')).status).toBe(404);
  });

  test('writers and pages go on while it is indexed, and nothing is missed', async () => {
    const { api } = await open({ DATABASE: database });
    await fill(api, 0, 200);
    await put(api, parameter('marital-word'));
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; n < 15; n++) {
        await put(api, patient(`p${(writer * 97 + n * 13) % 200}`, `Other ${writer}`));
        await put(api, patient(`new-${writer}-${n}`, `Kind new`));
      }
    });
    await Promise.all(writers);
    await untilStatus(api, 'marital-word');
    const ids = new Set<string>();
    let path: string | undefined = '/Patient?marital-word=kind,other&_count=50';
    while (path !== undefined) {
      const { body }: { body: { entry: { resource: { id: string } }[]; link: { relation: string; url: string }[] } } = await api().get(path);
      for (const { resource } of body.entry) ids.add(resource.id);
      const next = body.link.find(({ relation }) => relation === 'next')?.url;
      path = next === undefined ? undefined : `/${next.split('/fhir/')[1]}`;
    }
    expect(ids.size).toBe(260);
  });
});

test('indexing goes on where it was after a restart, and what is ready stays so', async () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'search-parameters-'));
  const first = await start({ DATA_DIR });
  await fill(first.api, 0, 400);
  await put(first.api, parameter('early'));
  await untilStatus(first.api, 'early');
  await put(first.api, parameter('marital-word'));
  for (let tries = 0; tries < 500 && Number((await statusOf(first.api, 'marital-word')).done ?? 0) === 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 1));
  await first.app.close();
  const second = await start({ DATA_DIR });
  opened.push(second);
  const { status, done } = await statusOf(second.api, 'marital-word');
  expect([status, Number(done) > 0]).toEqual(['indexing', true]);
  expect((await statusOf(second.api, 'early')).status).toBe('supported');
  await untilStatus(second.api, 'marital-word');
  expect(await totalOf(second.api, 'marital-word=kind')).toBe(400);
});
