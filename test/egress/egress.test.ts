import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Channel, createEgress, type Egress, type EgressPolicy, EgressRefusal } from '../../src/egress/egress.ts';

const seen: IncomingMessage[] = [];
const closing: (() => Promise<void>)[] = [];
let server: Server;
let origin: string;

const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const pages: Record<string, (response: ServerResponse) => void> = {
  '/good': (response) => response.writeHead(200, JSON_TYPE).end('{"value":1.50}'),
  '/redirect': (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  '/html': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello</p>'),
  '/big': (response) => response.writeHead(200, JSON_TYPE).end(`"${'x'.repeat(5_000)}"`),
  '/drip': (response) => {
    response.writeHead(200, JSON_TYPE);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
  '/gzip': (response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end('xxxx'),
  '/error': (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<p>oh no</p>'),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    pages[request.url ?? '']?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  for (const close of closing) await close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function egressWith(policy: Partial<EgressPolicy> = {}): Egress {
  const egress = createEgress({ origins: [origin], ...policy });
  closing.push(egress.close);
  return egress;
}

const send = (channel: Channel, url: string): Promise<Response> => fetch(url, { dispatcher: channel.dispatcher } as unknown as RequestInit); // the two copies of undici's types differ

async function get(egress: Egress, url: string): Promise<{ status: number; text: string; body: string }> {
  const channel = egress.open();
  const response = await send(channel, url);
  return { status: response.status, text: await response.text(), body: channel.body() };
}

async function refusal(egress: Egress, url: string): Promise<string | undefined> {
  const channel = egress.open();
  await expect(send(channel, url).then((response) => response.text())).rejects.toThrow();
  const failure = channel.failure();
  return failure instanceof EgressRefusal ? failure.reason : undefined;
}

describe('what a configured origin answers', () => {
  test('comes through, and the channel has the body as it was sent', async () => {
    expect(await get(egressWith(), `${origin}/good`)).toEqual({ status: 200, text: '{"value":1.50}', body: '{"value":1.50}' });
    expect(seen.at(-1)?.headers['accept-encoding']).toBe('identity');
  });

  test('an error keeps its status, whatever its body is', async () => {
    expect((await get(egressWith(), `${origin}/error`)).status).toBe(500);
  });

  test.each([
    ['/redirect', 'redirect', {}],
    ['/html', 'content-type', {}],
    ['/gzip', 'encoding', {}],
    ['/big', 'too-large', { maxBytes: 1_000 }],
    ['/drip', 'too-slow', { totalMs: 120 }],
  ] as const)('%s is refused: %s', async (path, reason, policy) => {
    expect(await refusal(egressWith(policy), origin + path)).toBe(reason);
  });

  test('a body without a stated length is cut at the limit', async () => {
    expect(await refusal(egressWith({ maxBytes: 3 }), `${origin}/drip`)).toBe('too-large');
  });
});

describe('an origin that is not configured', () => {
  test.each(['http://127.0.0.1:8099/', 'http://[::1]:8099/', 'http://[::ffff:127.0.0.1]:8099/', 'http://0x7f.1:8099/', 'http://169.254.169.254/latest/'])(
    '%s is refused for its address',
    async (url) => {
      expect(await refusal(egressWith(), url)).toBe('address');
    },
  );

  test('on the same address, the port counts', async () => {
    const before = seen.length;
    expect(await refusal(egressWith({ origins: ['http://127.0.0.1:8'] }), `${origin}/good`)).toBe('address');
    expect(seen).toHaveLength(before);
  });

  test('a name that leads to a private address, or to both kinds, is refused', async () => {
    const lookup: EgressPolicy['lookup'] = (_name, _options, callback) =>
      callback(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    expect(await refusal(egressWith({ lookup }), 'http://rebind.example/')).toBe('address');
  });

  test('a configured origin with the same beginning does not help', async () => {
    const port = new URL(origin).port;
    const lookup: EgressPolicy['lookup'] = (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const egress = egressWith({ origins: [`http://hospital.example:${port}`], lookup });
    expect((await get(egress, `http://hospital.example:${port}/good`)).status).toBe(200);
    expect(await refusal(egress, `http://hospital.example.attacker.example:${port}/good`)).toBe('address');
  });
});

test.each(['ftp://hospital.example', 'https://hospital.example/fhir', 'https://user@hospital.example', 'hospital.example'])('%s is no origin', (text) => {
  expect(() => createEgress({ origins: [text] })).toThrow(/is not an origin/);
});
