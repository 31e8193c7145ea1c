import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createEgress, type Egress } from '../../src/egress/egress.ts';
import { createRemoteTerminology } from '../../src/packages/remote-terminology.ts';

interface Remote {
  readonly url: string;
  readonly bodies: unknown[];
  readonly egress: Egress;
}

const open: { server: Server; egress: Egress }[] = [];
afterEach(async () => {
  for (const { server, egress } of open.splice(0)) {
    await egress.close();
    server.closeAllConnections();
    server.close();
  }
});

/** A terminology server that answers each request with what `answer` gives; undefined: it never answers. */
async function remote(answer: () => { status?: number; body: unknown } | undefined): Promise<Remote> {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      const given = answer();
      if (given === undefined) return;
      response.writeHead(given.status ?? 200, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const egress = createEgress({ origins: [origin] });
  open.push({ server, egress });
  return { url: `${origin}/r4`, bodies, egress };
}

const result = (value: boolean, ...more: object[]) => ({ body: { resourceType: 'Parameters', parameter: [{ name: 'result', valueBoolean: value }, ...more] } });
const question = { valueSet: 'http://x.example/vs', system: 'http://loinc.org', version: undefined, code: '1-8' };

function asker({ url, egress }: Remote) {
  const clock = { now: 0 };
  const faults: unknown[] = [];
  const ask = createRemoteTerminology({ url, egress, clock: () => new Date(clock.now), onFault: (fault) => faults.push(fault) });
  return { ask, clock, faults };
}

test('the value set and the code are asked, and nothing else; the answer is kept for an hour', async () => {
  const server = await remote(() => result(true));
  const { ask, clock } = asker(server);
  expect(await Promise.all([ask(question), ask(question)])).toEqual([true, true]);
  expect(await ask(question)).toBe(true);
  expect(server.bodies).toEqual([
    {
      resourceType: 'Parameters',
      parameter: [
        { name: 'url', valueUri: 'http://x.example/vs' },
        { name: 'code', valueCode: '1-8' },
        { name: 'system', valueUri: 'http://loinc.org' },
      ],
    },
  ]);
  clock.now = 61 * 60 * 1000;
  await ask(question);
  expect(server.bodies).toHaveLength(2);
});

test.each<[string, () => { status?: number; body: unknown }, boolean | undefined]>([
  ['not in the set', () => result(false), false],
  ['a code system that is not there either', () => result(false, { name: 'x-caused-by-unknown-system', valueCanonical: 'http://loinc.org' }), undefined],
  ['a value set that is not there', () => ({ status: 404, body: { resourceType: 'OperationOutcome' } }), undefined],
  ['an answer without a result', () => ({ body: { resourceType: 'Parameters' } }), undefined],
  ['an answer of another form', () => ({ body: { resourceType: 'Parameters', parameter: 'result' } }), undefined],
])('%s', async (_name, answer, expected) => {
  const { ask, faults } = asker(await remote(answer));
  expect(await ask(question)).toBe(expected);
  expect(faults).toEqual([]);
});

test('a server that fails is left alone for a while, and told of', async () => {
  const server = await remote(() => ({ status: 500, body: {} }));
  const { ask, clock, faults } = asker(server);
  expect(await ask(question)).toBeUndefined();
  expect(await ask({ ...question, code: '2-6' })).toBeUndefined();
  expect([server.bodies.length, faults.length]).toEqual([1, 1]);
  clock.now = 31_000;
  expect(await ask(question)).toBeUndefined();
  expect(server.bodies).toHaveLength(2);
});

test('a server that is not there is no reason to wait or to fail', async () => {
  const server = await remote(() => result(true));
  const { ask, faults } = asker({ ...server, url: 'http://127.0.0.1:1/r4' });
  expect(await ask(question)).toBeUndefined();
  expect(faults).toHaveLength(1);
});
