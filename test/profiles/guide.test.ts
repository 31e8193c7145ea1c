/** Our own guide: a package like any other, whose examples keep to its profiles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ImplementationGuide, StructureDefinition } from 'fhir/r4';
import { packGuide } from '../../scripts/support/guide-package.ts';
import { loadRegistry } from '../../src/definitions/load.ts';
import { extensionUrl } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { readArchive } from '../../src/packages/archive.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { type Started, start } from '../http/start.ts';

const PROFILES = join(import.meta.dirname, '../../profiles');
const resourcesIn = (folder: string): Resource[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Resource);
const definitions = resourcesIn(PROFILES);
const examples = resourcesIn(join(PROFILES, 'examples'));
const profiles = (definitions as unknown as StructureDefinition[]).filter(
  ({ resourceType, type }) => resourceType === 'StructureDefinition' && type !== 'Extension',
);
const { tgz, name, version } = packGuide();

describe('the package', () => {
  let server: Started;
  beforeAll(async () => {
    server = await start({ DATABASE: 'memory:' });
  });
  afterAll(() => server.app.close());

  test('is made of the same bytes each time', () => expect(packGuide().tgz.equals(tgz)).toBe(true));

  test('lists everything in its guide', async () => {
    const files = await readArchive(tgz);
    const guide = files.find(({ path }) => path.includes('ImplementationGuide'));
    const { definition } = JSON.parse(guide?.text ?? '{}') as ImplementationGuide;
    const listed = definition?.resource.map(({ reference }) => reference.reference);
    expect(listed).toEqual([...definitions, ...examples].map(({ resourceType, id }) => `${resourceType}/${id}`));
  });

  test('is taken by our own loader without a warning', async () => {
    const { body } = await server.api().post('/$load-package').set('Content-Type', 'application/gzip').send(tgz).expect(200);
    const said = (body.issue as { severity: string; details: { text: string } }[]).map(({ severity, details }) => `${severity}: ${details.text}`);
    expect(said).toEqual([expect.stringContaining(`${name}#${version} is installed`)]);
    await server.api().get('/ImplementationGuide/pro-bridge').expect(200);
  });
});

describe('each example keeps to its profile:', () => {
  const validator = createValidator(loadRegistry(definitions));
  test.each(examples.map((example) => [`${example.resourceType}/${example.id}`, example] as const))('%s', (_, example) => {
    const { issues } = validator.validate(example);
    expect(issues.filter(({ severity }) => severity !== 'information')).toEqual([]);
  });

  test('every profile has one', () => {
    const claimed = new Set(examples.flatMap(({ meta }) => meta?.profile ?? []));
    expect(profiles.map(({ url }) => url).filter((url) => !claimed.has(url))).toEqual([]);
  });
});

describe('a resource that lacks what a profile asks for is found:', () => {
  const validator = createValidator(loadRegistry(definitions));
  const example = (type: string, id: string): Resource => examples.find((one) => one.resourceType === type && one.id === id) as Resource; // one of ours
  const without = (resource: Resource, member: string): Resource => Object.fromEntries(Object.entries(resource).filter(([key]) => key !== member)) as Resource; // its type stays

  test.each<[string, Resource]>([
    ['a score without a value', without(example('Observation', 'score-example'), 'valueQuantity')],
    ['a score from nothing', without(example('Observation', 'score-example'), 'derivedFrom')],
    ['an alert without tier and reason', without(example('Flag', 'alert-example'), 'extension')],
    ['an alert of no known symptom', { ...example('Flag', 'alert-example'), code: { coding: [{ system: 'http://snomed.info/sct', code: '22253000' }] } }],
    ['work on nothing', without(example('Task', 'alert-example'), 'focus')],
    [
      'work in an unknown state',
      { ...example('Task', 'alert-example'), businessStatus: { coding: [{ system: 'https://pro-bridge.example/fhir/CodeSystem/alert-state', code: 'x' }] } },
    ],
    ['a referral that is a plan', { ...example('ServiceRequest', 'referral-example'), intent: 'plan' }],
    ['a referral to nobody', without(example('ServiceRequest', 'referral-example'), 'performer')],
    ['a response that names no patient', without(example('QuestionnaireResponse', 'example'), 'subject')],
    [
      'a timeline without its Composition',
      { ...example('Bundle', 'timeline-example'), entry: (example('Bundle', 'timeline-example').entry as object[]).slice(1) },
    ],
  ])('%s', (_, resource) => {
    expect(validator.validate(resource).issues.some(({ severity }) => severity === 'error')).toBe(true);
  });

  test('its own extension on another type', () => {
    const patient = { resourceType: 'Patient', extension: [{ url: extensionUrl('tier'), valueCode: 'severe' }] };
    expect(validator.validate(patient).issues).toMatchObject([{ severity: 'error', code: 'extension' }]);
  });
});
