/**
 * JSON Schemas of resources and data types, from their definitions: what an OpenAPI document's `components.schemas` hold.
 * They say which elements there are and of what type; the rest (bindings, invariants, profiles) is for validation.
 * https://hl7.org/fhir/R4/json.html
 */
import type { ElementDefinition, Registry, Structure } from '../definitions/registry.ts';

/** An object of the document. */
export type Fields = Readonly<Record<string, unknown>>;
export type Schema = Fields;
type Definitions = Pick<Registry, 'structure' | 'isResourceType'>;

/** Where a schema is found by its name. */
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** For anything that is a resource. */
export const RESOURCE = 'Resource';

/** The schemas of those types and of all that they are made of, by name: `Patient`, `Patient.contact`, `HumanName`. */
export function schemasFor(definitions: Definitions, types: Iterable<string>): Readonly<Record<string, Schema>> {
  const found = new Map<string, Schema>([[RESOURCE, ANY_RESOURCE]]);
  const open = [...types];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const structure = definitions.structure(name.split('.', 1)[0] ?? '');
    if (structure === undefined) continue;
    found.set(name, schemaOf(structure, name, { definitions, open }));
  }
  return Object.fromEntries([...found].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const ANY_RESOURCE: Schema = {
  type: 'object',
  description: 'A resource of any type.',
  required: ['resourceType'],
  properties: { resourceType: { type: 'string' } },
};

interface Walk {
  readonly definitions: Definitions;
  /** Names that were referred to. */
  readonly open: string[];
}

/** One level: the elements right below the path. */
function schemaOf({ elements, kind, type }: Structure, path: string, walk: Walk): Schema {
  const own = elements.filter((element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes('.'));
  const isResource = kind === 'resource' && path === type;
  const required = own.filter(({ min, path: at }) => min > 0 && !at.endsWith('[x]')).map((element) => nameOf(element));
  const properties = Object.fromEntries(own.flatMap((element) => propertiesOf(element, walk)));
  const needed = [...(isResource ? ['resourceType'] : []), ...required];
  return {
    type: 'object',
    ...(needed.length === 0 ? {} : { required: needed }),
    properties: isResource ? { resourceType: { const: type }, ...properties } : properties,
  };
}

const nameOf = ({ path }: ElementDefinition): string => path.slice(path.lastIndexOf('.') + 1);

/** One property; for a choice of types one for each. */
function propertiesOf(element: ElementDefinition, walk: Walk): (readonly [string, Schema])[] {
  const name = nameOf(element);
  const many = (schema: Schema): Schema => (element.max > 1 ? { type: 'array', items: schema } : schema);
  const { contentReference } = element;
  if (contentReference !== undefined) return [[name, many(linked(contentReference.replace(/^.*#/, ''), walk))]];
  return element.types.map(({ code }) => {
    const schema = many(typeSchema(element, code, walk));
    return [name.endsWith('[x]') ? `${name.slice(0, -3)}${code.charAt(0).toUpperCase()}${code.slice(1)}` : name, schema];
  });
}

function typeSchema(element: ElementDefinition, code: string, walk: Walk): Schema {
  const primitive = PRIMITIVES.get(code) ?? (code.startsWith('http://hl7.org/fhirpath/') ? TEXT : undefined);
  if (primitive !== undefined) return primitive;
  if (code === 'BackboneElement' || code === 'Element') return linked(element.path, walk);
  if (code === 'Resource' || code === 'DomainResource') return ref(RESOURCE);
  return walk.definitions.structure(code)?.kind === 'primitive-type' ? TEXT : linked(code, walk);
}

function linked(name: string, { open }: Walk): Schema {
  open.push(name);
  return ref(name);
}

const TEXT: Schema = { type: 'string' };

/** Those that JSON does not write as text, and those whose form JSON Schema has a name for. */
const PRIMITIVES: ReadonlyMap<string, Schema> = new Map([
  ['boolean', { type: 'boolean' }],
  ['decimal', { type: 'number' }],
  ['integer', { type: 'integer' }],
  ['positiveInt', { type: 'integer', minimum: 1 }],
  ['unsignedInt', { type: 'integer', minimum: 0 }],
  ['instant', { type: 'string', format: 'date-time' }],
  ['base64Binary', { type: 'string', contentEncoding: 'base64' }],
]);
