/**
 * Everything that the CapabilityStatement advertises is asked for over HTTP, of every type: each interaction with each of its
 * formats and conditions, each search parameter with each of its modifiers and prefixes, each include. What is advertised and
 * not known here fails, too.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  Bundle,
  CapabilityStatement,
  CapabilityStatementRest,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam,
  Resource,
} from 'fhir/r4';
import { readConfig } from '../../src/config.ts';
import { loadRegistry } from '../../src/definitions/load.ts';
import { exampleOf } from '../../src/http/examples.ts';
import { loadOwn } from '../../src/own.ts';
import { createParams } from '../../src/search/params.ts';
import { listCodes } from '../../src/terminology/expand.ts';
import { sampleResource } from '../support/resources.ts';
import { FHIR, type Started, start } from './start.ts';

const registry = loadRegistry(loadOwn(readConfig({ AUTH: 'off' })).definitions, listCodes);
const params = createParams(registry);
/** Requests that are under way at once. */
const AT_ONCE = 8;

let server: Started;
let statement: CapabilityStatement;
let rest: CapabilityStatementRest;
const entries = (): readonly CapabilityStatementRestResource[] => rest.resource ?? [];

beforeAll(async () => {
  server = await start({ DATABASE_URL: 'sqlite:', REFERENCES: 'free' });
  statement = (await (await fetch(`${server.app.base}/metadata`)).json()) as CapabilityStatement;
  rest = statement.rest?.[0] as CapabilityStatementRest;
});
afterAll(() => server.app.close());

interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly etag: string;
}

async function ask(path: string, { method = 'GET', body, headers = {} }: Sent = {}): Promise<Answer> {
  const type = body === undefined ? {} : { 'Content-Type': FHIR };
  const answer = await fetch(`${server.app.base}${path}`, { method, headers: { ...type, ...headers }, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, text: await answer.text(), etag: answer.headers.get('etag') ?? '' };
}

/** What was not answered as it should be: a line each. */
async function refused<T>(cases: readonly T[], attempt: (one: T) => Promise<readonly string[]>): Promise<readonly string[]> {
  const lines: string[] = [];
  const left = [...cases];
  const worker = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) lines.push(...(await attempt(one)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return lines.toSorted();
}

const unless = (name: string, status: number, { status: got, text }: Answer): readonly string[] =>
  got === status ? [] : [`${name}: ${got}, not ${status}: ${text.slice(0, 300)}`];

// ---- interactions ----

/** A resource that was just created. */
interface Subject {
  readonly type: string;
  readonly id: string;
  readonly resource: Resource;
}

const created = async (type: string): Promise<Subject & { readonly answer: Answer }> => {
  const answer = await ask(`/${type}`, { method: 'POST', body: JSON.stringify(sampleResource(registry, type)) });
  const resource = JSON.parse(answer.text) as Resource;
  return { type, id: resource.id ?? '', resource, answer };
};

const setting = (type: string, language: string): object => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: `${type}.language` },
        { name: 'value', valueCode: language },
      ],
    },
  ],
});
const inXml = (language: string, type: string): string => {
  const part = (name: string, value: string) => `<part><name value="${name}"/>${value}</part>`;
  const parts = [
    part('type', '<valueCode value="replace"/>'),
    part('path', `<valueString value="${type}.language"/>`),
    part('value', `<valueCode value="${language}"/>`),
  ];
  return `<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>${parts.join('')}</parameter></Parameters>`;
};

/** By media type: sets the language. */
const PATCHES: Readonly<Record<string, (language: string, type: string) => string>> = {
  'application/json-patch+json': (language) => JSON.stringify([{ op: 'replace', path: '/language', value: language }]),
  'application/merge-patch+json': (language) => JSON.stringify({ language }),
  'application/fhir+json': (language, type) => JSON.stringify(setting(type, language)),
  'application/fhir+xml': inXml,
};
const LANGUAGES = ['en', 'nb', 'de', 'fr'];

const patchAt = async (type: string, path: string): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const [at, format] of (statement.patchFormat ?? []).entries()) {
    const language = LANGUAGES[at] ?? 'en';
    const body = PATCHES[format]?.(language, type);
    if (body === undefined) return [`nobody knows how to patch by ${format}`];
    const answer = await ask(path, { method: 'PATCH', body, headers: { 'Content-Type': format } });
    lines.push(...unless(`PATCH ${path} as ${format}`, 200, answer));
    if (answer.status === 200 && JSON.parse(answer.text).language !== language) lines.push(`PATCH ${path} as ${format} changed nothing`);
  }
  return lines;
};

const has = (text: string, entries: number): boolean => (JSON.parse(text) as Bundle).entry?.length === entries;

