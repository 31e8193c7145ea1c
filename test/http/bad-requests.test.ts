/** Requests that nobody means: each is refused, with a reason. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BAD_REQUESTS } from '../../scripts/support/refused.ts';
import { FHIR, type Started, start } from './start.ts';

type Tail = (typeof BAD_REQUESTS)[number] extends readonly [string, ...infer Rest] ? Rest : never;

let server: Started;

beforeAll(async () => {
  server = await start({ DATABASE_URL: 'memory:', LOG_LEVEL: 'silent' });
  await fetch(`${server.app.base}/Patient/p`, { method: 'PUT', headers: { 'Content-Type': FHIR }, body: '{"resourceType":"Patient","id":"p","active":true}' });
});
afterAll(() => server.app.close());

async function send(...[method, path, body, headers = {}]: Tail): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${server.app.base}${path}`, { method, headers: { 'Content-Type': FHIR, ...headers }, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, text: await answer.text() };
}

test.each(BAD_REQUESTS)('%s', async (_, ...request) => {
  const { status, text } = await send(...request);
  expect([status >= 400 && status < 500, JSON.parse(text).resourceType]).toEqual([true, 'OperationOutcome']);
  expect(JSON.parse(text).issue[0].details.text.length).toBeGreaterThan(10);
  expect(text.length).toBeLessThan(10_000);
});

test('what they were about is as it was', async () => {
  const { text } = await send('GET', '/Patient/p');
  expect(JSON.parse(text)).toMatchObject({ active: true, meta: { versionId: '1' } });
});
