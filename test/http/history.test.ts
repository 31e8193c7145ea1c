/** History at its three levels over real HTTP. https://hl7.org/fhir/R4/http.html#history */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome, Patient } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const familiesOf = (bundle: Bundle): (string | undefined)[] => (bundle.entry ?? []).map(({ resource }) => (resource as Patient | undefined)?.name?.[0]?.family);
const textOf = (outcome: OperationOutcome): string => outcome.issue.map(({ details }) => details?.text).join(' ');

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  let id = '';
  const times: string[] = [];
  const put = (family: string) =>
    server
      .api()
      .put(`/Patient/${id}`)
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ resourceType: 'Patient', id, name: [{ family }], gender: 'female' }));
  const get = async (path: string): Promise<Bundle> => (await server.api().get(path).expect(200)).body as Bundle;
  const apart = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
    id = 'aged';
    for (const family of ['One', 'Two', 'Three']) {
      times.push((await put(family)).body.meta.lastUpdated as string);
      await apart();
    }
    await server.api().delete(`/Patient/${id}`).expect(204);
  });
  afterAll(() => server.app.close());

  test('newest first, or oldest first where _sort says so', async () => {
    const path = `/Patient/${id}/_history`;
    expect(familiesOf(await get(path))).toEqual([undefined, 'Three', 'Two', 'One']);
    expect(familiesOf(await get(`${path}?_sort=-_lastUpdated`))).toEqual([undefined, 'Three', 'Two', 'One']);
    expect(familiesOf(await get(`${path}?_sort=_lastUpdated`))).toEqual(['One', 'Two', 'Three', undefined]);
    expect(familiesOf(await get('/Patient/_history?_sort=_lastUpdated&_count=1'))).toEqual(['One']);
    expect(textOf((await server.api().get(`${path}?_sort=name`).expect(400)).body)).toContain('_lastUpdated');
  });

  test('each entry says what was asked and answered; a first version was created', async () => {
    const { entry } = await get(`/Patient/${id}/_history?_sort=_lastUpdated`);
    expect(entry?.map(({ request, response }) => [request?.method, response?.status])).toEqual([
      ['PUT', '201 Created'],
      ['PUT', '200 OK'],
      ['PUT', '200 OK'],
      ['DELETE', '204 No Content'],
    ]);
    expect(entry?.[3]).not.toHaveProperty('resource');
  });

  test('a total where it is asked for: _total, _count=0, _summary=count', async () => {
    expect(await get(`/Patient/${id}/_history?_count=1&_total=accurate`)).toMatchObject({ total: 4, entry: [{}] });
    for (const query of ['_count=0', '_summary=count']) {
      const bundle = await get(`/Patient/${id}/_history?${query}`);
      expect(bundle.total).toBe(4);
      expect(bundle).not.toHaveProperty('entry');
    }
    expect(await get(`/Patient/${id}/_history`)).not.toHaveProperty('total');
    expect((await get('/_history?_count=0')).total).toBeGreaterThan(4);
  });

  test('_summary and _elements cut each version', async () => {
    const { entry } = await get(`/Patient/${id}/_history?_elements=gender`);
    expect(entry?.[1]?.resource).toMatchObject({ id, gender: 'female', meta: { tag: [{ code: 'SUBSETTED' }] } });
    expect(familiesOf({ resourceType: 'Bundle', type: 'history', entry: entry ?? [] })).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('_at: what was current at some moment, in a partial date, in a period', async () => {
    const path = `/Patient/${id}/_history`;
    const year = new Date().getUTCFullYear();
    expect(familiesOf(await get(`${path}?_at=${times[1]}`))).toEqual(['Two']);
    expect(familiesOf(await get(`${path}?_at=${year}`))).toHaveLength(4);
    expect(familiesOf(await get(`${path}?_at=${year - 1}`))).toEqual([]);
    expect(familiesOf(await get(`${path}?_at=ge${times[1]}&_at=le${times[2]}`))).toEqual(['Three', 'Two']);
    expect(familiesOf(await get(`${path}?_at=lt${times[1]}`))).toEqual(['One']);
    await server.api().get(`${path}?_at=ge${year}&_at=lt${year}`).expect(400);
    expect(textOf((await server.api().get(`${path}?_at=ap${year}`).expect(400)).body)).toContain('allowed: eq, ge');
    await server.api().get(`${path}?_at=soon`).expect(400);
  });

  test('_since with _sort', async () => {
    expect(familiesOf(await get(`/Patient/${id}/_history?_since=${times[1]}&_sort=_lastUpdated`))).toEqual(['Two', 'Three', undefined]);
  });

  /** Every entry of every page, another Patient being written after each of the first three pages. */
  async function walk(path: string): Promise<string[]> {
    const seen: string[] = [];
    let url: string | undefined = `${server.app.base}${path}`;
    for (let page = 0; url !== undefined; page += 1) {
      const bundle = (await (await fetch(url)).json()) as Bundle;
      seen.push(...(bundle.entry ?? []).map(({ fullUrl, response }) => `${fullUrl} ${response?.etag}`));
      if (page < 3) await server.api().post('/Patient').set('Content-Type', FHIR).send('{"resourceType":"Patient"}').expect(201);
      url = bundle.link?.find(({ relation }) => relation === 'next')?.url;
    }
    return seen;
  }

  test.each([
    ['_lastUpdated', 3],
    ['-_lastUpdated', 0],
  ])('pages by %s repeat and skip nothing while others write', async (sort, newcomers) => {
    for (let more = 0; more < 6; more += 1) await server.api().post('/Patient').set('Content-Type', FHIR).send('{"resourceType":"Patient"}').expect(201);
    const { total = 0 } = await get('/Patient/_history?_count=0');
    const seen = await walk(`/Patient/_history?_count=2&_sort=${sort}`);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(total + newcomers);
  });
});
