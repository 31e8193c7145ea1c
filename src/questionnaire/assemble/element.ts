/** An element of a StructureDefinition as a question. https://hl7.org/fhir/R4/questionnaire.html#definition */
import type { ElementDefinition, Extension, QuestionnaireItem, StructureDefinition } from 'fhir/r4';
import { choiceKey, type Definitions, elementAt, rootOf, type Where } from '../extract/elements.ts';

/** What an element says of an item; the item's own type and linkId decide whether, and under what names, children are made. */
export type Description = (item: QuestionnaireItem) => Partial<QuestionnaireItem>;

/** Undefined where there is no such element, in the definition or in the data types that its elements have. */
export function readElement(definition: StructureDefinition, id: string, definitions: Definitions): Description | undefined {
  const elements = definition.snapshot?.element ?? definition.differential?.element ?? [];
  const own = elements.find((element) => (element.id ?? element.path) === id);
  const reading: Reading = { elements, definitions };
  if (own !== undefined) return (item) => described(own, item, { reading, where: whereOf(id, definition, definitions) });
  const where = whereOf(id, definition, definitions);
  return where === undefined ? undefined : () => ({});
}

interface Reading {
  readonly elements: readonly ElementDefinition[];
  readonly definitions: Definitions;
}

/** Through the base: where the children of the element are found. */
function whereOf(id: string, { type }: StructureDefinition, definitions: Definitions): Where | undefined {
  const [, ...names] = id.split('.');
  let where = rootOf(type, definitions);
  for (const name of names) where = where === undefined ? undefined : elementAt(where, name, definitions)?.below;
  return where;
}

interface At {
  readonly reading: Reading;
  readonly where: Where | undefined;
}

function described(element: ElementDefinition, item: QuestionnaireItem, { reading, where }: At): Partial<QuestionnaireItem> {
  const children =
    item.type === 'group' && !(item.item ?? []).some(({ type }) => type !== 'display') ? childrenOf(element, item.linkId, { reading, where }) : [];
  return { ...questionFrom(element), ...(children.length > 0 && { item: [...(item.item ?? []), ...children] }) };
}

function questionFrom(element: ElementDefinition): Partial<QuestionnaireItem> {
  const { label, short, code, min = 0, max = '1', maxLength, binding } = element;
  const text = label ?? short;
  const type = typeOf(element);
  const takesCodes = type === 'choice' || type === 'open-choice';
  const extension = limitsOf(element);
  return {
    ...(text !== undefined && { text }),
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(min > 0 && { required: true }),
    ...(max !== '1' && max !== '0' && { repeats: true }),
    ...(maxLength !== undefined && { maxLength }),
    ...(takesCodes && binding?.valueSet !== undefined && { answerValueSet: binding.valueSet }),
    ...(extension.length > 0 && { extension }),
  };
}

const TYPES: Readonly<Record<string, QuestionnaireItem['type']>> = {
  boolean: 'boolean',
  decimal: 'decimal',
  integer: 'integer',
  positiveInt: 'integer',
  unsignedInt: 'integer',
  date: 'date',
  dateTime: 'dateTime',
  instant: 'dateTime',
  time: 'time',
  string: 'string',
  markdown: 'text',
  id: 'string',
  uri: 'url',
  url: 'url',
  canonical: 'url',
  Attachment: 'attachment',
  Reference: 'reference',
  Quantity: 'quantity',
};
const CODED: ReadonlySet<string> = new Set(['code', 'Coding', 'CodeableConcept']);

function typeOf({ type = [], binding }: ElementDefinition): QuestionnaireItem['type'] | undefined {
  const code = type[0]?.code ?? '';
  if (CODED.has(code)) return binding?.strength === 'required' || code === 'code' ? 'choice' : 'open-choice';
  if (code === '') return undefined;
  return Object.hasOwn(TYPES, code) ? TYPES[code] : 'group';
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/';

/** minValue[x] and maxValue[x] are extensions of a question. */
function limitsOf(element: ElementDefinition): Extension[] {
  return (['minValue', 'maxValue'] as const).flatMap((name) =>
    Object.entries(element).flatMap(([key, value]) => (key.startsWith(name) ? [{ url: `${CORE}${name}`, [`value${key.slice(name.length)}`]: value }] : [])),
  );
}

/** Data types lead to data types: an address has a period, a period has none of its own. */
const DEEPEST = 3;
const LEFT_OUT: ReadonlySet<string> = new Set(['id', 'extension', 'modifierExtension', 'meta', 'text', 'contained', 'implicitRules', 'language']);

/** A question for each element below, slices on their own; those with a fixed value need no asking. */
function childrenOf(element: ElementDefinition, linkId: string, at: At, depth = 0): QuestionnaireItem[] {
  const id = element.id ?? element.path;
  const own = at.reading.elements.filter((one) => isChild(one.id ?? one.path, id));
  const children = own.length > 0 ? own : typeElements(at.where, id);
  return children.filter(isAsked).flatMap((child) => childItem(child, { id, linkId, at, depth }) ?? []);
}

const isChild = (id: string, parent: string): boolean => id.startsWith(`${parent}.`) && !id.slice(parent.length + 1).includes('.');

function isAsked(element: ElementDefinition): boolean {
  const name = (element.id ?? element.path).split('.').at(-1) ?? '';
  const isFixed = Object.keys(element).some((key) => /^(?:fixed|pattern)[A-Z]/.test(key));
  return element.max !== '0' && !isFixed && !LEFT_OUT.has(name);
}

/** As elements below `id`. */
function typeElements(where: Where | undefined, id: string): ElementDefinition[] {
  const elements = where?.structure.elements ?? [];
  return elements
    .filter(({ path }) => where !== undefined && isChild(path, where.path))
    .map(({ path, min, max, types, binding }) => ({
      id: `${id}.${path.slice((where?.path.length ?? 0) + 1)}`,
      path,
      short: path.split('.').at(-1) ?? '',
      min,
      max: max > 1 ? '*' : String(max),
      type: types.map(({ code }) => ({ code })),
      ...(binding !== undefined && { binding: { ...binding } }),
    }));
}

interface Child {
  readonly id: string;
  readonly linkId: string;
  readonly at: At;
  readonly depth: number;
}

function childItem(element: ElementDefinition, { id, linkId, at, depth }: Child): QuestionnaireItem | undefined {
  const own = (element.id ?? element.path).slice(id.length + 1);
  const question = questionFrom(element);
  const link = `${linkId}.${own.replace('[x]', '')}`;
  const { type } = question;
  if (type === undefined) return undefined;
  const where = at.where === undefined ? undefined : elementAt(at.where, choiceName(own, element), at.reading.definitions)?.below;
  const below = type === 'group' && depth < DEEPEST ? childrenOf(element, link, { ...at, where }, depth + 1) : [];
  if (type === 'group' && below.length === 0) return undefined;
  return { linkId: link, ...question, type, ...(below.length > 0 && { item: below }) };
}

const choiceName = (name: string, { type = [] }: ElementDefinition): string =>
  name.endsWith('[x]') ? choiceKey(name.slice(0, -'[x]'.length), type[0]?.code ?? '') : name;
