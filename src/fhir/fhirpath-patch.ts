/**
 * FHIRPath Patch: operations in a Parameters resource, each on the place that a FHIRPath names. The definitions say
 * what an element is called in JSON, whether it repeats, and which types it may have.
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
import { compileValuePath, createHost, type FhirPathValue, type Host } from './fhirpath.ts';
import { numbersToText, textToNumbers } from './json.ts';
import { type Definitions, isResourceLike, type Member, membersOf } from './members.ts';
import { FhirError } from './outcome.ts';
import type { Resource } from './resource.ts';

const MAX_OPERATIONS = 500;

const TYPES = ['add', 'insert', 'delete', 'replace', 'move'] as const;

interface Operation {
  /** Its place in the Parameters, for messages. */
  readonly at: string;
  readonly type: (typeof TYPES)[number];
  readonly path: string;
  /** The parts by their name, as given. */
  readonly parts: ReadonlyMap<string, Part>;
}

/** `{name, value[x] | resource | part}` of Parameters, with its numbers as text. */
type Part = Readonly<Record<string, unknown>>;

/** Throws FhirError `bad-request` where the Parameters are no patch; the change throws `invalid` where it does not apply. */
export function parseFhirPathPatch(parameters: Resource, definitions: Definitions): (resource: Resource) => Resource {
  const operations = operationsIn(parameters);
  return (resource) => {
    const tree = numbersToText(resource) as Node; // a resource is an object, and so is its copy
    for (const operation of operations) apply({ tree, definitions, operation });
    return textToNumbers(tree) as Resource; // its root is never replaced
  };
}

function operationsIn(parameters: Resource): readonly Operation[] {
  const given = listIn((numbersToText(parameters) as Part).parameter);
  if (given.length === 0)
    throw new FhirError('bad-request', 'A FHIRPath Patch is Parameters with a parameter "operation" for each change.', { expression: 'Parameters.parameter' });
  if (given.length > MAX_OPERATIONS)
    throw new FhirError('too-costly', `The patch has ${given.length} operations; at most ${MAX_OPERATIONS} are taken at once.`);
  return given.map((parameter, at) => operationIn(parameter, `Parameters.parameter[${at}]`));
}

function operationIn(parameter: Part, at: string): Operation {
  if (parameter.name !== 'operation')
    throw malformed(at, `is called ${JSON.stringify(parameter.name)?.slice(0, 100) ?? 'nothing'}; each is called "operation"`);
  const parts = new Map(listIn(parameter.part).map((part) => [String(part.name), part]));
  const said = parts.get('type');
  const type = TYPES.find((one) => one === (said?.valueCode ?? said?.valueString));
  if (type === undefined) throw malformed(at, `has no part "type" with one of the codes ${TYPES.join(', ')}`);
  const path = parts.get('path')?.valueString;
  if (typeof path !== 'string' || path === '') throw malformed(at, 'has no part "path" with a valueString, such as Patient.name[0].family');
  return { at, type, path, parts };
}

const malformed = (at: string, what: string): FhirError => new FhirError('bad-request', `${at} ${what}.`, { expression: at });

const listIn = (value: unknown): readonly Part[] => (Array.isArray(value) ? value.filter((one): one is Part => typeof one === 'object' && one !== null) : []);

/** An object of the resource, with its numbers as text; changed in place. */
type Node = Record<string, unknown>;

interface Applying {
  readonly tree: Node;
  readonly definitions: Definitions;
  readonly operation: Operation;
}

const apply = (applying: Applying): void => APPLY[applying.operation.type](applying);

const APPLY: Readonly<Record<Operation['type'], (applying: Applying) => void>> = { add, insert, delete: remove, replace, move };

const inapplicable = ({ operation: { at, type, path } }: Applying, why: string): FhirError =>
  new FhirError('invalid', `The patch operation ${type} at ${JSON.stringify(path.slice(0, 200))} does not apply: ${why}.`, { expression: at });

/** An element of the resource: the object that holds it, and under which name. */
interface Spot {
  readonly holder: Node;
  /** Where the elements of the holder are defined. */
  readonly inside: string;
  readonly member: Member;
  /** Its place in the list; undefined where it does not repeat. */
  readonly index: number | undefined;
}

