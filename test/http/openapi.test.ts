/** The OpenAPI document: valid, whole, and of the same table as what is served. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { loadRegistry } from '../../src/definitions/load.ts';
import { RESULT_PARAMETERS } from '../../src/http/openapi-parameters.ts';
import { schemasFor } from '../../src/http/openapi-schemas.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { sampleResource } from '../support/resources.ts';
import { type Started, start } from './start.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly $ref: string }[];
  readonly security?: readonly unknown[];
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: string }>> };
}

const registry = loadRegistry();

/** The validator may write into what it is given. */
const specification = (document: object): Record<string, unknown> => structuredClone(document) as Record<string, unknown>;

describe('the document', () => {
  let server: Started;
  let whole: Document;

  const get = async (path: string): Promise<Document> => (await server.api().get(path).expect(200)).body;
  const operations = (document: Document): Operation[] => Object.values(document.paths).flatMap((methods) => Object.values(methods));

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
    whole = await get('/openapi.json');
  });
  afterAll(() => server.app.close());

  test('of some types is valid by the schema of OpenAPI 3.1', async () => {
    const document = await get('/openapi.json?_type=Patient,Observation,Questionnaire,QuestionnaireResponse,Binary,ValueSet');
    const result = await new Validator().validate(specification(document));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: server.app.base }]);
  });

  test('of everything is valid, too', async () => {
    expect(await new Validator().validate(specification(whole))).toMatchObject({ valid: true });
  });

  test('every row of the route table is in it, for every type that it serves', () => {
    const missing = ROUTES.flatMap(({ method, path }) => {
      const types = path.startsWith(':type') ? registry.resourceTypes : [''];
      const paths = types.map((type) => `/${path.replace(':type', type).replaceAll(/:(\w+)/g, '{$1}')}`);
      return paths.filter((each) => whole.paths[each]?.[method.toLowerCase()] === undefined).map((each) => `${method} ${each}`);
    });
    expect(missing).toEqual([]);
  });

  test('operations have names of their own, and what they refer to is there', () => {
    const ids = operations(whole).map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const text = JSON.stringify(whole);
    const refs = new Set([...text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, path = '']) => path));
    const absent = [...refs].filter((path) => {
      const [kind = '', name = ''] = path.split('/');
      return !Object.hasOwn((whole.components as unknown as Record<string, object>)[kind] ?? {}, name);
    });
    expect(absent).toEqual([]);
    expect(refs.size).toBeGreaterThan(2000);
  });

  test('each placeholder of a path has its parameter, once', () => {
    for (const [path, methods] of Object.entries(whole.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        const own = parameters.map(({ $ref }) => whole.components.parameters[$ref.slice('#/components/parameters/'.length)]);
        expect(own.filter((each) => each?.in === 'path').map((each) => each?.name)).toEqual(wanted);
        const names = own.map((each) => `${each?.in} ${each?.name}`);
        expect([path, names.filter((name, at) => names.indexOf(name) !== at)]).toEqual([path, []]);
      }
    }
  });

  test('a narrowed one is small, and refers to nothing that it lacks', async () => {
    const document = await get('/openapi.json?_type=Flag');
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/Flag'))).not.toEqual([]);
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/Patient'))).toEqual([]);
    expect(JSON.stringify(document).length).toBeLessThan(150_000);
    expect(await new Validator().validate(specification(document))).toMatchObject({ valid: true });
    await server.api().get('/openapi.json?_type=Flagg').expect(400);
    await server
      .api()
      .get(`/openapi.json?_type=${registry.resourceTypes.slice(0, 21).join(',')}`)
      .expect(400);
    await server.api().get('/openapi.json?_types=Flag').expect(400);
  });

  test('who has it already is told so', async () => {
    const { etag } = (await server.api().get('/openapi.json').expect(200)).headers;
    await server.api().get('/openapi.json').set('If-None-Match', String(etag)).expect(304);
  });

  test('the parameters about results are taken by searches', async () => {
    const value: Readonly<Record<string, string>> = { _sort: '_id', _count: '1', _total: 'accurate', _summary: 'true', _elements: 'name', _contained: 'false' };
    for (const name of RESULT_PARAMETERS.keys()) {
      const text = value[name] ?? (name === '_include' ? 'Patient:organization' : 'Flag:patient');
      await server.api().get(`/Patient?${name}=${text}`).expect(200);
    }
  });
});

test('where tokens are needed the document says so, and can be read without one', async () => {
  const { app, api } = await start({ DATABASE_URL: 'memory:', AUTH: 'smart' });
  const document = (await api().get('/openapi.json?_type=Patient').expect(200)).body;
  expect(document).toMatchObject({ security: [{ token: [] }], components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } });
  expect(document.paths['/metadata'].get.security).toEqual([]);
  expect(await new Validator().validate(specification(document))).toMatchObject({ valid: true });
  await app.close();
});

test('resources of every type fit their schemas; what is of another type does not', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'http://example.org/all', components: { schemas: schemasFor(registry, registry.resourceTypes) } });
  const fits = (type: string, resource: unknown): unknown => {
    const check = ajv.getSchema(`http://example.org/all#/components/schemas/${type}`);
    return check?.(resource) === true ? [] : (check?.errors ?? 'no schema');
  };
  for (const type of registry.resourceTypes) expect([type, fits(type, sampleResource(registry, type, 5))]).toEqual([type, []]);
  expect(fits('Patient', { resourceType: 'Patient', name: { family: 'Lee' } })).not.toEqual([]);
  expect(fits('Patient', { resourceType: 'Patient', active: 'true' })).not.toEqual([]);
  expect(fits('Observation', { resourceType: 'Observation', status: 'final' })).not.toEqual([]);
  expect(fits('Patient', { resourceType: 'Flag' })).not.toEqual([]);
});
