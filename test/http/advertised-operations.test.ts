/** Every operation that is advertised is called at each of its addresses, by each of its methods, over HTTP. One that is not known here fails. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CapabilityStatement } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { packageOf } from '../packages/archives.ts';
import { sampleResource } from '../support/resources.ts';
import { FHIR, type Started, start } from './start.ts';

const registry = loadRegistry();
const GENDER = 'http://hl7.org/fhir/administrative-gender';
const FORM = 'http://example.org/Questionnaire/tried';
const LOINC = 'http://loinc.org';

let server: Started;
let statement: CapabilityStatement;

const form = (id: string, more: object = {}): object => ({
  ...{
    resourceType: 'Questionnaire',
    id,
    url: `${FORM}-${id}`,
    version: '1',
    status: 'active',
    item: [{ linkId: 'a', text: 'A', type: 'boolean', required: true }],
  },
  ...more,
});
const sdc = (name: string, value: object): object => ({ url: `http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-${name}`, ...value });
const ADAPTIVE = form('adaptive', { extension: [sdc('questionnaireAdaptive', { valueBoolean: true })] });
const WHOLE = form('whole', { extension: [sdc('assemble-expectation', { valueCode: 'assemble-root' })] });
const ANSWER = {
  ...{ resourceType: 'QuestionnaireResponse', id: 'answer', questionnaire: `${FORM}-plain|1`, status: 'completed' },
  ...{ subject: { reference: 'Patient/tried' }, authored: '2026-03-02T09:00:00Z', item: [{ linkId: 'a', text: 'A', answer: [{ valueBoolean: true }] }] },
};
const BEGUN = {
  ...{ resourceType: 'QuestionnaireResponse', status: 'in-progress', questionnaire: '#q' },
  contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active', derivedFrom: [`${FORM}-adaptive|1`] }],
};
const CODES = { resourceType: 'CodeSystem', id: 'tried', url: 'http://example.org/codes', status: 'active', content: 'complete', concept: [{ code: 'a' }] };
const SET = { resourceType: 'ValueSet', id: 'tried', url: 'http://example.org/set', status: 'active', compose: { include: [{ system: GENDER }] } };
const PACKED = { ...SET, id: 'packed', url: 'https://ward.example/fhir/ValueSet/packed' };
const MAP = {
  ...{ resourceType: 'ConceptMap', id: 'tried', url: 'http://example.org/map', status: 'active' },
  group: [{ source: GENDER, target: CODES.url, element: [{ code: 'male', target: [{ code: 'a', equivalence: 'equivalent' }] }] }],
};
const WEIGHT = {
  ...{
    resourceType: 'Observation',
    id: 'tried',
    status: 'final',
    code: { coding: [{ system: LOINC, code: '29463-7' }] },
    subject: { reference: 'Patient/tried' },
  },
  ...{ effectiveDateTime: '2026-03-02', valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' } },
};
const PATIENT = { resourceType: 'Patient', id: 'tried', name: [{ family: 'Lee' }] };

beforeAll(async () => {
  server = await start({ DATABASE_URL: 'memory:', REFERENCES: 'free' });
  statement = (await server.api().get('/metadata').expect(200)).body;
  for (const resource of [PATIENT, form('plain'), ADAPTIVE, WHOLE, ANSWER, CODES, SET, MAP, WEIGHT]) {
    const { resourceType, id } = resource as { resourceType: string; id: string };
    const { status, body } = await server.api().put(`/${resourceType}/${id}`).set('Content-Type', FHIR).send(JSON.stringify(resource));
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
});
afterAll(() => server.app.close());

interface Call {
  /** The id that stands in the path. */
  readonly id?: string;
  readonly query?: string;
  readonly body?: object;
  readonly bytes?: Uint8Array;
}

const parameters = (...parameter: readonly object[]): object => ({ resourceType: 'Parameters', parameter });
const given = (query: Readonly<Record<string, string>>): Call => ({
  query: new URLSearchParams(query).toString(),
  body: parameters(...Object.entries(query).map(([name, valueString]) => ({ name, valueString }))),
});

