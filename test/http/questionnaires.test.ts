/** Questionnaires and drafts over HTTP: what is refused when it is written, what is told, and one draft at a time. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CapabilityStatement, Extension, OperationOutcome, Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const expression = (name: string, text: string): Extension => ({ url: `${SDC}${name}`, valueExpression: { language: 'text/fhirpath', expression: text } });
const query = (name: string, text: string): Extension => ({
  url: 'http://hl7.org/fhir/StructureDefinition/variable',
  valueExpression: { name, language: 'application/x-fhir-query', expression: text },
});

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  const send = (method: 'post' | 'put', path: string, resource: object, headers: Record<string, string> = {}) =>
    server
      .api()
      [method](path)
      .set({ 'Content-Type': FHIR, ...headers })
      .send(JSON.stringify(resource));
  const created = async (resource: { resourceType: string }): Promise<string> =>
    (await send('post', `/${resource.resourceType}`, resource).expect(201)).body.id as string;
  const texts = (body: unknown): string[] => (body as OperationOutcome).issue.map(({ details, expression: at }) => `${at?.[0] ?? ''}: ${details?.text ?? ''}`);
  let count = 0;
  const form = (more: Partial<Questionnaire>): Questionnaire => {
    count += 1;
    return {
      resourceType: 'Questionnaire',
      status: 'active',
      url: `http://example.org/q${count}`,
      version: '1',
      item: [{ linkId: 'a', type: 'integer' }],
      ...more,
    };
  };
  const answers = (questionnaire: string, patient: string, more: Partial<QuestionnaireResponse> = {}): QuestionnaireResponse => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire,
    subject: { reference: patient },
    authored: '2026-11-22T08:00:00Z',
    item: [{ linkId: 'a', answer: [{ valueInteger: 1 }] }],
    ...more,
  });

  let found: Promise<Questionnaire> | undefined;
  const searched = (): Promise<Questionnaire> => {
    const deep = { linkId: 'b', type: 'string' as const, code: [{ system: 'http://codes', code: 'deep' }] };
    const questionnaire = form({
      experimental: true,
      code: [{ system: 'http://codes', code: 'form' }],
      extension: [
        { url: `${SDC}assemble-expectation`, valueCode: 'independent-child' },
        { url: `${SDC}assembledFrom`, valueCanonical: 'http://example.org/part|1' },
      ],
      item: [{ linkId: 'a', type: 'group', item: [deep] }],
    });
    found ??= created(questionnaire).then(() => questionnaire);
    return found;
  };

  beforeAll(async () => {
    server = await start({ DATABASE_URL });
  });
  afterAll(() => server.app.close());

  describe('a Questionnaire that cannot work', () => {
    const broken = (): Questionnaire => form({ item: [{ linkId: 'a', type: 'integer', extension: [expression('calculatedExpression', 'item.(')] }] });
    const place = 'Questionnaire.item[0].extension[0]';

    test('is refused by POST', async () => {
      const { body } = await send('post', '/Questionnaire', broken()).expect(422);
      expect(texts(body)[0]).toMatch(/^Questionnaire\.item\[0\]\.extension\[0\]: .*cannot be evaluated/);
    });
    test('is refused by PUT', async () => {
      const id = await created(form({}));
      const { body } = await send('put', `/Questionnaire/${id}`, { ...broken(), id }).expect(422);
      expect(texts(body)[0]).toContain(place);
    });
    test('is refused in a transaction, with its entry', async () => {
      const bundle = {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          { resource: broken(), request: { method: 'POST', url: 'Questionnaire' } },
          { resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
        ],
      };
      const { body } = await send('post', '/', bundle).expect(422);
      expect(texts(body)[0]).toContain('Bundle.entry[0].resource.item[0].extension[0]');
    });
    test('is told of by $validate', async () => {
      const { body } = await send('post', '/Questionnaire/$validate', broken()).expect(200);
      expect(texts(body)[0]).toContain(place);
    });
    test.each<[string, Partial<Questionnaire>, string]>([
      ['a display with children', { item: [{ linkId: 'a', type: 'display', item: [{ linkId: 'b', type: 'string' }] }] }, 'Questionnaire.item[0]'],
      [
        'a group with options',
        { item: [{ linkId: 'a', type: 'group', answerOption: [{ valueString: 'x' }], item: [{ linkId: 'b', type: 'string' }] }] },
        'Questionnaire.item[0]',
      ],
      [
        'options and a value set',
        { item: [{ linkId: 'a', type: 'choice', answerOption: [{ valueString: 'x' }], answerValueSet: 'http://example.org/vs' }] },
        'Questionnaire.item[0]',
      ],
      [
        'two items with one linkId',
        {
          item: [
            { linkId: 'a', type: 'string' },
            { linkId: 'a', type: 'string' },
          ],
        },
        'Questionnaire.item[1].linkId',
      ],
    ])('%s', async (_, more, at) => {
      const { body } = await send('post', '/Questionnaire', form(more)).expect(422);
      expect(texts(body).some((text) => text.startsWith(`${at}: `))).toBe(true);
    });
    test('a draft is taken, with a word of warning', async () => {
      const { body } = await send('post', '/Questionnaire', form({ status: 'draft' }), { Prefer: 'return=OperationOutcome' }).expect(201);
      expect(texts(body).join()).toContain('Questionnaire.status: A questionnaire in draft');
    });
  });

  describe('which Questionnaire is answered', () => {
    const algorithm = (code: string): Extension => ({
      url: 'http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm',
      valueCoding: { system: 'http://hl7.org/fhir/version-algorithm', code },
    });
    /** Stores one version with a question of its name, and asks which one an answer without version means. */
    const latestOf = async (versions: readonly string[], more: Partial<Questionnaire> = {}): Promise<string> => {
      const { url = '' } = form({});
      for (const version of versions) await created(form({ url, version, item: [{ linkId: `v${version}`, type: 'string' }], ...more }));
      const { body } = await send('post', '/QuestionnaireResponse/$validate', {
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        questionnaire: url,
        item: [{ linkId: '?' }],
      }).expect(200);
      return /its linkIds are v(\S+)\.$/.exec(texts(body)[0] ?? '')?.[1] ?? texts(body).join();
    };
    test.each<[string, string[], Partial<Questionnaire>, string]>([
      ['semver', ['1.9.0', '1.10.0', '1.10.0-rc.1'], { extension: [algorithm('semver')] }, '1.10.0'],
      ['date', ['2025-12-31', '2026-02-01', '2026-01-31'], { extension: [algorithm('date')] }, '2026-02-01'],
      ['natural', ['v2', 'v10', 'v9'].map((version) => version.slice(1)), { extension: [algorithm('natural')] }, '10'],
      ['alpha', ['10', '9'], { extension: [algorithm('alpha')] }, '9'],
      ['nothing said', ['1.0', '2.0'], {}, '2.0'],
    ])('%s', async (_, versions, more, expected) => expect(await latestOf(versions, more)).toBe(expected));

    test('answers to an old version stay right when a new one comes', async () => {
      const { url = '' } = form({});
      await created(form({ url, version: '1' }));
      const patient = `Patient/${await created({ resourceType: 'Patient' })}`;
      const id = await created(answers(`${url}|1`, patient));
      await created(form({ url, version: '2', item: [{ linkId: 'b', type: 'string', required: true }] }));
      await send('put', `/QuestionnaireResponse/${id}`, { ...answers(`${url}|1`, patient), id, status: 'amended' }).expect(200);
      await send('post', '/QuestionnaireResponse', answers(url, patient)).expect(422);
    });

    test('a second one with the same url and version is refused, and the answers stay right', async () => {
      const questionnaire = form({});
      const { url = '' } = questionnaire;
      const id = await created(questionnaire);
      const { body } = await send('post', '/Questionnaire', { ...questionnaire, item: [{ linkId: 'b', type: 'string' }] }).expect(409);
      expect(texts(body).join()).toContain(`Questionnaire.url: ${url}|1 is defined by Questionnaire/${id} already`);
      await send('post', '/QuestionnaireResponse', answers(`${url}|1`, `Patient/${await created({ resourceType: 'Patient' })}`)).expect(201);
    });
  });

  describe('drafts', () => {
    const begun = async (): Promise<{ draft: QuestionnaireResponse; id: string }> => {
      const questionnaire = form({});
      await created(questionnaire);
      const [patient, author] = [`Patient/${await created({ resourceType: 'Patient' })}`, `Practitioner/${await created({ resourceType: 'Practitioner' })}`];
      const draft = answers(`${questionnaire.url}|1`, patient, { status: 'in-progress', author: { reference: author } });
      return { draft, id: await created(draft) };
    };

    test('a second one is a conflict that names the first', async () => {
      const { draft, id } = await begun();
      const { body } = await send('post', '/QuestionnaireResponse', draft).expect(409);
      expect(texts(body)[0]).toContain(`QuestionnaireResponse/${id}`);
    });
    test('of two at once one is taken', async () => {
      const questionnaire = form({});
      await created(questionnaire);
      const draft = answers(`${questionnaire.url}|1`, `Patient/${await created({ resourceType: 'Patient' })}`, { status: 'in-progress' });
      const codes = await Promise.all(Array.from({ length: 6 }, async () => (await send('post', '/QuestionnaireResponse', draft)).status));
      expect(codes.toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
    });
    test('another author, patient or questionnaire has a draft of their own', async () => {
      const { draft } = await begun();
      const [author, patient] = [`Practitioner/${await created({ resourceType: 'Practitioner' })}`, `Patient/${await created({ resourceType: 'Patient' })}`];
      const other = form({});
      await created(other);
      for (const more of [{ author: { reference: author } }, { subject: { reference: patient } }, { questionnaire: `${other.url}|1` }])
        await created({ ...draft, ...more });
    });
    test('it is continued in place, by who has its last version', async () => {
      const { draft, id } = await begun();
      const next = { ...draft, id, item: [{ linkId: 'a', answer: [{ valueInteger: 2 }] }] };
      await send('put', `/QuestionnaireResponse/${id}`, next, { 'If-Match': 'W/"1"' }).expect(200);
      await send('put', `/QuestionnaireResponse/${id}`, { ...next, item: [] as never[] }, { 'If-Match': 'W/"1"' }).expect((answer) =>
        expect(answer.status).toBeGreaterThanOrEqual(412),
      );
    });
    test.each(['completed', 'stopped', 'entered-in-error'] as const)('once it is %s a new one may begin', async (status) => {
      const { draft, id } = await begun();
      await send('put', `/QuestionnaireResponse/${id}`, { ...draft, id, status }).expect(200);
      await created(draft);
    });
    test('once it is deleted a new one may begin', async () => {
      const { draft, id } = await begun();
      await server.api().delete(`/QuestionnaireResponse/${id}`).expect(204);
      await created(draft);
    });
    test('finishing one and beginning the next may be one transaction', async () => {
      const { draft, id } = await begun();
      const entry = [
        { resource: draft, request: { method: 'POST', url: 'QuestionnaireResponse' } },
        { resource: { ...draft, id, status: 'completed' }, request: { method: 'PUT', url: `QuestionnaireResponse/${id}` } },
      ];
      await send('post', '/', { resourceType: 'Bundle', type: 'transaction', entry }).expect(200);
    });
    test('may be wrong and incomplete, and is told of it', async () => {
      const questionnaire = form({ item: [{ linkId: 'a', type: 'integer', required: true }] });
      await created(questionnaire);
      const draft = answers(`${questionnaire.url}|1`, `Patient/${await created({ resourceType: 'Patient' })}`, {
        status: 'in-progress',
        item: [{ linkId: 'a' }],
      });
      const { body } = await send('post', '/QuestionnaireResponse', draft, { Prefer: 'return=OperationOutcome' }).expect(201);
      expect(texts(body).join()).toContain("'a' must be answered");
    });
  });

  test.each([
    ['experimental=true', 1],
    ['experimental=false', 0],
    ['questionnaire-code=http://codes|form', 1],
    ['questionnaire-code=deep', 0],
    ['combo-code=form', 1],
    ['combo-code=http://codes|deep', 1],
    ['assemble-expectation=independent-child', 1],
    ['assembled-from=http://example.org/part', 1],
    ['assembled-from=http://example.org/part|2', 0],
  ])('%s finds the forms that Structured Data Capture means by it', async (query, count) => {
    const { url = '' } = await searched();
    const { body } = await server.api().get(`/Questionnaire?url=${url}&${query}`).expect(200);
    expect(body.entry ?? []).toHaveLength(count);
  });

  test('the languages of expressions are declared', async () => {
    const { body } = await server.api().get('/metadata').expect(200);
    const { extension } = (body as CapabilityStatement).rest?.[0]?.resource?.find(({ type }) => type === 'Questionnaire') ?? {};
    const features = extension?.map((one) => one.extension?.map(({ valueCanonical, valueCode }) => valueCanonical?.split('#')[1] ?? valueCode).join(' '));
    expect(features).toContain('behaviorExpressionLanguage text/fhirpath');
    expect(features).toContain('populationExpressionLanguage application/x-fhir-query');
    expect(features?.join()).not.toContain('cql');
  });

  describe('expressions over the record', () => {
    const counting = form({
      extension: [
        {
          url: `${SDC}launchContext`,
          extension: [
            { url: 'name', valueCoding: { system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext', code: 'patient' } },
            { url: 'type', valueCode: 'Patient' },
          ],
        },
        query('falls', 'Observation?patient={{%patient.id}}&code=http://example.org|fall'),
      ],
      item: [
        { linkId: 'a', type: 'integer' },
        { linkId: 'where', type: 'string', required: true, extension: [expression('enableWhenExpression', '%falls.entry.exists()')] },
      ],
    });

    test('what is required depends on what is stored', async () => {
      await created(counting);
      const patient = `Patient/${await created({ resourceType: 'Patient' })}`;
      await send('post', '/QuestionnaireResponse', answers(`${counting.url}|1`, patient)).expect(201);
      await created({
        resourceType: 'Observation',
        status: 'final',
        code: { coding: [{ system: 'http://example.org', code: 'fall' }] },
        subject: { reference: patient },
      } as never);
      const { body } = await send('post', '/QuestionnaireResponse', answers(`${counting.url}|1`, patient)).expect(422);
      expect(texts(body).join()).toContain("'where' must be answered");
    });
  });
});
