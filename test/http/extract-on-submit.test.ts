/** What an answer leads to is stored with it, where its questionnaire says so; and changed with it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Extension, Observation, OperationOutcome, Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import { everythingAs, type Permit } from '../../src/access/permit.ts';
import { extensionUrl } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { ALL } from '../../src/search/ast.ts';
import { ext, loinc, on, parts, questionnaire } from '../questionnaire/extract/fixture.ts';
import { FHIR, STORES, type Started, start } from './start.ts';

const URL = 'http://example.org/Questionnaire/';
const onSubmit: Extension = { url: extensionUrl('extract-on-submit'), valueBoolean: true };
const weight: QuestionnaireItem = { linkId: 'w', text: 'w', type: 'decimal', repeats: true, code: [loinc('29463-7')], extension: [on] };
const form = (name: string, item: QuestionnaireItem[], ...extension: Extension[]): Questionnaire =>
  questionnaire(item, { url: `${URL}${name}`, version: '1', extension: [onSubmit, ...extension] });

describe.each(STORES)('over %s', (DATABASE) => {
  let server: Started;
  let patient: string;

  const send = (method: 'post' | 'put', path: string, body: object) =>
    server.api()[method](path).set('Content-Type', FHIR).set('Prefer', 'return=OperationOutcome').send(JSON.stringify(body));
  const store = async (body: object): Promise<void> => {
    const { status, body: outcome } = await send('post', '/Questionnaire', body);
    expect([status, outcome]).toEqual([201, expect.anything()]);
  };
  const read = async (path: string) => (await server.api().get(path)).body;
  const found = async (query: string): Promise<Resource[]> => ((await read(query)).entry ?? []).map(({ resource }: { resource: Resource }) => resource);
  const made = (id: string): Promise<Observation[]> =>
    found(`/Observation?derived-from=QuestionnaireResponse/${id}`).then((all) =>
      (all as unknown as Observation[]).toSorted((a, b) => (a.valueQuantity?.value ?? 0) - (b.valueQuantity?.value ?? 0)),
    );
  const answer = (name: string, values: number[], more: Partial<QuestionnaireResponse> = {}): object => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: `${URL}${name}|1`,
    subject: { reference: `Patient/${patient}` },
    authored: '2026-03-01T10:00:00Z',
    ...(values.length > 0 && { item: [{ linkId: 'w', answer: values.map((valueDecimal) => ({ valueDecimal })) }] }),
    ...more,
  });
  const submit = async (body: object): Promise<string> => {
    const { status, headers, body: outcome } = await send('post', '/QuestionnaireResponse', body);
    expect([status, outcome]).toEqual([201, expect.anything()]);
    return /QuestionnaireResponse\/([^/]+)/.exec(headers.location ?? '')?.[1] ?? '';
  };
  const change = async (id: string, body: object): Promise<OperationOutcome> => (await send('put', `/QuestionnaireResponse/${id}`, { ...body, id })).body;

  beforeAll(async () => {
    server = await start({ DATABASE });
    patient = (await server.api().post('/Patient').set('Content-Type', FHIR).send('{"resourceType":"Patient"}')).body.id;
    await store(form('weight', [weight]));
    await store({ ...form('off', [weight]), extension: undefined });
  });
  afterAll(() => server.app.close());

  test('a finished answer brings its Observations, with where they come from', async () => {
    const id = await submit(answer('weight', [70, 71]));
    const observations = await made(id);
    expect(observations.map(({ status, valueQuantity, subject }) => [status, valueQuantity?.value, subject?.reference])).toEqual([
      ['final', 70, `Patient/${patient}`],
      ['final', 71, `Patient/${patient}`],
    ]);
    const [provenance] = await found(`/Provenance?target=Observation/${observations[0]?.id}`);
    expect(provenance).toMatchObject({ entity: [{ role: 'source', what: { reference: `QuestionnaireResponse/${id}/_history/1` } }] });
  });

  test('without the setting nothing is extracted', async () => expect(await made(await submit(answer('off', [70])))).toEqual([]));

  test('a draft leads to nothing until it is finished', async () => {
    const id = await submit(answer('weight', [80], { status: 'in-progress' }));
    expect(await made(id)).toEqual([]);
    await change(id, answer('weight', [80]));
    expect(await made(id)).toHaveLength(1);
  });

  test('an amended answer changes what it led to, adds and withdraws', async () => {
    const id = await submit(answer('weight', [70, 71]));
    const before = await made(id);
    await change(id, answer('weight', [72], { status: 'amended' }));
    const after = await made(id);
    expect(after.map((one) => [one.id, one.status, one.valueQuantity?.value])).toEqual([
      [before[1]?.id, 'entered-in-error', 71],
      [before[0]?.id, 'amended', 72],
    ]);
    await change(id, answer('weight', [72, 73, 74], { status: 'amended' }));
    const valid = (await made(id)).filter(({ status }) => status !== 'entered-in-error');
    expect(valid.map(({ valueQuantity }) => valueQuantity?.value).toSorted()).toEqual([72, 73, 74]);
  });

  test('a withdrawn answer, and a deleted one, withdraw what they led to', async () => {
    const [withdrawn, deleted] = [await submit(answer('weight', [75])), await submit(answer('weight', [76]))];
    await change(withdrawn, answer('weight', [75], { status: 'entered-in-error' }));
    expect((await made(withdrawn)).map(({ status }) => status)).toEqual(['entered-in-error']);
    const [before] = await made(deleted);
    await server.api().delete(`/QuestionnaireResponse/${deleted}`);
    expect(await read(`/Observation/${before?.id}`)).toMatchObject({ status: 'entered-in-error' });
  });

  test('resources that refer to one another do so as they are stored', async () => {
    const related = {
      resourceType: 'RelatedPerson',
      id: 't',
      patient: { _reference: { extension: [ext('templateExtractValue', { valueString: '%resource.subject.reference' })] } },
      name: [{ _text: { extension: [ext('templateExtractValue', { valueString: 'answer.value.toString()' })] } }],
    };
    const use = (valueString: string): Extension =>
      parts('templateExtract', [
        { url: 'template', valueReference: { reference: '#t' } },
        { url: 'fullUrl', valueString },
      ]);
    const observation = {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      code: { text: 'said by' },
      performer: [{ _reference: { extension: [ext('templateExtractValue', { valueString: '%rel' })] } }],
      derivedFrom: [
        {
          _reference: { extension: [ext('templateExtractValue', { valueString: "'QuestionnaireResponse/' + %resource.id" })] },
        },
      ],
    };
    const item = {
      ...weight,
      extension: [
        ext('extractAllocateId', { valueString: 'rel' }),
        use('%rel'),
        parts('templateExtract', [{ url: 'template', valueReference: { reference: '#o' } }]),
      ],
    };
    await store({ ...form('template', [item]), contained: [related, observation] });
    const [stored] = await made(await submit(answer('template', [7])));
    const reference = stored?.performer?.[0]?.reference ?? '';
    expect(reference).toMatch(/^RelatedPerson\//);
    expect(await read(`/${reference}`)).toMatchObject({ name: [{ text: '7' }], patient: { reference: `Patient/${patient}` } });
  });

  test('what cannot be stored never holds up the answer: it is told, and becomes a Task', async () => {
    const broken = {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      _status: { extension: [ext('templateExtractValue', { valueString: "'nonsense'" })] },
      code: { text: 'x' },
    };
    await store({
      ...form('broken', [{ ...weight, extension: [parts('templateExtract', [{ url: 'template', valueReference: { reference: '#o' } }])] }]),
      contained: [broken],
    });
    const { status, body, headers } = await send('post', '/QuestionnaireResponse', answer('broken', [1]));
    expect([status, JSON.stringify(body)]).toEqual([201, expect.stringContaining('nothing was extracted from it')]);
    const ref = /QuestionnaireResponse\/[^/]+/.exec(headers.location ?? '')?.[0];
    expect(await found(`/Task?focus=${ref}`)).toMatchObject([
      { code: { coding: [{ code: 'unextracted-response' }] }, for: { reference: `Patient/${patient}` } },
    ]);
    expect(await made(ref?.split('/')[1] ?? '')).toEqual([]);
  });

  test('a questionnaire that comes with the answer has no say', async () => {
    const inside = { ...form('inside', [weight]), id: 'q' };
    const id = await submit(answer('x', [1], { questionnaire: '#q', contained: [inside] }));
    expect(await made(id)).toEqual([]);
  });

  describe('under a permit', () => {
    const mayAnswer = (...types: string[]): Permit => ({
      actor: { display: 'a patient' },
      everything: false,
      grants: [
        { type: 'QuestionnaireResponse', actions: ['create', 'read'], where: ALL },
        ...['Patient', 'Questionnaire'].map((type) => ({ type, actions: ['read', 'search'] as const, where: ALL })),
        ...types.map((type) => ({ type, actions: ['create', 'update', 'read'] as const, where: ALL })),
      ],
    });
    const commit = async (body: object, permit: Permit) =>
      (await server.app.record.commit({ operations: [{ op: 'create', resource: body as Resource }] }, permit))[0];

    test('Observations of the answers themselves are the system’s work', async () => {
      const done = await commit(answer('weight', [90]), mayAnswer());
      expect(await made(done?.version?.id ?? '')).toHaveLength(1);
    });

    test('what else a form would write needs the caller’s own right', async () => {
      const id = (
        await server.app.record.commit({ operations: [{ op: 'create', resource: { resourceType: 'Patient', active: true } }] }, everythingAs('test'))
      )[0]?.version?.id;
      const overwrite = { resourceType: 'Patient', id: 't', active: false };
      const use = parts('templateExtract', [
        { url: 'template', valueReference: { reference: '#t' } },
        { url: 'resourceId', valueString: `'${id}'` },
      ]);
      await store({ ...form('reach', [weight], use), contained: [overwrite] });
      const refused = await commit(answer('reach', [1]), mayAnswer());
      expect(refused?.issues.map(({ text }) => text).join(' ')).toContain('may not update');
      expect(await read(`/Patient/${id}`)).toMatchObject({ active: true });
      await commit(answer('reach', [2]), mayAnswer('Patient', 'Observation'));
      expect(await read(`/Patient/${id}`)).toMatchObject({ active: false });
    });
  });
});
