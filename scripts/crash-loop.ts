/**
 * Kills the server with -9 at random moments under a stream of answers and transactions, starts it again, and looks
 * for what must never be: an acknowledged answer that is missing, an answer without its scores or its alert, a
 * transaction half done. The page cache survives a kill, so this shows atomicity; for durability see trace-sync.ts.
 *
 *   node scripts/crash-loop.ts [--kills 50] [--lanes 6] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Bundle } from 'fhir/r4';
import { answer } from '../src/demo/answers.ts';
import { type Client, createClient } from '../src/demo/client.ts';
import { freePort, type ServerProcess, startServer } from '../src/demo/server-process.ts';
import { questionnaireOf } from './support/instruments.ts';
import { randomFrom } from './support/random.ts';

const { values: options } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, lanes: { type: 'string', default: '6' }, seed: { type: 'string', default: '1' } },
});
const kills = Number(options.kills);
const random = randomFrom(Number(options.seed));
const WEEKLY = questionnaireOf('cancer-weekly');
const PATIENTS = 6;
const GROUP = 'urn:crash-loop:group';
const GROUP_SIZE = 5;

interface Sent {
  readonly patients: readonly string[];
  /** Ids of the answers that were acknowledged. */
  readonly answers: Set<string>;
  /** Every transaction ever sent, and whether it was acknowledged. */
  readonly groups: Map<string, boolean>;
}

const totals = {
  'acknowledged answers missing': 0,
  'answers without their scores': 0,
  'answers without their alert': 0,
  'acknowledged transactions missing': 0,
  'half-done transactions': 0,
};

const oneAnswer = (patient: string) => answer(WEEKLY, { fever: true, pain: 7, fatigue: 3, nausea: 2, 'appetite-loss': 1 }, { patient, authored: new Date() });

function oneTransaction(group: string, patient: string): Bundle {
  const observation = {
    resourceType: 'Observation' as const,
    status: 'final' as const,
    identifier: [{ system: GROUP, value: group }],
    code: { text: 'A measurement' },
    subject: { reference: patient },
  };
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: Array.from({ length: GROUP_SIZE }, () => ({ resource: observation, request: { method: 'POST', url: 'Observation' } })),
  };
}

async function sendOne(client: Client, sent: Sent): Promise<void> {
  const patient = sent.patients[Math.floor(random() * PATIENTS)] ?? '';
  if (random() < 0.7) {
    const { body } = await client.send('POST', 'QuestionnaireResponse', oneAnswer(patient));
    sent.answers.add(body.id ?? '');
    return;
  }
  const group = `g${sent.groups.size}-${Math.floor(random() * 1e9)}`;
  sent.groups.set(group, false);
  await client.send('POST', '', oneTransaction(group, patient), 200);
  sent.groups.set(group, true);
}

/** Sends until the server is gone. */
async function lane(client: Client, sent: Sent, killed: () => boolean): Promise<void> {
  while (!killed()) {
    try {
      await sendOne(client, sent);
    } catch (error) {
      if (!killed()) throw error;
    }
  }
}

async function round(server: ServerProcess, sent: Sent): Promise<void> {
  const client = createClient(server.base);
  let killed = false;
  const lanes = Array.from({ length: Number(options.lanes) }, () => lane(client, sent, () => killed));
  await wait(50 + random() * 700);
  killed = true;
  await server.kill();
  await Promise.allSettled(lanes);
}

interface Linked {
  readonly id: string;
  readonly derivedFrom?: readonly { readonly reference: string }[];
  readonly implicated?: readonly { readonly reference: string }[];
}

/** Every match of a search, page after page. */
async function all(client: Client, path: string): Promise<readonly Linked[]> {
  const found: Linked[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { body }: { body: Bundle } = await client.send<Bundle>('GET', next);
    found.push(...(body.entry ?? []).map(({ resource }) => resource as unknown as Linked));
    next = body.link?.find(({ relation }) => relation === 'next')?.url.slice(client.base.length + 1);
  }
  return found;
}

