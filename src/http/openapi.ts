/**
 * The REST interface as an OpenAPI 3.1 document, written from the offer: each row of the route table becomes an operation,
 * for each type that it serves. https://spec.openapis.org/oas/v3.1.0
 */
import type { Registry } from '../definitions/registry.ts';
import type { Stated } from './capability.ts';
import type { Offer, RouteLine, TypeOffer } from './offer.ts';
import { describedBodies, describedResponses, requestBodyOf, responsesOf, SHARED_TYPES } from './openapi-bodies.ts';
import { type Asked, describedParameters, parametersOf, pathParameters, SYSTEM } from './openapi-parameters.ts';
import { type Fields, schemasFor } from './openapi-schemas.ts';

export interface OpenApiParts {
  readonly offer: Offer;
  readonly registry: Registry;
  readonly stated: Omit<Stated, 'date'>;
  /** Of which types; undefined: of all. */
  readonly types?: readonly string[];
}

export function openApiOf({ offer, registry, stated, types }: OpenApiParts): Fields {
  const chosen = types === undefined ? offer.types : offer.types.filter(({ type }) => types.includes(type));
  const names = [...SHARED_TYPES, ...chosen.map(({ type }) => type)];
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
      parameters: describedParameters(offer, chosen),
      requestBodies: describedBodies(names),
      responses: describedResponses(names),
      schemas: schemasFor(registry, names),
      ...(offer.secured ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

const ABOUT = [
  'FHIR R4 for patient-reported outcomes. The types of resources and their parameters are those of the CapabilityStatement at `/metadata`.',
  'A search parameter that is given again narrows the search; values joined by commas widen it. Modifiers (`name:exact=…`), chains (`patient.name=…`) and `_has` go into names, as each parameter says.',
  'With `?_type=Patient,Observation` this document is of those types only.',
].join('\n\n');

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

function operationOf(route: RouteLine, asked: Asked): Operation {
  const name = asked.type?.type;
  const path = `/${route.path.replace(':type', name ?? '')}`;
  const method = route.method.toLowerCase();
  const body = requestBodyOf(route, name);
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
