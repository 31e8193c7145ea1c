/** Resources built element by element, as the definitions of the items say. https://hl7.org/fhir/uv/sdc/extraction.html#definition-extract */
import type { Coding, Extension } from 'fhir/r4';
import type { IdMaker, Resource } from '../../fhir/resource.ts';
import { expressionIn, extensionsOf, partOf, placedExtensions } from '../extension.ts';
import { cast, type Typed, typed } from './cast.ts';
import { choiceKey, type Definitions, type Element, rootOf, type Where } from './elements.ts';
import { type Extracted, entryFor } from './entry.ts';
import { fill, type Profile, profiledElement, readProfile, typeOfBase } from './profile.ts';
import { evaluate } from './scope.ts';
import { belowOf, isAnswered, type Node, nodesOf } from './tree.ts';

export interface Defining {
  readonly definitions: Definitions;
  readonly ids: IdMaker;
}

export function definedResources(root: Node, defining: Defining): Extracted[] {
  return [...nodesOf(root)].flatMap((node) => starts(node, defining).flatMap((start) => resourcesOf(node, start, defining)));
}

/** Where a resource begins: what an item's definition must say to belong to it. */
interface Start {
  readonly type: string;
  /** Without version. Undefined for the older extension, which only names a type. */
  readonly canonical: string | undefined;
  readonly profile: Profile | undefined;
  readonly extension: Extension;
}

function starts(node: Node, { definitions }: Defining): Start[] {
  const news = extensionsOf(node.holder, 'definitionExtract').flatMap((extension) => newStart(extension, node, definitions) ?? []);
  const olds = extensionsOf(node.holder, 'itemExtractionContext').flatMap((extension) => oldStart(extension, node, definitions) ?? []);
  return [...news, ...olds];
}

function newStart(extension: Extension, { scope, definedAt }: Node, definitions: Definitions): Start | undefined {
  const canonical = partOf(extension, 'definition')?.valueCanonical ?? partOf(extension, 'definition')?.valueUri ?? '';
  const profile = readProfile(canonical, definitions);
  const type = profile?.type ?? typeOfBase(canonical);
  if (type !== undefined && definitions.structure(type)?.kind === 'resource') return { type, canonical: bare(canonical), profile, extension };
  const text = `definitionExtract names ${canonical === '' ? 'no definition' : `${canonical}, which is not known here`}; name a resource type or a profile that is stored.`;
  scope.issues.push({ severity: 'error', code: 'not-found', text, expression: [definedAt] });
  return undefined;
}

/** A type, or a query whose resource was to be changed; the query is not asked, since an extraction replaces what it writes. */
function oldStart(extension: Extension, { scope, definedAt }: Node, definitions: Definitions): Start | undefined {
  const type = extension.valueCode ?? expressionIn(extension)?.expression?.split('?')[0] ?? '';
  if (definitions.structure(type)?.kind === 'resource') return { type, canonical: undefined, profile: undefined, extension };
  const text = `itemExtractionContext says '${type.slice(0, 100)}'; it must be a resource type, or a query that begins with one.`;
  scope.issues.push({ severity: 'error', code: 'invalid', text, expression: [definedAt] });
  return undefined;
}

const bare = (canonical: string): string => canonical.split('|')[0] ?? '';

/** At the root always one; for a group one a repetition, for a question one an answer, where there is any. */
function resourcesOf(node: Node, start: Start, defining: Defining): Extracted[] {
  if (node.parent !== undefined && !isAnswered(node)) return [];
  const nodes = node.answers.length > 1 ? node.answers.map((_, index) => narrowed(node, index)) : [node];
  return nodes.flatMap((one, index) => resourceOf(one, { start, defining, ordinal: index }) ?? []);
}

/** The item with one of its answers alone. */
function narrowed(node: Node, index: number): Node {
  const answer = node.answers[index];
  const item = node.item === undefined || answer === undefined ? undefined : { ...node.item, answer: [answer.raw] };
  const input = evaluate('item', { ...node.scope, input: [{ resourceType: 'QuestionnaireResponse', item: [item] }] }, node.place);
  const scope = { ...node.scope, input, variables: { ...node.scope.variables, context: input } };
  return { ...node, scope, answers: answer === undefined ? [] : [answer] };
}

interface Resourcing {
  readonly start: Start;
  readonly defining: Defining;
  readonly ordinal: number;
}

