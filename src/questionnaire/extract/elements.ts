/** Finds its way through the elements of a type, from name to name, across data types. */
import type { ElementDefinition, Registry, Structure } from '../../definitions/registry.ts';

/** What an extraction asks of the definitions. */
export type Definitions = Pick<Registry, 'structure' | 'resource'>;

/** A place whose children are known: a type, or an element of it. */
export interface Where {
  readonly structure: Structure;
  readonly path: string;
}

export interface Element {
  /** The name in JSON; of a choice without a type it ends in `[x]`. */
  readonly key: string;
  readonly repeats: boolean;
  /** One, or those of a choice. */
  readonly types: readonly string[];
  /** Undefined in a primitive, and in a choice whose type is not said. */
  readonly below: Where | undefined;
}

export function rootOf(type: string, definitions: Definitions): Where | undefined {
  const structure = definitions.structure(type);
  return structure === undefined ? undefined : { structure, path: type };
}

/** `name` may be that of a choice (`value`, `value[x]`), of one of its types (`valueQuantity`), and carry a slice (`identifier:ihi`). */
export function elementAt(where: Where, segment: string, definitions: Definitions): Element | undefined {
  const [name = '', slice] = segment.split(':');
  const exact = find(where, name);
  if (exact !== undefined) return elementOf(name, exact, { where, definitions });
  const bare = name.replace('[x]', '');
  const open = find(where, `${bare}[x]`);
  if (open !== undefined) return choiceOf(open, bare, typeIn(slice, bare, open), { where, definitions });
  return typedChoice(where, name, definitions);
}

/** `valueQuantity`: a choice whose name begins the word, and one of its types ends it. */
function typedChoice(where: Where, name: string, definitions: Definitions): Element | undefined {
  for (const definition of where.structure.elements) {
    if (!definition.path.endsWith('[x]') || !definition.path.startsWith(`${where.path}.`)) continue;
    const bare = definition.path.slice(where.path.length + 1, -'[x]'.length);
    const type = typeIn(name, bare, definition);
    if (type !== undefined) return choiceOf(definition, bare, type, { where, definitions });
  }
  return undefined;
}

function typeIn(word: string | undefined, bare: string, { types }: ElementDefinition): string | undefined {
  return word === undefined ? undefined : types.find(({ code }) => word === choiceKey(bare, code))?.code;
}

/** `value` and `Quantity` → `valueQuantity` */
export const choiceKey = (bare: string, type: string): string => `${bare}${type.charAt(0).toUpperCase()}${type.slice(1)}`;

const indexes = new WeakMap<Structure, ReadonlyMap<string, ElementDefinition>>();

function find({ structure, path }: Where, name: string): ElementDefinition | undefined {
  const index = indexes.get(structure) ?? new Map(structure.elements.map((element) => [element.path, element]));
  indexes.set(structure, index);
  return index.get(`${path}.${name}`);
}

interface At {
  readonly where: Where;
  readonly definitions: Definitions;
}

function elementOf(key: string, definition: ElementDefinition, { where, definitions }: At): Element {
  const types = definition.types.map(({ code }) => code);
  return { key, repeats: definition.max > 1, types, below: belowOf(definition, types, { where, definitions }) };
}

function choiceOf(definition: ElementDefinition, bare: string, type: string | undefined, { definitions }: At): Element {
  const all = definition.types.map(({ code }) => code);
  const types = type === undefined ? all : [type];
  const [only] = types;
  const key = types.length === 1 && only !== undefined ? choiceKey(bare, only) : `${bare}[x]`;
  return { key, repeats: false, types, below: types.length === 1 && only !== undefined ? rootOf(only, definitions) : undefined };
}

function belowOf({ path, contentReference }: ElementDefinition, types: readonly string[], { where, definitions }: At): Where | undefined {
  if (contentReference !== undefined) return { structure: where.structure, path: contentReference.slice(contentReference.indexOf('#') + 1) };
  if (where.structure.elements.some((element) => element.path.startsWith(`${path}.`))) return { structure: where.structure, path };
  const [only = ''] = types;
  const below = types.length === 1 ? rootOf(only, definitions) : undefined;
  return below?.structure.kind === 'primitive-type' ? undefined : below;
}
