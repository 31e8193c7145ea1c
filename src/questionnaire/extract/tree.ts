/** A response laid beside its Questionnaire, for extraction: each item with its definition, its value for expressions, and its subject. */

import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem, Reference } from 'fhir/r4';
import type { FhirPathValue } from '../../fhir/fhirpath.ts';
import type { Issue } from '../../fhir/outcome.ts';
import type { IdMaker } from '../../fhir/resource.ts';
import { type Extended, extensionsOf } from '../extension.ts';
import { readValue } from '../value.ts';
import { evaluate, type Scope } from './scope.ts';

/** The response, or one item of it as often as it is there. */
export interface Node {
  readonly parent: Node | undefined;
  /** Where its extensions stand: the Questionnaire or one of its items. */
  readonly holder: Extended;
  /** Undefined at the root. */
  readonly definition: QuestionnaireItem | undefined;
  /** Undefined at the root. */
  readonly item: QuestionnaireResponseItem | undefined;
  /** FHIRPath in the response. */
  readonly place: string;
  /** FHIRPath in the Questionnaire. */
  readonly definedAt: string;
  /** What expressions start from here. */
  readonly scope: Scope;
  /** Whose answers these are. */
  readonly subject: Subject;
  readonly answers: readonly Answered[];
  /** Items in the item itself; those in its answers are with the answers. */
  readonly children: readonly Node[];
}

interface Subject {
  readonly reference: Reference | undefined;
  /** Where the form asks whose answers these are, and nobody said. */
  readonly isMissing: boolean;
}

export interface Answered {
  readonly place: string;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly children: readonly Node[];
}

export interface Growing {
  readonly questionnaire: Questionnaire;
  readonly response: QuestionnaireResponse;
  readonly ids: IdMaker;
  readonly issues: Issue[];
  /** FHIRPaths of items that are not enabled: they lead to nothing. */
  readonly disabled: ReadonlySet<string>;
}

/** The whole response. */
export function grow(growing: Growing): Node {
  const { questionnaire, response, issues } = growing;
  const variables = { resource: response, context: response, questionnaire, ...allocated(questionnaire, growing) };
  const root: Mutable<Node> = {
    parent: undefined,
    holder: questionnaire,
    definition: undefined,
    item: undefined,
    place: 'QuestionnaireResponse',
    definedAt: 'Questionnaire',
    scope: { input: [response], variables, issues, clones: { count: 0 } },
    subject: { reference: response.subject, isMissing: false },
    answers: [],
    children: [],
  };
  root.children = childrenOf({ holder: response, definitions: defined(questionnaire, 'Questionnaire'), value: response, place: root.place }, root, growing);
  return root;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Definitions by linkId, each with its place in the Questionnaire. */
type Defined = ReadonlyMap<string, { readonly item: QuestionnaireItem; readonly place: string }>;

const defined = ({ item }: Pick<Questionnaire | QuestionnaireItem, 'item'>, place: string): Defined =>
  new Map((Array.isArray(item) ? item : []).map((one, index) => [one.linkId, { item: one, place: `${place}.item[${index}]` }]));

/** A new `urn:uuid:` for each name: https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-extractAllocateId.html */
const allocated = (holder: Extended, { ids }: Growing): Record<string, string> =>
  Object.fromEntries(
    extensionsOf(holder, 'extractAllocateId').flatMap(({ valueString }) => (typeof valueString === 'string' ? [[valueString, `urn:uuid:${ids()}`]] : [])),
  );

interface Below {
  /** What has the items: the response, an item, or an answer. */
  readonly holder: { readonly item?: QuestionnaireResponseItem[] | undefined };
  readonly definitions: Defined;
  /** The same as a value of the engine. */
  readonly value: FhirPathValue;
  readonly place: string;
}

function childrenOf({ holder, definitions, value, place }: Below, parent: Node, growing: Growing): Node[] {
  const items = Array.isArray(holder.item) ? holder.item : [];
  if (items.length === 0) return [];
  const values = evaluate('item', { ...parent.scope, input: [value] }, place);
  const subject = subjectIn(items, definitions, parent.subject);
  return items.flatMap((item, index) => {
    const found = definitions.get(item?.linkId);
    const at = `${place}.item[${index}]`;
    if (found === undefined || growing.disabled.has(at)) return [];
    return [nodeOf({ item, found, value: values[index], place: at, subject }, parent, growing)];
  });
}

interface One {
  readonly item: QuestionnaireResponseItem;
  readonly found: { readonly item: QuestionnaireItem; readonly place: string };
  readonly value: FhirPathValue;
  readonly place: string;
  readonly subject: Subject;
}

function nodeOf({ item, found, value, place, subject }: One, parent: Node, growing: Growing): Node {
  const { item: definition, place: definedAt } = found;
  const variables = { ...parent.scope.variables, context: value, qitem: definition, ...allocated(definition, growing) };
  const node: Mutable<Node> = {
    parent,
    holder: definition,
    definition,
    item,
    place,
    definedAt,
    scope: { ...parent.scope, input: [value], variables },
    subject,
    answers: [],
    children: [],
  };
  const definitions = defined(definition, definedAt);
  node.children = childrenOf({ holder: item, definitions, value, place }, node, growing);
  node.answers = answersOf({ item, definitions, value, place }, node, growing);
  return node;
}

function answersOf({ item, definitions, value, place }: Omit<Below, 'holder'> & { item: QuestionnaireResponseItem }, node: Node, growing: Growing): Answered[] {
  const answers = Array.isArray(item.answer) ? item.answer : [];
  const nests = answers.some((answer) => Array.isArray(answer?.item));
  const values = nests ? evaluate('answer', { ...node.scope, input: [value] }, place) : [];
  return answers.map((answer, index) => {
    const at = `${place}.answer[${index}]`;
    const children = nests ? childrenOf({ holder: answer, definitions, value: values[index], place: at }, node, growing) : [];
    return { place: at, raw: answer as unknown as Record<string, unknown>, children }; // an object of the response
  });
}

/** A group that asks whose answers these are has that subject, or none as long as nobody said. https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-isSubject.html */
function subjectIn(items: readonly QuestionnaireResponseItem[], definitions: Defined, inherited: Subject): Subject {
  const asking = [...definitions.values()].find(({ item }) => extensionsOf(item, 'isSubject').some(({ valueBoolean }) => valueBoolean === true));
  if (asking === undefined) return inherited;
  const reference = items.find(({ linkId }) => linkId === asking.item.linkId)?.answer?.[0]?.valueReference;
  return { reference, isMissing: reference === undefined };
}

/** Whether anything in the item was answered. */
export const isAnswered = ({ answers, children }: Node): boolean =>
  answers.some(({ raw, children: below }) => readValue(raw) !== undefined || below.some(isAnswered)) || children.some(isAnswered);

/** The node and all below it, in the order of the response. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of belowOf(node)) yield* nodesOf(child);
}

export const belowOf = ({ children, answers }: Node): readonly Node[] => [...children, ...answers.flatMap((answer) => answer.children)];
