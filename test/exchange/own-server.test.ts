/** Our own server as the hospital: what it serves is what the bridge reads. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Bundle, FhirResource } from 'fhir/r4';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { centrePatients } from '../../src/demo/centre-data.ts';
import { hospitalRecords } from '../../src/demo/hospital-data.ts';
import { CAST, PEOPLE } from '../../src/demo/people.ts';
import { PULLED } from '../../src/exchange/pulled.ts';
import { createLog } from '../../src/log.ts';
import { type Centre, openCentre } from './centre.ts';

const fever = new Date('2026-11-21T20:30:00.000Z');
const records = hospitalRecords(fever);

let hospital: App;
let centre: Centre;

beforeAll(async () => {
  const config = readConfig({ AUTH: 'off', PORT: '0', DATABASE_URL: 'memory:' });
  hospital = await startApp(config, { log: createLog('silent'), clock: () => new Date('2026-11-21T21:00:00.000Z') });
  await load(records);
  centre = openCentre([{ name: 'North', url: hospital.base }]);
  await centre.put(...centrePatients(fever));
});

afterAll(async () => {
  await centre.close();
  await hospital.close();
});

async function load(resources: readonly FhirResource[]): Promise<void> {
  const entry = resources.map((resource) => ({ resource, request: { method: 'PUT' as const, url: `${resource.resourceType}/${resource.id}` } }));
  const bundle: Bundle = { resourceType: 'Bundle', type: 'transaction', entry };
  const response = await fetch(hospital.base, { method: 'POST', headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify(bundle) });
  expect([response.status, response.status === 200 ? '' : await response.text()]).toEqual([200, '']);
}

test('everything of those who consent and match comes over once, and only what changed comes again', async () => {
  const { pulls } = await centre.bridge.pullAll();
  expect(pulls.filter(({ problem }) => problem !== undefined)).toEqual([]);
  expect(centre.log).toEqual(['a hospital record differs from ours; a person is asked']);
  const linked = PEOPLE.filter(({ id }) => id !== CAST.noConsent && id !== CAST.nearMatch).map(({ id }) => `Patient/h-${id}`);
  for (const { type, patient } of PULLED) {
    const expected = records.filter((resource) => resource.resourceType === type && linked.includes(subjectOf(resource, patient)));
    const pulled = (await centre.all(type as FhirResource['resourceType'])).filter(({ meta }) => meta?.source !== undefined);
    expect([type, pulled.length]).toEqual([type, expected.length]);
  }

  const again = await centre.bridge.pullAll();
  expect(again.pulls.reduce((sum, { tally }) => sum + tally.created + tally.updated, 0)).toBe(0);

  const [infusion] = records.filter(({ resourceType }) => resourceType === 'MedicationAdministration');
  if (infusion === undefined) throw new Error('no infusion');
  await load([{ ...infusion, status: 'stopped' } as FhirResource]);
  const third = await centre.bridge.pullAll();
  expect(third.pulls.reduce((sum, { tally }) => sum + tally.updated, 0)).toBe(1);
});

const subjectOf = (resource: FhirResource, element: 'subject' | 'patient'): string => {
  const reference = (resource as unknown as Record<string, { reference?: string } | undefined>)[element];
  return reference?.reference ?? '';
};

test('the status says that all of it was read', async () => {
  const [status] = (await centre.bridge.status(`Patient/${CAST.fever}`)).hospitals;
  expect(status).toMatchObject({ match: { state: 'linked' }, categories: { history: { state: 'fetched', skipped: 0 } } });
});
