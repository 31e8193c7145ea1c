/** Searches as clients send them: over HTTP, on either store. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome } from 'fhir/r4';
import { BAD_SEARCHES } from '../../scripts/support/refused.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { FHIR, STORES, type Started, start } from './start.ts';

const UCUM = 'http://unitsofmeasure.org';
const put = (resource: Resource): object => ({
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
});

const observation = (id: string, more: object = {}): object =>
  put({ resourceType: 'Observation', id, status: 'final', code: { coding: [{ system: 'urn:c', code: 'w', display: 'Body weight' }] }, ...more });

const DATA = [
  put({ resourceType: 'Patient', id: 'ann', name: [{ family: 'Ödegård', given: ['Mary Ann'] }], birthDate: '1950-01-02', gender: 'female' }),
  put({
    resourceType: 'Patient',
    id: 'bo',
    name: [{ family: 'Odegard' }],
    birthDate: '1940',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">liver and bone</div>' },
  }),
  put({ resourceType: 'Patient', id: 'cy', active: true }),
  put({ resourceType: 'Location', id: 'site', position: { latitude: 31.23, longitude: 121.47 } }),
  put({ resourceType: 'Location', id: 'room', partOf: { reference: 'Location/site' } }),
  put({ resourceType: 'List', id: 'mine', status: 'current', mode: 'working', entry: [{ item: { reference: 'Patient/bo' } }] }),
  put({
    resourceType: 'Questionnaire',
    id: 'q1',
    status: 'active',
    url: 'http://q.example/a',
    version: '1',
    title: 'First',
    item: [{ linkId: 'pain', type: 'integer', text: 'Pain' }],
  }),
  put({ resourceType: 'Questionnaire', id: 'q2', status: 'active', url: 'http://q.example/a', version: '2', title: 'Second' }),
  put({
    resourceType: 'QuestionnaireResponse',
    id: 'r1',
    status: 'in-progress',
    questionnaire: 'http://q.example/a|1',
    subject: { reference: 'Patient/ann' },
    item: [{ linkId: 'pain', answer: [{ valueInteger: 7 }] }],
  }),
  observation('o1', {
    subject: { reference: 'Patient/ann' },
    effectiveDateTime: '2026-01-01',
    valueQuantity: { value: 61000, system: UCUM, code: 'g', unit: 'g' },
  }),
  observation('o2', {
    subject: { reference: 'Patient/bo' },
    effectiveDateTime: '2026-01-02',
    valueQuantity: { value: 70, system: UCUM, code: 'kg', unit: 'kg' },
  }),
  observation('o3', { subject: { reference: 'Patient/ann' } }),
];

const ids = ({ entry = [] }: Bundle, mode = 'match'): string[] =>
  entry.filter(({ search }) => search?.mode === mode).map(({ resource }) => String(resource?.id));
const link = ({ link: links = [] }: Bundle, relation: string): string | undefined => links.find((each) => each.relation === relation)?.url;
const textOf = ({ issue }: OperationOutcome): string => issue.map(({ details }) => details?.text).join(' ');

describe.each(STORES)('on %s', (DATABASE) => {
  let server: Started;
  const get = async (path: string, status = 200) => (await server.api().get(encodeURI(path)).expect(status)).body;
  /** Throws with the server's words where it refuses. */
  const transact = async (entry: readonly object[]): Promise<void> => {
    const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
    const { status, body } = await server.api().post('/').set('Content-Type', FHIR).send(bundle);
    if (status !== 200) throw new Error(textOf(body));
  };
  /** The path and query of a link of this server. */
  const follow = async (url: string, status = 200) => (await server.api().get(url.slice(server.app.base.length)).expect(status)).body;

  beforeAll(async () => {
    server = await start({ LOG_LEVEL: 'silent', DATABASE, REFERENCES: 'free', NAME_PINYIN: 'on' });
    await transact(DATA);
  });
  afterAll(() => server.app.close());

  test.each<[string, string[]]>([
    ['/Patient?name=odegard', ['ann', 'bo']],
    ['/Patient?name=ann', ['ann']],
    ['/Patient?phonetic=mery', ['ann']],
    ['/Patient?name:exact=Odegard', ['bo']],
    ['/Patient?gender:not=female', ['bo', 'cy']],
    ['/Patient?gender:missing=true', ['bo', 'cy']],
    ['/Patient?birthdate=lt1945', ['bo']],
    ['/Patient?_text=bone NOT kidney', ['bo']],
    ['/Patient?_content=liver', ['bo']],
    ['/Patient?_list=mine', ['bo']],
    ['/Patient?_filter=name co "deg" and not (gender eq female)', ['bo']],
    ['/Patient?_has:Observation:patient:value-quantity=gt65|http://unitsofmeasure.org|kg', ['bo']],
    ['/Patient?_has:QuestionnaireResponse:subject:questionnaire.title=first', ['ann']],
    ['/Observation?value-quantity=61|http://unitsofmeasure.org|kg', ['o1']],
    ['/Observation?value-quantity=gt60|http://unitsofmeasure.org|kg', ['o1', 'o2']],
    ['/Observation?code:text=body', ['o1', 'o2', 'o3']],
    ['/Observation?patient.name=ann&_sort=-date', ['o1', 'o3']],
    ['/Observation?patient:Patient._id=bo', ['o2']],
    ['/Location?near=31.2|121.5|20|km', ['site']],
    ['/Location?partof:below=site', ['room']],
    ['/QuestionnaireResponse?questionnaire=http://q.example/a', ['r1']],
    ['/QuestionnaireResponse?questionnaire=http://q.example/a|2', []],
    ['/QuestionnaireResponse?answer-number=pain$ge7', ['r1']],
    ['/QuestionnaireResponse?questionnaire.version=1', ['r1']],
    ['/?_type=Patient,Location&_id=bo,site', ['bo', 'site']],
    ['/Patient/ann/Observation?date:missing=false', ['o1']],
    ['/Observation?_sort=value-quantity', ['o1', 'o2', 'o3']],
    ['/Observation?_sort=-value-quantity', ['o2', 'o1', 'o3']],
    ['/Patient?_id=ann,bo,cy&_sort=family,-_id', ['bo', 'ann', 'cy']],
    ['/Patient?_id=ann,bo,cy&_sort=gender', ['ann', 'bo', 'cy']],
    ['/Observation?_sort=subject,-_id', ['o3', 'o1', 'o2']],
    ['/Questionnaire?url=http://q.example/a&_sort=-version', ['q2', 'q1']],
  ])('%s: %j', async (path, expected) => {
    expect(ids(await get(path))).toEqual(expected);
  });

  test('includes follow canonicals, and everything at once where * is asked', async () => {
    expect(ids(await get('/QuestionnaireResponse?_id=r1&_include=QuestionnaireResponse:questionnaire'), 'include')).toEqual(['q1']);
    expect(ids(await get('/Questionnaire?_id=q1,q2&_revinclude=QuestionnaireResponse:questionnaire'), 'include')).toEqual(['r1']);
    expect(ids(await get('/QuestionnaireResponse?_id=r1&_include=*'), 'include')).toEqual(['ann', 'q1']);
    expect(ids(await get('/Patient?_id=ann&_revinclude=*'), 'include')).toEqual(['r1', 'o1', 'o3']);
    expect(ids(await get('/Patient?_id=bo&_revinclude=Observation:patient&_revinclude:iterate=List:item'), 'include')).toEqual(['mine', 'o2']);
  });

  test('an unknown parameter is refused with those that exist; handled leniently it is left out and reported', async () => {
    const refused = textOf(await get('/Patient?brthdate=1950', 400));
    expect(refused).toContain("Did you mean 'birthdate'?");
    expect(refused).toContain('address, address-city');
    const lenient = (await server.api().get('/Patient?brthdate=1950&_id=ann').set('Prefer', 'handling=lenient').expect(200)).body as Bundle;
    expect(link(lenient, 'self')).toBe(`${server.app.base}/Patient?_id=ann`);
    expect(lenient.entry?.at(-1)).toMatchObject({
      search: { mode: 'outcome' },
      resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning' }] },
    });
    expect(textOf(await get('/Patient?_query=mine', 400))).toContain('no named queries');
    expect(textOf(await get('/Patient?_contained=true', 400))).toContain('not offered');
  });

  test('a search by POST takes the parameters of the URL and of the form', async () => {
    const found = await server.api().post('/Patient/_search?gender=female').type('form').send('name=deg&name:contains=deg').expect(200);
    expect(ids(found.body)).toEqual([]);
    const both = (await server.api().post('/Patient/_search?gender=female').type('form').send('name=ode&_count=5').expect(200)).body as Bundle;
    expect(ids(both)).toEqual(['ann']);
    expect(link(both, 'self')).toBe(`${server.app.base}/Patient?gender=female&name=ode&_count=5`);
  });

  test('totals and counts', async () => {
    expect(await get('/Patient?_id=ann,bo&_count=0')).toMatchObject({ total: 2 });
    expect((await get('/Patient?_id=ann,bo&_count=0')).entry).toBeUndefined();
    expect(await get('/Patient?_id=ann,bo&_count=1&_total=accurate')).toMatchObject({ total: 2 });
    expect(await get('/Patient?_id=ann,bo&_count=1&_total=estimate')).toMatchObject({ total: 2 });
    expect((await get('/Patient?_id=ann,bo&_count=1&_total=none')).total).toBeUndefined();
    expect(link(await get('/Patient?_id=ann&_count=999999999'), 'self')).toBe(`${server.app.base}/Patient?_id=ann&_count=1000`);
  });

  describe('pages', () => {
    const COUNT = 30;
    const name = (n: number): string => `page-${String(n).padStart(3, '0')}`;

    test('neither repeat nor skip while others write', async () => {
      const entry = Array.from({ length: COUNT }, (_, n) =>
        observation(name(n), { method: { text: 'paged' }, effectiveDateTime: `2026-02-${String((n % 28) + 1).padStart(2, '0')}` }),
      );
      await transact(entry);
      const seen: string[] = [];
      let busy = true;
      const writing = (async () => {
        for (let n = 0; busy; n++) {
          const late = {
            resourceType: 'Observation',
            id: `late-${n}`,
            status: 'final',
            code: { text: 'x' },
            method: { text: 'paged' },
            effectiveDateTime: '2027-01-01',
          };
          await server.api().put(`/Observation/late-${n}`).set('Content-Type', FHIR).send(JSON.stringify(late));
        }
      })();
      for (let url: string | undefined = `${server.app.base}/Observation?method:text=paged&_sort=-date&_count=4`; url !== undefined; ) {
        const page = (await follow(url)) as Bundle;
        seen.push(...ids(page));
        url = link(page, 'next');
      }
      busy = false;
      await writing;
      const settled = seen.filter((id) => id.startsWith('page-'));
      expect(settled.toSorted()).toEqual(Array.from({ length: COUNT }, (_, n) => name(n)));
      expect(new Set(seen).size).toBe(seen.length);
    });

    test('a link that was changed is refused', async () => {
      const next = link(await get('/Patient?_id=ann,bo,cy&_sort=_id&_count=1'), 'next') ?? '';
      expect(ids(await follow(next))).toEqual(['bo']);
      const [before, place = ''] = next.split('_after=');
      const flipped = place.startsWith('W') ? `X${place.slice(1)}` : `W${place.slice(1)}`;
      const bad = [
        flipped,
        place.slice(0, -1),
        `${place}x`,
        place.split('.')[0] ?? '',
        '.',
        'x',
        `${Buffer.from('[0]').toString('base64url')}.${place.split('.')[1]}`,
      ];
      for (const other of bad) expect(textOf(await follow(`${before}_after=${other}`, 400))).toMatch(/was changed|empty|no value/);
      expect(textOf(await follow(next.replace('_sort=_id', '_sort=-_id'), 400))).toContain('does not belong to this search');
      expect(textOf(await follow(next.replace('/Patient?', '/Location?'), 400))).toContain('does not belong to this search');
      expect(ids(await follow(next.replace('_count=1', '_count=2')))).toEqual(['bo', 'cy']);
    });

    test('a page that grows too big ends early', async () => {
      const note = [1, 2, 3].map(() => ({ text: 'x'.repeat(1_000_000) }));
      for (let n = 0; n < 4; n++) {
        const big = { resourceType: 'Observation', id: `big-${n}`, status: 'final', code: { text: 'big' }, method: { text: 'huge' }, note };
        await server.api().put(`/Observation/big-${n}`).set('Content-Type', FHIR).send(JSON.stringify(big)).expect(201);
      }
      const first = (await get('/Observation?method:text=huge')) as Bundle;
      const second = (await follow(link(first, 'next') ?? '')) as Bundle;
      expect([ids(first).length, ids(second).length]).toEqual([3, 1]);
      expect(link(second, 'next')).toBeUndefined();
    });
  });

  describe('queries that cannot be are refused', () => {
    test.each(BAD_SEARCHES)('%s', async (_name, _method, path) => {
      const { status, body } = await server.api().get(path).expect(400);
      expect([status, textOf(body).length > 20]).toEqual([400, true]);
    });

    test('100 kB of URL is refused', async () => {
      const { status } = await server.api().get(`/Patient?name=${'a'.repeat(100_000)}`);
      expect([400, 414, 431]).toContain(status);
      const form = await server
        .api()
        .post('/Patient/_search')
        .type('form')
        .send(`name=${'a'.repeat(100_000)}`)
        .expect(400);
      expect(textOf(form.body)).toContain('longer than');
    });

    test('a count of ten billion is lowered, and the self link says so', async () => {
      const { body } = await server.api().get('/Patient?_count=10000000000').expect(200);
      expect(link(body as Bundle, 'self')).toContain('_count=1000');
    });

    test('a read beside fifty of them is answered', async () => {
      const storm = Promise.all(Array.from({ length: 50 }, (_, n) => server.api().get(BAD_SEARCHES[n % BAD_SEARCHES.length]?.[2] ?? '/')));
      await server.api().get('/Patient/ann').expect(200);
      expect((await storm).every(({ status }) => status === 400)).toBe(true);
    });
  });
});

test('links to further pages outlive a restart', async () => {
  const settings = { LOG_LEVEL: 'silent', DATABASE: 'sqlite:', DATA_DIR: mkdtempSync(join(tmpdir(), 'search-')) };
  const first = await start(settings);
  const { body } = await first.api().get('/CodeSystem?_count=2').expect(200);
  const next = new URL(link(body, 'next') ?? '');
  await first.app.close();
  const again = await start(settings);
  const page = (await again.api().get(`/CodeSystem${next.search}`).expect(200)).body as Bundle;
  expect(ids(page)).toHaveLength(2);
  expect(ids(page)).not.toEqual(ids(body));
  await again.app.close();
});
