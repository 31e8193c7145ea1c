/**
 * The registry over its layers: the base below, what the server brings along above it, and on top what was posted or
 * installed. What is asked often is kept until something changes.
 */
import type { CodeSystem, SearchParameter, ValueSet } from 'fhir/r4';
import type { Resource } from '../fhir/resource.ts';
import { choose, newestFirst, parseCanonical } from './canonical.ts';
import { createLayer, type Entry, entriesFor, type Layer, listedOf, visible } from './layer.ts';
import type { Change, Definitions, DefinitionType, LiveRegistry, Registry, SearchParameterDefinition } from './registry.ts';

/** The base, as it is compiled: it never changes. */
export interface BaseLayer extends Omit<Registry, 'revision' | 'resource' | 'versions' | 'list'> {
  /** All of one URL. */
  entries(type: DefinitionType, url: string): readonly Entry[];
  list(type: DefinitionType): readonly Entry[];
}

/** Lists the codes of a value set from its definition; undefined where it cannot be listed. */
export type ListCodes = (valueSet: ValueSet, source: CodeSource) => ReadonlySet<string> | undefined;

interface CodeSource {
  codeSystem(url: string): CodeSystem | undefined;
  valueSet(url: string): ValueSet | undefined;
}

/** `listCodes` lists value sets that are not of the base. */
export function createLiveRegistry(base: BaseLayer, listCodes: ListCodes = () => undefined): LiveRegistry {
  const { entries, list, ...unchanging } = base;
  const layers: Layers = [createLayer(), createLayer()];
  const listeners = new Set<(change: Change) => void>();
  let revision = 0;
  let searchParameters: readonly SearchParameterDefinition[] | undefined;
  const find = finder((type, url) => visible([...entries(type, url), ...layers.flatMap((layer) => layer.of(type, url))]));
  const codes = createCodeLists({ base, layers, find, listCodes });

  function changed(change: Change): void {
    revision += 1;
    codes.forget();
    if (change.type === 'SearchParameter') searchParameters = undefined;
    for (const listener of listeners) listener(change);
  }

  return {
    ...unchanging,
    get revision() {
      return revision;
    },
    get searchParameters() {
      searchParameters ??= [...base.searchParameters, ...searchParametersIn(layers)];
      return searchParameters;
    },
    valueSetCodes: codes.of,
    resource: find.resource,
    versions: (type, url) => newestFirst(find.entries(type, url)).map(listedOf),
    list: (type) => byUrl([...list(type), ...layers.flatMap((layer) => layer.all(type))]).map(listedOf),
    put: (resource, source) => {
      if (isTypeOfFhir(resource, base)) return;
      for (const entry of entriesFor(resource, source)) {
        layers[source === 'own' ? 0 : 1].add(entry);
        changed({ ...listedOf(entry), change: 'put' });
      }
    },
    remove: (type, url, version) => {
      const removed = layers[1].remove(type, url, version);
      if (removed !== undefined) changed({ ...listedOf(removed), change: 'removed' });
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** FHIR's own types, from which all else is derived, are never replaced. */
export function isTypeOfFhir({ resourceType, url }: Resource, { structure }: Pick<Registry, 'structure'>): boolean {
  if (resourceType !== 'StructureDefinition' || typeof url !== 'string') return false;
  return structure(url.slice(url.lastIndexOf('/') + 1))?.url === url;
}

type Layers = readonly [own: Layer, loaded: Layer];

function byUrl(entries: readonly Entry[]): Entry[] {
  const groups = [...Map.groupBy(entries, ({ url }) => url)].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return groups.flatMap(([, group]) => visible(group));
}

interface Find extends Pick<Registry, 'resource'> {
  entries(type: DefinitionType, url: string): readonly Entry[];
}

function finder(entries: Find['entries']): Find {
  const resource = <Type extends DefinitionType>(type: Type, canonical: string): Definitions[Type] | undefined => {
    const { url, version } = parseCanonical(canonical);
    return choose(entries(type, url), version)?.read() as unknown as Definitions[Type] | undefined; // it was put there as one of that type
  };
  return { entries, resource };
}

interface CodeLists {
  of(url: string): ReadonlySet<string> | undefined;
  forget(): void;
}

interface CodeListParts {
  readonly base: BaseLayer;
  readonly layers: Layers;
  readonly find: Find;
  readonly listCodes: ListCodes;
}

/** The base's own lists hold for the value sets of which no higher layer speaks. */
function createCodeLists({ base, layers, find, listCodes }: CodeListParts): CodeLists {
  const kept = new Map<string, ReadonlySet<string>>();
  const source: CodeSource = { codeSystem: (url) => find.resource('CodeSystem', url), valueSet: (url) => find.resource('ValueSet', url) };
  const isHidden = (canonical: string): boolean => layers.some((layer) => layer.of('ValueSet', parseCanonical(canonical).url).length > 0);
  const list = (canonical: string): ReadonlySet<string> | undefined => {
    const valueSet = find.resource('ValueSet', canonical);
    const codes = valueSet === undefined ? undefined : listCodes(valueSet, source);
    if (codes !== undefined) kept.set(canonical, codes);
    return codes;
  };
  return {
    of: (canonical) => (isHidden(canonical) ? undefined : base.valueSetCodes(canonical)) ?? kept.get(canonical) ?? list(canonical),
    forget: () => kept.clear(),
  };
}

/** Of each URL the one that is meant without a version; none, where that is retired. */
function searchParametersIn(layers: Layers): SearchParameterDefinition[] {
  const byUrl = Map.groupBy(
    layers.flatMap((layer) => layer.all('SearchParameter')),
    ({ url }) => url,
  );
  const chosen = [...byUrl.values()].flatMap((entries) => choose(visible(entries), '') ?? []);
  return chosen.filter(({ status }) => status !== 'retired').map(searchParameterDefinition);
}

/** A SearchParameter resource as the registry holds it. https://hl7.org/fhir/R4/searchparameter.html */
function searchParameterDefinition({ read, source }: Entry): SearchParameterDefinition {
  const { url, code, base, type, expression = '', target = [], component = [] } = read() as unknown as SearchParameter; // it was put there as one
  const parts = component.map((part) => ({ definition: part.definition, expression: part.expression }));
  return { url, code, base, type, expression, target, component: parts, ...(source === 'base' ? {} : { source }) };
}
