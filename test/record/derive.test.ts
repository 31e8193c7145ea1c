import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Communication, DetectedIssue, Flag, Observation, Provenance, QuestionnaireResponse, Task } from 'fhir/r4';
import { everythingAs, type Permit } from '../../src/access/permit.ts';
import { extensionUrl } from '../../src/fhir/names.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Policy } from '../../src/pro/instrument.ts';
import type { Done, Operation } from '../../src/record/record.ts';
import { ALL } from '../../src/search/ast.ts';
import { answer, type Given, policy, questionnaire, URL } from './instrument.ts';
import { keeperOver, memoryStore, type TestKeeper, validator } from './world.ts';

const SYSTEM = everythingAs('the system');
const asResource = (resource: object): Resource => resource as Resource; // FHIR's own types lack an index signature

let record: TestKeeper;
let patient: string;

beforeEach(async () => {
  record = keeperOver(memoryStore());
  await store({ resourceType: 'Device', id: 'pro-bridge-rules' }, 'pro-bridge-rules');
  await store({ ...questionnaire(), id: 'tiny' }, 'tiny');
  patient = `Patient/${(await create({ resourceType: 'Patient', birthDate: '1960-01-01' })).version?.id}`;
});

async function run(operation: Operation, permit: Permit = SYSTEM): Promise<Done> {
  const [done] = await record.commit({ operations: [operation] }, permit);
  if (done === undefined) throw new Error('no result');
  return done;
}

const create = (resource: object): Promise<Done> => run({ op: 'create', resource: asResource(resource) });
const store = (resource: object, id: string): Promise<Done> => run({ op: 'update', id, resource: asResource({ ...resource, id }) });
const give = (given: Given, more: Partial<QuestionnaireResponse> = {}): Promise<Done> => create(answer(patient, given, more));

/** Another version of an answer that was given. */
const change = (done: Done, given: Given, more: Partial<QuestionnaireResponse> = {}): Promise<Done> =>
  store(answer(patient, given, { status: 'amended', ...more }), done.version?.id ?? '');

interface Types {
  readonly Observation: Observation;
  readonly DetectedIssue: DetectedIssue;
  readonly Flag: Flag;
  readonly Task: Task;
  readonly Communication: Communication;
  readonly Provenance: Provenance;
  readonly Binary: Resource;
}

async function all<Type extends keyof Types>(type: Type): Promise<Types[Type][]> {
  const page = await record.store.search({ of: [{ type, where: ALL }], sort: [], count: 1000, total: 'none', include: [] });
  return page.matches.map(({ text }) => JSON.parse(text) as Types[Type]);
}

const extension = (resource: { extension?: { url: string }[] | undefined }, name: string): unknown =>
  Object.values(resource.extension?.find(({ url }) => url === extensionUrl(name)) ?? {}).find((value) => value !== extensionUrl(name));

async function refusal(work: Promise<unknown>): Promise<FhirError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FhirError)) throw new Error(`expected a FhirError, got ${String(error)}`);
  return error;
}