function resourceOf(node: Node, { start, defining, ordinal }: Resourcing): Extracted | undefined {
  const where = rootOf(start.type, defining.definitions);
  if (where === undefined) return undefined;
  const resource: Resource = { resourceType: start.type };
  const spot: Spot = { path: [start.type], object: resource, where };
  collect(node, [spot], { start, definitions: defining.definitions });
  if (start.profile !== undefined) fill(resource, '', where, { profile: start.profile, definitions: defining.definitions });
  if (start.profile !== undefined) resource.meta = { ...resource.meta, profile: [start.profile.url] };
  const { scope, definedAt: place } = node;
  const key = `definition|${start.canonical ?? start.type}|${node.place}|${ordinal}`;
  return { key, entry: entryFor(resource, { extension: start.extension, scope, place, ids: defining.ids }), by: 'definition' };
}

/** An object in the resource that later values may go into. */
interface Spot {
  readonly path: readonly string[];
  readonly object: Record<string, unknown>;
  readonly where: Where;
}

interface Collecting {
  readonly start: Start;
  readonly definitions: Definitions;
}

/** The item's own value first: what its other values belong to is made by it. */
function collect(node: Node, spots: readonly Spot[], collecting: Collecting): void {
  let here = spots;
  const path = pathIn(node.definition?.definition, collecting.start);
  if (path !== undefined && isAnswered(node)) {
    const isGroup = node.definition?.type === 'group';
    const values = isGroup ? [] : evaluate('answer.value', node.scope, node.place).map(typed);
    here = put({ path, values, isGroup, unit: unitOf(node) }, here, { node, ...collecting });
  }
  if (node.parent === undefined || isAnswered(node)) here = putExtra(node, here, collecting);
  for (const child of belowOf(node)) if (!beginsAnother(child, collecting.start)) collect(child, here, collecting);
}

const unitOf = ({ definition }: Node): Coding | undefined => extensionsOf(definition, 'unit')[0]?.valueCoding;

/** Of the older extension only one is in force at a time; with the newer one the definition says which resource is meant. */
const beginsAnother = ({ holder }: Node, { canonical }: Start): boolean => canonical === undefined && extensionsOf(holder, 'itemExtractionContext').length > 0;

/** `http://hl7.org/fhir/StructureDefinition/Patient|4.0.1#Patient.name` → its path, where it belongs to the resource. */
function pathIn(definition: string | undefined, { canonical, type }: Start): string[] | undefined {
  if (typeof definition !== 'string') return undefined;
  const [url = '', id = ''] = definition.split('#');
  const path = id.split('.');
  if (path[0] !== type || path.length < 2) return undefined;
  return canonical === undefined || bare(url) === canonical ? path : undefined;
}

function putExtra(node: Node, spots: readonly Spot[], collecting: Collecting): readonly Spot[] {
  let here = spots;
  for (const { extension, index } of placedExtensions(node.holder, 'definitionExtractValue')) {
    const path = pathIn(partOf(extension, 'definition')?.valueUri, collecting.start);
    if (path === undefined) continue;
    const values = extraValues(extension, node, `${node.definedAt}.extension[${index}]`);
    if (values.length > 0) here = put({ path, values, isGroup: false, unit: undefined }, here, { node, ...collecting });
  }
  return here;
}

function extraValues(extension: Extension, { scope }: Node, place: string): Typed[] {
  const fixed = partOf(extension, 'fixed-value');
  if (fixed !== undefined) return fixedValue(fixed);
  const part = partOf(extension, 'expression');
  const { language, expression } = (part === undefined ? undefined : expressionIn(part)) ?? {};
  if (language === 'text/fhirpath' && typeof expression === 'string') return evaluate(expression, scope, place).map(typed);
  const text = 'definitionExtractValue needs a fixed-value, or an expression in text/fhirpath.';
  scope.issues.push({ severity: 'error', code: 'not-supported', text, expression: [place] });
  return [];
}

const COMPLEX =
  /^(?:Address|Age|Annotation|Attachment|CodeableConcept|Coding|ContactPoint|Count|Distance|Dosage|Duration|HumanName|Identifier|Money|Period|Quantity|Range|Ratio|Reference|Signature|Timing)$/;

