/** $validate over HTTP. https://hl7.org/fhir/R4/resource-operation-validate.html */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OperationOutcomeIssue } from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

const VITALS = 'http://hl7.org/fhir/StructureDefinition/vitalsigns';
const patient = { resourceType: 'Patient', gender: 'male' };
const weight = (change: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-03-02',
  valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  ...change,
});

let house: Started;

beforeAll(async () => {
  house = await start({ REQUIRED_PROFILES: 'Basic=http://x.example/nowhere', DATABASE_URL: 'memory:' });
  await house
    .api()
    .put('/Patient/p')
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ ...patient, id: 'p' }))
    .expect(201);
});
afterAll(() => house.app.close());

type Row = readonly [severity: string, expression: string | undefined, text: string];

async function post(path: string, body: unknown, status = 200): Promise<readonly OperationOutcomeIssue[]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await house.api().post(path).set('Content-Type', FHIR).send(text);
  expect(answer.status).toBe(status);
  return answer.body.issue as OperationOutcomeIssue[];
}

const rows = (issues: readonly OperationOutcomeIssue[]): Row[] =>
  issues.map(({ severity, expression, details }) => [severity, expression?.[0], details?.text ?? '']);
const errors = (issues: readonly OperationOutcomeIssue[]): Row[] => rows(issues).filter(([severity]) => severity === 'error');

describe('what is validated', () => {
  test('answers against the Questionnaire that they name, wherever the response stands', async () => {
    const url = 'http://x.example/Questionnaire/q';
    const form = { resourceType: 'Questionnaire', url, version: '1', status: 'active', item: [{ linkId: 'a', type: 'integer', text: 'How many?' }] };
    await house.api().post('/Questionnaire').set('Content-Type', FHIR).send(JSON.stringify(form)).expect(201);
    const item = [{ linkId: 'a', text: 'How many?', answer: [{ valueString: 'many' }] }];
    const response = { resourceType: 'QuestionnaireResponse', status: 'completed', questionnaire: `${url}|1`, item };
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'urn:uuid:6b7e2f6e-57c5-4f0e-8a52-1f1a4ac7a6a1', resource: response }] };
    expect(errors(await post('/$validate', response)).map(([, at]) => at)).toEqual(['QuestionnaireResponse.item[0].answer[0].value']);
    expect(errors(await post('/$validate', bundle)).map(([, at]) => at)).toEqual(['Bundle.entry[0].resource.item[0].answer[0].value']);
  });

  test('any resource, at the system', async () =>
    expect(errors(await post('/$validate', { ...patient, gender: 'm' }))).toEqual([['error', 'Patient.gender', expect.any(String)]]));

  test('a resource of the type in the path, and no other', async () => {
    expect(errors(await post('/Patient/$validate', patient))).toEqual([]);
    expect(rows(await post('/Observation/$validate', patient, 400))).toEqual([
      ['error', undefined, 'The resource is a Patient, but the URL says Observation.'],
    ]);
  });

  test('a stored one', async () => {
    const answer = await house.api().get('/Patient/p/$validate').expect(200);
    expect(errors(answer.body.issue)).toEqual([]);
    await house.api().get('/Patient/nobody/$validate').expect(404);
  });

  test('one in Parameters, with the place in the text that was sent', async () => {
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'mode', valueCode: 'create' },
        { name: 'resource', resource: { ...patient, gender: 'm' } },
      ],
    };
    const [issue] = await post('/$validate', JSON.stringify(body, undefined, 2));
    expect(issue).toMatchObject({ expression: ['Patient.gender'], location: ['Line[12] Col[9]'] });
  });

  test('nothing at all is refused', async () =>
    expect(rows(await post('/$validate', '', 400))).toEqual([['error', undefined, expect.stringContaining('The body is empty')]]));
});

