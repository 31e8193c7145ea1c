/** What a client of the REST interface lives through, across interactions. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, QuestionnaireResponse } from 'fhir/r4';
import { ROUTES } from '../../src/http/routes.ts';
import { FHIR, type Started, start } from '../http/start.ts';

const EXAMPLES = new URL('../../questionnaires/phq-9/examples/', import.meta.url);
const json = (method: string, body: unknown, type = FHIR): RequestInit => ({ method, body: JSON.stringify(body), headers: { 'Content-Type': type } });

function answersOf(example: string): QuestionnaireResponse {
  const { responses } = JSON.parse(readFileSync(new URL(`${example}.json`, EXAMPLES), 'utf8')) as { responses: { resource: QuestionnaireResponse }[] };
  const { id: _, ...resource } = responses[0]?.resource ?? ({} as QuestionnaireResponse);
  return { ...resource, subject: { reference: 'Patient/example' }, authored: new Date().toISOString() };
}

describe('an answer that is corrected by a patch', () => {
  let server: Started;
  const total = async (query: string): Promise<number | undefined> =>
    ((await (await fetch(`${server.app.base}/${query}&_summary=count`)).json()) as Bundle).total;

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
    await fetch(`${server.app.base}/Patient/example`, json('PUT', { resourceType: 'Patient', id: 'example' }));
  });
  afterAll(() => server.app.close());

  test('is scored and judged again, like one that is sent anew', async () => {
    const posted = await fetch(`${server.app.base}/QuestionnaireResponse`, json('POST', answersOf('nothing-found')));
    const { id } = (await posted.json()) as { id: string };
    expect([posted.status, await total('Flag?patient=example&status=active')]).toEqual([201, 0]);
    const { item } = answersOf('item-9-with-low-total');
    const patched = await fetch(
      `${server.app.base}/QuestionnaireResponse/${id}`,
      json('PATCH', [{ op: 'replace', path: '/item', value: item }], 'application/json-patch+json'),
    );
    expect([patched.status, patched.headers.get('link')]).toEqual([200, expect.stringContaining('rel/patient-advice')]);
    expect(await total('Flag?patient=example&status=active')).toBe(1);
    const scores = (await (await fetch(`${server.app.base}/Observation?derived-from=QuestionnaireResponse/${id}&category=survey`)).json()) as Bundle;
    expect(scores.entry?.length).toBeGreaterThan(0);
    for (const { resource } of scores.entry ?? []) expect(resource?.meta?.versionId).toBe('2');
  });

  test('is refused where it no longer fits its questionnaire', async () => {
    const posted = await fetch(`${server.app.base}/QuestionnaireResponse`, json('POST', answersOf('nothing-found')));
    const { id } = (await posted.json()) as { id: string };
    const wrong = [{ op: 'replace', path: '/item/0/linkId', value: 'nowhere' }];
    const answer = await fetch(`${server.app.base}/QuestionnaireResponse/${id}`, json('PATCH', wrong, 'application/json-patch+json'));
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('nowhere')]);
  });
});

describe('HEAD', () => {
  let server: Started;

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
    await fetch(`${server.app.base}/Patient/x`, json('PUT', { resourceType: 'Patient', id: 'x' }));
  });
  afterAll(() => server.app.close());

  const NAMED: Readonly<Record<string, string>> = { ':type': 'Patient', ':id': 'x', ':version': '1', ':target': 'Observation' };
  const paths = [...new Set(ROUTES.filter(({ method }) => method === 'GET').map(({ path }) => path))];

  test.each(paths)('/%s has the status and headers of GET, and no body', async (path) => {
    const url = `${server.app.base}/${path
      .split('/')
      .map((segment) => NAMED[segment] ?? segment)
      .join('/')}`;
    const [get, head] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
    const shown = ({ status, headers }: Response): unknown[] => [
      status,
      ...['content-type', 'etag', 'last-modified', 'allow'].map((name) => headers.get(name)),
    ];
    expect(shown(head)).toEqual(shown(get));
    expect(await head.text()).toBe('');
    expect(head.headers.get('date')).not.toBeNull();
    await get.text();
  });
});

describe('a server that is started again', () => {
  test('has the versions, tombstones, history and conditions it had', async () => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), 'pro-bridge-'));
    const first = await start({ DATA_DIR });
    const put = (server: Started, active: boolean, headers: Record<string, string> = {}) => {
      const request = json('PUT', { resourceType: 'Patient', id: 'kept', active });
      return fetch(`${server.app.base}/Patient/kept`, { ...request, headers: { ...request.headers, ...headers } });
    };
    await put(first, true);
    await put(first, false);
    await fetch(`${first.app.base}/Patient/kept`, { method: 'DELETE' });
    await first.app.close();
    const again = await start({ DATA_DIR });
    const gone = await fetch(`${again.app.base}/Patient/kept`);
    expect([gone.status, gone.headers.get('etag')]).toEqual([410, 'W/"3"']);
    expect((await put(again, true, { 'If-Match': 'W/"2"' })).status).toBe(412);
    const history = (await (await fetch(`${again.app.base}/Patient/kept/_history?_sort=_lastUpdated`)).json()) as Bundle;
    expect(history.entry?.map(({ request }) => request?.method)).toEqual(['PUT', 'PUT', 'DELETE']);
    expect((await put(again, true)).headers.get('etag')).toBe('W/"4"');
    await again.app.close();
  });
});