/** By operation and, where calls differ, its address; what is needed to be carried out. */
const CALLS: Readonly<Record<string, Call>> = {
  $everything: { id: 'tried' },
  $timeline: { id: 'tried' },
  $lastn: given({ patient: 'tried', code: `${LOINC}|29463-7` }),
  $stats: given({ subject: 'Patient/tried', code: '29463-7', system: LOINC, statistic: 'average', duration: '100000' }),
  $pull: { id: 'tried' },
  'ValueSet/$expand': given({ url: SET.url }),
  'ValueSet/:id/$expand': { id: 'tried' },
  'ValueSet/$validate-code': given({ url: SET.url, system: GENDER, code: 'male' }),
  'ValueSet/:id/$validate-code': { id: 'tried', ...given({ system: GENDER, code: 'male' }) },
  $lookup: given({ system: GENDER, code: 'male' }),
  'CodeSystem/$validate-code': given({ url: CODES.url, code: 'a' }),
  'CodeSystem/:id/$validate-code': { id: 'tried', ...given({ code: 'a' }) },
  'CodeSystem/$subsumes': given({ system: CODES.url, codeA: 'a', codeB: 'a' }),
  'CodeSystem/:id/$subsumes': { id: 'tried', ...given({ codeA: 'a', codeB: 'a' }) },
  'ConceptMap/$translate': given({ url: MAP.url, system: GENDER, code: 'male' }),
  'ConceptMap/:id/$translate': { id: 'tried', ...given({ system: GENDER, code: 'male' }) },
  'Questionnaire/$populate': { ...given({ questionnaire: `${FORM}-plain|1`, subject: 'Patient/tried' }), body: populateBody(true) },
  'Questionnaire/:id/$populate': { id: 'plain', query: 'subject=Patient/tried', body: populateBody(false) },
  'QuestionnaireResponse/$extract': { body: ANSWER },
  'QuestionnaireResponse/:id/$extract': { id: 'answer' },
  'Questionnaire/$assemble': { ...given({ questionnaire: `${FORM}-whole|1` }), body: WHOLE },
  'Questionnaire/:id/$assemble': { id: 'whole' },
  '$next-question': { body: BEGUN },
  'Questionnaire/$process-response': { body: { ...ANSWER, id: undefined } },
  'Questionnaire/:id/$process-response': { id: 'plain', body: { ...ANSWER, id: undefined } },
  'Questionnaire/$validate-response': { body: ANSWER },
  'Questionnaire/:id/$validate-response': { id: 'plain', body: ANSWER },
  $packages: {},
  '$load-package': { bytes: packageOf([PACKED]) },
  '$unload-package': { body: parameters({ name: 'name', valueString: 'example.fhir.ward' }, { name: 'version', valueString: '1.0.0' }) },
  $status: {},
  $reindex: {},
  $meta: {},
  '$meta-add': { body: parameters({ name: 'meta', valueMeta: { tag: [{ system: 'http://example.org/tags', code: 'tried' }] } }) },
  '$meta-delete': { body: parameters({ name: 'meta', valueMeta: { tag: [{ system: 'http://example.org/tags', code: 'tried' }] } }) },
};

function populateBody(named: boolean): object {
  const form = named ? [{ name: 'questionnaire', valueCanonical: `${FORM}-plain|1` }] : [];
  return parameters(...form, { name: 'subject', valueReference: { reference: 'Patient/tried' } });
}

const callOf = (interaction: string, path: string, type: string): Call | undefined =>
  interaction === '$validate' ? { body: sampleResource(registry, type) } : (CALLS[path] ?? CALLS[interaction]);

/** What was refused, in a line; nothing where all is well. */
async function tried(method: string, path: string, call: Call): Promise<readonly string[]> {
  const query = method === 'GET' && call.query !== undefined ? `?${call.query}` : '';
  const url = `${server.app.base}/${path}${query}`;
  const body = method === 'GET' ? undefined : (call.bytes ?? (call.body && JSON.stringify(call.body)));
  const type = call.bytes === undefined ? FHIR : 'application/gzip';
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer>, headers: { 'Content-Type': type } }),
  });
  const text = await answer.text();
  return answer.status < 400 ? [] : [`${method} ${path}${query}: ${answer.status} ${text.slice(0, 400)}`];
}

/** Labels are changed on the current version only. */
const currentVersion = async (ref: string): Promise<string> => (await server.api().get(`/${ref}`).expect(200)).body.meta.versionId;

const operationRoutes = ROUTES.filter(({ interaction }) => interaction.startsWith('$'));

test('each is stated where it can be called', () => {
  const [rest] = statement.rest ?? [];
  const stated = new Set([
    ...(rest?.operation ?? []).map(({ name }) => `$${name}`),
    ...(rest?.resource ?? []).flatMap(({ type, operation = [] }) => operation.map(({ name }) => `${type}/$${name}`)),
  ]);
  const served = operationRoutes.flatMap(({ path, interaction }) => {
    if (!path.includes('/')) return [interaction];
    return path.startsWith(':type') ? registry.resourceTypes.map((type) => `${type}/${interaction}`) : [`${path.split('/')[0]}/${interaction}`];
  });
  expect([...stated].toSorted()).toEqual([...new Set(served)].toSorted());
});

test('each of the system and of one type is carried out, by each of its methods', async () => {
  const lines: string[] = [];
  for (const { method, path, interaction } of operationRoutes.filter(({ path }) => !path.startsWith(':type'))) {
    const call = callOf(interaction, path, 'Patient');
    lines.push(...(call === undefined ? [`nobody knows how to call ${path}`] : await tried(method, path.replace(':id', call.id ?? ''), call)));
  }
  expect(lines).toEqual([]);
}, 30_000);

test('each of any type is carried out on every type', async () => {
  const lines: string[] = [];
  for (const type of registry.resourceTypes) {
    const id = `of-${type}`;
    const resource = JSON.stringify({ ...sampleResource(registry, type), id });
    await server.api().put(`/${type}/${id}`).set('Content-Type', FHIR).send(resource).expect(201);
    for (const { method, path, interaction } of operationRoutes.filter(({ path }) => path.startsWith(':type'))) {
      const call = callOf(interaction, path, type);
      const address = path
        .replace(':type', type)
        .replace(':id', id)
        .replace(':version', await currentVersion(`${type}/${id}`));
      const instance = interaction === '$validate' && path.includes(':id') ? { body: JSON.parse(resource) } : {};
      lines.push(...(call === undefined ? [`nobody knows how to call ${path}`] : await tried(method, address, { ...call, ...instance })));
    }
  }
  expect(lines).toEqual([]);
}, 60_000);
