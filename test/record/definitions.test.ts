import { describe, expect, test } from '@jest/globals';
import { everythingAs } from '../../src/access/permit.ts';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { LiveRegistry } from '../../src/definitions/registry.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createRecord } from '../../src/record/create-record.ts';
import { createDefinitionKeeper, loadStored } from '../../src/record/definitions.ts';
import type { Operation } from '../../src/record/record.ts';
import type { Store } from '../../src/store/store.ts';
import { indexOf, memoryStore, validator } from './world.ts';

const URL = 'https://site.example/ValueSet/mood';
const valueSet = (id: string, version: string, other: object = {}): Resource => ({
  resourceType: 'ValueSet',
  id,
  url: URL,
  version,
  status: 'active',
  ...other,
});
const put = (resource: Resource): Operation => ({ op: 'update', id: resource.id ?? '', resource });

interface World {
  readonly registry: LiveRegistry;
  readonly store: Store;
  /** Versions that the registry gives for the URL. */
  readonly known: () => readonly string[];
  write(...operations: readonly Operation[]): Promise<void>;
}

async function world(store = memoryStore()): Promise<World> {
  const registry = loadRegistry();
  const definitions = createDefinitionKeeper({ registry, sourceOf: () => 'posted' });
  await loadStored(store, definitions);
  let last = 0;
  const ids = () => `id-${++last}`;
  const record = createRecord({
    store,
    validator,
    index: indexOf,
    clock: () => new Date('2026-11-02T08:00:00Z'),
    ids,
    settings: { references: 'checked' },
    definitions,
  });
  return {
    registry,
    store,
    known: () => registry.versions('ValueSet', URL).map(({ version }) => version),
    write: async (...operations) => void (await record.commit({ operations }, everythingAs('engineer'))),
  };
}

describe('the registry', () => {
  test('knows a definition as soon as it is stored, as it was last written, and no longer when it is deleted', async () => {
    const { registry, known, write } = await world();
    await write(put(valueSet('a', '1', { title: 'first' })));
    expect(registry.resource('ValueSet', `${URL}|1`)).toMatchObject({ id: 'a', title: 'first' });
    await write(put(valueSet('a', '1', { title: 'second' })));
    expect(registry.resource('ValueSet', `${URL}|1`)?.title).toBe('second');
    await write({ op: 'delete', type: 'ValueSet', id: 'a' });
    expect(known()).toEqual([]);
  });

  test('forgets the url and version that a definition had before', async () => {
    const { registry, known, write } = await world();
    await write(put(valueSet('a', '1')));
    await write(put(valueSet('a', '2')));
    expect(known()).toEqual(['2']);
    await write(put(valueSet('a', '2', { url: `${URL}-2` })));
    expect(known()).toEqual([]);
    expect(registry.resource('ValueSet', `${URL}-2`)?.id).toBe('a');
  });

  test('does not hear of what was refused', async () => {
    const { known, write } = await world();
    await expect(write(put(valueSet('a', '1')), put({ resourceType: 'Patient', id: 'p', gender: 'x' }))).rejects.toThrow();
    expect(known()).toEqual([]);
  });

  test('holds what was stored before the start', async () => {
    const first = await world();
    await first.write(put(valueSet('a', '1')), put(valueSet('b', '2')));
    await first.write({ op: 'delete', type: 'ValueSet', id: 'a' });
    const second = await world(first.store);
    expect(second.known()).toEqual(['2']);
    await expect(second.write(put(valueSet('c', '2')))).rejects.toThrow('is defined by ValueSet/b already');
  });

  test('guards what was stored before there were keys', async () => {
    const store = memoryStore();
    const record = createRecord({
      store,
      validator,
      index: indexOf,
      clock: () => new Date('2026-11-02T08:00:00Z'),
      ids: () => 'x',
      settings: { references: 'checked' },
    });
    await record.commit({ operations: [put(valueSet('a', '1'))] }, everythingAs('engineer'));
    const { write } = await world(store);
    await expect(write(put(valueSet('b', '1')))).rejects.toThrow('is defined by ValueSet/a already');
  });

  test('leaves Questionnaires to the record, but guards those that were stored before the start too', async () => {
    const first = await world();
    const questionnaire = (id: string): Resource => ({ resourceType: 'Questionnaire', id, url: URL, version: '1', status: 'active' });
    await first.write(put(questionnaire('a')));
    const second = await world(first.store);
    expect(second.known()).toEqual([]);
    await expect(second.write(put(questionnaire('b')))).rejects.toThrow('is defined by Questionnaire/a already');
    await second.write(put(questionnaire('a')));
  });
});

describe('one url and version', () => {
  test('is defined once, and the refusal says where', async () => {
    const { known, write } = await world();
    await write(put(valueSet('a', '1')));
    await expect(write(put(valueSet('b', '1')))).rejects.toMatchObject({
      status: 409,
      issues: [{ code: 'duplicate', text: expect.stringContaining(`${URL}|1 is defined by ValueSet/a already`), expression: ['ValueSet.url'] }],
    });
    await write(put(valueSet('b', '2')));
    expect(known()).toEqual(['2', '1']);
  });

  test('is free again when its definition has gone or moved on', async () => {
    const { known, write } = await world();
    await write(put(valueSet('a', '1')), put(valueSet('b', '2')));
    await write({ op: 'delete', type: 'ValueSet', id: 'a' });
    await write(put(valueSet('b', '1')));
    await write(put(valueSet('c', '2')));
    expect(known()).toEqual(['2', '1']);
  });

  test('may be exchanged between two definitions in one transaction, but not be given to both', async () => {
    const { known, write } = await world();
    await write(put(valueSet('a', '1')), put(valueSet('b', '2')));
    await write(put(valueSet('a', '2')), put(valueSet('b', '1')));
    expect(known()).toEqual(['2', '1']);
    await expect(write(put(valueSet('c', '3')), put(valueSet('d', '3')))).rejects.toMatchObject({ issues: [{ expression: ['Bundle.entry[1].resource.url'] }] });
    expect(known()).toEqual(['2', '1']);
  });

  test('is given to one of two that ask for it at the same time', async () => {
    const { known, write } = await world();
    const results = await Promise.allSettled(['a', 'b', 'c'].map((id) => write(put(valueSet(id, '1')))));
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(known()).toEqual(['1']);
  });

  test('of a type of FHIR is not given to anyone', async () => {
    const { write } = await world();
    const patient = {
      resourceType: 'StructureDefinition',
      id: 'p',
      url: 'http://hl7.org/fhir/StructureDefinition/Patient',
      version: '9',
      name: 'Patient',
      status: 'active',
      kind: 'resource',
      abstract: false,
      type: 'Patient',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/DomainResource',
      derivation: 'specialization',
      differential: { element: [{ id: 'Patient', path: 'Patient' }] },
    };
    await expect(write(put(patient))).rejects.toThrow("is FHIR's own definition of a type");
  });
});
