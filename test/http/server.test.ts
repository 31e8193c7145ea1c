/** What stands between the network and the dispatcher: limits, names, packing, health, logging, ending. */
import { Agent, get, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { everythingAs } from '../../src/access/permit.ts';
import { FHIR, type Started, start } from './start.ts';

interface Raw {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Without a client library's help: no unpacking, any header. */
function raw(url: string, headers: Record<string, string> = {}): Promise<Raw> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
    }).on('error', reject);
  });
}

/** Bytes as they are, and what came back before the connection was closed. */
function bytes(origin: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

const patient = (family: string): string => JSON.stringify({ resourceType: 'Patient', name: [{ family }] });

describe('limits', () => {
  let server: Started;
  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:', MAX_BODY: '20000' });
  });
  afterAll(() => server.app.close());
  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${server.app.base}/Patient`, { method: 'POST', headers: { 'Content-Type': FHIR, ...headers }, body });

  test('a body beyond MAX_BODY is 413, with or without its length', async () => {
    const declared = await post(patient('x'.repeat(30_000)));
    expect([declared.status, await declared.text()]).toEqual([413, expect.stringContaining('20000 bytes')]);
    const streamed = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(patient('x'.repeat(30_000))));
        controller.close();
      },
    });
    const counted = await fetch(`${server.app.base}/Patient`, {
      method: 'POST',
      headers: { 'Content-Type': FHIR },
      body: streamed,
      duplex: 'half',
    } as RequestInit);
    expect(counted.status).toBe(413);
  });

  test('a packed body is read; one that unpacks beyond MAX_BODY is 413, one that is not packed is 400', async () => {
    expect((await post(gzipSync(patient('Packed')), { 'Content-Encoding': 'gzip' })).status).toBe(201);
    expect((await post(gzipSync(patient('x'.repeat(5_000_000))), { 'Content-Encoding': 'gzip' })).status).toBe(413);
    expect((await post(patient('Plain'), { 'Content-Encoding': 'gzip' })).status).toBe(400);
    expect((await post(patient('Plain'), { 'Content-Encoding': 'br' })).status).toBe(415);
  });

  test('text that is not UTF-8 is refused, a byte order mark is not', async () => {
    const latin1 = await post(Buffer.from('{"resourceType":"Patient","name":[{"family":"Ås"}]}', 'latin1'));
    expect([latin1.status, await latin1.text()]).toEqual([400, expect.stringContaining('UTF-8')]);
    expect((await post(`\uFEFF${patient('Marked')}`)).status).toBe(201);
  });

  test('a client that goes away in the middle of its body is no fault of the server', async () => {
    const { port } = new URL(server.app.base);
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`POST /fhir/Patient HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{`));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.log()).not.toContain('"level":50');
  });

  test('a URL of 100 kB is an OperationOutcome too', async () => {
    const answer = await bytes(server.app.origin, `GET /fhir/Patient?name=${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"resourceType":"OperationOutcome"');
    const long = await raw(`${server.app.base}/Patient?name=${'x'.repeat(20_000)}`);
    expect([long.status, JSON.parse(long.body.toString()).issue[0].code]).toEqual([400, 'too-costly']);
  });

  test('what is no HTTP is refused, and the server goes on', async () => {
    expect(await bytes(server.app.origin, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await raw(`${server.app.origin}/health/live`)).status).toBe(200);
  });

  test('a name that was never ours is refused', async () => {
    const strange = await raw(`${server.app.base}/metadata`, { Host: 'attacker.example' });
    expect([strange.status, strange.body.toString()]).toEqual([403, expect.stringContaining('attacker.example')]);
    expect((await raw(`${server.app.base}/metadata`, { Host: `localhost:${new URL(server.app.origin).port}` })).status).toBe(200);
  });

  test('a page of another site cannot write here', async () => {
    const send = (headers: Record<string, string>) => post(patient('Strange'), headers);
    expect((await send({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await send({ Origin: 'https://attacker.example' })).status).toBe(403);
    expect((await send({ Origin: server.app.origin, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(201);
  });

  test('answers are packed only where asked, and only long ones', async () => {
    const plain = await raw(`${server.app.base}/metadata`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const packed = await raw(`${server.app.base}/metadata`, { 'Accept-Encoding': 'gzip' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect((await raw(`${server.app.base}/metadata`, { 'Accept-Encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined();
    expect((await raw(`${server.app.base}/Patient/never`, { 'Accept-Encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
  });

  test('a long Bundle arrives whole, in pieces and packed', async () => {
    const operations = Array.from({ length: 1000 }, (_, n) => ({ op: 'create' as const, resource: JSON.parse(patient(`Long${n}${'ø'.repeat(1000)}`)) }));
    await server.app.record.commit({ operations }, everythingAs('test'));
    const url = `${server.app.base}/Patient?_count=1000&family=Long`;
    const pieces = await raw(url);
    expect(pieces.headers['transfer-encoding']).toBe('chunked');
    expect(JSON.parse(pieces.body.toString()).entry).toHaveLength(1000);
    const packed = await raw(url, { 'Accept-Encoding': 'gzip' });
    expect(gunzipSync(packed.body).equals(pieces.body)).toBe(true);
  });

  test('a request id that may stand in a log is kept, any other replaced', async () => {
    expect((await raw(`${server.app.base}/Patient/1`, { 'X-Request-Id': 'abc-1' })).headers['x-request-id']).toBe('abc-1');
    expect((await raw(`${server.app.base}/Patient/1`, { 'X-Request-Id': 'a b"c' })).headers['x-request-id']).toMatch(/^[\w]+-\d+$/);
  });

  test('the log names routes, not what was asked or said', async () => {
    await raw(`${server.app.base}/Patient?family=Secretname`);
    await post(patient('Othersecret'));
    const lines = server
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ msg: 'request', method: 'POST', route: 'POST /:type', status: 201, ms: expect.any(Number), id: expect.any(String) });
    expect(server.log()).not.toMatch(/Secretname|Othersecret/);
  });

  test('everything else is a page, with headers of its own; forms of other sites are refused', async () => {
    const worklist = await raw(`${server.app.origin}/`);
    expect([worklist.status, worklist.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(worklist.headers['content-security-policy']).toContain("default-src 'none'");
    expect((await raw(`${server.app.origin}/nothing`)).status).toBe(404);
    const send = async (headers: Record<string, string>) =>
      (await fetch(`${server.app.origin}/patients/1/alerts/2/acknowledge`, { method: 'POST', headers, body: new URLSearchParams({ x: '1' }) })).status;
    expect(await send({ Origin: 'https://attacker.example' })).toBe(403);
    expect(await send({ Origin: server.app.origin })).toBe(404);
    expect((await fetch(`${server.app.origin}/`, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('AUTH=smart', () => {
  let server: Started;
  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:', AUTH: 'smart' });
  });
  afterAll(() => server.app.close());

  test.each([
    ['GET', '/Patient/1'],
    ['GET', '/Patient'],
    ['POST', '/Patient'],
    ['DELETE', '/Patient/1'],
    ['POST', ''],
    ['GET', '/nothing-here'],
    ['PUT', '/metadata'],
    ['GET', '/.well-known/smart-configuration'],
  ])('%s %s needs a token, whatever it is', async (method, path) => {
    const answer = await fetch(`${server.app.base}${path}`, { method, headers: { Authorization: 'Bearer made-up' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="fhir"');
    expect(((await answer.json()) as { issue: { code: string }[] }).issue[0]?.code).toBe('login');
  });

  test('the statement and health are public, pages are not', async () => {
    expect((await raw(`${server.app.base}/metadata`)).status).toBe(200);
    expect((await raw(`${server.app.origin}/health/ready`)).status).toBe(200);
    expect((await raw(`${server.app.origin}/`)).status).toBe(401);
  });
});

describe('ending', () => {
  test('a request under way is answered, later ones are not taken, the store is closed', async () => {
    const server = await start({ DATABASE_URL: 'sqlite:' });
    const body = patient('Last');
    const agent = new Agent({ keepAlive: true });
    const answered = new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
      const sending = httpRequest(
        `${server.app.base}/Patient`,
        { method: 'POST', agent, headers: { 'Content-Type': FHIR, 'Content-Length': Buffer.byteLength(body) } },
        (answer) => {
          answer.resume();
          answer.on('end', () => resolve({ status: answer.statusCode, connection: answer.headers.connection }));
        },
      );
      sending.on('error', reject);
      sending.write(body.slice(0, 10));
      setTimeout(() => sending.end(body.slice(10)), 300);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closing = server.app.close();
    await expect(fetch(`${server.app.origin}/health/live`)).rejects.toThrow();
    expect(await answered).toEqual({ status: 201, connection: 'close' });
    await closing;
    await expect(server.app.store.read('Patient', 'x')).rejects.toThrow();
    expect(server.log()).toContain('"closed"');
  });

  test('a second server on the same port says which setting to change', async () => {
    const server = await start({ DATABASE_URL: 'memory:' });
    const { port } = new URL(server.app.origin);
    await expect(start({ DATABASE_URL: 'memory:', PORT: port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken; set PORT to a free one.`);
    await server.app.close();
  });
});