const countBy = (references: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const reference of references) counts.set(reference, (counts.get(reference) ?? 0) + 1);
  return counts;
};

/** One patient's answers against what must stand beside each. `scores`: how many one undisturbed answer leaves. */
async function verifyPatient(client: Client, patient: string, scores: number): Promise<readonly string[]> {
  const answers = await all(client, `QuestionnaireResponse?subject=${patient}&_count=500`);
  const scored = countBy(
    (await all(client, `Observation?subject=${patient}&category=survey&_count=500`)).flatMap(({ derivedFrom = [] }) => derivedFrom.map((r) => r.reference)),
  );
  const alerted = countBy(
    (await all(client, `DetectedIssue?patient=${patient}&_count=500`)).flatMap(({ implicated = [] }) => implicated.map((r) => r.reference)),
  );
  const flags = await all(client, `Flag?subject=${patient}&status=active&code=fever`);
  const names = answers.map(({ id }) => `QuestionnaireResponse/${id}`);
  totals['answers without their scores'] += names.filter((name) => scored.get(name) !== scores).length;
  totals['answers without their alert'] += names.filter((name) => !alerted.has(name)).length + (answers.length > 0 && flags.length !== 1 ? 1 : 0);
  return answers.map(({ id }) => id);
}

/** What the store holds now, against what was promised. */
async function verify(client: Client, sent: Sent, scores: number): Promise<void> {
  const present = new Set<string>();
  for (const patient of sent.patients) for (const id of await verifyPatient(client, patient, scores)) present.add(id);
  totals['acknowledged answers missing'] += [...sent.answers].filter((id) => !present.has(id)).length;
}

async function verifyGroups(client: Client, groups: Iterable<readonly [string, boolean]>): Promise<void> {
  for (const [group, acknowledged] of groups) {
    const found = (await client.search(`Observation?identifier=${encodeURIComponent(`${GROUP}|${group}`)}`)).length;
    if (found !== 0 && found !== GROUP_SIZE) totals['half-done transactions'] += 1;
    if (acknowledged && found === 0) totals['acknowledged transactions missing'] += 1;
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'crash-loop-'));
const port = await freePort(0);
const start = (): Promise<ServerProcess> => startServer({ port, dataDir, environment: { LOG_LEVEL: 'error' } });

let server = await start();
let client = createClient(server.base);
const patients: string[] = [];
for (let n = 0; n <= PATIENTS; n++)
  patients.push(`Patient/${(await client.send('POST', 'Patient', { resourceType: 'Patient', name: [{ family: `Crash ${n}` }] })).body.id}`);
const calm = patients.pop() ?? '';
const undisturbed = (await client.send('POST', 'QuestionnaireResponse', oneAnswer(calm))).body.id;
const scores = (await client.search(`Observation?derived-from=QuestionnaireResponse/${undisturbed}`)).length;
if (scores === 0) throw new Error('an undisturbed answer leaves no scores: nothing to compare with');

const sent: Sent = { patients, answers: new Set(), groups: new Map() };
let checked = 0;
for (let kill = 1; kill <= kills; kill++) {
  await round(server, sent);
  server = await start();
  client = createClient(server.base);
  await verifyGroups(client, [...sent.groups].slice(checked));
  checked = sent.groups.size;
  if (kill % 10 === 0 || kill === kills) {
    await verify(client, sent, scores);
    console.log(`${kill} kills: ${sent.answers.size} answers acknowledged, ${sent.groups.size} transactions sent, ${JSON.stringify(totals)}`);
  }
}
await verifyGroups(client, sent.groups);
await server.stop();
rmSync(dataDir, { recursive: true });

const bad = Object.values(totals).reduce((sum, count) => sum + count, 0);
console.log(bad === 0 ? `${kills} kills with -9: nothing acknowledged was lost, nothing was half done` : `FAILED: ${JSON.stringify(totals)}`);
process.exitCode = bad === 0 ? 0 : 1;
