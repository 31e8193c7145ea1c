/** An independent client, fhir-kit-client, drives every interaction. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, BundleEntry, Parameters as FhirParameters, FhirResource, OperationOutcome, Patient } from 'fhir/r4';
import { Client } from 'fhir-kit-client';
import { STORES, type Started, start } from '../http/start.ts';

type Body = Parameters<Client['create']>[0]['body'];

/** The client has a type of its own for resources. */
const asBody = (resource: FhirResource): Body => resource as unknown as Body;
const as = <T>(answer: unknown): T => answer as T;
const patient = (value: string, more: object = {}): Patient => ({ resourceType: 'Patient', identifier: [{ system: 'urn:kit', value }], ...more });
const statusOf = (answer: Parameters<typeof Client.httpFor>[0]): number | undefined => Client.httpFor(answer).response?.status;
const headerOf = (answer: Parameters<typeof Client.httpFor>[0], name: string): string | null | undefined => Client.httpFor(answer).response?.headers.get(name);

/** What the client throws holds the status and the body. */
async function refusal(work: Promise<unknown>): Promise<{ status: number; data: OperationOutcome }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return (error as { response: { status: number; data: OperationOutcome } }).response;
}

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  let client: Client;
  const create = (resource: FhirResource, headers: Record<string, string> = {}) =>
    client.create({ resourceType: resource.resourceType, body: asBody(resource), options: { headers } });
  const createdId = async (value: string): Promise<string> => as<Patient>(await create(patient(value))).id ?? '';

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
    client = new Client({ baseUrl: server.app.base });
  });
  afterAll(() => server.app.close());

  test('capabilities', async () => {
    expect(await client.capabilityStatement()).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' });
  });

  test('create, read, vread, update, patch, history, delete', async () => {
    const created = await create(patient('life'));
    const { id = '' } = as<Patient>(created);
    expect([statusOf(created), headerOf(created, 'location')]).toEqual([201, `${server.app.base}/Patient/${id}/_history/1`]);
    expect(await client.read({ resourceType: 'Patient', id })).toEqual(created);
    const updated = await client.update({
      resourceType: 'Patient',
      id,
      body: asBody(patient('life', { id, active: true })),
      options: { headers: { 'If-Match': 'W/"1"' } },
    });
    expect(updated).toMatchObject({ active: true, meta: { versionId: '2' } });
    const patched = await client.patch({
      resourceType: 'Patient',
      id,
      jsonPatch: [{ op: 'replace', path: '/active', value: false }],
      options: { headers: { 'If-Match': 'W/"2"' } },
    });
    expect(patched).toMatchObject({ active: false, meta: { versionId: '3' } });
    expect(await client.vread({ resourceType: 'Patient', id, version: '1' })).toEqual(created);
    expect(statusOf(await client.delete({ resourceType: 'Patient', id }))).toBe(204);
    const { status, data } = await refusal(client.read({ resourceType: 'Patient', id }));
    expect([status, data.resourceType]).toEqual([410, 'OperationOutcome']);
    expect(as<Bundle>(await client.resourceHistory({ resourceType: 'Patient', id })).entry?.map(({ request }) => request?.method)).toEqual([
      'DELETE',
      'PUT',
      'PUT',
      'POST',
    ]);
    expect(as<Bundle>(await client.typeHistory({ resourceType: 'Patient' })).type).toBe('history');
    expect(as<Bundle>(await client.systemHistory()).entry?.length).toBeGreaterThan(3);
  });

  test('conditional create, read, update, patch and delete', async () => {
    const first = await create(patient('once'), { 'If-None-Exist': 'identifier=urn:kit|once' });
    const second = await create(patient('once'), { 'If-None-Exist': 'identifier=urn:kit|once' });
    expect([statusOf(first), statusOf(second)]).toEqual([201, 200]);
    const { id = '' } = as<Patient>(first);
    const known = await refusal(client.read({ resourceType: 'Patient', id, options: { headers: { 'If-None-Match': 'W/"1"' } } }));
    expect(known.status).toBe(304);
    const searchParams = { identifier: 'urn:kit|once' };
    const updated = await client.update({ resourceType: 'Patient', searchParams, body: asBody(patient('once', { active: true })) });
    expect(updated).toMatchObject({ id, active: true });
    const options = { headers: { 'Content-Type': 'application/json-patch+json' } };
    const patched = await client.request('Patient?identifier=urn:kit|once', { method: 'PATCH', body: [{ op: 'remove', path: '/active' }], options });
    expect(patched).toMatchObject({ id, meta: { versionId: '3' } });
    expect(statusOf(await client.request('Patient?identifier=urn:kit|once', { method: 'DELETE' }))).toBe(204);
    expect((await refusal(client.read({ resourceType: 'Patient', id }))).status).toBe(410);
  });

  test('search by type, over the system, in a compartment, page by page', async () => {
    const id = await createdId('searched');
    await create({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${id}` } });
    const found = await client.resourceSearch({
      resourceType: 'Patient',
      searchParams: { identifier: 'urn:kit|searched', _revinclude: 'Observation:subject' },
    });
    expect(as<Bundle>(found).entry?.map(({ search }) => search?.mode)).toEqual(['match', 'include']);
    const byPost = await client.resourceSearch({ resourceType: 'Patient', searchParams: { _id: id }, options: { postSearch: true } });
    expect(as<Bundle>(byPost).entry).toHaveLength(1);
    expect(as<Bundle>(await client.systemSearch({ searchParams: { _type: 'Patient', _id: id } })).entry).toHaveLength(1);
    const inside = await client.compartmentSearch({ resourceType: 'Observation', compartment: { resourceType: 'Patient', id } });
    expect(as<Bundle>(inside).entry).toHaveLength(1);
    for (const n of [1, 2, 3]) await create(patient(`page-${n}`, { name: [{ family: 'Paged' }] }));
    const page = await client.resourceSearch({ resourceType: 'Patient', searchParams: { family: 'Paged', _count: 2 } });
    const next = await client.nextPage({ bundle: page as Parameters<Client['nextPage']>[0]['bundle'] });
    expect([as<Bundle>(page).entry?.length, as<Bundle>(next).entry?.length]).toEqual([2, 1]);
  });

  test('references are followed', async () => {
    const id = await createdId('resolved');
    expect(await client.resolve({ reference: `Patient/${id}` })).toMatchObject({ id });
  });

  test('batch and transaction', async () => {
    const urn = 'urn:uuid:1f0b1b6e-51c9-4e0a-9f0e-4f2f5a1c7d11';
    const entry: BundleEntry<FhirResource>[] = [
      { fullUrl: urn, resource: patient('in-bundle'), request: { method: 'POST', url: 'Patient' } },
      {
        resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: urn } },
        request: { method: 'POST', url: 'Observation' },
      },
    ];
    const done = as<Bundle>(await client.transaction({ body: asBody({ resourceType: 'Bundle', type: 'transaction', entry }) }));
    expect(done.entry?.map(({ response }) => response?.status)).toEqual(['201 Created', '201 Created']);
    const read: BundleEntry<FhirResource>[] = [
      { request: { method: 'GET', url: 'Patient?identifier=urn:kit|in-bundle' } },
      { request: { method: 'GET', url: 'Patient/never' } },
    ];
    const answers = as<Bundle>(await client.batch({ body: asBody({ resourceType: 'Bundle', type: 'batch', entry: read }) }));
    expect(answers.entry?.map(({ response }) => response?.status)).toEqual(['200 OK', '404 Not Found']);
    const bad: BundleEntry<FhirResource>[] = [...entry, { request: { method: 'DELETE', url: 'Patient' } }];
    expect((await refusal(client.transaction({ body: asBody({ resourceType: 'Bundle', type: 'transaction', entry: bad }) }))).status).toBe(400);
  });

  test('operations on an instance, a type and the system', async () => {
    const id = await createdId('operated');
    const everything = await client.operation({ name: '$everything', resourceType: 'Patient', id, method: 'GET' });
    expect(as<Bundle>(everything).type).toBe('searchset');
    expect(await client.operation({ name: '$validate', resourceType: 'Patient', input: asBody(patient('checked')) })).toMatchObject({
      resourceType: 'OperationOutcome',
    });
    expect(as<FhirParameters>(await client.operation({ name: '$meta', method: 'GET' })).parameter?.[0]?.name).toBe('return');
  });

  test('a refusal says what is wrong', async () => {
    const { status, data } = await refusal(create({ resourceType: 'Patient', gender: 'none' } as unknown as Patient));
    expect([status, data.issue[0]?.expression]).toEqual([422, ['Patient.gender']]);
  });
});
