#!/usr/bin/env node
/**
 * What the SQLite store costs by itself, without HTTP, validation or scoring: CPU time per operation, in microseconds.
 *
 *     npx node scripts/bench-store.ts [PATIENTS 200] [WEEKS 20]
 *
 * The data: for each patient and week one QuestionnaireResponse with 14 Observations derived from it, in one transaction.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, cpuUsage, memoryUsage } from 'node:process';
import { loadRegistry } from '../src/definitions/load.ts';
import type { Resource } from '../src/fhir/resource.ts';
import type { Query } from '../src/search/ast.ts';
import { createIndexer } from '../src/search/extract.ts';
import { createParams } from '../src/search/params.ts';
import { parseSearch } from '../src/search/parse.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { Write } from '../src/store/store.ts';

const [patients = 200, weeks = 20] = argv.slice(2).map(Number);
const START = Date.UTC(2026, 0, 5, 8);
const DAY = 86_400_000;
const ITEMS = Array.from({ length: 14 }, (_, i) => `ITEM_${i + 1}`);
const params = createParams(loadRegistry());
const index = createIndexer(params);
const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
const file = join(folder, 'bench.sqlite');
const store = await openSqliteStore({ file, params, index });

// ---- data ----

const concept = (system: string, code: string): object => ({ coding: [{ system, code, display: code }], text: code });

function create(resource: Resource): { ref: string; write: Write; resource: Resource } {
  const [id, updated] = [randomUUID(), new Date().toISOString()];
  const whole = { ...resource, id, meta: { versionId: '1', lastUpdated: updated } };
  const type = resource.resourceType;
  const version = { type, id, version: 1, updated, method: 'create' as const, text: JSON.stringify(whole) };
  return { ref: `${type}/${id}`, write: { write: 'put', version, resource: whole }, resource: whole };
}

const patient = (n: number): Resource => ({
  resourceType: 'Patient',
  active: true,
  identifier: [{ system: 'urn:mrn', value: String(n) }],
  name: [{ family: `Family${n % 26}`, given: ['Ada'] }],
  gender: 'female',
  birthDate: '1960-05-01',
});

function week(subject: string, w: number): ReturnType<typeof create>[] {
  const when = new Date(START + w * 7 * DAY).toISOString();
  const item = ITEMS.map((linkId) => ({
    linkId,
    text: `Worst ${linkId} in the last 7 days`,
    answer: [{ valueCoding: { system: 'urn:grade', code: '2', display: 'moderate' } }],
  }));
  const response = create({
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'http://bench.example/Questionnaire/q|1',
    status: 'completed',
    subject: { reference: subject },
    authored: when,
    item,
  });
  const observations = ITEMS.map((code) =>
    create({
      resourceType: 'Observation',
      status: 'final',
      subject: { reference: subject },
      effectiveDateTime: when,
      issued: when,
      valueInteger: 2,
      category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'survey')],
      code: concept('urn:item', code),
      derivedFrom: [{ reference: response.ref }],
    }),
  );
  return [response, ...observations];
}

// ---- measuring ----

const cpu = (): number => {
  const { user, system } = cpuUsage();
  return user + system;
};

async function time(name: string, count: number, work: (n: number) => Promise<unknown> | unknown): Promise<void> {
  const begun = cpu();
  for (let n = 0; n < count; n++) await work(n);
  console.log(`${name.padEnd(44)} ${((cpu() - begun) / count).toFixed(1).padStart(9)} µs`);
}

function query(text: string): Query {
  const [type = '', rest = ''] = text.split('?');
  return parseSearch({ types: [type], query: new URLSearchParams(rest), base: 'http://bench.example/fhir', params, now: START, strict: true }).query;
}

const people: string[] = [];
const responses: string[] = [];
await time('write a patient', patients, async (n) => {
  const made = create(patient(n));
  people.push(made.ref);
  await store.transact({ writes: [made.write], expects: [] });
});
const any = <T>(list: readonly T[], n: number): T => list[(n * 7919) % list.length] as T;

await time('write 15 resources in a transaction (all)', patients * weeks, async (n) => {
  const made = week(any(people, n % patients), Math.floor(n / patients));
  responses.push(made[0]?.ref ?? '');
  await store.transact({ writes: made.map(({ write }) => write), expects: [] });
});
const sample = Array.from({ length: 200 }, (_, n) => week(any(people, n), 0));
await time('  of which: making and printing them', 200, (n) => week(any(people, n), 0));
await time('  of which: index values of them', 200, (n) => sample[n]?.map(({ resource }) => index(resource)));
const [, observation] = sample[0] ?? [];
console.log(`${'values of an Observation'.padEnd(44)} ${String(observation ? index(observation.resource).entries.length : 0).padStart(9)}`);

const idOf = (ref: string): string => ref.slice(ref.indexOf('/') + 1);
const search = (text: (n: number) => string) => {
  const queries = Array.from({ length: 500 }, (_, n) => query(text(n)));
  return (n: number): Promise<unknown> => store.search(any(queries, n));
};
const of = (n: number): string => idOf(any(people, n));
const code = (n: number): string => `urn:item|${any(ITEMS, n)}`;

const READS = 5000;
for (const round of ['warm up', 'measured']) {
  console.log(`-- ${round}`);
  await time('read', READS, (n) => store.read('QuestionnaireResponse', idOf(any(responses, n))));
  await time(
    `series of ${weeks}`,
    READS,
    search((n) => `Observation?patient=${of(n)}&code=${code(n)}&date=ge2026-01-01&_sort=-date&_count=50`),
  );
  await time(
    'series of 5',
    READS,
    search((n) => `Observation?patient=${of(n)}&code=${code(n)}&_sort=-date&_count=5`),
  );
  await time(
    'responses of a patient and questionnaire',
    READS,
    search((n) => `QuestionnaireResponse?subject=Patient/${of(n)}&questionnaire=http://bench.example/Questionnaire/q&authored=ge2026-01-01`),
  );
  await time(
    'responses of a patient',
    READS,
    search((n) => `QuestionnaireResponse?patient=${of(n)}`),
  );
  await time(
    'patient by identifier',
    READS,
    search((n) => `Patient?identifier=urn:mrn|${n % patients}`),
  );
  await time(
    'patients by name',
    READS,
    search((n) => `Patient?name=Family${n % 26}`),
  );
  await time(
    'observations by chain',
    READS,
    search((n) => `Observation?code=${code(n)}&patient.identifier=urn:mrn|${n % patients}`),
  );
  await time(
    'responses and their patient',
    READS,
    search((n) => `QuestionnaireResponse?subject=Patient/${of(n)}&_include=QuestionnaireResponse:subject&_count=50`),
  );
  await time(
    'a response and what is derived from it',
    READS,
    search((n) => `QuestionnaireResponse?_id=${idOf(any(responses, n))}&_revinclude=Observation:derived-from`),
  );
  await time(
    '300 observations of a patient',
    READS / 10,
    search((n) => `Observation?patient=${of(n)}&_count=1000`),
  );
  await time(
    'observations by code, a page of all (thread)',
    50,
    search((n) => `Observation?code=${code(n)}&_sort=-date`),
  );
}
console.log(
  `file ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB, resident ${(memoryUsage().rss / 2 ** 20).toFixed(0)} MiB, ${(await store.search({ ...query('Observation?'), count: 0, total: 'accurate' })).total} Observations`,
);
await store.close();
rmSync(folder, { recursive: true });
