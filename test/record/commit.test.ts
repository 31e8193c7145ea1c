import { describe, expect, test } from '@jest/globals';
import type { Permit } from '../../src/access/permit.ts';
import { everythingAs } from '../../src/access/permit.ts';
import { type FaultName, FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Condition, Done, Operation } from '../../src/record/record.ts';
import { ALL, and, atom, NONE, type Tree } from '../../src/search/ast.ts';
import { conditionOf, keeperOver, memoryStore, parsed, searchParam, type TestKeeper } from './world.ts';

const SYSTEM = everythingAs('the system');
const MRN = 'urn:mrn';

const patient = (value: string, more: object = {}): Resource => ({ resourceType: 'Patient', identifier: [{ system: MRN, value }], ...more });
const observation = (subject: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'pain' },
  subject: { reference: subject },
  ...more,
});

const byMrn = (value: string): Condition =>
  conditionOf('Patient', `identifier=${MRN}|${value}`, atom(searchParam('Patient', 'identifier'), { is: 'token', system: MRN, code: value }));

function keeper(settings?: Parameters<typeof keeperOver>[1]): TestKeeper {
  return keeperOver(memoryStore(), settings);
}

async function one({ commit }: TestKeeper, operation: Operation, permit: Permit = SYSTEM): Promise<Done> {
  const [done] = await commit({ operations: [operation], parseCondition }, permit);
  if (done === undefined) throw new Error('no result');
  return done;
}

const create = (resource: Resource): Operation => ({ op: 'create', resource });
const idIn = (done: Done | undefined): string => done?.version?.id ?? '';

async function refusal(work: Promise<unknown>): Promise<{ fault: FaultName; text: string; expression: readonly string[] }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FhirError)) throw new Error(`expected a FhirError, got ${String(error)}`);
  return { fault: error.fault, text: error.issues[0]?.text ?? '', expression: error.issues[0]?.expression ?? [] };
}

/** `identifier=system|value` is all that these tests need of query text. */
function parseCondition(type: string, query: string): Condition {
  const [, value = ''] = query.split(`identifier=${MRN}|`);
  return { ...byMrn(value), type, text: `${type}?${query}` };
}

describe('create', () => {
  test('the server gives id, version and time, and keeps the rest of meta', async () => {
    const record = keeper();
    const meta = {
      versionId: '9',
      lastUpdated: '2020-01-01T00:00:00Z',
      tag: [{ system: 'urn:t', code: 'kept' }],
      security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
    };
    const done = await one(record, create(patient('1', { id: 'mine', meta })));
    expect(done).toMatchObject({ outcome: 'created', issues: [], advice: [], version: { type: 'Patient', id: 'id-1', version: 1, method: 'create' } });
    expect(parsed(done.version)).toEqual({
      ...patient('1'),
      id: 'id-1',
      meta: { versionId: '1', lastUpdated: record.now, tag: meta.tag, security: meta.security },
    });
    expect(await record.store.read('Patient', 'id-1')).toEqual(done.version);
  });

  test('an invalid resource is refused with every fault, and nothing is written', async () => {
    const record = keeper();
    const error = await refusal(one(record, create(patient('1', { gender: 'blue', colour: 'red' }))));
    expect(error.fault).toBe('invalid');
    expect(await record.store.read('Patient', 'id-1')).toBeUndefined();
  });

  test('meta that is no object is refused, not stumbled over', async () => {
    for (const meta of ['x', 7, null, ['a']]) {
      const error = await refusal(one(keeper(), create(patient('1', { meta }))));
      expect(error).toMatchObject({ fault: 'invalid', expression: ['Patient.meta'] });
    }
  });

  test('conditional: stored where nothing matches, found where one does, refused where several do', async () => {
    const record = keeper();
    const operation: Operation = { op: 'create', resource: patient('1'), ifNoneExist: byMrn('1') };
    const first = await one(record, operation);
    expect(first.outcome).toBe('created');
    expect(await one(record, operation)).toMatchObject({ outcome: 'existing', version: { id: idIn(first), version: 1 } });
    await one(record, create(patient('1')));
    expect(await refusal(one(record, operation))).toMatchObject({ fault: 'multiple-matches' });
  });

  test('a hundred identical conditional creates at once make one resource', async () => {
    const record = keeper();
    const results = await Promise.all(Array.from({ length: 100 }, () => one(record, { op: 'create', resource: patient('1'), ifNoneExist: byMrn('1') })));
    expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(results.filter(({ outcome }) => outcome === 'existing')).toHaveLength(99);
    expect(new Set(results.map(idIn)).size).toBe(1);
  });
});