describe('profiles', () => {
  test('one that is asked for', async () => {
    expect(errors(await post(`/Observation/$validate?profile=${VITALS}`, weight()))).toEqual([]);
    expect(errors(await post(`/Observation/$validate?profile=${VITALS}`, weight({ category: undefined })))).toEqual([
      ['error', 'Observation.category', expect.stringContaining("'category' is required")],
      ['error', 'Observation.category', expect.stringContaining("The slice 'category:VSCat' is required")],
    ]);
  });

  test('one that is not known is an error where it is asked for, a warning where it is claimed', async () => {
    expect(errors(await post('/Patient/$validate?profile=http://x.example/p', patient))).toEqual([
      ['error', 'Patient', expect.stringContaining('not known here')],
    ]);
    const claimed = await post('/Patient/$validate', { ...patient, meta: { profile: ['http://x.example/p'] } });
    expect(rows(claimed)).toEqual([['warning', 'Patient.meta.profile[0]', expect.stringContaining('not known here')]]);
  });

  test('one that the settings demand holds for every write', async () => {
    const issues = await post('/Basic', { resourceType: 'Basic', code: { text: 'x' } }, 422);
    expect(errors(issues)).toEqual([['error', 'Basic', expect.stringContaining('http://x.example/nowhere is asked for')]]);
  });

  test('one that is claimed holds for every write', async () => {
    const issues = await post('/Observation', weight({ meta: { profile: [VITALS] }, effectiveDateTime: undefined }), 422);
    expect(errors(issues)).toEqual([['error', 'Observation.effective', expect.stringContaining(`(profile ${VITALS}|4.0.1)`)]]);
  });

  test('a stored resource against a profile by name', async () => {
    const created = await house
      .api()
      .post('/Observation')
      .set('Content-Type', FHIR)
      .send(JSON.stringify(weight({ category: undefined })))
      .expect(201);
    const answer = await house.api().get(`/Observation/${created.body.id}/$validate?mode=profile&profile=${VITALS}`).expect(200);
    expect(errors(answer.body.issue).map(([, expression]) => expression)).toEqual(['Observation.category', 'Observation.category']);
    await house.api().get(`/Observation/${created.body.id}/$validate?mode=profile`).expect(400);
  });
});

test('a profile posted now is used now, and what a resource refers to is held against it', async () => {
  const definition = (name: string, type: string, ...element: object[]) => ({
    resourceType: 'StructureDefinition',
    url: `http://x.example/${name}`,
    name,
    status: 'active',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: [{ id: type, path: type }, ...element] },
  });
  const targetProfile = ['http://x.example/Ward'];
  await post('/StructureDefinition', definition('Ward', 'Organization', { id: 'Organization.alias', path: 'Organization.alias', min: 1 }), 201);
  await post(
    '/StructureDefinition',
    definition('Inpatient', 'Patient', {
      id: 'Patient.managingOrganization',
      path: 'Patient.managingOrganization',
      min: 1,
      type: [{ code: 'Reference', targetProfile }],
    }),
    201,
  );
  for (const [id, alias] of [
    ['ward', ['A']],
    ['firm', undefined],
  ] as const) {
    await house
      .api()
      .put(`/Organization/${id}`)
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ resourceType: 'Organization', id, name: id, alias }))
      .expect(201);
  }
  const inpatient = (id: string) => ({
    ...patient,
    meta: { profile: ['http://x.example/Inpatient'] },
    managingOrganization: { reference: `Organization/${id}` },
  });
  const says = [
    [
      'error',
      'Patient.managingOrganization.reference',
      expect.stringContaining("Organization/firm does not conform to http://x.example/Ward: 'alias' is required"),
    ],
  ];
  expect(errors(await post('/$validate', inpatient('ward')))).toEqual([]);
  expect(errors(await post('/$validate', inpatient('firm')))).toEqual(says);
  expect(errors(await post('/Patient', inpatient('firm'), 422))).toEqual(says);
});

describe('modes', () => {
  test('create says that the id will be another', async () =>
    expect(rows(await post('/Patient/$validate?mode=create', { ...patient, id: 'x' }))).toEqual([['information', 'Patient.id', expect.any(String)]]));

  test('update needs the id of the path', async () => {
    expect(errors(await post('/Patient/p/$validate?mode=update', { ...patient, id: 'p' }))).toEqual([]);
    expect(errors(await post('/Patient/p/$validate?mode=update', { ...patient, id: 'q' }))).toEqual([
      ['error', 'Patient.id', expect.stringContaining("the URL says 'p'")],
    ]);
    expect(errors(await post('/Patient/p/$validate?mode=update', patient))).toEqual([['error', 'Patient', expect.stringContaining('needs')]]);
  });

  test('delete says whether it could be, and deletes nothing', async () => {
    const answer = await house.api().get('/Patient/p/$validate?mode=delete').expect(200);
    expect(rows(answer.body.issue)).toEqual([['information', undefined, 'Patient/p could be deleted.']]);
    await house.api().get('/Patient/p').expect(200);
    const none = await house.api().get('/Patient/nobody/$validate?mode=delete').expect(200);
    expect(errors(none.body.issue)).toEqual([['error', undefined, expect.stringContaining('no Patient/nobody')]]);
    await post('/Patient/$validate?mode=delete', patient, 400);
  });

  test('another is refused', async () => {
    await post('/Patient/$validate?mode=guess', patient, 400);
    await post('/Patient/$validate?mode=create&mode=update', patient, 400);
  });
});

test('a refused write says line and column', async () => {
  const [issue] = await post('/Patient', '{\n "resourceType": "Patient",\n "birthDate": "2021-02-30"\n}', 422);
  expect(issue).toMatchObject({ expression: ['Patient.birthDate'], location: ['Line[3] Col[2]'] });
});
