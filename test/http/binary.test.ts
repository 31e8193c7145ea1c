/** The content of a Binary as it is. https://hl7.org/fhir/R4/binary.html#rest */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FHIR, type Started, start } from './start.ts';

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff]);

let server: Started;
beforeAll(async () => {
  server = await start({ DATABASE_URL: 'memory:' });
});
afterAll(() => server.app.close());

/** `what`: method and path. */
const send = (what: string, body: string | Uint8Array<ArrayBuffer>, type: string, headers: Record<string, string> = {}) => {
  const [method = '', path = ''] = what.split(' ');
  return fetch(`${server.app.base}${path}`, { method, body, headers: { 'Content-Type': type, ...headers } });
};
const read = (path: string, accept: string) => fetch(`${server.app.base}${path}`, { headers: { Accept: accept } });

test('content is stored as it was sent, and given in its type or in FHIR', async () => {
  const created = await send('POST /Binary', PNG, 'image/png');
  expect(created.status).toBe(201);
  const { id, contentType, data } = (await created.json()) as { id: string; contentType: string; data: string };
  expect([contentType, data]).toEqual(['image/png', Buffer.from(PNG).toString('base64')]);
  for (const accept of ['image/png', 'image/*', 'image/png, */*;q=0.5']) {
    const answer = await read(`/Binary/${id}`, accept);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('etag'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'image/png',
      'W/"1"',
      'attachment',
    ]);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(PNG);
  }
  for (const accept of ['*/*', FHIR, 'application/json, image/png;q=0.5'])
    expect((await read(`/Binary/${id}`, accept)).headers.get('content-type')).toContain('fhir+json');
  expect((await read(`/Binary/${id}/_history/1`, 'image/png')).headers.get('content-type')).toBe('image/png');
  expect((await read(`/Binary/${id}`, 'text/plain')).status).toBe(406);
});

test('content is updated under its id; whose access rules hold is said by a header', async () => {
  await send('PUT /Patient/owner', '{"resourceType":"Patient","id":"owner"}', FHIR);
  const put = await send('PUT /Binary/note', 'hello', 'text/plain', { 'X-Security-Context': 'Patient/owner' });
  expect(put.status).toBe(201);
  expect(await put.json()).toMatchObject({ id: 'note', contentType: 'text/plain', securityContext: { reference: 'Patient/owner' } });
  expect(await (await read('/Binary/note', 'text/plain')).text()).toBe('hello');
  expect((await send('PUT /Binary/note', 'hello', 'text/plain', { 'X-Security-Context': 'Patient/nobody' })).status).toBe(422);
});

test('a Binary in FHIR is one as well; forms and bodies without a type are not', async () => {
  expect((await send('POST /Binary', '{"resourceType":"Binary","contentType":"text/plain","data":"aGk="}', FHIR)).status).toBe(201);
  expect((await send('POST /Binary', 'a=b', 'application/x-www-form-urlencoded')).status).toBe(415);
  expect((await send('POST /Patient', PNG, 'image/png')).status).toBe(400);
});
