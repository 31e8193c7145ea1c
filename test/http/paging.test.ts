/** Pages while others write, over HTTP, with clients at the same time. */
import { afterAll, expect, test } from '@jest/globals';
import { FHIR, STORES, type Started, start } from './start.ts';

const opened: Started[] = [];
afterAll(() => Promise.all(opened.map(({ app }) => app.close())));

interface Page {
  readonly entry?: readonly { readonly resource: { readonly id: string } }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
}

const REST = 120;
const MOVED = 60;

const observation = (id: string, day: number): object => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:s', code: 'pain' }] },
  effectiveDateTime: `2026-01-${String((day % 28) + 1).padStart(2, '0')}`,
});

test.each(STORES)('%s: what nobody writes comes exactly once, however many pages others write between', async (database) => {
  const server = await start({ DATABASE: database });
  opened.push(server);
  const { api } = server;
  const put = async (id: string, day: number): Promise<void> => {
    await api()
      .put(`/Observation/${id}`)
      .set('Content-Type', FHIR)
      .send(JSON.stringify(observation(id, day)))
      .expect(/./);
  };
  const entry = Array.from({ length: REST + MOVED }, (_, n) => (n < REST ? `rest-${n}` : `moved-${n - REST}`)).map((id, n) => ({
    resource: observation(id, n),
    request: { method: 'PUT', url: `Observation/${id}` },
  }));
  await api()
    .post('/')
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }))
    .expect(200);

  let isReading = true;
  async function writeOn(writer: number): Promise<number> {
    let written = 0;
    for (; isReading; written++) {
      await put(`moved-${(written * 7 + writer) % MOVED}`, written * 5 + writer);
      if (written % 3 === 0) await put(`new-${writer}-${written}`, written);
      if (written % 5 === 0) await api().delete(`/Observation/moved-${(written + writer) % MOVED}`);
    }
    return written;
  }

  async function readAll(query: string): Promise<string[]> {
    const ids: string[] = [];
    for (let path: string | undefined = `/Observation?${query}&_count=9`; path !== undefined; ) {
      const { body }: { body: Page } = await api().get(path).expect(200);
      ids.push(...(body.entry ?? []).map(({ resource }) => resource.id));
      const next: string | undefined = body.link.find(({ relation }) => relation === 'next')?.url;
      path = next?.slice(next.indexOf('/fhir/') + '/fhir'.length);
    }
    return ids;
  }

  const writing = [0, 1].map(writeOn);
  const queries = ['code=pain', 'code=pain&_sort=-date', '_sort=date,-_id', 'status=final&_sort=_id'];
  const read = await Promise.all(queries.map(readAll));
  isReading = false;
  expect((await Promise.all(writing)).every((written) => written > 5)).toBe(true);
  const atRest = Array.from({ length: REST }, (_, n) => `rest-${n}`).sort();
  for (const ids of read) expect(ids.filter((id) => id.startsWith('rest-')).sort()).toEqual(atRest);
});
