/** What scoring, alerts and care write is right FHIR, and carries our extensions only where they are defined to stand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { DomainResource, Observation, StructureDefinition } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { extensionUrl, identifierSystem } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type AlertCase, act, assess, closeAlert } from '../../src/pro/care.ts';
import { EXTENSIONS } from '../../src/pro/forms.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { day } from '../pro/fixture.ts';
import { open, taskOf, world } from '../pro/world.ts';

function written(): DomainResource[] {
  const here = world();
  const kept: DomainResource[] = [];
  const keep = (resources: readonly object[]) => void kept.push(...resources.map((resource) => JSON.parse(JSON.stringify(resource))));
  keep(here.take({ id: 'a', pain: 8, nausea: 5, fever: true, authored: day(1) }, day(1)).puts);
  keep(here.take({ id: 'b', pain: 1, fever: false, authored: day(8) }, day(8)).puts);
  keep(here.take({ id: 'c', pain: 6, authored: day(2) }, day(9)).puts);
  keep(here.take({ id: 'a', pain: 8, nausea: 5, fever: false, status: 'amended', authored: day(1) }, day(9)).puts);
  const flag = open(here).find(({ code }) => code.coding?.[0]?.code === 'fever');
  const task = taskOf(here, flag);
  if (flag === undefined || task === undefined) throw new Error('no alert');
  const acting = { by: { reference: 'Practitioner/n' }, now: new Date(day(10)), ids: () => `care-${kept.length}` };
  const assessed = assess({ flag, task, assessments: [] }, { contact: 'phone', withPatient: true, severity: 'mild' }, acting);
  keep(assessed.puts);
  const [assessment, seen] = assessed.puts as [Observation, AlertCase['task']];
  keep(act({ flag, task: seen, assessments: [assessment] }, { kind: 'referral', target: 'Oncology' }, acting).puts);
  keep(closeAlert({ flag, task: seen, assessments: [assessment] }, { ending: 'admitted' }, acting).puts);
  return kept;
}

const resources = written();
const own = extensionUrl('');

const namesIn = ({ extension = [] }: DomainResource): string[] => extension.flatMap(({ url }) => (url.startsWith(own) ? [url.slice(own.length)] : []));

function contextOf(name: string): string[] {
  const path = join(import.meta.dirname, '../../profiles', `StructureDefinition-${name}.json`);
  return ((JSON.parse(readFileSync(path, 'utf8')) as StructureDefinition).context ?? []).map(({ expression }) => expression);
}

test('all extensions are among it', () => expect([...new Set(resources.flatMap(namesIn))].toSorted()).toEqual(Object.keys(EXTENSIONS).toSorted()));

const profilesDir = join(import.meta.dirname, '../../profiles');
const definitions = readdirSync(profilesDir)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(profilesDir, name), 'utf8')) as Resource);

/** The profile of our guide that describes what the server writes. */
function profileOf(resource: DomainResource): string | undefined {
  const { resourceType, identifier, code } = resource as DomainResource & Pick<Observation, 'identifier' | 'code'>; // both are looked at with care
  const isOurs = (name: string): boolean => identifier?.some(({ system }) => system === identifierSystem(name)) ?? false;
  if (resourceType === 'Observation') return isOurs('score') ? 'pro-score' : undefined;
  if (resourceType === 'Flag') return 'alert-flag';
  if (resourceType === 'ServiceRequest') return 'referral';
  if (resourceType !== 'Task') return undefined;
  return isOurs('alert-task') ? 'alert-task' : code.coding?.[0]?.code === 'referral' ? 'referral-task' : undefined;
}

describe('keeps to the profile of our guide:', () => {
  const validator = createValidator(loadRegistry(definitions));
  const byProfile = Map.groupBy(resources, profileOf);

  test.each(['pro-score', 'alert-flag', 'alert-task', 'referral', 'referral-task'])('%s', (name) => {
    const list = byProfile.get(name) ?? [];
    expect(list.length).toBeGreaterThan(0);
    for (const resource of list) {
      const { issues } = validator.validate(resource as Resource, { profiles: [extensionUrl(name)] });
      expect({ resource, errors: issues.filter(({ severity }) => severity === 'error') }).toEqual({ resource, errors: [] });
    }
  });
});

describe('of each type', () => {
  const validator = createValidator(loadRegistry(definitions));
  const byType = Map.groupBy(resources, ({ resourceType }) => resourceType);

  test.each([...byType])('%s', (type, list) => {
    const issues = list.flatMap((resource) => validator.validate(resource as Resource).issues);
    expect(issues.filter(({ severity, code }) => severity === 'error' || code === 'extension')).toEqual([]);
    for (const name of list.flatMap(namesIn)) expect({ name, context: contextOf(name) }).toEqual({ name, context: expect.arrayContaining([type]) });
  });
});