/** An object whose elements can be added to. */
interface Within {
  readonly node: Node;
  readonly inside: string;
}

let noFunctions: Host | undefined;

/** The places of what the expression finds; the empty place is the resource itself. */
function find(applying: Applying, expression: string): readonly (readonly Step[])[] {
  noFunctions ??= createHost({});
  const found = compileValuePath(expression)([textToNumbers(applying.tree)], {}, noFunctions);
  return found.map((value) => {
    const steps = stepsTo(value);
    if (steps === undefined) throw inapplicable(applying, 'it computes a value instead of naming an element of the resource');
    return steps;
  });
}

interface Step {
  readonly name: string;
  readonly index: number | undefined;
}

/** From the resource to the element, as the engine keeps them: `name` is that of FHIRPath, `value` for `valueQuantity`. */
function stepsTo(value: FhirPathValue): readonly Step[] | undefined {
  if (!isNode(value)) return undefined;
  if (value.parentResNode === null) return [];
  const before = stepsTo(value.parentResNode);
  return before === undefined || typeof value.propName !== 'string' ? undefined : [...before, { name: value.propName, index: value.index ?? undefined }];
}

interface EngineNode {
  readonly parentResNode: unknown;
  readonly propName: unknown;
  readonly index: number | null | undefined;
}

const isNode = (value: unknown): value is EngineNode => typeof value === 'object' && value !== null && 'parentResNode' in value && 'propName' in value;

/** Where the steps lead. Throws where the definitions do not know the way. */
function spotOf(applying: Applying, steps: readonly Step[]): Spot {
  const last = steps.at(-1);
  if (last === undefined) throw inapplicable(applying, 'the whole resource cannot be patched; send it with PUT');
  const { node, inside } = withinOf(applying, steps.slice(0, -1));
  return { holder: node, inside, member: memberAt(applying, { node, inside }, last.name), index: last.index };
}

/** The object that the steps lead to; of a primitive element, the one that holds its id and extensions. */
function withinOf(applying: Applying, steps: readonly Step[]): Within {
  let within: Within = { node: applying.tree, inside: String(applying.tree.resourceType) };
  for (const { name, index } of steps) {
    const member = memberAt(applying, within, name);
    const value = member.isPrimitive ? shadowOf(within.node, member, index) : elementAt(within.node[member.key], index);
    if (typeof value !== 'object' || value === null) throw inapplicable(applying, `${member.key} has no elements of its own`);
    within = { node: value as Node, inside: isResourceLike(value) ? value.resourceType : member.isPrimitive ? 'Element' : member.inside }; // a JSON object
  }
  return within;
}

const elementAt = (value: unknown, index: number | undefined): unknown => (Array.isArray(value) ? value[index ?? 0] : value);

/** `_birthDate`, made where there is none yet. https://hl7.org/fhir/R4/json.html#primitive */
function shadowOf(node: Node, { key }: Member, index: number | undefined): unknown {
  const name = `_${key}`;
  if (index === undefined) {
    node[name] ??= {};
    return node[name];
  }
  const list = listAt(node, name);
  while (list.length <= index) list.push(null);
  list[index] ??= {};
  return list[index];
}

/** The list under a key, made where there is none yet. */
function listAt(node: Node, key: string): unknown[] {
  node[key] ??= [];
  return node[key] as unknown[]; // the definitions say that it repeats
}

/** The member that is there, where it has several forms; otherwise the first form of that name. */
function memberAt(applying: Applying, { node, inside }: Within, name: string): Member {
  const forms = formsOf(applying, inside, name);
  return forms.find(({ key }) => Object.hasOwn(node, key) || Object.hasOwn(node, `_${key}`)) ?? (forms[0] as Member); // never empty
}

function formsOf(applying: Applying, inside: string, name: string): readonly Member[] {
  const forms = [...(membersOf(applying.definitions, inside)?.values() ?? [])].filter((member) => member.name === name || member.key === name);
  if (forms.length === 0) throw inapplicable(applying, `${inside} has no element ${JSON.stringify(name.slice(0, 100))}`);
  return forms;
}