describe('update', () => {
  test('a new version; one that changes nothing makes none', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('1'))));
    const second = await one(record, { op: 'update', id, resource: patient('1', { id, active: true }) });
    expect(second).toMatchObject({ outcome: 'updated', version: { version: 2, method: 'update' } });
    const again = await one(record, { op: 'update', id, resource: patient('1', { active: true, id, meta: { versionId: '1' } }) });
    expect(again).toMatchObject({ outcome: 'unchanged', version: { version: 2 } });
    expect((await record.store.history({ type: 'Patient', id, count: 10 })).versions).toHaveLength(2);
  });

  test('If-Match', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('1'))));
    const update = (ifMatch: number, active: boolean): Operation => ({ op: 'update', id, resource: patient('1', { id, active }), ifMatch });
    expect((await one(record, update(1, true))).version?.version).toBe(2);
    expect(await refusal(one(record, update(1, false)))).toMatchObject({ fault: 'version-mismatch' });
    expect(await refusal(one(record, { ...update(1, false), id: 'x', resource: patient('1', { id: 'x' }) } as Operation))).toMatchObject({
      fault: 'version-mismatch',
    });
  });

  test('of those who update the same version at once with If-Match, one succeeds', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('0'))));
    const race = Array.from({ length: 20 }, (_, at) => one(record, { op: 'update', id, resource: patient(`${at + 1}`, { id }), ifMatch: 1 }));
    const results = await Promise.allSettled(race);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await record.store.read('Patient', id))?.version).toBe(2);
  });

  test('without If-Match all of them succeed, one after the other', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('0'))));
    const race = Array.from({ length: 100 }, (_, at) => one(record, { op: 'update', id, resource: patient(`${at + 1}`, { id }) }));
    const versions = (await Promise.all(race)).map(({ version }) => version?.version);
    expect(versions.toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at + 2));
  });

  test('as create, over nothing and over a tombstone, for a permit that may do everything', async () => {
    const record = keeper();
    const update: Operation = { op: 'update', id: 'chosen', resource: patient('1', { id: 'chosen' }) };
    expect(await one(record, update)).toMatchObject({ outcome: 'created', version: { id: 'chosen', version: 1 } });
    await one(record, { op: 'delete', type: 'Patient', id: 'chosen' });
    expect(await one(record, update)).toMatchObject({ outcome: 'created', version: { id: 'chosen', version: 3 } });
  });

  test('the id in the resource must be the one it is stored under', async () => {
    const record = keeper();
    expect(await refusal(one(record, { op: 'update', id: 'a', resource: patient('1', { id: 'b' }) }))).toMatchObject({
      fault: 'bad-request',
      expression: ['Patient.id'],
    });
    expect(await refusal(one(record, { op: 'update', id: 'a', resource: patient('1') }))).toMatchObject({ fault: 'bad-request' });
    expect(await refusal(one(record, { op: 'update', id: 'a/b', resource: patient('1', { id: 'a/b' }) }))).toMatchObject({ fault: 'bad-request' });
  });

  test('conditional: creates, updates, refuses another id and several matches', async () => {
    const record = keeper();
    const update = (more: object): Operation => ({ op: 'update-where', condition: byMrn('1'), resource: patient('1', more) });
    const first = await one(record, update({}));
    expect(first.outcome).toBe('created');
    expect(await one(record, update({ active: true }))).toMatchObject({ outcome: 'updated', version: { id: idIn(first), version: 2 } });
    expect(await refusal(one(record, update({ id: 'other' })))).toMatchObject({ fault: 'bad-request', expression: ['Patient.id'] });
    await one(record, create(patient('1')));
    expect(await refusal(one(record, update({})))).toMatchObject({ fault: 'multiple-matches' });
  });

  test('conditional, of nothing, under an id: made there, but never over a resource that does not match', async () => {
    const record = keeper();
    await one(record, { op: 'update', id: 'taken', resource: patient('2', { id: 'taken' }) });
    const update = (id: string): Operation => ({ op: 'update-where', condition: byMrn('1'), resource: patient('1', { id }) });
    expect(await refusal(one(record, update('taken')))).toMatchObject({ fault: 'conflict' });
    expect(await one(record, update('free'))).toMatchObject({ outcome: 'created', version: { id: 'free' } });
  });

  test('a hundred conditional updates at once make one resource', async () => {
    const record = keeper();
    const race = Array.from({ length: 100 }, (_, at) =>
      one(record, { op: 'update-where', condition: byMrn('1'), resource: patient('1', { birthDate: `19${10 + (at % 90)}-01-01` }) }),
    );
    expect(new Set((await Promise.all(race)).map(idIn)).size).toBe(1);
  });
});

