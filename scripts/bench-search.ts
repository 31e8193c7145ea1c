#!/usr/bin/env node
/**
 * Whether one patient's searches take longer where there are many other patients: each search over a store with few
 * others and over one with many, wall-clock µs a search (the median), side by side.
 *
 *     npx node scripts/bench-search.ts [FEW 10] [MANY 10000]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { loadRegistry } from '../src/definitions/load.ts';
import type { Resource } from '../src/fhir/resource.ts';
import { createIndexer } from '../src/search/extract.ts';
import { createParams } from '../src/search/params.ts';
import { parseSearch } from '../src/search/parse.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { Store, Write } from '../src/store/store.ts';

const [few = 10, many = 10_000] = argv.slice(2).map(Number);
const params = createParams(loadRegistry());
const index = createIndexer(params);
const folder = mkdtempSync(join(tmpdir(), 'bench-search-'));
const UPDATED = '2026-06-01T00:00:00.000Z';
const NOW = Date.parse(UPDATED);
const DAY = 86_400_000;
const UCUM = 'http://unitsofmeasure.org';

// ---- data ----

function put(resource: Resource & { id: string }): Write {
  const whole = { ...resource, meta: { versionId: '1', lastUpdated: UPDATED } };
  const version = { type: resource.resourceType, id: resource.id, version: 1, updated: UPDATED, method: 'create' as const, text: JSON.stringify(whole) };
  return { write: 'put', version, resource: whole };
}

const WEEKS = 6;
const SYMPTOMS = ['pain', 'nausea', 'fatigue'];

/** A patient with weekly answers, a score for each symptom, and words in a note that nobody else has. */
function record(n: number): Write[] {
  const subject = { reference: `Patient/p${n}` };
  const weeks = Array.from({ length: WEEKS }, (_, week) => new Date(NOW - week * 7 * DAY).toISOString());
  const observations = weeks.flatMap((when, week) =>
    SYMPTOMS.map((code) =>
      put({
        resourceType: 'Observation',
        id: `o${n}-${week}-${code}`,
        status: 'final',
        category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey', display: 'Survey' }] }],
        code: { coding: [{ system: 'urn:symptom', code, display: `Worst ${code}` }] },
        subject,
        effectiveDateTime: when,
        valueQuantity: { value: (n + week) % 11, system: UCUM, code: 'mg', unit: 'mg' },
        ...(week === 0 ? { note: [{ text: `Seen by nurse${n}` }] } : {}),
      }),
    ),
  );
  const responses = weeks.map((authored, week) =>
    put({ resourceType: 'QuestionnaireResponse', id: `r${n}-${week}`, status: 'completed', questionnaire: 'http://q.example/weekly|1', subject, authored }),
  );
  const patient = put({
    resourceType: 'Patient',
    id: `p${n}`,
    identifier: [{ system: 'urn:mrn', value: String(n) }],
    name: [{ family: `Family${n}`, given: ['Ada'] }],
    gender: 'female',
  });
  return [patient, ...responses, ...observations];
}

const AT_ONCE = 50;

async function filled(name: string, others: number): Promise<Store> {
  const store = await openSqliteStore({ file: join(folder, name), params, index });
  for (let from = 0; from <= others; from += AT_ONCE) {
    const writes = Array.from({ length: Math.min(AT_ONCE, others + 1 - from) }, (_, n) => record(from + n)).flat();
    await store.transact({ writes, expects: [] });
  }
  return store;
}

// ---- questions, all about patient 7 ----

const QUESTIONS = [
  'Patient?identifier=urn:mrn|7',
  'Patient?family:exact=Family7',
  'Observation?patient=p7',
  'Observation?patient=p7&_sort=-date&_count=5',
  'Observation?patient=p7&code=urn:symptom|pain&date=ge2026-05-01&_sort=-date',
  'Observation?patient=p7&category=survey&status=final',
  'Observation?patient=p7&code:not=pain',
  'Observation?patient=p7&code:text=worst pain',
  `Observation?patient=p7&value-quantity=gt0.005|${UCUM}|g`,
  'Observation?patient.identifier=urn:mrn|7&code=urn:symptom|pain',
  'Observation?patient=p7&_filter=code eq urn:symptom|pain or value-quantity ge 5',
  'Observation?patient=p7&_sort=value-quantity,-date',
  'Observation?_content=nurse7',
  'QuestionnaireResponse?subject=Patient/p7&questionnaire=http://q.example/weekly&authored=ge2026-05-01',
  'QuestionnaireResponse?patient=p7&_include=QuestionnaireResponse:subject',
  'Patient?_id=p7&_revinclude=Observation:patient&_revinclude=QuestionnaireResponse:patient',
  'Patient?_has:Observation:patient:_content=nurse7',
];

const TURNS = 300;

async function median(store: Store, text: string): Promise<number> {
  const [type = '', rest = ''] = text.split('?');
  const { query } = parseSearch({ types: [type], query: new URLSearchParams(rest), base: 'http://bench.example/fhir', params, now: NOW, strict: true });
  const times: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const from = performance.now();
    const { matches } = await store.search(query);
    times.push(performance.now() - from);
    if (matches.length === 0) throw new Error(`${text} finds nothing, and so measures nothing`);
  }
  return (times.toSorted((a, b) => a - b)[TURNS >> 1] ?? 0) * 1000;
}

const [small, large] = [await filled('few.sqlite', few), await filled('many.sqlite', many)];
console.log(`${'µs a search, beside other patients:'.padEnd(92)} ${String(few).padStart(9)} ${String(many).padStart(9)}  times`);
for (const text of QUESTIONS) {
  const [beside, among] = [await median(small, text), await median(large, text)];
  console.log(`${text.padEnd(92)} ${beside.toFixed(0).padStart(9)} ${among.toFixed(0).padStart(9)}  ${(among / beside).toFixed(1)}`);
}
await small.close();
await large.close();
rmSync(folder, { recursive: true });