function one(applying: Applying, expression: string): readonly Step[] {
  const found = find(applying, expression);
  if (found[0] === undefined) throw inapplicable(applying, 'it finds no element');
  if (found.length > 1) throw inapplicable(applying, `it finds ${found.length} elements; it must name one`);
  return found[0];
}

/** "Add can be used for non-repeating elements as long as they do not already exist." */
function add(applying: Applying): void {
  const { operation } = applying;
  const within = withinOf(applying, one(applying, operation.path));
  const name = operation.parts.get('name')?.valueString;
  if (typeof name !== 'string') throw malformed(operation.at, '(add) has no part "name" with a valueString: the element to add');
  const { member, value, shadow } = valueFor(applying, formsOf(applying, within.inside, name));
  const isThere = formsOf(applying, within.inside, name).some(({ key }) => Object.hasOwn(within.node, key));
  if (isThere && !member.isList) throw inapplicable(applying, `${name} is there already; use replace`);
  put({ holder: within.node, inside: within.inside, member, index: lengthOf(within.node[member.key]) }, { value, shadow });
}

const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0);

/** "The index must be equal or less than the number of elements in the list." */
function insert(applying: Applying): void {
  const { within, name } = listNamed(applying);
  const { member, value, shadow } = valueFor(applying, formsOf(applying, within.inside, name));
  if (!member.isList) throw inapplicable(applying, `${name} is no list; use add`);
  const length = lengthOf(within.node[member.key]);
  const index = indexIn(applying, 'index', length);
  put({ holder: within.node, inside: within.inside, member, index }, { value, shadow });
}

function move(applying: Applying): void {
  const { within, name } = listNamed(applying);
  const member = memberAt(applying, within, name);
  if (!member.isList) throw inapplicable(applying, `${name} is no list`);
  const last = lengthOf(within.node[member.key]) - 1;
  const [source, destination] = [indexIn(applying, 'source', last), indexIn(applying, 'destination', last)];
  for (const key of [member.key, `_${member.key}`]) {
    const list = within.node[key];
    if (!Array.isArray(list)) continue;
    while (list.length <= last) list.push(null);
    list.splice(destination, 0, ...list.splice(source, 1));
  }
}

/** `Patient.contact[0].telecom`: the list may be empty yet, so what stands before its name is looked up. */
function listNamed(applying: Applying): { readonly within: Within; readonly name: string } {
  const { path } = applying.operation;
  const dot = path.lastIndexOf('.');
  const name = path.slice(dot + 1).trim();
  if (dot < 0 || !/^[A-Za-z]\w*$/.test(name)) throw inapplicable(applying, 'the path must end with the name of the list, as in Patient.name[0].given');
  return { within: withinOf(applying, one(applying, path.slice(0, dot))), name };
}

function indexIn(applying: Applying, part: string, last: number): number {
  const given = applying.operation.parts.get(part);
  const text = String(given?.valueInteger ?? given?.valueUnsignedInt ?? given?.valuePositiveInt ?? '').slice(1); // its number travels as text, with a mark
  if (!/^\d{1,9}$/.test(text)) throw malformed(applying.operation.at, `(${applying.operation.type}) has no part "${part}" with a valueInteger of 0 or more`);
  if (Number(text) > last) throw inapplicable(applying, `${part} is ${text}; the list allows 0 to ${Math.max(last, 0)}${last < 0 ? ', and is empty' : ''}`);
  return Number(text);
}

/** "Only a single element can be deleted"; that there is none is no error. */
function remove(applying: Applying): void {
  const found = find(applying, applying.operation.path);
  if (found.length > 1) throw inapplicable(applying, `it finds ${found.length} elements; only a single one can be deleted`);
  if (found[0] !== undefined) take(spotOf(applying, found[0]));
}

function take({ holder, member, index }: Spot): void {
  for (const key of [member.key, `_${member.key}`]) {
    const value = holder[key];
    if (Array.isArray(value) && index !== undefined) value.splice(index, 1);
    if (!Array.isArray(value) || index === undefined || value.every((element) => element === null)) delete holder[key];
  }
}

