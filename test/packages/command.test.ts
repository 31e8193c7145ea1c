/** The command `load`, as a process of its own where it opens the data directory itself. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { bareEnvironment } from '../../src/config.ts';
import { runLoad } from '../../src/packages/command.ts';
import { readPaths } from '../../src/packages/disk.ts';
import { start } from '../http/start.ts';
import { manifest, packageOf } from './archives.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const folder = (): string => mkdtempSync(join(tmpdir(), 'load-'));
const valueSet = (id: string) => ({
  resourceType: 'ValueSet',
  id,
  url: `https://ward.example/fhir/ValueSet/${id}`,
  version: '1.0.0',
  name: 'Ward',
  status: 'active',
});

function run(args: readonly string[], data: string): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, 'load', ...args], { env: { ...bareEnvironment(), DATA_DIR: data } });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk) => out.push(String(chunk)));
  child.stderr.on('data', (chunk) => err.push(String(chunk)));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out: out.join(''), err: err.join('') })));
}

async function printed(args: readonly string[]): Promise<{ status: number; out: string }> {
  const lines: string[] = [];
  const status = await runLoad(args, { open: () => Promise.reject(new Error('no data directory')), print: (text) => void lines.push(text) });
  return { status, out: lines.join('') };
}

test('installs into the data directory while no server runs on it, and not while one does', async () => {
  const [data, files] = [folder(), folder()];
  writeFileSync(join(files, 'a.tgz'), packageOf([valueSet('a')], { name: 'example.a' }));
  const first = await run([join(files, 'a.tgz')], data);
  expect(first).toMatchObject({ status: 0, err: '' });
  expect(first.out).toContain('example.a#1.0.0 is installed');
  const { app, api } = await start({ DATA_DIR: data, DATABASE: `sqlite:${join(data, 'pro-bridge.sqlite')}` });
  try {
    await api().get('/ValueSet/a').expect(200);
    const second = await run([join(files, 'a.tgz')], data);
    expect(second.status).toBe(1);
    expect(second.err).toContain('in use by another process');
    expect(second.err).toContain('--to');
  } finally {
    await app.close();
  }
}, 30_000);

test('sends to a server that runs, and says what it answers', async () => {
  const { app, api } = await start({ DATABASE: 'memory:' });
  const files = folder();
  writeFileSync(join(files, 'b.tgz'), packageOf([valueSet('b')], { name: 'example.b' }));
  writeFileSync(join(files, 'c.json'), JSON.stringify(valueSet('c')));
  try {
    expect(await printed(['--to', app.base, join(files, 'b.tgz')])).toMatchObject({ status: 0, out: expect.stringContaining('example.b#1.0.0 is installed') });
    expect(await printed(['--to', app.base, join(files, 'b.tgz'), join(files, 'c.json')])).toMatchObject({ status: 0 });
    await api().get('/ValueSet/c').expect(200);
    writeFileSync(join(files, 'd.json'), JSON.stringify({ ...valueSet('d'), status: 'x' }));
    expect(await printed(['--to', app.base, join(files, 'd.json')])).toMatchObject({ status: 1, out: expect.stringContaining('error: ') });
  } finally {
    await app.close();
  }
  await expect(printed(['--to', app.base, join(files, 'b.tgz')])).rejects.toThrow('does not answer');
});

describe('a path', () => {
  test('of a folder gives every definition below it, and no link out of it', () => {
    const files = folder();
    mkdirSync(join(files, 'deep', 'node_modules'), { recursive: true });
    writeFileSync(join(files, 'a.json'), '{}');
    writeFileSync(join(files, 'package.json'), '{"name":"a-project"}');
    writeFileSync(join(files, 'deep', 'b.json'), '{}');
    writeFileSync(join(files, 'deep', 'note.txt'), 'x');
    writeFileSync(join(files, 'deep', 'node_modules', 'c.json'), '{}');
    symlinkSync('/etc', join(files, 'out'));
    const [given] = readPaths([files]);
    expect(given !== undefined && 'files' in given ? given.files.map(({ path }) => path.slice(-'deep/b.json'.length)) : []).toEqual([
      expect.stringContaining('a.json'),
      'deep/b.json',
    ]);
  });

  test('of an unpacked package gives that package', () => {
    const files = folder();
    mkdirSync(join(files, 'package', 'example'), { recursive: true });
    writeFileSync(join(files, 'package', 'package.json'), JSON.stringify(manifest()));
    writeFileSync(join(files, 'package', 'ValueSet-a.json'), JSON.stringify(valueSet('a')));
    writeFileSync(join(files, 'package', 'example', 'Patient-p.json'), '{}');
    expect(readPaths([files])).toMatchObject([{ files: [{ path: 'package/ValueSet-a.json' }, { path: 'package/package.json' }] }]);
    expect(readPaths([join(files, 'package')])).toEqual(readPaths([files]));
  });

  test.each([
    [['/nowhere/x.tgz'], 'There is no /nowhere/x.tgz'],
    [[], 'Name what is to be installed'],
    [['--to', 'x', 'a.json'], '--to is "x"'],
    [['--missing', 'x', 'a.json'], '--missing is "x"'],
    [['--sing'], '--sing'],
  ])('%j stops with one sentence', async (args, sentence) => {
    await expect(printed(args)).rejects.toThrow(sentence);
  });
});
