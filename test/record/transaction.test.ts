/**
 * Random transactions, several at once: each applies whole or leaves nothing. What the log then holds must be exactly
 * the versions that were promised to those who were not refused.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { everythingAs } from '../../src/access/permit.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Condition, Done, Operation } from '../../src/record/record.ts';
import { atom } from '../../src/search/ast.ts';
import type { Store, Version } from '../../src/store/store.ts';
import { conditionOf, keeperOver, memoryStore, searchParam, type TestKeeper } from './world.ts';

const SYSTEM = everythingAs('the system');
const MRN = 'urn:mrn';
const BATCH = 'urn:batch';

const ids = fc.constantFrom('a', 'b', 'c');
const values = fc.constantFrom('1', '2');

const byMrn = (value: string): Condition =>
  conditionOf('Patient', `identifier=${MRN}|${value}`, atom(searchParam('Patient', 'identifier'), { is: 'token', system: MRN, code: value }));

const patient = (value: string, more: object = {}): Resource => ({ resourceType: 'Patient', identifier: [{ system: MRN, value }], ...more });
const urnOf = (place: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${place}`;

/** Some of them cannot succeed: a wrong gender, a reference to nobody, a version that is not there. */
const operations: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: values.map((value): Operation => ({ op: 'create', resource: patient(value) })) },
  { weight: 3, arbitrary: values.map((value): Operation => ({ op: 'create', resource: patient(value), ifNoneExist: byMrn(value) })) },
  { weight: 4, arbitrary: fc.tuple(ids, values).map(([id, value]): Operation => ({ op: 'update', id, resource: patient(value, { id }) })) },
  { weight: 1, arbitrary: fc.tuple(ids, values).map(([id, value]): Operation => ({ op: 'update', id, resource: patient(value, { id }), ifMatch: 1 })) },
  { weight: 2, arbitrary: values.map((value): Operation => ({ op: 'update-where', condition: byMrn(value), resource: patient(value) })) },
  { weight: 3, arbitrary: ids.map((id): Operation => ({ op: 'delete', type: 'Patient', id })) },
  { weight: 1, arbitrary: values.map((value): Operation => ({ op: 'delete-where', condition: byMrn(value) })) },
  { weight: 3, arbitrary: fc.nat({ max: 4 }).map((place): Operation => ({ op: 'create', resource: observation(urnOf(place)) })) },
  { weight: 2, arbitrary: ids.map((id): Operation => ({ op: 'create', resource: observation(`Patient/${id}`) })) },
  { weight: 1, arbitrary: values.map((value): Operation => ({ op: 'create', resource: patient(value, { gender: 'blue' }) })) },
);

const observation = (subject: string): Resource => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: subject } });

const transactions = fc.array(operations, { minLength: 1, maxLength: 5 });

/** A fullUrl on each resource, and the number of the transaction, so that no two of them write the same. */
function marked(list: readonly Operation[], batch: number): Operation[] {
  return list.map((operation, place) => {
    if (!('resource' in operation)) return operation;
    const resource = { ...operation.resource, meta: { tag: [{ system: BATCH, code: String(batch) }] } };
    return { ...operation, resource, fullUrl: urnOf(place) };
  });
}

type Result = readonly Done[] | 'refused';

async function attempt(record: TestKeeper, list: Operation[]): Promise<Result> {
  try {
    return await record.commit({ operations: list }, SYSTEM);
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return 'refused';
    throw error;
  }
}

const WRITTEN: ReadonlySet<Done['outcome']> = new Set<Done['outcome']>(['created', 'updated', 'deleted']);
const print = (version: Version | undefined): string => JSON.stringify(version);

async function logOf(store: Store): Promise<readonly Version[]> {
  return (await store.changes(undefined, 1000)).versions;
}

/** A reference inside a transaction leads to what was there when it was written. */
async function danglingIn(store: Store, log: readonly Version[]): Promise<string[]> {
  const subjects = log
    .filter(({ type, text }) => type === 'Observation' && text !== '')
    .map(({ text }) => (JSON.parse(text) as { subject: { reference: string } }).subject.reference);
  const found = await Promise.all(subjects.map((subject) => store.read('Patient', subject.slice('Patient/'.length))));
  return subjects.filter((_, at) => found[at] === undefined);
}

async function runAll(record: TestKeeper, lists: readonly (readonly Operation[])[], atOnce: boolean): Promise<Result[]> {
  const work = lists.map((list, batch) => () => attempt(record, marked(list, batch)));
  if (atOnce) return Promise.all(work.map((run) => run()));
  const results: Result[] = [];
  for (const run of work) results.push(await run());
  return results;
}

function promisedBy(result: Result): string[] {
  return result === 'refused' ? [] : result.filter(({ outcome }) => WRITTEN.has(outcome)).map(({ version }) => print(version));
}

describe('random transactions', () => {
  test('one after the other and at once, apply whole or leave nothing', async () => {
    const seen = { whole: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(transactions, { minLength: 1, maxLength: 4 }), fc.boolean(), async (lists, atOnce) => {
        const record = keeperOver(memoryStore());
        const results = await runAll(record, lists, atOnce);
        const log = await logOf(record.store);
        expect(log.map(print).toSorted()).toEqual(results.flatMap(promisedBy).toSorted());
        expect(await danglingIn(record.store, log)).toEqual([]);
        for (const result of results) seen[result === 'refused' ? 'refused' : 'whole'] += 1;
      }),
      { numRuns: 300 },
    );
    expect(seen.whole).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
  });
});