/** By FHIR's code of the interaction; in this order, so that deletion comes last. */
const INTERACTIONS: Readonly<Record<string, (subject: Subject) => Promise<readonly string[]>>> = {
  read: async ({ type, id }) => {
    const lines = unless(`read ${type}`, 200, await ask(`/${type}/${id}`));
    const formats = await Promise.all((statement.format ?? []).map((format) => ask(`/${type}/${id}?_format=${encodeURIComponent(format)}`)));
    return [...lines, ...formats.flatMap((answer) => unless(`read ${type} in another format`, 200, answer))];
  },
  vread: async ({ type, id }) => unless(`vread ${type}`, 200, await ask(`/${type}/${id}/_history/1`)),
  update: async ({ type, id, resource }) =>
    unless(`update ${type}`, 200, await ask(`/${type}/${id}`, { method: 'PUT', body: JSON.stringify({ ...resource, language: 'sv' }) })),
  patch: ({ type, id }) => patchAt(type, `/${type}/${id}`),
  'history-instance': async ({ type, id }) => {
    const answer = await ask(`/${type}/${id}/_history`);
    return [...unless(`history of ${type}`, 200, answer), ...(has(answer.text, 2 + LANGUAGES.length) ? [] : [`history of ${type} has not every version`])];
  },
  'history-type': async ({ type }) => unless(`history of all ${type}`, 200, await ask(`/${type}/_history?_count=1`)),
  'search-type': async ({ type, id }) => {
    const form = { method: 'POST', body: `_id=${id}`, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
    const answers = [await ask(`/${type}?_id=${id}`), await ask(`/${type}/_search`, form)];
    return answers.flatMap((answer) => [...unless(`search ${type}`, 200, answer), ...(has(answer.text, 1) ? [] : [`search ${type} does not find it`])]);
  },
  create: async ({ type, id }) => {
    const body = JSON.stringify(sampleResource(registry, type));
    return unless(`conditional create ${type}`, 200, await ask(`/${type}`, { method: 'POST', body, headers: { 'If-None-Exist': `_id=${id}` } }));
  },
  delete: async ({ type, id }) => [
    ...unless(`delete ${type}`, 204, await ask(`/${type}/${id}`, { method: 'DELETE' })),
    ...unless(`read deleted ${type}`, 410, await ask(`/${type}/${id}`)),
  ],
};

/** What the flags of an entry promise besides. */
async function flags(entry: CapabilityStatementRestResource, { type, id, resource }: Subject): Promise<readonly string[]> {
  const { etag } = await ask(`/${type}/${id}`);
  const here = `/${type}?_id=${id}`;
  const patches = entry.extension?.find(({ url }) => url.endsWith('conditionalPatch'))?.valueBoolean === true;
  const fresh = `fresh-${type}`.slice(0, 64);
  const lines = [
    entry.conditionalRead === 'full-support'
      ? unless(`conditional read ${type}`, 304, await ask(`/${type}/${id}`, { headers: { 'If-None-Match': etag } }))
      : [],
    entry.conditionalUpdate
      ? unless(`conditional update ${type}`, 200, await ask(here, { method: 'PUT', body: JSON.stringify({ ...resource, language: 'fi' }) }))
      : [],
    patches ? await patchAt(type, here) : [],
    entry.conditionalDelete === 'single' ? unless(`conditional delete ${type}`, 204, await ask(here, { method: 'DELETE' })) : [],
    entry.updateCreate
      ? unless(
          `update as create ${type}`,
          201,
          await ask(`/${type}/${fresh}`, { method: 'PUT', body: JSON.stringify({ ...sampleResource(registry, type, 0), id: fresh }) }),
        )
      : [],
  ];
  await ask(`/${type}/${fresh}`, { method: 'DELETE' });
  return lines.flat();
}

describe('interactions', () => {
  test('each of every type is carried out, in every format', async () => {
    const lines = await refused(entries(), async ({ type, interaction = [] }) => {
      const { answer, ...subject } = await created(type);
      if (answer.status !== 201) return unless(`create ${type}`, 201, answer);
      const stated = new Set<string>(interaction.map(({ code }) => code));
      const done: string[] = [...stated].filter((code) => INTERACTIONS[code] === undefined).map((code) => `nobody knows how to try ${code}`);
      for (const [code, attempt] of Object.entries(INTERACTIONS)) if (stated.has(code)) done.push(...(await attempt(subject)));
      return done;
    });
    expect(lines).toEqual([]);
  }, 60_000);

  test('each conditional one is, too', async () => {
    const lines = await refused(entries(), async (entry) => {
      const { answer, ...subject } = await created(entry.type);
      return answer.status === 201 ? flags(entry, subject) : unless(`create ${entry.type}`, 201, answer);
    });
    expect(lines).toEqual([]);
  }, 60_000);

  test('those of the system are', async () => {
    const bundle = (type: string) => JSON.stringify({ resourceType: 'Bundle', type, entry: [{ request: { method: 'GET', url: 'Patient?_id=none' } }] });
    const calls: Readonly<Record<string, () => Promise<Answer>>> = {
      transaction: () => ask('', { method: 'POST', body: bundle('transaction') }),
      batch: () => ask('', { method: 'POST', body: bundle('batch') }),
      'search-system': () => ask('?_type=Patient,Flag'),
      'history-system': () => ask('/_history?_count=1'),
    };
    expect(rest.interaction?.map(({ code }) => code).toSorted()).toEqual(Object.keys(calls).toSorted());
    for (const [name, send] of Object.entries(calls)) expect([name, (await send()).status]).toEqual([name, 200]);
  });
});

// ---- searches ----

/** In batches, as many as fit into one; `urls` below the base. */
async function refusedSearches(urls: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let from = 0; from < urls.length; from += 2000) {
    const some = urls.slice(from, from + 2000);
    const bundle = { resourceType: 'Bundle', type: 'batch', entry: some.map((url) => ({ request: { method: 'GET', url } })) };
    const answer = await ask('', { method: 'POST', body: JSON.stringify(bundle) });
    (JSON.parse(answer.text) as Bundle).entry?.forEach(({ response }, at) => {
      if (response?.status !== '200 OK') lines.push(`${some[at]}: ${JSON.stringify(response).slice(0, 400)}`);
    });
  }
  return lines;
}

