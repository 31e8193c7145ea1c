/**
 * How many answers a second the server takes, each validated, scored, judged and stored before it is acknowledged.
 * A server process of its own over SQLite; every patient has earlier answers, as in real use.
 *
 *   node scripts/bench-answers.ts [--patients 100] [--weeks 8] [--answers 600] [--concurrency 1,16]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bundle, Questionnaire } from 'fhir/r4';
import { answer, type Values } from '../src/demo/answers.ts';
import { type Client, createClient } from '../src/demo/client.ts';
import { freePort, startServer } from '../src/demo/server-process.ts';
import { questionnaireOf } from './support/instruments.ts';
import { randomFrom } from './support/random.ts';

const { values: options } = parseArgs({
  options: {
    patients: { type: 'string', default: '100' },
    weeks: { type: 'string', default: '8' },
    answers: { type: 'string', default: '600' },
    concurrency: { type: 'string', default: '1,16' },
  },
});
const DAY = 86_400_000;
const random = randomFrom(1);
/** Mostly mild and steady, now and then a bad week: about as often as weekly reports raise alerts in trials (13 to 37 %). */
const grade = (top: number): number => Math.floor((random() < 0.04 ? 0.4 + 0.5 * random() : 0.3 * random()) * (top + 1));

const INSTRUMENTS: readonly { readonly questionnaire: Questionnaire; readonly values: () => Values }[] = [
  { questionnaire: questionnaireOf('phq-9'), values: () => Object.fromEntries(PHQ_9.map((linkId) => [linkId, linkId === SELF_HARM ? 0 : grade(3)])) },
  {
    questionnaire: questionnaireOf('cancer-weekly'),
    values: () => ({
      ...Object.fromEntries(RED_FLAGS.map((linkId) => [linkId, random() < 0.002])),
      ...Object.fromEntries(SYMPTOMS.map((linkId) => [linkId, grade(10)])),
    }),
  },
];
const SELF_HARM = '44260-8';
const PHQ_9 = ['44250-9', '44255-8', '44259-0', '44254-1', '44251-7', '44258-2', '44252-5', '44253-3', '44260-8'];
const SYMPTOMS = ['pain', 'fatigue', 'nausea', 'appetite-loss', 'breathlessness', 'sleep-trouble', 'distress', 'constipation', 'diarrhoea'];
const RED_FLAGS = [
  'fever',
  'leg-weakness',
  'bladder-bowel-change',
  'band-like-back-pain',
  'sudden-breathlessness',
  'chest-pain',
  'bleeding',
  'confusion',
  'cannot-keep-fluids-down',
  'hard-to-wake',
];

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

/** How many there are of a type. */
async function count({ send }: Client, type: string): Promise<number> {
  return (await send<Bundle>('GET', `${type}?_summary=count`)).body.total ?? 0;
}

async function measure(jobs: number, concurrency: number, job: (n: number) => Promise<unknown>): Promise<{ seconds: number; p50: number; p99: number }> {
  const times: number[] = [];
  const start = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < jobs) {
      const begun = performance.now();
      await job(next++);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { seconds: (performance.now() - start) / 1000, p50: at(0.5), p99: at(0.99) };
}

const dataDir = mkdtempSync(join(tmpdir(), 'bench-answers-'));
const server = await startServer({ port: await freePort(0), dataDir });
const client: Client = createClient(server.base);
const people = Number(options.patients);
const patients: string[] = [];
for (let n = 0; n < people; n++)
  patients.push(`Patient/${(await client.send('POST', 'Patient', { resourceType: 'Patient', name: [{ family: `Bench ${n}` }] })).body.id}`);

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, node ${process.version}; ${people} patients with ${options.weeks} earlier answers each`);
for (const { questionnaire, values } of INSTRUMENTS) {
  const weeks = Number(options.weeks);
  const send = (n: number, authored: Date) =>
    client.send('POST', 'QuestionnaireResponse', answer(questionnaire, values(), { patient: patients[n % people] ?? '', authored }));
  for (let week = weeks; week > 0; week--) await measure(people, 8, (n) => send(n, new Date(Date.now() - week * 7 * DAY)));
  for (const concurrency of options.concurrency.split(',').map(Number)) {
    const answers = Number(options.answers);
    const before = cpuSeconds(server.pid);
    const findings = await count(client, 'DetectedIssue');
    const written = await count(client, 'Observation');
    const { seconds, p50, p99 } = await measure(answers, concurrency, (n) => send(n, new Date()));
    const cpu = ((cpuSeconds(server.pid) - before) * 1000) / answers;
    const found = ((await count(client, 'DetectedIssue')) - findings) / answers;
    const scored = ((await count(client, 'Observation')) - written) / answers;
    console.log(
      `${(questionnaire.title ?? '').padEnd(40)} ${String(concurrency).padStart(2)} in flight: ${(answers / seconds).toFixed(0).padStart(5)} answers/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  CPU ${cpu.toFixed(2)} ms, ${scored.toFixed(1)} scores and ${found.toFixed(1)} findings an answer`,
    );
  }
}
const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;
console.log(`resident memory at the end: ${memory.toFixed(0)} MB`);
await server.stop();
rmSync(dataDir, { recursive: true });