describe('an answer', () => {
  test('is stored, scored, judged and answered in one transaction', async () => {
    const done = await give({ pain: 8, fever: false }, { authored: '2026-11-02T07:00:00Z' });
    const written = `QuestionnaireResponse/${done.version?.id}`;
    const [observation] = await all('Observation');
    expect(observation).toMatchObject({ status: 'final', subject: { reference: patient }, valueQuantity: { value: 8 }, derivedFrom: [{ reference: written }] });
    const [issue] = await all('DetectedIssue');
    expect(issue).toMatchObject({ status: 'final', severity: 'high', patient: { reference: patient } });
    const [flag] = await all('Flag');
    expect(flag).toMatchObject({ status: 'active', subject: { reference: patient }, period: { start: expect.stringMatching(/^2026-11-02T07:00:00/) } });
    const [task] = await all('Task');
    expect(task).toMatchObject({ status: 'requested', focus: { reference: `Flag/${flag?.id}` }, restriction: { period: { end: '2026-11-03T08:00:00.000Z' } } });
    const [communication] = await all('Communication');
    expect(done.advice).toEqual([{ ref: `Communication/${communication?.id}`, text: expect.stringContaining('severe advice, call 113'), language: 'en' }]);
    expect((await all('Provenance'))[0]).toMatchObject({ entity: [{ what: { reference: `${written}/_history/1` } }] });
    const log = await record.store.history({ count: 20 });
    expect(new Set(log.versions.slice(0, 7).map(({ updated }) => updated))).toEqual(new Set([record.now]));
  });

  test('everything that is derived is valid FHIR', async () => {
    await give({ pain: 8, fever: true });
    await change(await give({ pain: 3 }), { pain: 5 });
    const derived = (
      await Promise.all((['Observation', 'DetectedIssue', 'Flag', 'Task', 'Communication', 'Provenance'] as const).map((type) => all(type)))
    ).flat();
    expect(derived.length).toBeGreaterThan(10);
    for (const resource of derived) {
      const { issues } = validator.validate(asResource(resource));
      expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    }
  });

  test('in which nothing was found is thanked for', async () => {
    const done = await give({ pain: 1, fever: false });
    expect(done.advice[0]?.text).toContain('Thank you.');
    expect([...(await all('Flag')), ...(await all('Task')), ...(await all('DetectedIssue'))]).toEqual([]);
  });

  test('advice is given in the language of the patient', async () => {
    await store(
      { resourceType: 'Patient', communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'nb' }] } }] },
      patient.slice('Patient/'.length),
    );
    const done = await give({ fever: true });
    expect(done.advice[0]).toMatchObject({ language: 'nb', text: expect.stringContaining('Mål temperaturen.') });
  });

  test('that is a draft is checked leniently, and not scored; finished later it is', async () => {
    const draft = await give({}, { status: 'in-progress' });
    expect(draft.advice).toEqual([]);
    expect(await all('Observation')).toEqual([]);
    await change(draft, { pain: 9 }, { status: 'completed' });
    expect(await all('Observation')).toHaveLength(1);
    expect(await all('Flag')).toHaveLength(1);
  });

  test('that was a draft for days was received when it was finished', async () => {
    const draft = await give({}, { status: 'in-progress' });
    record.setClock('2026-11-06T08:00:00.000Z');
    await change(draft, { pain: 9 }, { status: 'completed' });
    expect((await all('Observation')).map(({ effectiveDateTime }) => effectiveDateTime)).toEqual([record.now]);
    expect((await all('Flag')).map(({ period }) => period?.start)).toEqual([record.now]);
    const finished = record.now;
    record.setClock('2026-11-08T08:00:00.000Z');
    await change(draft, { pain: 8 }, { status: 'amended' });
    expect((await all('Observation')).map(({ effectiveDateTime }) => effectiveDateTime)).toEqual([finished]);
  });

  test('sent again without a change leads to nothing new', async () => {
    const done = await give({ pain: 9 });
    const before = (await record.store.history({ count: 100 })).versions.length;
    const again = await change(done, { pain: 9 }, { status: 'completed' });
    expect(again.outcome).toBe('unchanged');
    expect((await record.store.history({ count: 100 })).versions).toHaveLength(before);
  });

  test('inside a transaction with its patient, by urn', async () => {
    const urn = 'urn:uuid:5b7f0f6e-6f0e-4d3e-9d0e-0d3f8f6f0001';
    const [, who] = await record.commit(
      {
        operations: [
          { op: 'create', resource: asResource(answer(urn, { fever: true })) },
          { op: 'create', resource: asResource({ resourceType: 'Patient' }), fullUrl: urn },
        ],
      },
      SYSTEM,
    );
    expect((await all('Flag')).map(({ subject }) => subject.reference)).toEqual([`Patient/${who?.version?.id}`]);
  });

  test('several of one patient in one transaction are judged one after the other', async () => {
    const resource = (pain: number, authored: string): Operation => ({ op: 'create', resource: asResource(answer(patient, { pain }, { authored })) });
    const done = await record.commit({ operations: [resource(2, '2026-10-19'), resource(3, '2026-10-26'), resource(6, '2026-11-01')] }, SYSTEM);
    expect(done.map(({ advice }) => advice.length)).toEqual([1, 1, 1]);
    expect((await all('DetectedIssue')).map(({ code }) => code?.coding?.[0]?.code).toSorted()).toEqual(['pain-moderate', 'pain-worse']);
    expect(await all('Flag')).toHaveLength(1);
    expect(await record.store.counter(`series|${patient}|${URL}`)).toBe(1);
  });
});

