/** The races once more, on the store that servers use: its transactions are grouped, and conflicts come back late. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { everythingAs } from '../../src/access/permit.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Done, Operation } from '../../src/record/record.ts';
import { ALL, atom } from '../../src/search/ast.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { answer, questionnaire, URL } from './instrument.ts';
import { conditionOf, indexOf, keeperOver, params, searchParam, type TestKeeper } from './world.ts';

const SYSTEM = everythingAs('the system');
let folder: string;
let store: Store;
let record: TestKeeper;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'record-'));
  store = await openSqliteStore({ file: join(folder, 'store.sqlite'), params, index: indexOf });
  record = keeperOver(store);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function run(operation: Operation): Promise<Done> {
  const [done] = await record.commit({ operations: [operation] }, SYSTEM);
  if (done === undefined) throw new Error('no result');
  return done;
}

const asResource = (resource: object): Resource => resource as Resource; // FHIR's own types lack an index signature
const create = (resource: object): Promise<Done> => run({ op: 'create', resource: asResource(resource) });

async function count(type: string): Promise<number> {
  const page = await store.search({ of: [{ type, where: ALL }], sort: [], count: 0, total: 'accurate', include: [] });
  return page.total ?? -1;
}

test('a hundred identical conditional creates at once make one resource', async () => {
  const where = atom(searchParam('Patient', 'identifier'), { is: 'token', system: 'urn:mrn', code: '1' });
  const ifNoneExist = conditionOf('Patient', 'identifier=urn:mrn|1', where);
  const resource = asResource({ resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '1' }] });
  const results = await Promise.all(Array.from({ length: 100 }, () => run({ op: 'create', resource, ifNoneExist })));
  expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
  expect(new Set(results.map(({ version }) => version?.id)).size).toBe(1);
  expect(await count('Patient')).toBe(1);
});

test('updates of one resource at once all succeed, one after the other', async () => {
  const id = (await create({ resourceType: 'Patient' })).version?.id ?? '';
  const update = (day: number): Promise<Done> =>
    run({ op: 'update', id, resource: asResource({ resourceType: 'Patient', id, birthDate: `1960-01-${day + 10}` }) });
  const versions = await Promise.all(Array.from({ length: 20 }, (_, day) => update(day)));
  expect(versions.map(({ version }) => version?.version).toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 2));
});

test('answers of several patients at once, five of each: none refused, none missed, one alert a patient', async () => {
  await run({ op: 'update', id: 'pro-bridge-rules', resource: asResource({ resourceType: 'Device', id: 'pro-bridge-rules' }) });
  await run({ op: 'update', id: 'tiny', resource: asResource({ ...questionnaire(), id: 'tiny' }) });
  const people = await Promise.all(Array.from({ length: 6 }, () => create({ resourceType: 'Patient' })));
  const patients = people.map(({ version }) => `Patient/${version?.id}`);
  const days = [25, 26, 27, 28, 29];
  await Promise.all(patients.flatMap((patient) => days.map((day) => create(answer(patient, { pain: 8 }, { authored: `2026-10-${day}` })))));
  expect(await count('Observation')).toBe(30);
  expect(await count('DetectedIssue')).toBe(30);
  expect(await count('Flag')).toBe(6);
  expect(await count('Task')).toBe(6);
  expect(await Promise.all(patients.map((patient) => store.counter(`series|${patient}|${URL}`)))).toEqual([5, 5, 5, 5, 5, 5]);
});