describe('delete', () => {
  test('leaves a tombstone, once; what was never there is absent', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('1'))));
    await one(record, create(observation(`Patient/${id}`)));
    const remove: Operation = { op: 'delete', type: 'Patient', id };
    expect(await one(record, remove)).toMatchObject({ outcome: 'deleted', version: { version: 2, method: 'delete', text: '' } });
    expect(await one(record, remove)).toMatchObject({ outcome: 'absent', version: undefined });
    expect(await one(record, { op: 'delete', type: 'Patient', id: 'never' })).toMatchObject({ outcome: 'absent', version: undefined });
  });

  test('conditional, and with If-Match', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('1'))));
    expect(await refusal(one(record, { op: 'delete', type: 'Patient', id, ifMatch: 7 }))).toMatchObject({ fault: 'version-mismatch' });
    expect(await one(record, { op: 'delete-where', condition: byMrn('2') })).toMatchObject({ outcome: 'absent' });
    expect(await one(record, { op: 'delete-where', condition: byMrn('1') })).toMatchObject({ outcome: 'deleted', version: { id } });
  });
});

describe('references', () => {
  test('to what does not exist, or was deleted, are refused by name', async () => {
    const record = keeper();
    const missing = await refusal(one(record, create(observation('Patient/nobody'))));
    expect(missing).toMatchObject({ fault: 'invalid', expression: ['Observation.subject'] });
    expect(missing.text).toContain('Patient/nobody');
    const id = idIn(await one(record, create(patient('1'))));
    await one(record, { op: 'delete', type: 'Patient', id });
    expect(await refusal(one(record, create(observation(`Patient/${id}`))))).toMatchObject({ fault: 'invalid' });
  });

  test('are free where the setting says so', async () => {
    expect(await one(keeper({ references: 'free' }), create(observation('Patient/nobody')))).toMatchObject({ outcome: 'created' });
  });

  test('a urn that names no entry is refused', async () => {
    const urn = 'urn:uuid:5b7f0f6e-6f0e-4d3e-9d0e-0d3f8f6f0009';
    expect(await refusal(one(keeper(), create(observation(urn))))).toMatchObject({ fault: 'invalid', expression: ['Observation.subject'] });
  });

  test('conditional references find exactly one', async () => {
    const record = keeper();
    const add = (): Promise<Done> => one(record, create(observation(`Patient?identifier=${MRN}|1`)));
    expect(await refusal(add())).toMatchObject({ fault: 'invalid', expression: ['Observation.subject'] });
    const id = idIn(await one(record, create(patient('1'))));
    expect(parsed((await add()).version)).toMatchObject({ subject: { reference: `Patient/${id}` } });
    await one(record, create(patient('1')));
    expect(await refusal(add())).toMatchObject({ fault: 'multiple-matches' });
  });
});

