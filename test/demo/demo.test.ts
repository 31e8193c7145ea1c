import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { bareEnvironment } from '../../src/config.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

interface Told {
  readonly status: number | null;
  readonly text: string;
}

/** The demo as a process of its own. `when` is called with everything said so far and the process' id. */
function tell(args: readonly string[], when: (text: string, pid: number) => void = () => undefined): Promise<Told> {
  const child = spawn(process.execPath, [MAIN, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...bareEnvironment(), TMPDIR: temporary } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      when(text, child.pid ?? 0);
    });
  }
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, text })));
}

const stores = (): readonly string[] => readdirSync(temporary).filter((name) => name.startsWith('pro-bridge-demo-'));
const FREE_PORTS = ['--port', '0', '--hospital-port', '0'];

async function isGone(origin: string): Promise<boolean> {
  return fetch(`${origin}/health/live`).then(
    () => false,
    () => true,
  );
}

test('the story is told to its end, every step right, and leaves nothing behind', async () => {
  const { status, text } = await tell(['--exit', ...FREE_PORTS]);
  expect(text).not.toContain('✗');
  expect(text).toMatch(/All \d+ steps were checked and right/);
  expect(status).toBe(0);
  expect(stores()).toEqual([]);
}, 90_000);

test('Ctrl-C in the middle of the story stops both servers and removes their folders', async () => {
  let isAsked = false;
  const { status, text } = await tell(FREE_PORTS, (said, pid) => {
    if (isAsked || !said.includes('enrols')) return;
    isAsked = true;
    process.kill(pid, 'SIGINT');
  });
  expect(status).toBe(130);
  expect(text).not.toMatch(/✗|The story ends here/);
  const origins = text.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  expect(origins).toHaveLength(2);
  expect(await Promise.all(origins.map(isGone))).toEqual([true, true]);
  expect(stores()).toEqual([]);
}, 30_000);

test('servers end with a demo that is killed', async () => {
  let isAsked = false;
  const { text } = await tell(FREE_PORTS, (said, pid) => {
    if (isAsked || !said.includes('enrols')) return;
    isAsked = true;
    process.kill(pid, 'SIGKILL');
  });
  const origins = text.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  const gone = async (): Promise<boolean> => (await Promise.all(origins.map(isGone))).every(Boolean);
  for (const until = Date.now() + 10_000; Date.now() < until && !(await gone()); ) await wait(50);
  expect(origins).toHaveLength(2);
  expect(await gone()).toBe(true);
}, 30_000);

describe('the command line', () => {
  test.each([
    [['--exitt'], 'The demo does not know --exitt; allowed: --exit, --port <n>, --hospital-port <n>, --help.'],
    [['now'], 'The demo does not know now; allowed: --exit, --port <n>, --hospital-port <n>, --help.'],
    [['--port', 'x'], '--port is "x"; allowed: a whole number from 0 to 65535.'],
    [['--hospital-port', '65536'], '--hospital-port is "65536"; allowed: a whole number from 0 to 65535.'],
  ])('%j is refused with a sentence', async (args, sentence) => {
    expect(await tell(args)).toEqual({ status: 2, text: `${sentence}\n` });
  });

  test('--help explains every option and starts nothing', async () => {
    const { status, text } = await tell(['--help']);
    expect(status).toBe(0);
    for (const option of ['--exit', '--port', '--hospital-port', '--help']) expect(text).toContain(option);
  });
});