/** The type stands in the name: `valueCodeableConcept`, `valueUri`. */
function fixedValue(extension: Extension): Typed[] {
  const [name, raw] = Object.entries(extension).find(([key]) => key.startsWith('value')) ?? [];
  if (name === undefined) return [];
  const type = name.slice('value'.length);
  return [{ type: COMPLEX.test(type) ? type : `${type.charAt(0).toLowerCase()}${type.slice(1)}`, raw: structuredClone(raw) }];
}

interface Value {
  readonly path: readonly string[];
  readonly values: readonly Typed[];
  readonly isGroup: boolean;
  readonly unit: Coding | undefined;
}

interface Putting extends Collecting {
  readonly node: Node;
}

/** Sets a value from the nearest object that is on its path; gives the objects that have come into being, outermost first. */
function put(value: Value, spots: readonly Spot[], putting: Putting): readonly Spot[] {
  const { path } = value;
  const from = spots.findLast((spot) => spot.path.length < path.length && spot.path.every((segment, at) => segment === path[at]));
  if (from === undefined) return spots;
  const made: Spot[] = [];
  let spot = from;
  for (let at = from.path.length; at < path.length; at += 1) {
    const segment = path[at] ?? '';
    const profiled = putting.start.profile?.elements.get(path.slice(1, at + 1).join('.'));
    const element = profiledElement(spot.where, segment, profiled, putting.definitions);
    if (element === undefined) return refuse(putting, `${path.slice(0, at + 1).join('.')} is no element of ${putting.start.type}`, spots);
    const isLast = at === path.length - 1;
    const next = isLast && !value.isGroup ? setValue(spot, element, value, putting) : enter(spot, element, segment, putting);
    if (next === undefined) return [...spots, ...made];
    made.push(next);
    spot = next;
  }
  return [...spots, ...made];
}

function refuse<T>({ node }: Putting, what: string, result: T): T {
  node.scope.issues.push({ severity: 'error', code: 'value', text: `${what}; correct the item's definition.`, expression: [node.definedAt] });
  return result;
}

/** A new object in a list, the same one in a single element. */
function enter({ path, object }: Spot, element: Element, segment: string, putting: Putting): Spot | undefined {
  const own = [...path, segment];
  if (element.below === undefined || element.key.endsWith('[x]'))
    return refuse(putting, `${own.join('.')} holds no elements of its own (where it is a choice, name its type, as in valueQuantity)`, undefined);
  const before = object[element.key];
  const inner = !element.repeats && typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : {};
  if (element.repeats) object[element.key] = [...(Array.isArray(before) ? before : []), inner];
  else object[element.key] = inner;
  const { profile } = putting.start;
  if (segment.includes(':') && profile !== undefined) fill(inner, own.slice(1).join('.'), element.below, { profile, definitions: putting.definitions });
  return { path: own, object: inner, where: element.below };
}

function setValue({ path, object }: Spot, element: Element, { path: whole, values, unit }: Value, putting: Putting): Spot | undefined {
  if (values.length > 1 && !element.repeats) return refuse(putting, `${whole.join('.')} takes one value, but there are ${values.length}`, undefined);
  const fitted = values.map((value) => fittedTo(element, value, unit));
  const odd = values.find((_, at) => fitted[at] === undefined);
  if (odd !== undefined) return refuse(putting, `A value of type ${odd.type} cannot become ${whole.join('.')} (${element.types.join(' or ')})`, undefined);
  const found = fitted.filter((one) => one !== undefined);
  const [first] = found;
  if (first === undefined) return undefined;
  const { key } = first;
  const before = object[key];
  object[key] = element.repeats ? [...(Array.isArray(before) ? before : []), ...found.map(({ value }) => value)] : first.value;
  const below = rootOf(first.type, putting.definitions);
  const last = found.at(-1)?.value;
  if (below === undefined || typeof last !== 'object' || last === null) return undefined;
  return { path: [...path, whole.at(-1) ?? ''], object: last as Record<string, unknown>, where: below };
}

interface Fitted {
  readonly key: string;
  readonly type: string;
  readonly value: unknown;
}

/** Of a choice the value's own type comes first. */
function fittedTo({ key, types }: Element, value: Typed, unit: Coding | undefined): Fitted | undefined {
  const ordered = types.includes(value.type) ? [value.type, ...types] : types;
  for (const type of ordered) {
    const fitted = cast(value, type, unit);
    if (fitted !== undefined) return { key: key.endsWith('[x]') ? choiceKey(key.slice(0, -'[x]'.length), type) : key, type, value: fitted };
  }
  return undefined;
}
