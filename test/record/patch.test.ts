/** Patches and deletions of several under a permit: what it hides stays hidden, whatever a patch tests for. */
import { describe, expect, test } from '@jest/globals';
import { everythingAs, type Grant, type Permit } from '../../src/access/permit.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Change, Done, Operation } from '../../src/record/record.ts';
import { ALL, atom } from '../../src/search/ast.ts';
import { conditionOf, keeperOver, memoryStore, parsed, searchParam, type TestKeeper } from './world.ts';

const SYSTEM = everythingAs('the system');
const female = atom(searchParam('Patient', 'gender'), { is: 'token', code: 'female' });
const active = conditionOf('Patient', 'active=true', atom(searchParam('Patient', 'active'), { is: 'token', code: 'true' }));
const permitOf = (actions: Grant['actions'], where: Grant['where'] = female): Permit => ({
  actor: { display: 'someone' },
  everything: false,
  grants: [{ type: 'Patient', actions, where }],
});
const WOMEN = permitOf(['create', 'read', 'update', 'delete', 'search']);

const deceased: Change = (resource) => ({ ...resource, deceasedBoolean: true });
/** What a patch that tests for a value does. */
const untested: Change = () => {
  throw new FhirError('invalid', 'the value there is another');
};

async function one({ commit }: TestKeeper, operation: Operation, permit: Permit): Promise<Done | undefined> {
  return (await commit({ operations: [operation] }, permit))[0];
}

const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof FhirError ? error.fault : String(error)),
  );

async function filled(): Promise<TestKeeper> {
  const keeper = keeperOver(memoryStore());
  const patients: Resource[] = ['female', 'male', 'female'].map((gender) => ({ resourceType: 'Patient', gender, active: true }));
  for (const resource of patients) await one(keeper, { op: 'create', resource }, SYSTEM);
  return keeper;
}

describe('a patch', () => {
  test('of what may be read and updated makes a new version', async () => {
    const done = await one(await filled(), { op: 'patch', type: 'Patient', id: 'id-1', change: deceased }, WOMEN);
    expect(parsed(done?.version)).toMatchObject({ gender: 'female', deceasedBoolean: true, meta: { versionId: '2' } });
  });

  test('of what is hidden is not even tried: it answers as if nothing were there', async () => {
    const keeper = await filled();
    for (const id of ['id-2', 'never']) expect(await faultOf(one(keeper, { op: 'patch', type: 'Patient', id, change: untested }, WOMEN))).toBe('not-found');
    expect(await faultOf(one(keeper, { op: 'patch', type: 'Patient', id: 'id-1', change: untested }, WOMEN))).toBe('invalid');
  });

  test('takes leave to read, since it tells what it leaves alone', async () => {
    expect(await faultOf(one(await filled(), { op: 'patch', type: 'Patient', id: 'id-1', change: deceased }, permitOf(['update', 'search'])))).toBe(
      'forbidden',
    );
    expect(await faultOf(one(await filled(), { op: 'patch', type: 'Patient', id: 'id-1', change: deceased }, permitOf(['read', 'search'])))).toBe('forbidden');
  });

  test('may not make of a resource what the permit does not reach', async () => {
    const change: Change = (resource) => ({ ...resource, gender: 'male' });
    expect(await faultOf(one(await filled(), { op: 'patch', type: 'Patient', id: 'id-1', change }, WOMEN))).toBe('forbidden');
  });

  test('by criteria finds permitted matches only', async () => {
    const keeper = await filled();
    await one(keeper, { op: 'delete', type: 'Patient', id: 'id-3' }, SYSTEM);
    const done = await one(keeper, { op: 'patch-where', condition: active, change: deceased }, WOMEN);
    expect(done?.version?.id).toBe('id-1');
    expect(await faultOf(one(keeper, { op: 'patch-where', condition: active, change: deceased }, SYSTEM))).toBe('multiple-matches');
  });

  test('of what was deleted is gone for those who could see it, absent for others', async () => {
    const keeper = await filled();
    for (const id of ['id-1', 'id-2']) await one(keeper, { op: 'delete', type: 'Patient', id }, SYSTEM);
    expect(await faultOf(one(keeper, { op: 'patch', type: 'Patient', id: 'id-1', change: deceased }, WOMEN))).toBe('gone');
    expect(await faultOf(one(keeper, { op: 'patch', type: 'Patient', id: 'id-2', change: deceased }, WOMEN))).toBe('not-found');
  });

  test('is applied again where another writer was faster', async () => {
    const keeper = await filled();
    const counted: Change = (resource) => ({ ...resource, multipleBirthInteger: Number(resource.multipleBirthInteger ?? 0) + 1 });
    await Promise.all(Array.from({ length: 20 }, () => one(keeper, { op: 'patch', type: 'Patient', id: 'id-1', change: counted }, WOMEN)));
    expect(parsed(await keeper.store.read('Patient', 'id-1'))).toMatchObject({ multipleBirthInteger: 20, meta: { versionId: '21' } });
  });
});

describe('a deletion of several', () => {
  test('deletes what the permit lets one see, and nothing else', async () => {
    const keeper = await filled();
    const done = await one(keeper, { op: 'delete-where', condition: active, atMost: 10 }, WOMEN);
    expect([done?.outcome, done?.count]).toEqual(['deleted', 2]);
    expect((await keeper.store.read('Patient', 'id-2'))?.method).toBe('create');
  });

  test('of one that may be seen but not deleted deletes none', async () => {
    const keeper = await filled();
    const permit: Permit = { ...WOMEN, grants: [...permitOf(['search'], ALL).grants, ...permitOf(['delete']).grants] };
    expect(await faultOf(one(keeper, { op: 'delete-where', condition: active, atMost: 10 }, permit))).toBe('forbidden');
    expect((await keeper.store.read('Patient', 'id-1'))?.method).toBe('create');
  });
});