describe('a transaction', () => {
  const P = 'urn:uuid:5b7f0f6e-6f0e-4d3e-9d0e-0d3f8f6f0001';
  const O = 'urn:uuid:5b7f0f6e-6f0e-4d3e-9d0e-0d3f8f6f0002';
  const all = ({ commit }: TestKeeper, operations: Operation[], permit: Permit = SYSTEM): Promise<readonly Done[]> =>
    commit({ operations, parseCondition }, permit);

  test('entries refer to each other by fullUrl, whatever their order', async () => {
    const record = keeper();
    const [member, group, who] = await all(record, [
      { op: 'create', resource: observation(P), fullUrl: O },
      create(observation(P, { hasMember: [{ reference: O }] })),
      { op: 'create', resource: patient('1'), fullUrl: P },
    ]);
    expect(parsed(group?.version)).toMatchObject({ subject: { reference: `Patient/${idIn(who)}` }, hasMember: [{ reference: `Observation/${idIn(member)}` }] });
    expect(parsed(member?.version)).toMatchObject({ subject: { reference: `Patient/${idIn(who)}` } });
  });

  test('a conditional create that finds one passes its id on to the others', async () => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('1'))));
    const [existing, added] = await all(record, [{ op: 'create', resource: patient('1'), ifNoneExist: byMrn('1'), fullUrl: P }, create(observation(P))]);
    expect(existing).toMatchObject({ outcome: 'existing', version: { id, version: 1 } });
    expect(parsed(added?.version)).toMatchObject({ subject: { reference: `Patient/${id}` } });
  });

  test('conditions see the deletions and creations of the same transaction', async () => {
    const record = keeper();
    const old = idIn(await one(record, create(patient('1'))));
    const [twin, fresh, gone, seen] = await all(record, [
      { op: 'create', resource: patient('1'), ifNoneExist: byMrn('1') },
      { op: 'create', resource: patient('1'), ifNoneExist: byMrn('1') },
      { op: 'delete', type: 'Patient', id: old },
      create(observation(`Patient?identifier=${MRN}|1`)),
    ]);
    expect([twin?.outcome, fresh?.outcome, gone?.outcome]).toEqual(['created', 'existing', 'deleted']);
    expect(idIn(fresh)).toBe(idIn(twin));
    expect(idIn(twin)).not.toBe(old);
    expect(parsed(seen?.version)).toMatchObject({ subject: { reference: `Patient/${idIn(twin)}` } });
  });

  test('the same transaction twice at once leaves one patient', async () => {
    const record = keeper();
    const bundle = (): Promise<readonly Done[]> =>
      all(record, [{ op: 'create', resource: patient('1'), ifNoneExist: byMrn('1'), fullUrl: P }, create(observation(P))]);
    const results = await Promise.all([bundle(), bundle(), bundle()]);
    expect(new Set(results.map(([who]) => idIn(who))).size).toBe(1);
  });

  test.each<[string, (id: string) => Operation[]]>([
    ['two updates', (id) => [update(id, 'a'), update(id, 'b')]],
    ['a deletion and an update', (id) => [update(id, 'a'), { op: 'delete', type: 'Patient', id }]],
    [
      'two deletions',
      (id) => [
        { op: 'delete', type: 'Patient', id },
        { op: 'delete', type: 'Patient', id },
      ],
    ],
    ['an update and a conditional one', (id) => [update(id, '1'), { op: 'update-where', condition: byMrn('1'), resource: patient('1', { active: true }) }]],
    [
      'a creation and a conditional update of it',
      () => [create(patient('7')), { op: 'update-where', condition: byMrn('7'), resource: patient('7', { active: true }) }],
    ],
  ])('%s of one resource are refused', async (_, operations) => {
    const record = keeper();
    const id = idIn(await one(record, create(patient('1'))));
    const error = await refusal(all(record, operations(id)));
    expect(error.fault).toBe('bad-request');
    expect(error.expression[0]).toMatch(/^Bundle\.entry\[[01]\]$/);
    expect((await record.store.history({ count: 10 })).versions).toHaveLength(1);
  });

  const update = (id: string, value: string): Operation => ({ op: 'update', id, resource: patient(value, { id, active: false }) });

  test('the entry at fault is named, and nothing of the others is written', async () => {
    const record = keeper();
    const bad = await refusal(all(record, [create(patient('1')), create(patient('2', { gender: 'blue' }))]));
    expect(bad.expression).toEqual(['Bundle.entry[1].resource.gender']);
    const dangling = await refusal(all(record, [create(patient('1')), create(observation('Patient/nobody'))]));
    expect(dangling.expression).toEqual(['Bundle.entry[1].resource.subject']);
    const mismatch = await refusal(all(record, [create(patient('1')), { op: 'delete', type: 'Patient', id: 'x', ifMatch: 2 }]));
    expect(mismatch).toMatchObject({ fault: 'version-mismatch', expression: ['Bundle.entry[1]'] });
    expect((await record.store.history({ count: 10 })).versions).toEqual([]);
  });
});

