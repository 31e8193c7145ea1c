/**
 * The REST interface as an OpenAPI 3.1 document, written from the offer: each row of the route table becomes an operation,
 * for each type that it serves. https://spec.openapis.org/oas/v3.1.0
 */
import type { Registry } from '../definitions/registry.ts';
import { DEFAULT_COUNT, MAX_COUNT } from '../search/limits.ts';
import { documentationOf, type Stated } from './capability.ts';
import type { Offer, ParamOffer, RouteLine, TypeOffer } from './offer.ts';
import { RESOURCE, type Schema, schemasFor } from './openapi-schemas.ts';
import { PATCH_TYPES } from './patch-body.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface OpenApiParts {
  readonly offer: Offer;
  readonly registry: Registry;
  readonly stated: Omit<Stated, 'date'>;
  /** Of which types; undefined: of all. */
  readonly types?: readonly string[];
}

export function openApiOf({ offer, registry, stated, types }: OpenApiParts): Fields {
  const chosen = types === undefined ? offer.types : offer.types.filter(({ type }) => types.includes(type));
  const operations = offer.routes.flatMap((route) => operationsFor(route, { offer, chosen }));
  const paths = Map.groupBy(operations, ({ path }) => path);
  return {
    openapi: '3.1.0',
    info: { title: 'PRO Bridge', version: stated.software.version, description: ABOUT, license: { name: 'Apache 2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: stated.base }],
    externalDocs: { description: 'FHIR R4: the RESTful API', url: 'http://hl7.org/fhir/R4/http.html' },
    tags: [{ name: SYSTEM, description: 'All types at once' }, ...chosen.map(({ type }) => ({ name: type }))],
    ...(offer.secured ? { security: [{ token: [] }] } : {}),
    paths: Object.fromEntries([...paths].map(([path, methods]) => [path, Object.fromEntries(methods.map(({ method, operation }) => [method, operation]))])),
    components: {
      parameters: {
        ...SHARED_PARAMETERS,
        ...searchParameters(SYSTEM, offer.params),
        ...merged(chosen.map(({ type, params }) => searchParameters(type, params))),
      },
      responses: RESPONSES,
      schemas: schemasFor(registry, [...chosen.map(({ type }) => type), 'Bundle', 'OperationOutcome', 'Parameters', 'CapabilityStatement', 'Meta']),
      ...(offer.secured ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

const ABOUT = [
  'FHIR R4 for patient-reported outcomes. The types of resources and their parameters are those of the CapabilityStatement at `/metadata`.',
  'A search parameter that is given again narrows the search; values joined by commas widen it. Modifiers (`name:exact=…`), chains (`patient.name=…`) and `_has` go into names, as each parameter says.',
  'With `?_type=Patient,Observation` this document is of those types only.',
].join('\n\n');

const SYSTEM = 'System';
const merged = (parts: readonly Fields[]): Fields => Object.assign({}, ...parts);

// ---- operations ----

interface Around {
  readonly offer: Offer;
  readonly chosen: readonly TypeOffer[];
}

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operation: Fields;
}

/** A row for any type becomes one operation for each. */
function operationsFor(route: RouteLine, { offer, chosen }: Around): Operation[] {
  const [first = ''] = route.path.split('/');
  if (first === ':type') return chosen.map((type) => operationOf(route, { offer, type }));
  const type = chosen.find((each) => each.type === first);
  if (type !== undefined) return [operationOf(route, { offer, type })];
  return offer.types.some((each) => each.type === first) ? [] : [operationOf(route, { offer })];
}

interface Asked {
  readonly offer: Offer;
  readonly type?: TypeOffer;
}

function operationOf(route: RouteLine, asked: Asked): Operation {
  const name = asked.type?.type;
  const path = `/${route.path.replace(':type', name ?? '')}`;
  const method = route.method.toLowerCase();
  const body = requestBodyOf(route, asked);
  const operation = {
    operationId: [method, ...path.split(/[^A-Za-z0-9]+/)].filter((part) => part !== '').join('_'),
    summary: summaryOf(route, name),
    tags: [name ?? SYSTEM],
    ...definitionOf(route, asked),
    parameters: [...pathParameters(path), ...parametersOf(route, asked)],
    ...(body === undefined ? {} : { requestBody: body }),
    ...(PUBLIC.has(route.interaction) ? { security: [] } : {}),
    responses: responsesOf(route, name),
  };
  return { path: path.replaceAll(/:(\w+)/g, '{$1}'), method, operation };
}

const PUBLIC: ReadonlySet<string> = new Set(['capabilities', 'openapi']);

const pathParameters = (path: string): Fields[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => shared(`path.${name}`));

const shared = (name: string): Fields => ({ $ref: `#/components/parameters/${name}` });

/** Where the operation is defined. */
function definitionOf({ interaction }: RouteLine, { offer, type }: Asked): Fields {
  if (!interaction.startsWith('$')) return {};
  const definition = (type?.operations ?? offer.operations).find(({ name }) => name === interaction)?.definition;
  return definition === undefined ? {} : { externalDocs: { description: 'OperationDefinition', url: definition } };
}

/** What each interaction does, in a few words. */
export const SUMMARIES: ReadonlyMap<string, string> = new Map([
  ['capabilities', 'What this server does'],
  ['openapi', 'This document'],
  ['batch or transaction', 'Several requests at once: each by itself, or all or none'],
  ['search-system', 'Search over several types'],
  ['history-system', 'What was written, newest first'],
  ['search-type', 'Search'],
  ['search-compartment', 'Search in a compartment'],
  ['create', 'Create; with If-None-Exist only where nothing matches'],
  ['read', 'Read the current version'],
  ['vread', 'Read one version'],
  ['update', 'Update, or create under that id'],
  ['patch', 'Change a part'],
  ['delete', 'Delete; the history stays'],
  ['conditional-update', 'Update what the criteria find, or create it'],
  ['conditional-patch', 'Change a part of what the criteria find'],
  ['conditional-delete', 'Delete what the criteria find'],
  ['history-type', 'What was written of this type, newest first'],
  ['history-instance', 'The versions, newest first'],
]);

const summaryOf = ({ interaction, method }: RouteLine, type: string | undefined): string => {
  const words = SUMMARIES.get(interaction) ?? `The operation ${interaction}`;
  return [type === undefined ? words : `${type}: ${words}`, ...(method === 'POST' && interaction.startsWith('search') ? ['(sent as a form)'] : [])].join(' ');
};

// ---- parameters ----

/** References to the parameters of one request. */
function parametersOf({ interaction, method }: RouteLine, { offer, type }: Asked): Fields[] {
  const general = ['_format', '_pretty'].map(shared);
  const criteria = () => searchReferences(type?.type ?? SYSTEM, type?.params ?? offer.params);
  const isSearch = interaction.startsWith('search');
  if (interaction === 'capabilities') return [...general, shared('mode')];
  if (interaction === 'openapi') return [shared('_type')];
  if (isSearch && method === 'POST') return general;
  if (interaction === 'search-compartment') return [...general, ...RESULT_PARAMETERS.keys().map((name) => shared(`result.${name}`)), shared('modified')];
  if (isSearch) return [...general, ...criteria(), ...RESULT_PARAMETERS.keys().map((name) => shared(`result.${name}`)), shared('modified')];
  if (interaction.startsWith('conditional')) return [...general, ...criteria(), shared('modified'), ...headersOf(interaction)];
  if (interaction.startsWith('history')) return [...general, ...['_since', '_at', '_count', '_sort'].map((name) => shared(`history.${name}`))];
  if (interaction.startsWith('$') && method === 'GET') return [...general, shared('arguments')];
  return [...general, ...headersOf(interaction)];
}

const searchReferences = (owner: string, params: readonly ParamOffer[]): Fields[] =>
  params.filter(({ name }) => name !== '_has').map(({ name }) => shared(`${owner}.${name}`));

const HEADERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['read', ['If-None-Match', 'If-Modified-Since']],
  ['vread', ['If-None-Match']],
  ['create', ['If-None-Exist', 'Prefer']],
  ['update', ['If-Match', 'If-None-Match', 'Prefer']],
  ['patch', ['If-Match', 'Prefer']],
  ['delete', ['If-Match', 'Prefer']],
  ['conditional-update', ['If-Match', 'Prefer']],
  ['conditional-patch', ['If-Match', 'Prefer']],
  ['conditional-delete', ['If-Match', 'Prefer']],
  ['batch or transaction', ['Prefer']],
]);

const headersOf = (interaction: string): Fields[] => (HEADERS.get(interaction) ?? []).map((name) => shared(`header.${name}`));

const TEXT: Schema = { type: 'string' };
const inQuery = (name: string, description: string, schema: Schema = TEXT): Fields => ({ name, in: 'query', description, schema });
const inPath = (name: string, description: string): Fields => ({ name, in: 'path', required: true, description, schema: TEXT });
const inHeader = (name: string, description: string): Fields => ({ name, in: 'header', description, schema: TEXT });
/** Names that cannot be listed: the query is an object of names and values. */
const openEnded = (name: string, description: string): Fields => ({
  ...inQuery(name, description, { type: 'object', additionalProperties: TEXT }),
  style: 'form',
  explode: true,
});

/** What is found, and how it is shown; by name. https://hl7.org/fhir/R4/search.html#return */
export const RESULT_PARAMETERS: ReadonlyMap<string, readonly [description: string, schema: Schema]> = new Map([
  ['_sort', ['Parameters to sort by, joined by commas; with - before one, descending.', TEXT]],
  ['_count', [`Matches a page, ${MAX_COUNT} at most.`, { type: 'integer', minimum: 0, default: DEFAULT_COUNT }]],
  ['_total', ['Whether to count all matches.', { type: 'string', enum: ['none', 'estimate', 'accurate'] }]],
  ['_summary', ['How much of each resource.', { type: 'string', enum: ['true', 'text', 'data', 'count', 'false'] }]],
  ['_elements', ['Elements to give, joined by commas.', TEXT]],
  ['_include', ['What matches refer to: Type:parameter, Type:parameter:Target, Type:* or *.', { type: 'array', items: TEXT }]],
  ['_revinclude', ['What refers to matches.', { type: 'array', items: TEXT }]],
  ['_contained', ['Only false: contained resources are not searched.', { type: 'string', enum: ['false'] }]],
]);

const SHARED_PARAMETERS: Fields = {
  'path.id': inPath('id', 'Id of the resource.'),
  'path.version': inPath('version', 'Number of the version.'),
  'path.target': inPath('target', 'Type of the resources in the compartment, or * for all.'),
  _format: inQuery('_format', 'Wins over Accept.', { type: 'string', enum: ['json', 'xml'] }),
  _pretty: inQuery('_pretty', 'On several lines.', { type: 'boolean' }),
  mode: inQuery('mode', 'terminology: the TerminologyCapabilities.', { type: 'string', enum: ['full', 'normative', 'terminology'] }),
  _type: inQuery('_type', 'Types of resources, joined by commas.'),
  'history._since': inQuery('_since', 'Versions of that instant and later.', { type: 'string', format: 'date-time' }),
  'history._at': inQuery('_at', 'Versions that were current then.'),
  'history._count': inQuery('_count', `Versions a page, ${MAX_COUNT} at most.`, { type: 'integer', minimum: 0, default: DEFAULT_COUNT }),
  'history._sort': inQuery('_sort', 'Oldest or newest first.', { type: 'string', enum: ['_lastUpdated', '-_lastUpdated'] }),
  modified: openEnded('name:modifier', 'Parameters with modifiers (name:exact), chains (patient.name) and _has.'),
  arguments: openEnded('arguments', 'The parameters of the operation, as its definition names them.'),
  'header.If-Match': inHeader('If-Match', 'ETags of the versions that may be written over.'),
  'header.If-None-Match': inHeader('If-None-Match', 'ETags of versions that are known already; on an update * for: only where there is none.'),
  'header.If-Modified-Since': inHeader('If-Modified-Since', 'Answers 304 where nothing was written since.'),
  'header.If-None-Exist': inHeader('If-None-Exist', 'Search criteria: creates only where nothing matches.'),
  'header.Prefer': inHeader('Prefer', 'return=minimal, representation or OperationOutcome.'),
  ...Object.fromEntries([...RESULT_PARAMETERS].map(([name, [description, schema]]) => [`result.${name}`, inQuery(name, description, schema)])),
};

/** `_has` is a family of names, and told of in words. */
function searchParameters(owner: string, params: readonly ParamOffer[]): Fields {
  const named = params.filter(({ name }) => name !== '_has');
  return Object.fromEntries(named.map((param) => [`${owner}.${param.name}`, searchParameter(param)]));
}

const searchParameter = (param: ParamOffer): Fields => ({
  ...inQuery(param.name, documentationOf(param), { type: 'array', items: TEXT }),
  example: [param.example[1]],
  ...(param.url === undefined ? {} : { 'x-definition': param.url }),
  ...(param.modifiers.length === 0 ? {} : { 'x-modifiers': param.modifiers }),
});

// ---- bodies ----

const schemaRef = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const inFhir = (name: string): Fields => ({ 'application/fhir+json': { schema: schemaRef(name) }, 'application/fhir+xml': { schema: TEXT } });

function requestBodyOf({ interaction, method }: RouteLine, { type }: Asked): Fields | undefined {
  if (method === 'GET' || method === 'DELETE') return undefined;
  if (interaction.startsWith('search'))
    return { content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', additionalProperties: { type: 'array', items: TEXT } } } } };
  if (interaction.endsWith('patch')) return { required: true, content: PATCHES };
  if (interaction === '$load-package') return { required: true, content: { ...inFhir('Parameters'), 'application/gzip': {} } };
  if (interaction.startsWith('$')) return { content: inFhir(interaction === '$validate' ? RESOURCE : 'Parameters') };
  return { required: true, content: inFhir(type?.type ?? 'Bundle') };
}

const PATCHES: Fields = Object.fromEntries(
  PATCH_TYPES.map((type) => {
    if (type === 'application/json-patch+json') return [type, { schema: { type: 'array', items: { type: 'object' } } }];
    if (type === 'application/merge-patch+json') return [type, { schema: { type: 'object' } }];
    return [type, { schema: type.endsWith('json') ? schemaRef('Parameters') : TEXT }];
  }),
);

const answer = (name: string): Fields => ({ $ref: `#/components/responses/${name}` });

const RESPONSES: Fields = {
  Error: { description: 'What is wrong, where, and what would be right.', content: inFhir('OperationOutcome') },
  Known: { description: 'What the client has is current.' },
  Deleted: { description: 'Deleted, or there was nothing to delete.' },
};

const done = (name: string): Fields => ({ description: 'Done', content: inFhir(name) });

/** What is answered where all goes well; by interaction, the resource being of the type that is asked for. */
const SUCCESSES: ReadonlyMap<string, (type: string) => Fields> = new Map<string, (type: string) => Fields>([
  ['capabilities', () => ({ 200: done('CapabilityStatement') })],
  ['openapi', () => ({ 200: { description: 'This document', content: { 'application/json': { schema: { type: 'object' } } } } })],
  ['create', (type) => ({ 201: done(type), 200: done(type) })],
  ['read', (type) => ({ 200: done(type), 304: answer('Known') })],
  ['vread', (type) => ({ 200: done(type), 304: answer('Known') })],
  ['update', (type) => ({ 200: done(type), 201: done(type) })],
  ['conditional-update', (type) => ({ 200: done(type), 201: done(type) })],
  ['patch', (type) => ({ 200: done(type) })],
  ['conditional-patch', (type) => ({ 200: done(type) })],
  ['delete', () => ({ 204: answer('Deleted') })],
  ['conditional-delete', () => ({ 204: answer('Deleted') })],
]);

function responsesOf({ interaction }: RouteLine, type = RESOURCE): Fields {
  const bundleOrAny = (): Fields => ({ 200: done(interaction.startsWith('$') ? RESOURCE : 'Bundle') });
  return { ...(SUCCESSES.get(interaction) ?? bundleOrAny)(type), default: answer('Error') };
}