describe('the Questionnaire that an answer names', () => {
  test('unknown: refused, naming it', async () => {
    const error = await refusal(give({ pain: 1 }, { questionnaire: 'https://nowhere.example/Questionnaire/x|1' }));
    expect(error).toMatchObject({ fault: 'invalid', message: expect.stringContaining('https://nowhere.example/Questionnaire/x') });
    expect(error.issues[0]?.expression).toEqual(['QuestionnaireResponse.questionnaire']);
  });

  test('unknown in that version: refused, naming the versions that there are', async () => {
    const error = await refusal(give({ pain: 1 }, { questionnaire: `${URL}|9.9` }));
    expect(error.message).toMatch(/no version 9\.9.*1\.0\.0 \(active\)/);
  });

  test('without a version: the latest active one', async () => {
    await store(questionnaire('1.1.0', { item: [{ linkId: 'fever', type: 'boolean' }] }), 'tiny-11');
    await store(questionnaire('2.0.0', { status: 'draft', item: [{ linkId: 'other', type: 'boolean' }] }), 'tiny-2');
    expect((await give({ fever: true }, { questionnaire: URL })).outcome).toBe('created');
    expect(await refusal(give({ pain: 1 }, { questionnaire: URL }))).toMatchObject({ fault: 'invalid' });
    expect(await all('Flag')).toHaveLength(1);
    expect((await all('Observation')).map(({ method }) => method?.text)).toEqual([`tiny scoring 1.0.0, answers read as ${URL}|1.1.0`]);
  });

  test('none: stored, unscored', async () => {
    const { questionnaire: _, ...anonymous } = answer(patient, { pain: 9, fever: true });
    expect(await create(anonymous)).toMatchObject({ outcome: 'created', advice: [] });
    expect([...(await all('Observation')), ...(await all('Task'))]).toEqual([]);
  });

  test('without a scoring: checked, stored, no Task', async () => {
    const other = 'https://elsewhere.example/Questionnaire/other';
    await store(questionnaire('1', { url: other }), 'other');
    expect(await give({ pain: 9 }, { questionnaire: `${other}|1` })).toMatchObject({ outcome: 'created', advice: [] });
    expect(await refusal(give({ pain: 99 }, { questionnaire: `${other}|1` }))).toMatchObject({ fault: 'invalid' });
    expect([...(await all('Observation')), ...(await all('Task'))]).toEqual([]);
  });

  test('answers that do not fit it are refused, naming the item', async () => {
    const error = await refusal(give({ pain: 11 }));
    expect(error.issues[0]?.expression?.[0]).toMatch(/^QuestionnaireResponse\.item\[0\]/);
  });

  test('an answer to an instrument must say whose it is', async () => {
    const { subject: _, ...nobody } = answer(patient, { pain: 1 });
    expect((await refusal(create(nobody))).issues[0]?.expression).toEqual(['QuestionnaireResponse.subject']);
    expect((await refusal(create(answer('Patient/nobody', { pain: 1 })))).issues[0]?.expression).toEqual(['QuestionnaireResponse.subject']);
  });
});

describe('answers of one patient at once', () => {
  test('two with the same symptom: both scored and judged, one alert', async () => {
    await Promise.all([give({ pain: 8 }), give({ pain: 9 })]);
    expect(await all('Observation')).toHaveLength(2);
    expect(await all('DetectedIssue')).toHaveLength(2);
    const flags = await all('Flag');
    expect(flags).toHaveLength(1);
    expect(await all('Task')).toHaveLength(1);
    expect(await record.store.holder(`flag|${patient}|pain`)).toBe(`Flag/${flags[0]?.id}`);
  });

  test('thirty of them are never refused, and none is missed by the others', async () => {
    const authored = (day: number): string => new Date(Date.UTC(2026, 9, 1 + day)).toISOString();
    await Promise.all(Array.from({ length: 30 }, (_, day) => give({ pain: day % 2 === 0 ? 2 : 5 }, { authored: authored(day) })));
    expect(await all('Observation')).toHaveLength(30);
    const rules = (await all('DetectedIssue')).map(({ code }) => code?.coding?.[0]?.code);
    expect(rules.filter((rule) => rule === 'pain-moderate')).toHaveLength(15);
    expect(rules.filter((rule) => rule === 'pain-worse')).toHaveLength(15);
    expect(await all('Flag')).toHaveLength(1);
    expect(await record.store.counter(`series|${patient}|${URL}`)).toBe(30);
  });
});