/** The words after `Modifiers:` or `Prefixes:`. */
const wordsAfter = (label: string, { documentation = '' }: CapabilityStatementRestResourceSearchParam): readonly string[] =>
  new RegExp(`${label}: ([^.]*)\\.`).exec(documentation)?.[1]?.split(', ') ?? [];

const modifiersOf = (param: CapabilityStatementRestResourceSearchParam): readonly string[] =>
  wordsAfter('Modifiers', param).flatMap((modifier) =>
    modifier.startsWith(ANY) ? registry.resourceTypes.filter((type) => !modifier.slice(ANY.length).split(' and ').includes(type)) : [modifier],
  );
const ANY = 'any type of resource but ';

/** What asks for something else than a value. */
const SPECIAL: Readonly<Record<string, (entry: CapabilityStatementRestResource) => string>> = {
  _filter: () => '_filter=_id%20eq%20none',
  _has: ({ searchRevInclude = [] }) => `_has:${searchRevInclude.find((link) => link !== '*')}:_id=none`,
  _list: () => '_list=none',
};

/** One search for the parameter alone, and for each of its modifiers and prefixes. */
function searchesBy(entry: CapabilityStatementRestResource, stated: CapabilityStatementRestResourceSearchParam): readonly string[] {
  const special = SPECIAL[stated.name];
  if (special !== undefined) return [special(entry)];
  const param = params.find(entry.type, stated.name);
  if (param === undefined) return [`${stated.name}=unknown-to-the-test`];
  const value = exampleOf(params, param);
  return [
    `${stated.name}=${encodeURIComponent(value)}`,
    ...modifiersOf(stated).map((modifier) => `${stated.name}:${modifier}=${encodeURIComponent(exampleOf(params, param, modifier))}`),
    ...wordsAfter('Prefixes', stated).map((prefix) => `${stated.name}=${encodeURIComponent(`${prefix}${value}`)}`),
  ];
}

const isSortable = ({ name, type }: CapabilityStatementRestResourceSearchParam): boolean =>
  type !== 'composite' && type !== 'special' && name !== '_text' && name !== '_content';

describe('searches', () => {
  test('by each parameter, with each of its modifiers and prefixes', async () => {
    const urls = entries().flatMap((entry) =>
      (entry.searchParam ?? []).flatMap((param) => searchesBy(entry, param).map((query) => `${entry.type}?${query}&_count=1`)),
    );
    expect(urls.length).toBeGreaterThan(20_000);
    expect(await refusedSearches(urls)).toEqual([]);
  }, 60_000);

  test('sorted by each parameter that has an order', async () => {
    const urls = entries().flatMap(({ type, searchParam = [] }) => searchParam.filter(isSortable).map(({ name }) => `${type}?_sort=-${name}&_count=1`));
    expect(await refusedSearches(urls)).toEqual([]);
  }, 60_000);

  test('with each include', async () => {
    const urls = entries().flatMap(({ type, searchInclude = [], searchRevInclude = [] }) => [
      ...searchInclude.map((include) => `${type}?_include=${include}&_count=1`),
      ...searchRevInclude.map((include) => `${type}?_revinclude=${include}&_count=1`),
    ]);
    expect(urls.length).toBeGreaterThan(3000);
    expect(await refusedSearches(urls)).toEqual([]);
  }, 60_000);

  test('over several types, by each parameter that they share', async () => {
    const patient = entries().find(({ type }) => type === 'Patient');
    const urls = (rest.searchParam ?? []).flatMap((param) =>
      param.name === '_type' || patient === undefined ? ['?_type=Patient,Flag'] : searchesBy(patient, param).map((query) => `?_type=Patient,Flag&${query}`),
    );
    expect(await refusedSearches(urls)).toEqual([]);
  });

  test('in each compartment, of each type that it holds', async () => {
    const types = (rest.compartment ?? []).map((url) => registry.resourceTypes.find((type) => url.endsWith(`/${type.toLowerCase()}`)) ?? url);
    expect(types.toSorted()).toEqual(['Device', 'Encounter', 'Patient', 'Practitioner', 'RelatedPerson']);
    expect(await refusedSearches(types.flatMap((type) => [...registry.compartment(type).keys(), '*'].map((target) => `${type}/none/${target}`)))).toEqual([]);
  });
});
