/** What is sent and what is answered, as an OpenAPI document describes it: once, and referred to by each operation. */
import type { RouteLine } from './offer.ts';
import { type Fields, RESOURCE, type Schema } from './openapi-schemas.ts';
import { PATCH_TYPES } from './patch-body.ts';

const TEXT: Schema = { type: 'string' };
const schemaRef = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const inFhir = (name: string): Fields => ({ 'application/fhir+json': { schema: schemaRef(name) }, 'application/fhir+xml': { schema: TEXT } });

export function requestBodyOf({ interaction, method }: RouteLine, type: string | undefined): Fields | undefined {
  if (method === 'GET' || method === 'DELETE') return undefined;
  if (interaction.startsWith('search')) return body('Search');
  if (interaction.endsWith('patch')) return body('Patch');
  if (interaction === '$load-package') return body('Package');
  if (interaction.startsWith('$')) return body(interaction === '$validate' ? RESOURCE : 'Parameters');
  return body(type ?? 'Bundle');
}

const body = (name: string): Fields => ({ $ref: `#/components/requestBodies/${name}` });

const PATCHES: Fields = Object.fromEntries(
  PATCH_TYPES.map((type) => {
    if (type === 'application/json-patch+json') return [type, { schema: { type: 'array', items: { type: 'object' } } }];
    if (type === 'application/merge-patch+json') return [type, { schema: { type: 'object' } }];
    return [type, { schema: type.endsWith('json') ? schemaRef('Parameters') : TEXT }];
  }),
);

/** One for each type; operations may do without any. */
export const describedBodies = (types: readonly string[]): Fields => ({
  Search: { content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', additionalProperties: { type: 'array', items: TEXT } } } } },
  Patch: { required: true, content: PATCHES },
  Package: { required: true, content: { ...inFhir('Parameters'), 'application/gzip': {} } },
  ...Object.fromEntries(types.map((type) => [type, { content: inFhir(type), ...(OPTIONAL.has(type) ? {} : { required: true }) }])),
});

const OPTIONAL: ReadonlySet<string> = new Set([RESOURCE, 'Parameters']);

const answer = (name: string): Fields => ({ $ref: `#/components/responses/${name}` });

const giving = (name: string): Fields => ({ description: name === RESOURCE ? 'A resource' : name, content: inFhir(name) });

/** What requests of other types are answered with, too. */
export const SHARED_TYPES = [RESOURCE, 'Bundle', 'CapabilityStatement', 'OperationOutcome', 'Parameters'];

export const describedResponses = (types: readonly string[]): Fields => ({ ...RESPONSES, ...Object.fromEntries(types.map((type) => [type, giving(type)])) });

const RESPONSES: Fields = {
  Error: { description: 'What is wrong, where, and what would be right.', content: inFhir('OperationOutcome') },
  Known: { description: 'What the client has is current.' },
  Deleted: { description: 'Deleted, or there was nothing to delete.' },
};

/** What is answered where all goes well; by interaction, the resource being of the type that is asked for. */
const SUCCESSES: ReadonlyMap<string, (type: string) => Fields> = new Map<string, (type: string) => Fields>([
  ['capabilities', () => ({ 200: answer('CapabilityStatement') })],
  ['openapi', () => ({ 200: { description: 'This document', content: { 'application/json': { schema: { type: 'object' } } } } })],
  ['create', (type) => ({ 201: answer(type), 200: answer(type) })],
  ['read', (type) => ({ 200: answer(type), 304: answer('Known') })],
  ['vread', (type) => ({ 200: answer(type), 304: answer('Known') })],
  ['update', (type) => ({ 200: answer(type), 201: answer(type) })],
  ['conditional-update', (type) => ({ 200: answer(type), 201: answer(type) })],
  ['patch', (type) => ({ 200: answer(type) })],
  ['conditional-patch', (type) => ({ 200: answer(type) })],
  ['delete', () => ({ 204: answer('Deleted') })],
  ['conditional-delete', () => ({ 204: answer('Deleted') })],
]);

export function responsesOf({ interaction }: RouteLine, type = RESOURCE): Fields {
  const bundleOrAny = (): Fields => ({ 200: answer(interaction.startsWith('$') ? RESOURCE : 'Bundle') });
  return { ...(SUCCESSES.get(interaction) ?? bundleOrAny)(type), default: answer('Error') };
}
