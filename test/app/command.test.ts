/** The command line, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { bareEnvironment, settings } from '../../src/config.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...words], { env: { ...bareEnvironment(), ...environment } });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk) => out.push(String(chunk)));
  child.stderr.on('data', (chunk) => err.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, out: () => out.join(''), err: () => err.join(''), ended };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come to be');
};

test('--help prints every setting and ends', async () => {
  const { ended, out } = run(['serve', '--help']);
  expect(await ended).toBe(0);
  for (const { name } of settings()) expect(out()).toContain(name);
});

test.each([
  [['serve'], { PORT: 'http' }, 'PORT is "http"; allowed: a whole number from 0 to 65535.'],
  [['serve'], { AUTH: 'off', HOST: '0.0.0.0' }, 'HOST is "0.0.0.0" with AUTH "off"'],
  [['serve'], { AUTH: 'off', PORT: '0', INSTRUMENTS_DIR: '/nowhere' }, '/nowhere'],
  [['sing'], {}, 'There is no command "sing"; allowed: serve, demo, load, load:loinc, load:snomed, --help.'],
])('%j with %j stops with one sentence', async (words, environment, sentence) => {
  const { ended, err, out } = run(words as string[], environment as Record<string, string>);
  expect(await ended).toBe(1);
  expect(err()).toContain(sentence);
  expect(err().trim().split('\n')).toHaveLength(1);
  expect(out()).toBe('');
});

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('starts, says where, answers, and ends with status 0 on %s', async (signal) => {
    const port = await freePort();
    const { child, ended, out } = run([], { AUTH: 'off', PORT: String(port), DATA_DIR: mkdtempSync(join(tmpdir(), 'pro-bridge-')) });
    await until(() => out().includes('listens at'));
    expect(out()).toContain(`http://127.0.0.1:${port}/fhir`);
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'up' }]);
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(out()).toContain('"closed"');
  });

  test('the parent process sets the clock where CLOCK=parent', async () => {
    const port = await freePort();
    const child = spawn(process.execPath, [MAIN, 'serve'], {
      env: { ...bareEnvironment(), AUTH: 'off', CLOCK: 'parent', PORT: String(port), DATABASE_URL: 'memory:', LOG_LEVEL: 'error' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await until(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.ok === true);
    const set = new Promise((resolve) => child.once('message', resolve));
    child.send({ clock: '2031-05-06T07:08:09.000Z' });
    await set;
    const created = await fetch(`http://127.0.0.1:${port}/fhir/Patient`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/fhir+json' },
      body: '{"resourceType":"Patient"}',
    });
    expect(((await created.json()) as { meta: { lastUpdated: string } }).meta.lastUpdated).toMatch(/^2031-05-06T07:08/);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