describe('late, corrected and withdrawn answers', () => {
  test('a late one is judged at its time, and the later ones again', async () => {
    await give({ pain: 5 }, { authored: '2026-11-01T08:00:00Z' });
    expect(await all('DetectedIssue')).toHaveLength(1);
    await give({ pain: 2 }, { authored: '2026-10-28T08:00:00Z' });
    const rules = (await all('DetectedIssue')).map(({ code }) => code?.coding?.[0]?.code).toSorted();
    expect(rules).toEqual(['pain-moderate', 'pain-worse']);
  });

  test('a correction amends the score and never lowers a critical alert', async () => {
    const done = await give({ pain: 8, fever: true });
    await change(done, { pain: 1, fever: false });
    expect((await all('Observation')).map(({ status, valueQuantity }) => [status, valueQuantity?.value])).toEqual([['amended', 1]]);
    const flags = await all('Flag');
    expect(flags.filter(({ status }) => status === 'active').map((flag) => [extension(flag, 'tier'), extension(flag, 'answer-corrected')])).toEqual([
      ['critical', true],
    ]);
    expect(flags.filter(({ status }) => status === 'entered-in-error')).toHaveLength(1);
    expect(await record.store.holder(`flag|${patient}|pain`)).toBeUndefined();
    expect(await record.store.holder(`flag|${patient}|fever`)).toBeDefined();
  });

  test('a withdrawn one takes its scores along, and the alert that nobody has seen', async () => {
    const done = await give({ pain: 8 });
    await change(done, { pain: 8 }, { status: 'entered-in-error' });
    expect((await all('Observation')).map(({ status }) => status)).toEqual(['entered-in-error']);
    expect((await all('Flag')).map(({ status }) => status)).toEqual(['entered-in-error']);
    expect((await all('Task')).map(({ status }) => status)).toEqual(['cancelled']);
    expect((await give({ pain: 8 })).outcome).toBe('created');
    expect((await all('Flag')).filter(({ status }) => status === 'active')).toHaveLength(1);
  });

  test('a deleted one likewise; a later answer that rested on it is judged again', async () => {
    const first = await give({ pain: 2 }, { authored: '2026-10-28T08:00:00Z' });
    await give({ pain: 5 }, { authored: '2026-11-01T08:00:00Z' });
    const withdrawn = async (): Promise<unknown[]> =>
      (await all('DetectedIssue')).filter(({ status }) => status === 'entered-in-error').map(({ code }) => code?.coding?.[0]?.code);
    expect(await withdrawn()).toEqual([]);
    await run({ op: 'delete', type: 'QuestionnaireResponse', id: first.version?.id ?? '' });
    expect(await withdrawn()).toEqual(['pain-worse']);
    expect((await all('Observation')).map(({ status }) => status).toSorted()).toEqual(['entered-in-error', 'final']);
  });

  test('one that was another patient’s moves, with all that follows from it', async () => {
    const other = `Patient/${(await create({ resourceType: 'Patient' })).version?.id}`;
    const done = await give({ pain: 8 });
    await store(answer(other, { pain: 8 }, { status: 'amended' }), done.version?.id ?? '');
    const active = (await all('Flag')).filter(({ status }) => status === 'active');
    expect(active.map(({ subject }) => subject.reference)).toEqual([other]);
    expect((await all('Observation')).map(({ status, subject }) => [status, subject?.reference])).toEqual([['amended', other]]);
  });

  test('can be withdrawn even when its Questionnaire is gone', async () => {
    const done = await give({ pain: 8 });
    await run({ op: 'delete', type: 'Questionnaire', id: 'tiny' });
    await change(done, { pain: 8 }, { status: 'entered-in-error' });
    expect((await all('Flag')).map(({ status }) => status)).toEqual(['entered-in-error']);
  });
});

