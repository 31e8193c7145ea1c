/**
 * FHIR resources between XML and JSON. The definitions say which elements repeat, what type each has and in which order
 * XML wants them. Numbers travel as text, so that decimals stay as written.
 * https://hl7.org/fhir/R4/xml.html, https://hl7.org/fhir/R4/json.html
 */
import { numbersToText, numberText, parseJson, primitiveText, printTextNumbers } from './json.ts';
import { type Definitions, isResourceLike, type Member, membersOf } from './members.ts';
import { FhirError } from './outcome.ts';
import { parseXml, printXml, type XmlElement } from './xml-text.ts';

const FHIR_NAMESPACE = 'http://hl7.org/fhir';
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** The same resource as JSON text. Throws FhirError `bad-xml`, or `invalid` for elements that FHIR does not have. */
export function xmlToJson(text: string, definitions: Definitions): string {
  const root = parseXml(text);
  const namespace = root.attributes.get('xmlns');
  if (namespace !== FHIR_NAMESPACE)
    throw new FhirError(
      'bad-xml',
      `The root element <${root.name.slice(0, 100)}> has ${namespace === undefined ? 'no namespace' : `the namespace ${JSON.stringify(namespace.slice(0, 100))}`}; FHIR's, without a prefix, is xmlns="${FHIR_NAMESPACE}".`,
    );
  return printTextNumbers(readResource(root, { definitions, path: root.name }));
}

interface Place {
  readonly definitions: Definitions;
  /** FHIRPath of the element that is read, for messages. */
  readonly path: string;
}

type Fields = Record<string, unknown>;

function readResource(element: XmlElement, place: Place): Fields {
  if (membersOf(place.definitions, element.name) === undefined || !/^[A-Z]/.test(element.name))
    throw new FhirError('bad-xml', `<${element.name.slice(0, 100)}> is no FHIR R4 resource.`, { expression: place.path });
  return { resourceType: element.name, ...readElements(element, element.name, place) };
}

/** The attributes and elements of anything that is not primitive. */
function readElements(element: XmlElement, inside: string, place: Place): Fields {
  const fields = new Map<string, unknown>(readAttributes(element, inside, place));
  const members = membersOf(place.definitions, inside);
  const byName = Map.groupBy(element.children, ({ name }) => name);
  for (const [name, children] of byName) {
    const member = isAttribute(name, inside, place.definitions) ? undefined : members?.get(name);
    if (member === undefined)
      throw new FhirError('invalid', `${inside} has no element <${name.slice(0, 100)}>.`, { expression: `${place.path}.${name.slice(0, 100)}` });
    const path = `${place.path}.${name}`;
    if (children.length > 1 && !member.isList)
      throw new FhirError('invalid', `<${name}> stands ${children.length} times; it does not repeat.`, { expression: path });
    readMember(fields, member, children, { ...place, path });
  }
  return Object.fromEntries(fields);
}

/** Names of namespaces say nothing. */
function readAttributes({ name, attributes }: XmlElement, inside: string, { path, definitions }: Place): [string, string][] {
  const said = [...attributes].filter(([key]) => key !== 'xmlns' && !key.startsWith('xmlns:') && !key.startsWith('xsi:'));
  const unknown = said.find(([key]) => !isAttribute(key, inside, definitions));
  if (unknown === undefined) return said;
  throw new FhirError('invalid', `<${name}> has the attribute ${JSON.stringify(unknown[0].slice(0, 100))}, which FHIR does not have there.`, {
    expression: path,
  });
}

/** The `url` of an extension, and the `id` of everything but a resource. https://hl7.org/fhir/R4/xml.html */
const isAttribute = (key: string, inside: string, definitions: Definitions): boolean =>
  inside === 'Extension' ? key === 'id' || key === 'url' : key === 'id' && definitions.structure(inside)?.kind !== 'resource';

function readMember(fields: Map<string, unknown>, member: Member, children: readonly XmlElement[], place: Place): void {
  const { key, isList, isPrimitive } = member;
  const read = children.map((child) => (isPrimitive ? readPrimitive(child, member, place) : { value: readComplex(child, member, place), shadow: undefined }));
  const values = read.map(({ value }) => value);
  const shadows = read.map(({ shadow }) => shadow);
  const put = (name: string, list: readonly unknown[]): void => {
    if (list.some((one) => one !== undefined)) fields.set(name, isList ? list.map((one) => one ?? null) : list[0]);
  };
  put(key, values);
  put(`_${key}`, shadows);
}

