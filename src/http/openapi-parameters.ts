/** The parameters of an OpenAPI document: of paths, queries and headers, described once and referred to by each operation. */
import { DEFAULT_COUNT, MAX_COUNT } from '../search/limits.ts';
import { documentationOf } from './capability.ts';
import type { Offer, ParamOffer, RouteLine, TypeOffer } from './offer.ts';
import type { Fields, Schema } from './openapi-schemas.ts';

/** What an operation is described for: a type, or the whole server. */
export interface Asked {
  readonly offer: Offer;
  readonly type?: TypeOffer;
}

/** The owner of what is not of one type. */
export const SYSTEM = 'System';

const shared = (name: string): Fields => ({ $ref: `#/components/parameters/${name}` });

export const pathParameters = (path: string): Fields[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => shared(`path.${name}`));

/** References to the parameters of one request. */
export function parametersOf({ interaction, method }: RouteLine, asked: Asked): Fields[] {
  const general = ['_format', '_pretty'].map(shared);
  const criteria = () => searchReferences(asked);
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

/** What every type has is described once. `_has` is a family of names, and told of in words. */
function searchReferences({ offer, type }: Asked): Fields[] {
  const common = new Set(offer.params.map(({ name }) => name));
  const named = (type?.params ?? offer.params).filter(({ name }) => name !== '_has');
  return named.map(({ name }) => shared(`${type === undefined || common.has(name) ? SYSTEM : type.type}.${name}`));
}

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

export function describedParameters({ params }: Offer, types: readonly TypeOffer[]): Fields {
  const common = new Set(params.map(({ name }) => name));
  const own = types.flatMap(({ type, params: all }) => all.filter(({ name }) => name !== '_has' && !common.has(name)).map((param) => [type, param] as const));
  const all = [...params.map((param) => [SYSTEM, param] as const), ...own];
  return { ...SHARED_PARAMETERS, ...Object.fromEntries(all.map(([owner, param]) => [`${owner}.${param.name}`, searchParameter(param)])) };
}

const searchParameter = (param: ParamOffer): Fields => ({
  ...inQuery(param.name, documentationOf(param), { type: 'array', items: TEXT }),
  example: [param.example[1]],
  ...(param.url === undefined ? {} : { 'x-definition': param.url }),
  ...(param.modifiers.length === 0 ? {} : { 'x-modifiers': param.modifiers }),
});
