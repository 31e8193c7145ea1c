/**
 * How long the operations on questionnaires take: `node scripts/bench-sdc.ts [--runs 500] [--items 30]`. Each is timed
 * alone, in this process, over a Questionnaire that is compiled already; a last block asks a whole server over HTTP.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import { loadRegistry } from '../src/definitions/load.ts';
import { createClient } from '../src/demo/client.ts';
import { freePort, startServer } from '../src/demo/server-process.ts';
import { loadBanks } from '../src/packages/banks.ts';
import { nextFromBank } from '../src/questionnaire/adaptive/cat.ts';
import { compilePlan } from '../src/questionnaire/compile.ts';
import { worldAt } from '../src/questionnaire/evaluate.ts';
import { extract } from '../src/questionnaire/extract/extract.ts';
import { populate } from '../src/questionnaire/populate/populate.ts';

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '500' }, items: { type: 'string', default: '30' } } });
const runs = Number(options.runs);
const count = Number(options.items);
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

const initial = (expression: string) => ({ url: `${SDC}initialExpression`, valueExpression: { language: 'text/fhirpath', expression } });
const item = (at: number): QuestionnaireItem => ({
  linkId: `q${at}`,
  text: `Question ${at}`,
  type: 'integer',
  code: [{ system: 'http://example.org/codes', code: `c${at}` }],
  extension: [initial(at % 2 === 0 ? String(at % 10) : '%patient.name.count()'), { url: `${SDC}observationExtract`, valueBoolean: true }],
});
const questionnaire: Questionnaire = {
  resourceType: 'Questionnaire',
  url: 'http://example.org/Questionnaire/bench-sdc',
  version: '1.0.0',
  status: 'active',
  extension: [
    {
      url: `${SDC}launchContext`,
      extension: [
        { url: 'name', valueCoding: { code: 'patient' } },
        { url: 'type', valueCode: 'Patient' },
      ],
    },
  ],
  item: Array.from({ length: count }, (_, at) => item(at)),
};

async function measure(name: string, job: () => unknown): Promise<void> {
  for (let warm = 0; warm < Math.min(50, runs); warm += 1) await job();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const begun = performance.now();
    await job();
    times.push(performance.now() - begun);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(2);
  console.log(`${name.padEnd(44)} p50 ${at(0.5).padStart(7)} ms   p99 ${at(0.99).padStart(7)} ms`);
}

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, node ${process.version}; ${count} questions, ${runs} runs`);
const plan = compilePlan(questionnaire);
const registry = loadRegistry();
const patient = { resourceType: 'Patient', id: 'p', name: [{ family: 'Bench' }] };
const world = { ...worldAt(new Date()), launch: new Map([['patient', [patient]]]) };
const populating = { world, subject: { reference: 'Patient/p' }, variables: new Map(), data: [], observes: true };
const filled: QuestionnaireResponse = { ...populate(plan, populating).response, id: 'r', status: 'completed' };
let id = 0;
const extracting = { definitions: registry, ids: () => `${++id}` };

await measure('compile the questionnaire', () => compilePlan(questionnaire));
await measure('$populate, expressions', () => populate(plan, populating));
await measure('$extract, Observations', () => extract(plan, filled, extracting));

const [bank] = loadBanks('questionnaires');
if (bank === undefined) throw new Error('there is no item bank in questionnaires/banks');
const begun = {
  resourceType: 'QuestionnaireResponse',
  status: 'in-progress',
  questionnaire: '#q',
  contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active', derivedFrom: [bank.questionnaire] }],
} as unknown as QuestionnaireResponse;
let half = begun;
for (let step = 0; step < 4; step += 1) {
  const asked = nextFromBank(bank, half);
  const last = ((asked.contained ?? [])[0] as Questionnaire).item?.at(-1);
  const valueCoding = last?.answerOption?.[2]?.valueCoding;
  if (last === undefined || valueCoding === undefined) break;
  half = { ...asked, item: [...(asked.item ?? []), { linkId: last.linkId, answer: [{ valueCoding }] }] };
}
await measure('$next-question, fifth question of the bank', () => nextFromBank(bank, half));

const dataDir = mkdtempSync(join(tmpdir(), 'bench-sdc-'));
const server = await startServer({ port: await freePort(0), dataDir });
const { send } = createClient(server.base);
await send('POST', 'Questionnaire', questionnaire);
const stored = await send<{ id: string }>('POST', 'Patient', { resourceType: 'Patient', name: [{ family: 'Bench' }] });
const subject = { reference: `Patient/${stored.body.id}` };
const parameters = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'questionnaire', valueCanonical: `${questionnaire.url}|1.0.0` },
    { name: 'subject', valueReference: subject },
  ],
};
const ask = async (path: string, body: object): Promise<void> => {
  const answer = await fetch(`${server.base}/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/fhir+json' }, body: JSON.stringify(body) });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
};
await measure('$populate over HTTP', () => ask('Questionnaire/$populate', parameters));
await measure('$extract over HTTP', () => ask('QuestionnaireResponse/$extract', { ...filled, subject }));
await measure('$next-question over HTTP', () => ask('Questionnaire/$next-question', half));
await server.stop();
rmSync(dataDir, { recursive: true });