function replace(applying: Applying): void {
  const spot = spotOf(applying, one(applying, applying.operation.path));
  const { member, value, shadow } = valueFor(applying, formsOf(applying, spot.inside, spot.member.name));
  if (member.key !== spot.member.key) take(spot);
  else if (spot.index === undefined) delete spot.holder[`_${member.key}`];
  put({ ...spot, member }, { value, shadow }, spot.index === undefined ? 0 : 1);
}

interface Given {
  readonly value: unknown;
  /** The id and extensions of a primitive value. */
  readonly shadow: unknown;
}

/** Puts an element in its place, over as many as it replaces. */
function put({ holder, member, index }: Spot, { value, shadow }: Given, over = 0): void {
  if (member.isList) {
    putInList(holder, member.key, { value, shadow, index, over });
    return;
  }
  if (value !== undefined) holder[member.key] = value;
  if (shadow !== undefined) holder[`_${member.key}`] = shadow;
}

/** A list of primitives keeps the list of their extensions in step. */
function putInList(holder: Node, key: string, { value, shadow, index, over }: Given & { index: number | undefined; over: number }): void {
  const list = listAt(holder, key);
  const before = list.length;
  list.splice(index ?? before, over, value ?? null);
  if (shadow === undefined && !Object.hasOwn(holder, `_${key}`)) return;
  const beside = listAt(holder, `_${key}`);
  while (beside.length < before) beside.push(null);
  beside.splice(index ?? before, over, shadow ?? null);
}

/** The part `value` as one of the forms that the element may have. */
function valueFor(applying: Applying, forms: readonly Member[]): Given & { readonly member: Member } {
  const part = applying.operation.parts.get('value');
  if (part === undefined) throw malformed(applying.operation.at, `(${applying.operation.type}) has no part "value"`);
  // A copy: the same patch may be applied again, to a newer version.
  return elementOf(applying, structuredClone(part), forms);
}

function elementOf(applying: Applying, part: Part, forms: readonly Member[]): Given & { readonly member: Member } {
  const [first] = forms as readonly [Member];
  const key = Object.keys(part)
    .find((name) => /^_?value[A-Z]/.test(name))
    ?.replace('_', '');
  if (key !== undefined) return { ...valueIn(part, key), member: formOfType(applying, key.slice('value'.length), forms) };
  if (isResourceLike(part.resource) && first.type === 'Resource') return { value: part.resource, shadow: undefined, member: first };
  const parts = listIn(part.part);
  if (parts.length === 0) throw inapplicable(applying, `${first.name} has no value: give value[x], or parts for the elements of an anonymous type`);
  if (first.isPrimitive) throw inapplicable(applying, `${first.name} is a ${first.type}; give its value as value[x]`);
  return { value: objectOf(applying, parts, first.inside), shadow: undefined, member: first };
}

const valueIn = (part: Part, key: string): Given => ({ value: part[key], shadow: part[`_${key}`] });

/** "Servers SHALL return an error if the type is wrong." An id or a narrative's div has no form among the values of Parameters: a string stands for them. */
function formOfType(applying: Applying, suffix: string, forms: readonly Member[]): Member {
  const isMeant = ({ type }: Member): boolean => type.charAt(0).toUpperCase() + type.slice(1) === suffix || (suffix === 'String' && type === 'xhtml');
  const form = forms.find(isMeant);
  if (form !== undefined) return form;
  const allowed = forms.map(({ type }) => type).join(', ');
  throw inapplicable(applying, `the value is a ${suffix}, but ${forms[0]?.name ?? 'the element'} takes ${allowed.slice(0, 300)}`);
}

/** An element of an anonymous type, such as Patient.contact, from its parts. */
function objectOf(applying: Applying, parts: readonly Part[], inside: string): Node {
  const node: Node = {};
  for (const part of parts) {
    const { member, value, shadow } = elementOf(applying, part, formsOf(applying, inside, String(part.name)));
    if (!member.isList && Object.hasOwn(node, member.key)) throw inapplicable(applying, `${member.name} of ${inside} stands twice, and does not repeat`);
    put({ holder: node, inside, member, index: lengthOf(node[member.key]) }, { value, shadow });
  }
  return node;
}
