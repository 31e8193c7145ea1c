/**
 * What this server offers, read from the tables that serve the requests: the routes, the search parameters, the settings
 * and the definitions that are loaded. The CapabilityStatement, the OpenAPI document and the pages about the API are all
 * written from it, so that they cannot promise what is not done, nor differ from each other.
 */
import { CANONICAL } from '../fhir/names.ts';
import { BESIDES, modifiersOf } from '../search/condition.ts';
import { PREFIXES } from '../search/kinds/kind.ts';
import { leadsToResources } from '../search/links.ts';
import type { Param, ParamKind } from '../search/param.ts';
import type { Params } from '../search/params.ts';
import { exampleOf } from './examples.ts';

/** A row of the route table, as far as it is told to clients. */
export interface RouteLine {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly interaction: string;
}

export interface OfferParts {
  readonly routes: readonly RouteLine[];
  readonly params: Params;
  readonly settings: OfferSettings;
  /** Whether a token is needed for all but the public routes. */
  readonly secured: boolean;
}

/** The settings that decide what is offered. */
interface OfferSettings {
  readonly updateCreate: 'on' | 'off';
  readonly conditionalDelete: 'single' | 'multiple';
  readonly references: 'checked' | 'free';
}

export interface Offer {
  /** Of the definitions that it was read from. */
  readonly revision: number;
  readonly secured: boolean;
  readonly settings: OfferSettings;
  readonly routes: readonly RouteLine[];
  readonly types: readonly TypeOffer[];
  /** FHIR's codes for those of the system: `transaction`, `search-system`. */
  readonly interactions: readonly string[];
  /** What every type can be searched by, for searches over several. */
  readonly params: readonly ParamOffer[];
  readonly operations: readonly OperationOffer[];
  /** The types that stand for a compartment. */
  readonly compartments: readonly string[];
}

export interface TypeOffer {
  readonly type: string;
  /** FHIR's codes: `read`, `search-type`. https://hl7.org/fhir/R4/valueset-type-restful-interaction.html */
  readonly interactions: readonly string[];
  /** Besides create, update, patch and delete: those that take criteria. */
  readonly conditional: { readonly create: boolean; readonly update: boolean; readonly patch: boolean; readonly delete: boolean };
  readonly params: readonly ParamOffer[];
  /** Values of `_include`. */
  readonly includes: readonly string[];
  /** Values of `_revinclude`. */
  readonly revIncludes: readonly string[];
  readonly operations: readonly OperationOffer[];
  /** Canonical URLs of the profiles that were brought along, posted or installed. */
  readonly profiles: readonly string[];
}

export interface ParamOffer {
  readonly name: string;
  readonly kind: ParamKind;
  /** Canonical URL of its SearchParameter; undefined for what R4 defines in words only. */
  readonly url: string | undefined;
  /** What it finds, in a sentence. */
  readonly finds: string;
  /** Without those that are names of types. */
  readonly modifiers: readonly string[];
  /** Types that may stand as modifiers, and that a chain may lead to; where these are nearly all, which are not. */
  readonly targets: readonly string[];
  readonly prefixes: readonly string[];
  /** Name and value as they may stand in a query. */
  readonly example: readonly [name: string, value: string];
}

export interface OperationOffer {
  /** `$everything` */
  readonly name: string;
  /** Canonical URL of its OperationDefinition. */
  readonly definition: string;
  readonly calls: readonly Pick<RouteLine, 'method' | 'path'>[];
}

/** The offer as it stands: made when first asked for, and anew when the definitions have changed. */
export function createOffer(parts: OfferParts): () => Offer {
  let offer: Offer | undefined;
  return () => {
    if (offer === undefined || offer.revision !== parts.params.revision) offer = offerOf(parts);
    return offer;
  };
}

function offerOf(parts: OfferParts): Offer {
  const { routes, params, settings, secured } = parts;
  const { registry } = params;
  const incoming = pointers(params);
  const profiles = profilesByType(params);
  const types = registry.resourceTypes.map((type) => typeOffer(parts, type, { revIncludes: incoming.get(type) ?? [], profiles: profiles.get(type) ?? [] }));
  return {
    revision: params.revision,
    secured,
    settings,
    routes,
    types,
    interactions: SYSTEM_INTERACTIONS.filter((code) => routes.some(({ interaction }) => interaction.split(' or ').includes(code))),
    params: [...commonTo(types), TYPE_PARAM],
    operations: operationsAt(parts, ''),
    compartments: routes.filter(({ interaction }) => interaction === 'search-compartment').map(({ path }) => path.split('/')[0] ?? ''),
  };
}

