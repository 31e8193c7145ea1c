/** The operations on questionnaires over HTTP: their parameters, old and new, and what they refuse. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, Extension, OperationOutcome, Parameters, Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import { ext, loinc, on, parts, questionnaire } from '../questionnaire/extract/fixture.ts';
import { FHIR, type Started, start } from './start.ts';

let server: Started;
let patient: string;

beforeAll(async () => {
  server = await start();
  patient = (await store({ resourceType: 'Patient', name: [{ family: 'Hansen' }], birthDate: '1970-05-06' })).id;
});
afterAll(() => server.app.close());

const send = (path: string, body: object) => server.api().post(path).set('Content-Type', FHIR).send(JSON.stringify(body));
const call = (path: string, ...parameter: object[]) => send(path, { resourceType: 'Parameters', parameter });

async function store(resource: { readonly resourceType: string; readonly [element: string]: unknown } | Questionnaire): Promise<{ id: string }> {
  const { status, body } = await send(`/${resource.resourceType}`, resource);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}

const launch = (code: string, valueCode: string): Extension =>
  parts('launchContext', [
    { url: 'name', valueCoding: { code } },
    { url: 'type', valueCode },
  ]);
const initial = (expression: string): Extension => ext('initialExpression', { valueExpression: { language: 'text/fhirpath', expression } });
const text = (linkId: string, more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({ linkId, text: linkId, type: 'string', ...more });
const URL = 'http://example.org/Questionnaire/';
const form = (name: string, item: QuestionnaireItem[], more: Partial<Questionnaire> = {}): Questionnaire =>
  questionnaire(item, { url: `${URL}${name}`, version: '1', ...more });
const textOf = (body: OperationOutcome): string => (body.issue ?? []).map(({ details }) => details?.text).join(' ');
const part = <T>(body: Parameters, name: string): T => body.parameter?.find((one) => one.name === name)?.resource as T;
const inside = (response: QuestionnaireResponse): Questionnaire => (response.contained ?? [])[0] as Questionnaire;
const firstAnswer = (response: QuestionnaireResponse): unknown => Object.values(response.item?.[0]?.answer?.[0] ?? {})[0];

describe('$populate', () => {
  const name = form('populate', [text('a', { extension: [initial('%patient.name.family')] })], {
    extension: [launch('patient', 'Patient')],
    identifier: [{ system: 'http://ids', value: 'populate' }],
  });
  let id: string;
  beforeAll(async () => {
    id = (await store(name)).id;
  });
  const subject = () => ({ name: 'subject', valueReference: { reference: `Patient/${patient}` } });
  const filled = async (path: string, ...given: object[]): Promise<unknown> => {
    const { status, body } = await call(path, ...given);
    expect([status, body.resourceType]).toEqual([200, 'Parameters']);
    const response = part<QuestionnaireResponse>(body, 'response');
    expect(response).toMatchObject({ status: 'in-progress', questionnaire: `${URL}populate|1` });
    return firstAnswer(response);
  };

  test.each<[string, () => object]>([
    ['questionnaire as a canonical', () => ({ name: 'questionnaire', valueCanonical: `${URL}populate|1` })],
    ['questionnaire as a uri', () => ({ name: 'questionnaire', valueUri: `${URL}populate` })],
    ['questionnaire as a Reference', () => ({ name: 'questionnaire', valueReference: { reference: `Questionnaire/${id}` } })],
    ['questionnaire itself', () => ({ name: 'questionnaire', resource: name })],
    ['questionnaireRef (3.0.0)', () => ({ name: 'questionnaireRef', valueReference: { reference: `Questionnaire/${id}` } })],
    ['canonical (3.0.0)', () => ({ name: 'canonical', valueUri: `${URL}populate` })],
    ['identifier', () => ({ name: 'identifier', valueIdentifier: { system: 'http://ids', value: 'populate' } })],
  ])('by %s', async (_, given) => expect(await filled('/Questionnaire/$populate', given(), subject())).toBe('Hansen'));

  test('on an instance, by POST and GET', async () => {
    expect(await filled(`/Questionnaire/${id}/$populate`, subject())).toBe('Hansen');
    const { body } = await server.api().get(`/Questionnaire/${id}/$populate?subject=Patient/${patient}`);
    expect(firstAnswer(part(body, 'response'))).toBe('Hansen');
  });

  test.each<[string, () => object]>([
    ['context with a resource', () => ({ name: 'content', resource: { resourceType: 'Patient', id: 'x', name: [{ family: 'Given' }] } })],
  ])('%s', async (_, content) => {
    const context = (named: string) => ({ name: named, part: [{ name: 'name', valueString: 'patient' }, content()] });
    for (const named of ['context', 'launchContext']) expect(await filled(`/Questionnaire/${id}/$populate`, context(named))).toBe('Given');
  });

  test('context with a reference, and the subject from it', async () => {
    const given = {
      name: 'context',
      part: [
        { name: 'name', valueString: 'patient' },
        { name: 'content', valueReference: { reference: `Patient/${patient}` } },
      ],
    };
    const { body } = await call(`/Questionnaire/${id}/$populate`, given);
    expect(part<QuestionnaireResponse>(body, 'response')).toMatchObject({ subject: { reference: `Patient/${patient}` } });
    expect(firstAnswer(part(body, 'response'))).toBe('Hansen');
  });

  test('data is looked at for references, local: false leaves the record alone', async () => {
    const data = {
      name: 'data',
      resource: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { resourceType: 'Patient', id: patient, name: [{ family: 'Data' }] } }] },
    };
    expect(await filled(`/Questionnaire/${id}/$populate`, subject(), data)).toBe('Data');
    expect(await filled(`/Questionnaire/${id}/$populate`, subject(), { name: 'local', valueBoolean: false })).toBeUndefined();
  });

  test('what cannot be filled in is told', async () => {
    const { body } = await call(`/Questionnaire/${id}/$populate`);
    expect(textOf(part(body, 'issues'))).toContain("'patient' (Patient) was not given");
    const wrong = {
      name: 'context',
      part: [
        { name: 'name', valueString: 'patient' },
        { name: 'content', resource: { resourceType: 'Group' } },
      ],
    };
    expect(textOf(part((await call(`/Questionnaire/${id}/$populate`, wrong)).body, 'issues'))).toContain('is no Patient');
    const odd = {
      name: 'context',
      part: [
        { name: 'name', valueString: 'constructor' },
        { name: 'content', resource: { resourceType: 'Group' } },
      ],
    };
    expect(textOf(part((await call(`/Questionnaire/${id}/$populate`, odd)).body, 'issues'))).toContain("no launch context or variable 'constructor'");
    const gone = {
      name: 'context',
      part: [
        { name: 'name', valueString: 'patient' },
        { name: 'content', valueReference: { reference: 'Patient/gone' } },
      ],
    };
    expect(textOf(part((await call(`/Questionnaire/${id}/$populate`, gone)).body, 'issues'))).toContain('leads to nothing here');
  });

  test('queries run over the record, one built on another', async () => {
    await store({
      resourceType: 'Condition',
      subject: { reference: `Patient/${patient}` },
      code: { text: 'Asthma' },
      clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
    });
    const query = (named: string, expression: string): Extension => ({
      url: 'http://hl7.org/fhir/StructureDefinition/variable',
      valueExpression: { name: named, language: 'application/x-fhir-query', expression },
    });
    const extension = [
      launch('patient', 'Patient'),
      query('found', 'Condition?subject={{%patient.id}}'),
      query('again', 'Condition?_id={{%found.entry.resource.id}}'),
    ];
    const asking = form('query', [text('a', { extension: [initial('%again.entry.resource.code.text')] })], { extension });
    const { body } = await call('/Questionnaire/$populate', { name: 'questionnaire', resource: asking }, subject());
    expect(firstAnswer(part(body, 'response'))).toBe('Asthma');
  });

  test('sourceQueries run over the record', async () => {
    const batch = {
      resourceType: 'Bundle',
      id: 'pre',
      type: 'batch',
      entry: [{ request: { method: 'GET', url: 'Patient?_id={{%patient.id}}' } }, { request: { method: 'GET', url: 'Patient/{{%patient.id}}' } }],
    };
    const asking = form(
      'sources',
      [
        text('a', { extension: [initial('%pre.entry[0].resource.entry[0].resource.name.family')] }),
        text('b', { extension: [initial('%sourceQueries.entry[1].resource.birthDate')] }),
      ],
      {
        contained: [batch as never],
        extension: [launch('patient', 'Patient'), ext('sourceQueries', { valueReference: { reference: '#pre' } })],
      },
    );
    const { body } = await call('/Questionnaire/$populate', { name: 'questionnaire', resource: asking }, subject());
    expect(part<QuestionnaireResponse>(body, 'response').item?.map(({ answer }) => answer?.[0]?.valueString)).toEqual(['Hansen', '1970-05-06']);
  });

  test.each<[string, object[], number, string]>([
    ['a dataEndpoint', [{ name: 'dataEndpoint', valueUri: 'http://x' }], 400, 'dataEndpoint'],
    ['no questionnaire', [], 400, 'Name one Questionnaire'],
    ['an unknown canonical', [{ name: 'questionnaire', valueUri: 'http://nowhere' }], 422, 'http://nowhere'],
    ['an unknown identifier', [{ name: 'identifier', valueIdentifier: { value: 'none' } }], 422, 'No Questionnaire has'],
    ['an unknown instance', [{ name: 'questionnaireRef', valueReference: { reference: 'Questionnaire/none' } }], 404, 'Questionnaire/none'],
    ['an unknown parameter', [{ name: 'constructor', valueString: 'x' }], 400, 'means nothing here'],
    [
      'two questionnaires',
      [
        { name: 'canonical', valueUri: 'http://a' },
        { name: 'questionnaire', valueUri: 'http://b' },
      ],
      400,
      'once is right',
    ],
  ])('refuses %s', async (_, given, status, words) => {
    const { status: got, body } = await call('/Questionnaire/$populate', ...given);
    expect([got, textOf(body)]).toEqual([status, expect.stringContaining(words)]);
  });
});

describe('$extract', () => {
  const weight = form('extract', [text('w', { type: 'decimal', code: [loinc('29463-7')], extension: [on] })]);
  const answer = (value?: number) => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: `${URL}extract|1`,
    subject: { reference: `Patient/${patient}` },
    authored: '2026-03-01T10:00:00Z',
    item: value === undefined ? undefined : [{ linkId: 'w', answer: [{ valueDecimal: value }] }],
  });
  beforeAll(() => store(weight));

  test('on a stored answer, by GET and POST: a transaction that can be carried out', async () => {
    const { id } = await store(answer(70) as never);
    const found = await server.api().get(`/QuestionnaireResponse/${id}/$extract`);
    expect(found.body).toMatchObject({ resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'POST', url: 'Observation' } }] });
    expect((await call(`/QuestionnaireResponse/${id}/$extract`)).body.entry).toHaveLength(1);
    const stored = await send('/', found.body);
    expect(stored.body.entry[0].response.status).toContain('201');
  });

  test('on an answer that is sent: alone, as a parameter, with its questionnaire', async () => {
    expect((await send('/QuestionnaireResponse/$extract', answer(70))).body.entry).toHaveLength(1);
    expect((await call('/QuestionnaireResponse/$extract', { name: 'questionnaire-response', resource: answer(70) })).body.entry).toHaveLength(1);
    const unknown = { ...answer(70), questionnaire: 'http://not.stored' };
    const both = await call(
      '/QuestionnaireResponse/$extract',
      { name: 'questionnaire-response', resource: unknown },
      { name: 'questionnaire', resource: weight },
    );
    expect(both.body.entry).toHaveLength(1);
  });

  test('writes nothing', async () => {
    const count = async () => (await server.api().get('/Observation?_summary=count')).body.total;
    const before = await count();
    await send('/QuestionnaireResponse/$extract', answer(70));
    expect(await count()).toBe(before);
  });

  test('nothing to extract: 200 and an OperationOutcome that says why', async () => {
    const { status, body } = await send('/QuestionnaireResponse/$extract', answer());
    expect([status, body.resourceType, textOf(body)]).toEqual([200, 'OperationOutcome', expect.stringContaining('Nothing was extracted')]);
  });

  test('warnings come beside the result', async () => {
    const { body } = await send('/QuestionnaireResponse/$extract', { ...answer(70), status: 'in-progress' });
    expect(part<Bundle>(body, 'return').entry).toHaveLength(1);
    expect(textOf(part(body, 'issues'))).toContain('in-progress');
  });

  test.each<[string, () => object, number]>([
    ['an answer entered in error', () => ({ ...answer(70), status: 'entered-in-error' }), 422],
    ['one without a questionnaire', () => ({ resourceType: 'QuestionnaireResponse', status: 'completed' }), 422],
    ['another resource', () => ({ resourceType: 'Patient' }), 400],
  ])('refuses %s', async (_, body, status) => expect((await send('/QuestionnaireResponse/$extract', body())).status).toBe(status));

  test('a stored answer that is not there', async () => expect((await call('/QuestionnaireResponse/none/$extract')).status).toBe(404));
});

describe('$assemble', () => {
  const expectation = (valueCode: string): Extension => ext('assemble-expectation', { valueCode });
  const whole = form('whole', [{ linkId: 's', type: 'display', text: 'missing', extension: [ext('subQuestionnaire', { valueCanonical: `${URL}piece|1` })] }], {
    extension: [expectation('assemble-root')],
  });
  const missing = { linkId: 's', type: 'display' as const, text: 'missing' };
  let id: string;
  beforeAll(async () => {
    await store(form('piece', [text('a')], { extension: [expectation('assemble-child')] }));
    id = (await store(whole)).id;
  });

  test('by instance, canonical, Reference, and the questionnaire itself', async () => {
    const all = [
      await server.api().get(`/Questionnaire/${id}/$assemble`),
      await call(`/Questionnaire/${id}/$assemble`),
      await call('/Questionnaire/$assemble', { name: 'questionnaire', valueCanonical: `${URL}whole|1` }),
      await call('/Questionnaire/$assemble', { name: 'questionnaire', valueReference: { reference: `Questionnaire/${id}` } }),
      await send('/Questionnaire/$assemble', whole),
    ];
    for (const { body } of all)
      expect([body.resourceType, body.url, body.item?.map((item: QuestionnaireItem) => item.linkId)]).toEqual(['Questionnaire', `${URL}whole`, ['a']]);
  });

  test('warnings come beside the result', async () => {
    const loose = { ...whole, item: [{ ...missing, extension: [ext('subQuestionnaire', { valueCanonical: `${URL}piece` })] }] };
    const { body } = await send('/Questionnaire/$assemble', loose);
    expect(part<Questionnaire>(body, 'return').item).toHaveLength(1);
    expect(textOf(part(body, 'outcome'))).toContain('without a version');
  });

  test('what was assembled stands beside its root under one url and version: the one is answered, the other assembled', async () => {
    const root = form('both', whole.item ?? [], { extension: [expectation('assemble-root')] });
    const { id: rootId } = await store(root);
    const { body: assembled } = await call(`/Questionnaire/${rootId}/$assemble`);
    const { id: assembledId } = await store(assembled);
    const canonical = `${URL}both|1`;
    const answer: QuestionnaireResponse = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: canonical,
      subject: { reference: `Patient/${patient}` },
      item: [{ linkId: 'a', answer: [{ valueString: 'x' }] }],
    };
    expect((await send('/QuestionnaireResponse', answer)).status).toBe(201);
    const { body: again } = await call('/Questionnaire/$assemble', { name: 'questionnaire', valueCanonical: canonical });
    expect(again.item.map(({ linkId }: QuestionnaireItem) => linkId)).toEqual(['a']);
    const { body: told } = await send('/Questionnaire', assembled);
    expect([told.issue[0].code, textOf(told)]).toEqual(['duplicate', expect.stringContaining(`Questionnaire/${assembledId} already`)]);
    expect((await send('/Questionnaire', root)).status).toBe(409);
  });

  test('a missing part is refused, and named', async () => {
    const broken = { ...whole, item: [{ ...missing, extension: [ext('subQuestionnaire', { valueCanonical: 'http://gone|1' })] }] };
    const { status, body } = await send('/Questionnaire/$assemble', broken);
    expect([status, textOf(body)]).toEqual([422, expect.stringContaining('http://gone|1')]);
  });
});

describe('$next-question', () => {
  const begun = (derivedFrom: string): QuestionnaireResponse => ({
    resourceType: 'QuestionnaireResponse',
    status: 'in-progress',
    questionnaire: '#q',
    contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active', derivedFrom: [derivedFrom] } as Questionnaire],
  });
  const BANK = 'https://pro-bridge.example/fhir/Questionnaire/synthetic-fatigue';

  test('runs an adaptive test to its end; the result can be stored', async () => {
    let response = (await send('/Questionnaire/$next-question', begun(BANK))).body as QuestionnaireResponse;
    for (let steps = 0; response.status === 'in-progress' && steps < 20; steps += 1) {
      const item = inside(response).item?.at(-1);
      const valueCoding = item?.answerOption?.[3]?.valueCoding;
      const answered = { ...response, item: [...(response.item ?? []), { linkId: item?.linkId, text: item?.text, answer: [{ valueCoding }] }] };
      response = (await call('/Questionnaire/$next-question', { name: 'questionnaire-response', resource: answered })).body;
    }
    expect(response.status).toBe('completed');
    expect(response.item?.at(-1)).toMatchObject({ linkId: 't-score', answer: [{ valueDecimal: expect.any(Number) }] });
    expect((await send('/QuestionnaireResponse', { ...response, subject: { reference: `Patient/${patient}` } })).status).toBe(201);
  });

  test('the adaptive questionnaire of a bank is stored, without its questions', async () => {
    const { body } = await server.api().get(`/Questionnaire?url=${BANK}`);
    expect(body.entry[0].resource).toMatchObject({ experimental: true, extension: [{ valueBoolean: true }] });
    expect(body.entry[0].resource).not.toHaveProperty('item');
  });

  test('runs a questionnaire by its rules', async () => {
    const rules = form(
      'adaptive',
      [text('a', { type: 'boolean', required: true }), text('b', { enableWhen: [{ question: 'a', operator: '=', answerBoolean: true }] })],
      { extension: [ext('questionnaireAdaptive', { valueBoolean: true })] },
    );
    await store(rules);
    const first = (await send('/Questionnaire/$next-question', begun(`${URL}adaptive|1`))).body as QuestionnaireResponse;
    expect(inside(first).item?.map(({ linkId }) => linkId)).toEqual(['a']);
    const last = await send('/Questionnaire/$next-question', { ...first, item: [{ linkId: 'a', answer: [{ valueBoolean: false }] }] });
    expect(last.body).toMatchObject({ status: 'completed', authored: expect.any(String) });
  });

  test.each<[string, () => object, number, string]>([
    ['one without a questionnaire inside', () => ({ ...begun(BANK), contained: [] }), 422, 'contains its Questionnaire'],
    [
      'one whose questionnaire says nothing of where it is from',
      () => ({ ...begun(BANK), contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active' }] }),
      422,
      'derivedFrom',
    ],
    ['an unknown origin', () => begun('http://nowhere'), 422, 'http://nowhere'],
    ['a questionnaire that is not adaptive', () => begun(`${URL}extract`), 422, 'is not adaptive'],
    ['a completed one', () => ({ ...begun(BANK), status: 'completed' }), 422, 'in-progress'],
    ['no answers at all', () => ({ resourceType: 'Parameters' }), 400, 'QuestionnaireResponse'],
  ])('refuses %s', async (_, body, status, words) => {
    const got = await send('/Questionnaire/$next-question', body());
    expect([got.status, textOf(got.body)]).toEqual([status, expect.stringContaining(words)]);
  });
});

describe('$process-response and $validate-response', () => {
  const simple = form('process', [text('a', { required: true })]);
  let id: string;
  beforeAll(async () => {
    id = (await store(simple)).id;
  });
  const answer = (more: object = {}) => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: `${URL}process|1`,
    item: [{ linkId: 'a', answer: [{ valueString: 'x' }] }],
    ...more,
  });
  const count = async () => (await server.api().get(`/QuestionnaireResponse?questionnaire=${URL}process&_summary=count`)).body.total;

  test('takes in a finished answer, on the type and on its questionnaire', async () => {
    const before = await count();
    expect((await call('/Questionnaire/$process-response', { name: 'response', resource: answer() })).status).toBe(200);
    expect((await send(`/Questionnaire/${id}/$process-response`, answer({ item: [{ linkId: 'a', answer: [{ valueString: 'y' }] }] }))).body.resourceType).toBe(
      'OperationOutcome',
    );
    expect(await count()).toBe(before + 2);
  });

  test.each<[string, object, string]>([
    ['a draft', { status: 'in-progress' }, 'only completed and amended'],
    ['one without a questionnaire', { questionnaire: undefined }, 'names no Questionnaire'],
    ['one that does not fit', { item: undefined }, "'a'"],
  ])('refuses %s', async (_, more, words) => {
    const before = await count();
    const { status, body } = await send('/Questionnaire/$process-response', answer(more));
    expect([status, textOf(body)]).toEqual([422, expect.stringContaining(words)]);
    expect(await count()).toBe(before);
  });

  test('refuses an answer to another questionnaire', async () => {
    const { status, body } = await send(`/Questionnaire/${id}/$process-response`, answer({ questionnaire: `${URL}extract|1` }));
    expect([status, textOf(body)]).toEqual([422, expect.stringContaining('was sent to')]);
  });

  test('$validate-response: by the questionnaire that is named, called on, or given', async () => {
    const bad = answer({ item: undefined });
    const before = await count();
    const said = [
      await send('/Questionnaire/$validate-response', bad),
      await send(`/Questionnaire/${id}/$validate-response`, bad),
      await call(
        '/Questionnaire/$validate-response',
        { name: 'response', resource: { ...bad, questionnaire: 'http://other' } },
        { name: 'questionnaire', resource: simple },
      ),
    ];
    for (const { status, body } of said) expect([status, body.issue[0].severity]).toEqual([200, 'error']);
    expect((await send('/Questionnaire/$validate-response', answer())).body.issue[0].severity).toBe('information');
    expect(await count()).toBe(before);
  });
});

test('the CapabilityStatement names the operations by their definitions', async () => {
  const { body } = await server.api().get('/metadata');
  const operations = (type: string): string[] =>
    body.rest[0].resource.find((one: { type: string }) => one.type === type).operation.map(({ definition }: { definition: string }) => definition);
  const SDC = 'http://hl7.org/fhir/uv/sdc/OperationDefinition/';
  expect(operations('Questionnaire')).toEqual(
    expect.arrayContaining(['populate', 'assemble', 'next-question', 'process-response'].map((name) => `${SDC}Questionnaire-${name}`)),
  );
  expect(operations('QuestionnaireResponse')).toContain(`${SDC}QuestionnaireResponse-extract`);
});