describe('what is refused is not lost', () => {
  const broken = (more: object = {}): object => ({ ...answer(patient, { fever: true }), colour: 'red', ...more });

  test('a red flag in it is kept aside, staff are told, and the sender hears of both', async () => {
    const error = await refusal(create(broken()));
    expect(error.fault).toBe('invalid');
    expect(error.issues.at(-1)).toMatchObject({ severity: 'warning', text: expect.stringMatching(/kept aside.*staff.*critical advice, call 113/s) });
    const [task] = await all('Task');
    const [binary] = await all('Binary');
    expect(task).toMatchObject({ for: { reference: patient }, priority: 'stat', focus: { reference: `Binary/${binary?.id}` } });
    expect(task?.code?.coding?.[0]?.code).toBe('unreadable-red-flag');
    expect(JSON.parse(Buffer.from(String(binary?.data), 'base64').toString())).toEqual(broken());
    for (const resource of [task, binary])
      expect(validator.validate(asResource(resource ?? {})).issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('once, however often it is sent', async () => {
    await Promise.all([refusal(create(broken())), refusal(create(broken())), refusal(create(broken()))]);
    await refusal(create(broken()));
    expect(await all('Task')).toHaveLength(1);
  });

  test('also where the fault is in another entry, in the Questionnaire’s name, or in the patient’s', async () => {
    const good = { op: 'create', resource: asResource(answer(patient, { fever: true, pain: 1 })) } as const;
    await refusal(record.commit({ operations: [good, { op: 'create', resource: { resourceType: 'Patient', colour: 'red' } }] }, SYSTEM));
    await refusal(give({ fever: true }, { questionnaire: `${URL}|9.9` }));
    await refusal(create(answer('Patient/nobody', { fever: true })));
    const tasks = await all('Task');
    expect(tasks.map((task) => task.for?.reference)).toEqual([patient, patient, undefined]);
    expect(await all('Flag')).toEqual([]);
  });

  test('whatever shape the rest of it has', async () => {
    const shapes = [
      { subject: 7 },
      { subject: null },
      { subject: { reference: 7 } },
      { subject: [] },
      { status: 3 },
      { questionnaire: {} },
      { language: {} },
      { authored: [] },
    ];
    for (const shape of shapes) expect((await refusal(create(broken(shape)))).issues.at(-1)?.text).toContain('kept aside');
    expect(await all('Task')).toHaveLength(shapes.length);
  });

  test('nothing is kept of one without a red flag, nor of one who may not write answers', async () => {
    await refusal(create({ ...answer(patient, { pain: 9, fever: false }), colour: 'red' }));
    const stranger: Permit = { actor: { display: 'stranger' }, everything: false, grants: [] };
    await refusal(run({ op: 'create', resource: asResource(broken()) }, stranger));
    expect(await all('Task')).toEqual([]);
  });

  test('when judging itself fails the answer is stored, with a Task that says so', async () => {
    const faulty: Policy = {
      ...policy,
      get nothingFound(): never {
        throw new Error('a fault of ours');
      },
    };
    record = keeperOver(record.store, {}, { policy: faulty });
    const done = await give({ pain: 1 });
    expect(done.outcome).toBe('created');
    expect((await all('Task')).map(({ code, focus }) => [code?.coding?.[0]?.code, focus?.reference])).toEqual([
      ['unscorable-response', `QuestionnaireResponse/${done.version?.id}`],
    ]);
    expect(record.faults).toHaveLength(1);
  });
});

describe('alerts are closed by people', () => {
  test('not deleted, not switched off without an assessment, not invented', async () => {
    await give({ pain: 8 });
    const [flag] = await all('Flag');
    const [task] = await all('Task');
    const off = { ...flag, status: 'inactive' };
    expect(await refusal(store(off, flag?.id ?? ''))).toMatchObject({ fault: 'business-rule' });
    expect(await refusal(run({ op: 'delete', type: 'Flag', id: flag?.id ?? '' }))).toMatchObject({ fault: 'business-rule' });
    expect(await refusal(store({ ...task, status: 'cancelled' }, task?.id ?? ''))).toMatchObject({ fault: 'business-rule' });
    const { id: _, ...copy } = flag ?? {};
    expect(await refusal(create(copy))).toMatchObject({ fault: 'business-rule' });
  });

  test('once closed, the key is free for the next alert', async () => {
    await give({ pain: 8 });
    const [flag] = await all('Flag');
    const [task] = await all('Task');
    const ended = {
      ...task,
      status: 'completed',
      businessStatus: { coding: [{ system: 'https://pro-bridge.example/fhir/CodeSystem/alert-state', code: 'closed' }] },
    };
    const statusReason = { coding: [{ system: 'https://pro-bridge.example/fhir/CodeSystem/ending', code: 'died' }] };
    await record.commit(
      {
        operations: [
          { op: 'update', id: flag?.id ?? '', resource: asResource({ ...flag, status: 'inactive' }) },
          { op: 'update', id: task?.id ?? '', resource: asResource({ ...ended, statusReason }) },
        ],
      },
      SYSTEM,
    );
    expect(await record.store.holder(`flag|${patient}|pain`)).toBeUndefined();
    await give({ pain: 9 });
    expect((await all('Flag')).map(({ status }) => status).toSorted()).toEqual(['active', 'inactive']);
  });

  test('what the server derived is not for callers to rewrite', async () => {
    await give({ pain: 8 });
    const [score] = await all('Observation');
    const types = ['Observation', 'Patient', 'QuestionnaireResponse', 'Device'];
    const grants: Permit['grants'] = types.map((type) => ({ type, actions: ['read', 'update', 'create'], where: ALL }));
    const caller: Permit = { actor: { display: 'app' }, everything: false, grants };
    const forged = asResource({ ...score, valueQuantity: { value: 0 } });
    expect(await refusal(run({ op: 'update', id: score?.id ?? '', resource: forged }, caller))).toMatchObject({ fault: 'business-rule' });
  });
});
