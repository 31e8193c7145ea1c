#!/usr/bin/env node
/**
 * How soon requests that nobody means are refused, over HTTP: for each the least and the greatest of a few turns, in
 * wall-clock ms, slowest first; and how long a read takes beside fifty of them at once. The aim is under 50 ms.
 *
 *     npm run bench:refusals [-- TURNS 5]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { startApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { BAD_REQUESTS, BAD_SEARCHES } from './support/refused.ts';

const turns = Number(argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'bench-refusals-'));
const config = readConfig({ PORT: '0', AUTH: 'off', DATA_DIR: folder });
const app = await startApp(config, { log: createLog('silent', { write: () => {} }), clock: () => new Date() });
const JSON_TYPE = { 'Content-Type': 'application/fhir+json' };

type Request = (typeof BAD_REQUESTS)[number];

async function time([, method, path, body, headers = {}]: Request): Promise<number> {
  const from = performance.now();
  const answer = await fetch(`${app.base}${path}`, { method, headers: { ...JSON_TYPE, ...headers }, ...(body === undefined ? {} : { body }) });
  await answer.text();
  if (method !== 'GET' || path !== READ) if (answer.status < 400 || answer.status >= 500) throw new Error(`${method} ${path.slice(0, 80)}: ${answer.status}`);
  return performance.now() - from;
}

const READ = '/Patient/p';
const read = (): Promise<number> => time(['a read', 'GET', READ]);

await fetch(`${app.base}${READ}`, { method: 'PUT', headers: JSON_TYPE, body: '{"resourceType":"Patient","id":"p","active":true}' });
const rows: { what: string; least: number; greatest: number }[] = [];
for (const request of [...BAD_REQUESTS, ...BAD_SEARCHES]) {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) times.push(await time(request));
  rows.push({ what: request[0], least: Math.min(...times), greatest: Math.max(...times) });
}
for (const { what, least, greatest } of rows.toSorted((a, b) => b.least - a.least)) {
  console.log(`${what.padEnd(40)} ${least.toFixed(1).padStart(8)} ${greatest.toFixed(1).padStart(8)} ms`);
}
console.log(`${rows.filter(({ least }) => least >= 50).length} of ${rows.length} take 50 ms or more at their quickest`);

const alone = await read();
const storm = Promise.all(Array.from({ length: 50 }, (_, n) => time(BAD_SEARCHES[n % BAD_SEARCHES.length] as Request))); // the remainder is in range
const beside = await read();
await storm;
console.log(`a read takes ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside fifty of them`);

await app.close();
rmSync(folder, { recursive: true });
