/** Batch and transaction with every verb inside, over real HTTP. https://hl7.org/fhir/R4/http.html#transaction */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, BundleEntry, OperationOutcome } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const jsonPatch = (...operations: object[]) => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: base64(JSON.stringify(operations)),
});
const patient = (value: string, more: object = {}) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:b', value }], ...more });
const entry = (method: string, url: string, resource?: object, more: object = {}) => ({
  ...(resource === undefined ? {} : { resource }),
  request: { method, url, ...more },
});
const known = (fullUrl: string, type: string, resource: object) => ({ fullUrl, ...entry('POST', type, resource) });
/** The entries of a Bundle inside of an entry. */
const inner = (outer: BundleEntry | undefined): readonly BundleEntry[] => (outer?.resource as Bundle | undefined)?.entry ?? [];
const statuses = ({ entry: entries }: Bundle): (string | undefined)[] => (entries ?? []).map(({ response }) => response?.status?.slice(0, 3));

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  const send = (type: string, entries: readonly object[], headers: Record<string, string> = {}) =>
    server
      .api()
      .post('')
      .set({ 'Content-Type': FHIR, ...headers })
      .send(JSON.stringify({ resourceType: 'Bundle', type, entry: entries }));
  const carriedOut = async (type: string, ...entries: object[]): Promise<Bundle> => (await send(type, entries).expect(200)).body as Bundle;
  const created = async (value: string): Promise<string> =>
    (
      await server
        .api()
        .post('/Patient')
        .set('Content-Type', FHIR)
        .send(JSON.stringify(patient(value)))
        .expect(201)
    ).body.id as string;
  const read = async (path: string) => (await server.api().get(path).expect(200)).body;
  const refOf = ({ response }: BundleEntry): string => (response?.location ?? '').split('/').slice(-4, -2).join('/');
  const count = async (query: string): Promise<number> => (await read(`/Patient?${query}&_summary=count`)).total as number;

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
  });
  afterAll(() => server.app.close());

  describe.each(['batch', 'transaction'])('a %s', (type) => {
    test('takes every verb, and answers each entry completely and in its place', async () => {
      const value = `all-${type}-${DATABASE_URL}`;
      const [updated, patched, deleted] = await Promise.all([created(`${value}-u`), created(`${value}-p`), created(`${value}-d`)]);
      const bundle = await carriedOut(
        type,
        entry('GET', `Patient/${patched}`),
        entry('HEAD', `Patient/${patched}`),
        entry('GET', `Patient?identifier=urn:b|${value}-p`),
        entry('POST', `Patient/_search?identifier=urn:b|${value}-p`),
        entry('POST', 'Patient/_search', { resourceType: 'Parameters', parameter: [{ name: '_id', valueString: patched }] }),
        entry('POST', '_search', { resourceType: 'Binary', contentType: 'application/x-www-form-urlencoded', data: base64(`_type=Patient&_id=${patched}`) }),
        entry('GET', `Patient/${patched}/_history/1`),
        entry('GET', `Patient/${patched}/_history`),
        entry('POST', 'Patient', patient(`${value}-n`)),
        entry('POST', 'Patient', patient(`${value}-u`), { ifNoneExist: `identifier=urn:b|${value}-u` }),
        entry('PUT', `Patient/${updated}`, patient(`${value}-u`, { id: updated, active: true }), { ifMatch: 'W/"1"' }),
        entry('PUT', `Patient?identifier=urn:b|${value}-c`, patient(`${value}-c`)),
        entry('PATCH', `Patient/${patched}`, jsonPatch({ op: 'add', path: '/active', value: false })),
        entry('DELETE', `Patient/${deleted}`),
        entry('DELETE', `Patient?identifier=urn:b|${value}-nobody`),
        entry('GET', `Patient/${updated}`, undefined, { ifNoneMatch: type === 'batch' ? 'W/"7"' : 'W/"2"' }),
      );
      expect(bundle.type).toBe(`${type}-response`);
      expect(statuses(bundle)).toEqual(
        ['200', '200', '200', '200', '200', '200', '200', '200', '201', '200', '200', '201', '200', '204', '204'].concat(type === 'batch' ? '200' : '304'),
      );
      const [got, head, ...searches] = bundle.entry ?? [];
      expect(got?.resource).toMatchObject({ resourceType: 'Patient', id: patched });
      expect(head).not.toHaveProperty('resource');
      expect(head?.response?.etag).toBe(got?.response?.etag);
      for (const searched of searches.slice(0, 4)) expect(inner(searched)[0]?.resource?.id).toBe(patched);
      const complete = {
        location: expect.stringContaining(`${server.app.base}/Patient/`),
        etag: expect.stringMatching(/^W\/"\d"$/),
        lastModified: expect.stringMatching(/Z$/),
      };
      expect(bundle.entry?.slice(8, 13).map(({ response }) => response)).toEqual(Array(5).fill(expect.objectContaining(complete)));
      expect(bundle.entry?.[13]?.response?.etag).toBe('W/"2"');
    });
  });

  describe('the order of a transaction', () => {
    test('deletes, creates, updates and patches, then reads, wherever they stand', async () => {
      const value = `order-${DATABASE_URL}`;
      const [gone, kept] = [await created(`${value}-a`), await created(`${value}-b`)];
      const bundle = await carriedOut(
        'transaction',
        entry('GET', `Patient?identifier=urn:b|${value}-a,urn:b|${value}-b&_sort=_lastUpdated`),
        entry('PATCH', `Patient/${kept}`, jsonPatch({ op: 'add', path: '/active', value: true })),
        entry('POST', 'Patient', patient(`${value}-a`), { ifNoneExist: `identifier=urn:b|${value}-a` }),
        entry('DELETE', `Patient/${gone}`),
      );
      expect(statuses(bundle)).toEqual(['200', '200', '201', '204']);
      const found = inner(bundle.entry?.[0]);
      expect(found.map(({ resource }) => resource?.id).toSorted()).toEqual([kept, refOf(bundle.entry?.[2] ?? {}).split('/')[1]].toSorted());
    });

    test.each<[string, (id: string) => object[]]>([
      ['twice by its id', (id) => [entry('DELETE', `Patient/${id}`), entry('PUT', `Patient/${id}`, patient('twice', { id }))]],
      ['once by its id, once by a condition', (id) => [entry('PATCH', `Patient/${id}`, jsonPatch()), entry('DELETE', `Patient?_id=${id}`)]],
      ['twice by a condition', (id) => [entry('PUT', `Patient?_id=${id}`, patient('twice')), entry('PATCH', `Patient?_id=${id}`, jsonPatch())]],
    ])('a resource named %s is refused', async (_, entries) => {
      const id = await created('named');
      const { body } = await send('transaction', entries(id)).expect(400);
      expect((body as OperationOutcome).issue[0]?.expression?.[0]).toMatch(/^Bundle\.entry\[[01]\]/);
      expect((await read(`/Patient/${id}`)).meta.versionId).toBe('1');
    });
  });

  describe('a transaction with a read that cannot be answered leaves nothing', () => {
    test.each([
      ['of what is not there', 'Patient/nobody'],
      ['of no type', 'Nowhere/1'],
      ['by a parameter that is none', 'Patient?colour=red'],
      ['of a version that is not there', 'Patient/nobody/_history/2'],
      ['of an operation that is none', 'Patient/$nothing'],
    ])('%s', async (_, url) => {
      const value = `unread-${url}-${DATABASE_URL}`;
      const { body, status: answered } = await send('transaction', [entry('POST', 'Patient', patient(value)), entry('GET', url)]);
      expect([answered, (body as OperationOutcome).issue[0]?.expression]).toEqual([400, ['Bundle.entry[1]']]);
      expect(await count(`identifier=urn:b|${encodeURIComponent(value)}`)).toBe(0);
    });

    test('but what it writes itself may be read, unless it deletes it', async () => {
      const id = `self-${DATABASE_URL.slice(0, 3)}`;
      const mine = patient('self', { id });
      const bundle = await carriedOut(
        'transaction',
        entry('GET', `Patient/${id}`),
        entry('PUT', `Patient/${id}`, mine),
        entry('GET', `Patient/${id}/_history/1`),
      );
      expect(statuses(bundle)).toEqual(['200', '201', '200']);
      await send('transaction', [entry('DELETE', `Patient/${id}`), entry('GET', `Patient/${id}`)]).expect(400);
      expect(statuses(await carriedOut('transaction', entry('DELETE', `Patient/${id}`), entry('GET', `Patient/${id}/_history`)))).toEqual(['204', '200']);
    });
  });

  describe('a transaction that fails at an entry leaves nothing of the others', () => {
    const LENGTH = 8;
    test.each(Array.from({ length: LENGTH }, (_, k) => k))('at entry %i, whatever it is', async (k) => {
      const value = `atomic-${k}-${DATABASE_URL}`;
      const [updated, patched, deleted] = await Promise.all([created(`${value}-u`), created(`${value}-p`), created(`${value}-d`)]);
      await Promise.all([created(`${value}-m`), created(`${value}-m`)]);
      const before = (await read('/_history?_count=0')).total as number;
      const good = [
        known(urn(1), 'Patient', patient(value)),
        entry('PUT', `Patient/${updated}`, patient(value, { id: updated })),
        entry('PATCH', `Patient/${patched}`, jsonPatch({ op: 'add', path: '/active', value: true })),
        entry('DELETE', `Patient/${deleted}`),
        entry('POST', 'Patient', patient(value), { ifNoneExist: `identifier=urn:b|${value}-none` }),
        entry('PUT', `Patient?identifier=urn:b|${value}-other`, patient(value)),
        entry('POST', 'Observation', { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: urn(1) } }),
        entry('PUT', `Patient/chosen-${k}`, patient(value, { id: `chosen-${k}` })),
      ];
      const bad: readonly (readonly [object, number])[] = [
        [entry('POST', 'Patient', { resourceType: 'Patient', gender: 'none' }), 422],
        [entry('PUT', `Patient/${updated}`, patient(value, { id: updated }), { ifMatch: 'W/"9"' }), 412],
        [entry('PATCH', `Patient/${patched}`, jsonPatch({ op: 'remove', path: '/photo' })), 422],
        [entry('DELETE', `Patient/${deleted}`, undefined, { ifMatch: 'W/"9"' }), 412],
        [entry('POST', 'Patient', patient(value), { ifNoneExist: `identifier=urn:b|${value}-m` }), 412],
        [entry('PUT', `Patient?identifier=urn:b|${value}-m`, patient(value)), 412],
        [entry('POST', 'Observation', { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/nobody' } }), 422],
        [entry('PUT', `Patient/chosen-${k}`, patient(value, { id: 'another' })), 400],
      ];
      const [fault, status] = bad[k] ?? [];
      const { body, status: answered } = await send('transaction', good.with(k, fault as ReturnType<typeof entry>));
      expect([answered, (body as OperationOutcome).issue[0]?.expression?.[0]]).toEqual([status, expect.stringContaining(`Bundle.entry[${k}]`)]);
      expect((await read('/_history?_count=0')).total).toBe(before);
      expect(await count(`identifier=urn:b|${value}`)).toBe(0);
      expect(statuses(await carriedOut('transaction', ...good))).toEqual(['201', '200', '200', '204', '201', '201', '201', '201']);
    });
  });

  describe('links among the entries', () => {
    const linked = (type: string, more: object) => ({ resourceType: type, ...more });

    test.each([
      ['urn:uuid', urn(7), urn(7)],
      ['urn:oid', 'urn:oid:1.2.3.4', 'urn:oid:1.2.3.4'],
      ['an absolute URL', 'http://elsewhere.example/fhir/Patient/1', 'http://elsewhere.example/fhir/Patient/1'],
      ['a relative reference beside absolute URLs', 'http://elsewhere.example/fhir/Patient/1', 'Patient/1'],
      ['a version of an entry', urn(7), `${urn(7)}/_history/1`],
    ])('by %s', async (_, fullUrl, reference) => {
      const observation = linked('Observation', { status: 'final', code: { text: 'x' }, subject: { reference } });
      const bundle = await carriedOut(
        'transaction',
        known('http://elsewhere.example/fhir/Observation/9', 'Observation', observation),
        known(fullUrl, 'Patient', patient('linked')),
      );
      const [first, second] = bundle.entry ?? [];
      expect((await read(`/${refOf(first ?? {})}`)).subject).toEqual({ reference: refOf(second ?? {}) });
    });

    test('in contained resources, extensions, canonicals, uris and the narrative; identifiers and texts stay', async () => {
      const [library, mine] = [urn(8), urn(9)];
      const resource = linked('PlanDefinition', {
        status: 'draft',
        library: [library],
        text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${library}">a</a><img src="${library}" alt="i"/></div>` },
        contained: [{ resourceType: 'Basic', id: 'b', code: { text: library }, subject: { reference: mine } }],
        extension: [
          { url: 'http://x.example/r', valueReference: { reference: mine } },
          { url: 'http://x.example/u', valueUri: library },
          { url: 'http://x.example/c', valueReference: { reference: '#b' } },
        ],
        identifier: [{ system: 'urn:ietf:rfc:3986', value: library }],
        action: [{ definitionUri: library }],
      });
      const bundle = await carriedOut(
        'transaction',
        entry('POST', 'PlanDefinition', resource),
        known(library, 'Library', linked('Library', { status: 'draft', type: { text: 'x' } })),
        known(mine, 'Patient', patient('narrative')),
      );
      const [planRef, libraryRef, patientRef] = (bundle.entry ?? []).map(refOf);
      expect(await read(`/${planRef}`)).toMatchObject({
        library: [libraryRef],
        text: { div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${libraryRef}">a</a><img src="${libraryRef}" alt="i"/></div>` },
        contained: [{ subject: { reference: patientRef }, code: { text: library } }],
        extension: [{ valueReference: { reference: patientRef } }, { valueUri: libraryRef }, { valueReference: { reference: '#b' } }],
        identifier: [{ value: library }],
        action: [{ definitionUri: libraryRef }],
      });
    });

    test('conditional references find what is stored, and what the transaction itself creates', async () => {
      const value = `cond-${DATABASE_URL}`;
      const stored = await created(`${value}-stored`);
      const observation = (query: string) => linked('Observation', { status: 'final', code: { text: 'x' }, subject: { reference: `Patient?${query}` } });
      const bundle = await carriedOut(
        'transaction',
        entry('POST', 'Observation', observation(`identifier=urn:b|${value}-stored`)),
        entry('POST', 'Observation', observation(`identifier=urn:b|${value}-new`)),
        entry('POST', 'Patient', patient(`${value}-new`)),
      );
      const [first, second, third] = (bundle.entry ?? []).map(refOf);
      expect((await read(`/${first}`)).subject.reference).toBe(`Patient/${stored}`);
      expect((await read(`/${second}`)).subject.reference).toBe(third);
      const none = await send('transaction', [
        entry('POST', 'Patient', patient(`${value}-x`)),
        entry('POST', 'Observation', observation('identifier=urn:b|nobody')),
      ]).expect(422);
      expect((none.body as OperationOutcome).issue[0]?.expression?.[0]).toBe('Bundle.entry[1].resource.subject');
      expect(await count(`identifier=urn:b|${value}-x`)).toBe(0);
      await created(`${value}-stored`);
      await send('transaction', [
        entry('POST', 'Patient', patient(`${value}-y`)),
        entry('POST', 'Observation', observation(`identifier=urn:b|${value}-stored`)),
      ]).expect(412);
    });

    test('a conditional creation that finds one is what its fullUrl means; an update by criteria too', async () => {
      const value = `upsert-${DATABASE_URL}`;
      const id = await created(value);
      const bundle = await carriedOut(
        'transaction',
        { fullUrl: urn(1), ...entry('POST', 'Patient', patient(value), { ifNoneExist: `identifier=urn:b|${value}` }) },
        { fullUrl: urn(2), ...entry('PUT', `Patient?identifier=urn:b|${value}-2`, patient(`${value}-2`)) },
        entry('POST', 'Observation', {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'x' },
          subject: { reference: urn(1) },
          focus: [{ reference: urn(2) }],
        }),
      );
      expect(await read(`/${refOf(bundle.entry?.[2] ?? {})}`)).toMatchObject({
        subject: { reference: `Patient/${id}` },
        focus: [{ reference: refOf(bundle.entry?.[1] ?? {}) }],
      });
    });
  });

  test('in a batch each entry stands for itself, and the one at fault says why', async () => {
    const bundle = await carriedOut(
      'batch',
      entry('POST', 'Patient', patient('alone')),
      entry('POST', 'Patient', { resourceType: 'Patient', gender: 'none' }),
      entry('PATCH', 'Patient/nobody', jsonPatch()),
      entry('GET', 'Nowhere/1'),
      entry('POST', 'Patient/_search', { resourceType: 'Patient' }),
    );
    expect(statuses(bundle)).toEqual(['201', '422', '404', '404', '400']);
    for (const { response } of bundle.entry?.slice(1) ?? [])
      expect(response?.outcome).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] });
  });

  test.each(['minimal', 'representation', 'OperationOutcome'])('Prefer: return=%s counts for the entries', async (returns) => {
    for (const type of ['batch', 'transaction']) {
      const { body } = await send(type, [entry('POST', 'Patient', patient('preferred'))], { Prefer: `return=${returns}` }).expect(200);
      const [first] = (body as Bundle).entry ?? [];
      expect([first?.resource !== undefined, first?.response?.outcome !== undefined]).toEqual([returns === 'representation', returns === 'OperationOutcome']);
    }
  });
});
