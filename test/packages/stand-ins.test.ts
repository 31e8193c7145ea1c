/** The SDC guide as a package: what stood in for it gives way, and comes back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import { FHIR, type Started, start } from '../http/start.ts';
import { packageOf } from './archives.ts';

let server: Started;
beforeAll(async () => {
  server = await start({ DATABASE: 'memory:' });
});
afterAll(() => server.app.close());

const URL_OF = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-entryMode';
const form = (extension: object): object => ({ resourceType: 'Questionnaire', status: 'active', extension: [{ url: URL_OF, ...extension }] });

async function issuesOf(resource: object): Promise<string[]> {
  const { body } = await server.api().post('/Questionnaire/$validate').set('Content-Type', FHIR).send(JSON.stringify(resource));
  const issues = body.issue as { severity: string; details: { text: string } }[];
  return issues.filter(({ severity }) => severity === 'error' || severity === 'warning').map(({ details }) => details.text);
}

/** What the guide would say in that version: any code, and no text. */
function guide(version: string): Buffer {
  const definition = loadRegistry().resource('StructureDefinition', URL_OF);
  const element = definition?.differential?.element.map(({ binding: _, ...rest }) => rest) ?? [];
  const loaded = { ...definition, resourceType: 'StructureDefinition', id: 'entry-mode', version, differential: { element } };
  return packageOf([loaded], { name: 'hl7.fhir.uv.sdc', version, canonical: 'http://hl7.org/fhir/uv/sdc' });
}

const load = (version: string) => server.api().post('/$load-package').set('Content-Type', 'application/gzip').send(guide(version));
const unload = (version: string) => {
  const parameter = Object.entries({ name: 'hl7.fhir.uv.sdc', version }).map(([name, valueString]) => ({ name, valueString }));
  return server
    .api()
    .post('/$unload-package')
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
};

test('is not stored, and yet held against', async () => {
  expect(await issuesOf(form({ valueCode: 'random' }))).toEqual([]);
  expect(await issuesOf(form({ valueCode: 'other' }))).toContainEqual(expect.stringContaining('sequential, prior-edit, random'));
  const { body } = await server.api().get(`/StructureDefinition?url=${URL_OF}&_summary=count`);
  expect(body.total).toBe(0);
});

test.each(['4.0.0', '3.0.0'])('version %s is installed, holds, and is taken out again', async (version) => {
  await load(version).expect(200);
  expect(await issuesOf(form({ valueCode: 'other' }))).toEqual([]);
  expect(await issuesOf(form({ valueString: 'random' }))).not.toEqual([]);
  await unload(version).expect(200);
  expect(await issuesOf(form({ valueCode: 'other' }))).not.toEqual([]);
});

test('a value set of the guide can be expanded', async () => {
  const { body } = await server.api().get('/ValueSet/$expand?url=http://hl7.org/fhir/uv/sdc/ValueSet/launchContext').expect(200);
  expect((body.expansion.contains as { code: string }[]).map(({ code }) => code)).toEqual(['patient', 'encounter', 'location', 'user', 'study', 'clinical']);
});