function readComplex(element: XmlElement, member: Member, place: Place): unknown {
  if (member.type !== 'Resource') return readElements(element, member.inside, place);
  const [resource, second] = element.children;
  if (resource === undefined || second !== undefined)
    throw new FhirError('bad-xml', `<${element.name}> holds ${element.children.length} elements; one resource is right.`, { expression: place.path });
  return readResource(resource, place);
}

interface Primitive {
  readonly value: unknown;
  /** Its id and extensions. */
  readonly shadow: unknown;
}

function readPrimitive(element: XmlElement, { type }: Member, place: Place): Primitive {
  if (element.xhtml !== undefined) return { value: element.xhtml, shadow: undefined };
  const value = element.attributes.get('value');
  const attributes = new Map([...element.attributes].filter(([key]) => key !== 'value'));
  const shadow = readElements({ ...element, attributes }, 'Element', place);
  const hasShadow = Object.keys(shadow).length > 0;
  if (value === undefined && !hasShadow)
    throw new FhirError('bad-xml', `<${element.name}> is empty; its value goes into the attribute "value".`, { expression: place.path });
  return { value: value === undefined ? undefined : primitiveValue(value, type), shadow: hasShadow ? shadow : undefined };
}

const NUMBERS: readonly string[] = ['decimal', 'integer', 'positiveInt', 'unsignedInt'];

/** What is no such value stays text, and is refused where the resource is checked. */
function primitiveValue(text: string, type: string): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return NUMBERS.includes(type) && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? numberText(text) : text;
}

/** A stored resource as deep as is allowed, in a Bundle in a Bundle. */
const MAX_NESTING = 80;

/** The resource in JSON text as XML text; on several lines where it is for people. */
export function jsonToXml(text: string, definitions: Definitions, pretty = false): string {
  const resource = numbersToText(parseJson(text, MAX_NESTING));
  if (!isResourceLike(resource)) throw new Error('what is printed as XML is no resource');
  const { name, children } = writeResource(resource as Fields & { resourceType: string }, definitions);
  return printXml({ name, attributes: new Map([['xmlns', FHIR_NAMESPACE]]), children }, pretty);
}

function writeResource(resource: Fields & { readonly resourceType: string }, definitions: Definitions): XmlElement {
  const name = resource.resourceType;
  return { name, attributes: NO_ATTRIBUTES, children: writeElements(resource, name, definitions) };
}

/** In the order of the definition. */
function writeElements(fields: Fields, inside: string, definitions: Definitions): XmlElement[] {
  const present = new Set(Object.keys(fields).map((key) => (key.startsWith('_') ? key.slice(1) : key)));
  const elements: XmlElement[] = [];
  for (const member of membersOf(definitions, inside)?.values() ?? []) {
    if (present.has(member.key) && !isAttribute(member.key, inside, definitions)) elements.push(...writeMember(fields, member, definitions));
  }
  return elements;
}

function writeMember(fields: Fields, member: Member, definitions: Definitions): XmlElement[] {
  const { key } = member;
  const [values, shadows] = [listOf(fields[key]), listOf(fields[`_${key}`])];
  return Array.from({ length: Math.max(values.length, shadows.length) }, (_, at) => writeOne({ value: values[at], shadow: shadows[at] }, member, definitions));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

function writeOne({ value, shadow }: Primitive, member: Member, definitions: Definitions): XmlElement {
  const { key, type, isPrimitive, inside } = member;
  if (type === 'xhtml') return { name: key, attributes: NO_ATTRIBUTES, children: [], xhtml: String(value) };
  if (isPrimitive) return writePrimitive(key, { value, shadow }, definitions);
  if (isResourceLike(value) && type === 'Resource')
    return { name: key, attributes: NO_ATTRIBUTES, children: [writeResource(value as Fields & { resourceType: string }, definitions)] };
  return writeComplex(key, value as Fields, inside, definitions);
}

function writeComplex(name: string, fields: Fields, inside: string, definitions: Definitions): XmlElement {
  const said = ['id', 'url'].filter((key) => typeof fields[key] === 'string' && isAttribute(key, inside, definitions));
  const attributes = new Map(said.map((key) => [key, String(fields[key])] as const));
  return { name, attributes, children: writeElements(fields, inside, definitions) };
}

function writePrimitive(name: string, { value, shadow }: Primitive, definitions: Definitions): XmlElement {
  const { attributes, children } = writeComplex(name, (shadow ?? {}) as Fields, 'Element', definitions);
  const said = value === undefined || value === null ? [] : [['value', primitiveText(value)] as const];
  return { name, attributes: new Map([...attributes, ...said]), children };
}