describe('under a permit', () => {
  const female: Tree = atom(searchParam('Patient', 'gender'), { is: 'token', code: 'female' });
  const permitOf = (...grants: [type: string, actions: Permit['grants'][number]['actions'], where: Tree][]): Permit => ({
    actor: { display: 'someone' },
    everything: false,
    grants: grants.map(([type, actions, where]) => ({ type, actions, where })),
  });
  const women = permitOf(['Patient', ['create', 'read', 'update', 'delete', 'search'], female]);

  async function people(): Promise<{ record: TestKeeper; she: string; he: string }> {
    const record = keeper();
    const she = idIn(await one(record, create(patient('1', { gender: 'female' }))));
    const he = idIn(await one(record, create(patient('2', { gender: 'male' }))));
    return { record, she, he };
  }

  test('the content is judged before and after', async () => {
    const { record, she } = await people();
    expect(await one(record, { op: 'update', id: she, resource: patient('1', { id: she, gender: 'female', active: true }) }, women)).toMatchObject({
      outcome: 'updated',
    });
    expect(await refusal(one(record, { op: 'update', id: she, resource: patient('1', { id: she, gender: 'male' }) }, women))).toMatchObject({
      fault: 'forbidden',
    });
    expect(await refusal(one(record, create(patient('3', { gender: 'male' })), women))).toMatchObject({ fault: 'forbidden' });
    expect(await one(record, create(patient('3', { gender: 'female' })), women)).toMatchObject({ outcome: 'created' });
  });

  test('what is hidden and what is absent are answered alike, and ids are not chosen', async () => {
    const { record, he } = await people();
    const update = (id: string): Promise<unknown> => refusal(one(record, { op: 'update', id, resource: patient('2', { id, gender: 'female' }) }, women));
    const said = JSON.stringify(await update(he)).replaceAll(he, 'ID');
    expect(said).toBe(JSON.stringify(await update('nobody')).replaceAll('nobody', 'ID'));
    expect(said).toContain('not-found');
    expect(await one(record, { op: 'delete', type: 'Patient', id: he }, women)).toMatchObject({ outcome: 'absent' });
    expect((await record.store.read('Patient', he))?.method).toBe('create');
  });

  test('conditions see permitted matches only', async () => {
    const { record, he } = await people();
    const made = await one(record, { op: 'create', resource: patient('2', { gender: 'female' }), ifNoneExist: byMrn('2') }, women);
    expect(made.outcome).toBe('created');
    expect(idIn(made)).not.toBe(he);
    expect(await one(record, { op: 'delete-where', condition: byMrn('2') }, women)).toMatchObject({ outcome: 'deleted', version: { id: idIn(made) } });
    expect(
      await refusal(one(record, { op: 'update-where', condition: byMrn('2'), resource: patient('2', { id: he, gender: 'female' }) }, women)),
    ).toMatchObject({ fault: 'forbidden' });
  });

  test('references lead only where the caller may read', async () => {
    const { record, she, he } = await people();
    const nurse = permitOf(['Patient', ['read'], female], ['Observation', ['create'], ALL]);
    expect(await one(record, create(observation(`Patient/${she}`)), nurse)).toMatchObject({ outcome: 'created' });
    const hidden = await refusal(one(record, create(observation(`Patient/${he}`)), nurse));
    const absent = await refusal(one(record, create(observation('Patient/nobody')), nurse));
    expect(hidden.text.replace(he, 'nobody')).toBe(absent.text);
  });

  test('a type without a grant is refused before anything is looked at', async () => {
    const { record, she } = await people();
    const reader = permitOf(['Patient', ['read', 'search'], ALL]);
    for (const operation of [
      create(patient('9')),
      { op: 'update', id: she, resource: patient('1', { id: she }) },
      { op: 'delete', type: 'Patient', id: she },
      { op: 'delete', type: 'Patient', id: 'nobody' },
      { op: 'update-where', condition: byMrn('1'), resource: patient('1') },
      { op: 'delete-where', condition: byMrn('1') },
    ] as Operation[]) {
      expect(await refusal(one(record, operation, reader))).toMatchObject({ fault: 'forbidden' });
    }
    expect(await refusal(one(record, create(patient('9')), permitOf(['Patient', ['create'], NONE])))).toMatchObject({ fault: 'forbidden' });
  });

  test('what may be seen but not changed is said so', async () => {
    const { record, he } = await people();
    const mixed = permitOf(['Patient', ['read'], ALL], ['Patient', ['update', 'delete'], and(female)]);
    expect(await refusal(one(record, { op: 'update', id: he, resource: patient('2', { id: he }) }, mixed))).toMatchObject({ fault: 'forbidden' });
    expect(await refusal(one(record, { op: 'delete', type: 'Patient', id: he }, mixed))).toMatchObject({ fault: 'forbidden' });
  });
});