const TYPE_INTERACTIONS = ['read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'history-type', 'create', 'search-type'] as const;
const SYSTEM_INTERACTIONS = ['transaction', 'batch', 'search-system', 'history-system'] as const;

function typeOffer(parts: OfferParts, type: string, found: Pick<TypeOffer, 'revIncludes' | 'profiles'>): TypeOffer {
  const { routes, params } = parts;
  const has = (interaction: string): boolean => routes.some((route) => route.interaction === interaction);
  const own = [...params.of(type).values()];
  const includes = own.filter((param) => isLink(params, param)).map(({ code }) => `${type}:${code}`);
  return {
    type,
    interactions: TYPE_INTERACTIONS.filter(has),
    conditional: { create: has('create'), update: has('conditional-update'), patch: has('conditional-patch'), delete: has('conditional-delete') },
    params: [...own.map((param) => paramOffer(params, param)), ...besides(found.revIncludes)],
    includes: withAll(includes, `${type}:*`),
    revIncludes: withAll(found.revIncludes, '*'),
    operations: [...operationsAt(parts, ':type', type), ...operationsAt(parts, type)],
    profiles: found.profiles,
  };
}

/** Where there is anything to include, everything may be included at once. */
const withAll = (links: readonly string[], all: string): readonly string[] => (links.length === 0 ? links : [all, ...links]);

/** Whether the parameter leads to other resources, which can then be included. */
const isLink = (params: Params, param: Param): boolean => param.kind === 'reference' && leadsToResources(params, param);

/** For each type, the `Type:code` of the parameters that may point at it. */
function pointers(params: Params): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const type of params.registry.resourceTypes) {
    for (const param of params.of(type).values()) {
      if (!isLink(params, param)) continue;
      for (const target of param.targets) found.set(target, [...(found.get(target) ?? []), `${type}:${param.code}`]);
    }
  }
  return found;
}

// ---- parameters ----

/** The kinds whose values have an order. https://hl7.org/fhir/R4/search.html#prefix */
const ORDERED: ReadonlySet<ParamKind> = new Set<ParamKind>(['number', 'date', 'quantity']);

function paramOffer(params: Params, param: Param): ParamOffer {
  const { code, kind, url, expression } = param;
  const modifiers = modifiersOf(params, param);
  return {
    name: code,
    kind,
    url,
    finds: expression === '' ? (WORDS.get(code) ?? '') : `Finds ${expression}.`,
    modifiers: modifiers.filter((modifier) => !params.registry.isResourceType(modifier)),
    targets: targetsOf(
      params.registry.resourceTypes,
      modifiers.filter((modifier) => params.registry.isResourceType(modifier)),
    ),
    prefixes: ORDERED.has(kind) ? [...PREFIXES] : [],
    example: [code, exampleOf(params, param)],
  };
}

/** In words where they are so many that a list would say less. */
function targetsOf(all: readonly string[], types: readonly string[]): readonly string[] {
  if (types.length < all.length / 2) return types;
  const others = all.filter((type) => !types.includes(type));
  return [`any type of resource${others.length === 0 ? '' : ` but ${others.join(' and ')}`}`];
}

/** Parameters that look into the whole resource. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['_text', 'Finds words of the narrative.'],
  ['_content', 'Finds words of any text of the resource.'],
]);

/** Special, in R4's words: what they take is no value of any other type. `_has` needs something that points here. */
function besides(pointing: readonly string[]): readonly ParamOffer[] {
  const [first] = pointing;
  const examples: Readonly<Record<string, readonly [string, string] | undefined>> = {
    _filter: ['_filter', '_id eq 7'],
    _has: first === undefined ? undefined : [`_has:${first}:_id`, '7'],
    _list: ['_list', '7'],
  };
  return [...BESIDES].flatMap(([name, finds]) => {
    const example = examples[name];
    return example === undefined ? [] : [{ name, kind: 'special' as const, url: undefined, finds, modifiers: [], targets: [], prefixes: [], example }];
  });
}

const TYPE_PARAM: ParamOffer = {
  name: '_type',
  kind: 'special',
  url: undefined,
  finds: 'The types to search, joined by commas.',
  modifiers: [],
  targets: [],
  prefixes: [],
  example: ['_type', 'Patient,Practitioner'],
};

function commonTo([first, ...others]: readonly TypeOffer[]): readonly ParamOffer[] {
  const known = others.map(({ params }) => new Map(params.map(({ name, url }) => [name, { url }])));
  return (first?.params ?? []).filter(({ name, url }) => known.every((own) => own.has(name) && own.get(name)?.url === url));
}

// ---- operations ----

/** Operations whose path begins with that segment; '' for those of the system. */
function operationsAt({ routes, params }: OfferParts, segment: string, type = segment): OperationOffer[] {
  const fitting = routes.filter(({ path, interaction }) => interaction.startsWith('$') && (path.includes('/') ? path.split('/')[0] : '') === segment);
  return [...Map.groupBy(fitting, ({ interaction }) => interaction)].map(([name, calls]) => ({
    name,
    definition: definitionOf(params, name.slice(1), type),
    calls: calls.map(({ method, path }) => ({ method, path: path.replace(':type', type) })),
  }));
}

const HL7 = 'http://hl7.org/fhir/OperationDefinition';
const SDC = 'http://hl7.org/fhir/uv/sdc/OperationDefinition';

/** Ours, or FHIR's, as far as they are defined here; the rest are of the guide on questionnaires. */
function definitionOf({ registry }: Params, name: string, type: string): string {
  const own = `${CANONICAL}/OperationDefinition`;
  const known = [`${own}/${type}-${name}`, `${own}/${name}`, `${HL7}/${type}-${name}`, `${HL7}/Resource-${name}`];
  return known.find((url) => registry.versions('OperationDefinition', url).length > 0) ?? `${SDC}/${type}-${name}`;
}

// ---- profiles ----

/** Those of FHIR itself are not listed: they are known without being claimed for every resource of their type. */
function profilesByType({ registry }: Params): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { url, source, status } of registry.list('StructureDefinition')) {
    if (source === 'base' || status === 'retired') continue;
    const profile = registry.resource('StructureDefinition', url);
    if (profile?.kind !== 'resource' || profile.derivation !== 'constraint') continue;
    const urls = found.get(profile.type) ?? [];
    if (!urls.includes(url)) found.set(profile.type, [...urls, url]);
  }
  return found;
}
