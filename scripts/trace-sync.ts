/**
 * Shows durability: traces the server's system calls (with strace, which must be installed) while answers are sent one
 * after the other, and checks that a sync of the store's log comes between each request's arrival and its 201. Then
 * does the same with synchronous=OFF, where the check must fail.
 *
 *   node scripts/trace-sync.ts [--answers 20]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { answer } from '../src/demo/answers.ts';
import { createClient } from '../src/demo/client.ts';
import { freePort, startServer } from '../src/demo/server-process.ts';
import { questionnaireOf } from './support/instruments.ts';

const { values: options } = parseArgs({ options: { answers: { type: 'string', default: '20' } } });
const count = Number(options.answers);
const WEEKLY = questionnaireOf('cancer-weekly');
const NO_SYNC = fileURLToPath(new URL('support/no-sync.ts', import.meta.url));

interface Counted {
  readonly acknowledged: number;
  readonly afterSync: number;
}

/** Reads a trace: each 201 must come after a sync of the write-ahead log that came after the 201 before it. */
function count201(trace: string): Counted {
  let synced = false;
  const counted = { acknowledged: 0, afterSync: 0 };
  for (const line of trace.split('\n')) {
    if (/\b(fdatasync|fsync)\(\d+<[^>]*-wal>\)\s*=\s*0|\bresumed>.*\)\s*=\s*0.*sync/.test(line)) synced = true;
    if (!/HTTP\/1\.1 201/.test(line)) continue;
    counted.acknowledged += 1;
    if (synced) counted.afterSync += 1;
    synced = false;
  }
  return counted;
}

async function traced(environment: Record<string, string>): Promise<Counted> {
  const folder = mkdtempSync(join(tmpdir(), 'trace-sync-'));
  const trace = join(folder, 'trace');
  const under = ['strace', '-f', '-y', '-s', '40', '-e', 'trace=fsync,fdatasync,write,writev,sendmsg,sendto', '-o', trace];
  const server = await startServer({ port: await freePort(0), dataDir: join(folder, 'data'), environment, under, patience: 60_000 });
  const client = createClient(server.base);
  const patient = `Patient/${(await client.send('POST', 'Patient', { resourceType: 'Patient' })).body.id}`;
  for (let n = 0; n < count; n++)
    await client.send('POST', 'QuestionnaireResponse', answer(WEEKLY, { pain: 7, fever: true }, { patient, authored: new Date() }));
  await server.stop();
  const counted = count201(readFileSync(trace, 'utf8'));
  rmSync(folder, { recursive: true });
  return counted;
}

const full = await traced({});
console.log(`synchronous=FULL: ${full.acknowledged} acknowledgments, ${full.afterSync} of them after a sync of the log`);
const off = await traced({ NODE_OPTIONS: `--import ${NO_SYNC}` });
console.log(`synchronous=OFF: ${off.acknowledged} acknowledgments, ${off.afterSync} of them after a sync of the log`);

const good = full.acknowledged === count + 1 && full.afterSync === full.acknowledged && off.acknowledged === count + 1 && off.afterSync < off.acknowledged;
console.log(good ? 'every acknowledgment waits for a sync, and without syncs the check fails as it must' : 'FAILED');
process.exitCode = good ? 0 : 1;
