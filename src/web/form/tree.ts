/**
 * A form as it is filled in: every item of the questionnaire with a place of its own, answered or not, so that what is
 * not answered yet can be asked. From a response and back.
 */
import type { QuestionnaireResponse, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import { asRecord, optionKey, readValue, type Value } from '../../questionnaire/value.ts';
import { answerKey, groupKey, questionKey } from './keys.ts';

export type Node = GroupNode | QuestionNode | DisplayNode;

export interface GroupNode {
  readonly kind: 'group';
  readonly key: string;
  readonly item: PlanItem;
  readonly nodes: readonly Node[];
}

export interface QuestionNode {
  readonly kind: 'question';
  readonly key: string;
  readonly item: PlanItem;
  readonly answers: readonly AnswerNode[];
}

interface DisplayNode {
  readonly kind: 'display';
  readonly key: string;
  readonly item: PlanItem;
}

export interface AnswerNode {
  readonly key: string;
  /** `{ valueInteger: 4 }`; its extensions, where it came with some. */
  readonly value: QuestionnaireResponseItemAnswer;
  readonly nodes: readonly Node[];
}

type Items = readonly QuestionnaireResponseItem[] | undefined;

export const treeOf = (plan: Plan, response: Pick<QuestionnaireResponse, 'item'>): readonly Node[] => nodesOf(plan.items, '', response.item);

export function nodesOf(items: readonly PlanItem[], holder: string, given: Items): readonly Node[] {
  const byLinkId = Map.groupBy(given ?? [], ({ linkId }) => linkId);
  return items.flatMap((item) => occurrencesOf(item, holder, byLinkId.get(item.linkId) ?? []));
}

function occurrencesOf(item: PlanItem, holder: string, given: readonly QuestionnaireResponseItem[]): readonly Node[] {
  const { type } = item.definition;
  if (type === 'display') return [{ kind: 'display', key: questionKey(holder, item), item }];
  if (type !== 'group') return [questionOf(item, questionKey(holder, item), given)];
  const list = given.length > 0 ? given : [undefined];
  return list.map((one, n) => groupOf(item, groupKey(holder, item, n), one?.item));
}

export const groupOf = (item: PlanItem, key: string, given?: Items): GroupNode => ({ kind: 'group', key, item, nodes: nodesOf(item.children, key, given) });

function questionOf(item: PlanItem, key: string, given: readonly QuestionnaireResponseItem[]): QuestionNode {
  const answers = given.flatMap(({ answer = [] }) => answer).filter((answer) => readValue(answer) !== undefined);
  return { kind: 'question', key, item, answers: answers.map((answer, n) => answerOf(item, key, { answer, n })) };
}

function answerOf(item: PlanItem, question: string, { answer, n }: { answer: QuestionnaireResponseItemAnswer; n: number }): AnswerNode {
  const { item: inner, ...value } = answer;
  const key = answerKey(question, placeOf(item, readValue(value), n));
  return { key, value, nodes: nodesOf(item.children, key, inner) };
}

/** The answers to a question that takes several choices are told apart by what was chosen, all others by their number. */
export function placeOf({ definition }: PlanItem, value: Value | undefined, n: number): number | string {
  const isChosen = definition.repeats === true && (definition.type === 'choice' || definition.type === 'open-choice');
  if (!isChosen || value === undefined || (definition.type === 'open-choice' && value.type === 'string')) return n;
  return optionKey(value);
}

/** What of a form goes into a response. */
interface Kept {
  /** Whether what is empty has a place too. */
  readonly empty: boolean;
  /** The words of the question as they were read. */
  readonly textOf?: (item: PlanItem) => string | undefined;
}

/** The items of a response, in the questionnaire's order. */
export function itemsOf(nodes: readonly Node[], kept: Kept): QuestionnaireResponseItem[] {
  const items = nodes.filter(({ kind }) => kept.empty || kind !== 'display').map((node) => itemOf(node, kept));
  return kept.empty ? items : items.filter(({ item, answer }) => item !== undefined || answer !== undefined);
}

function itemOf(node: Node, kept: Kept): QuestionnaireResponseItem {
  const text = kept.textOf?.(node.item);
  const base = { linkId: node.item.linkId, ...(text === undefined ? {} : { text }) };
  if (node.kind === 'display') return base;
  if (node.kind === 'group') return { ...base, ...unlessEmpty('item', itemsOf(node.nodes, kept)) };
  const answers = node.answers.map(({ value, nodes }) => ({ ...value, ...unlessEmpty('item', itemsOf(nodes, kept)) }));
  return { ...base, ...unlessEmpty('answer', answers) };
}

/** FHIR has no empty lists. */
const unlessEmpty = <Name extends string, T>(name: Name, list: readonly T[]): Partial<Record<Name, T[]>> =>
  list.length === 0 ? {} : ({ [name]: [...list] } as Record<Name, T[]>); // one key, whose name is Name

/** Every node of a form, from the top. */
export function* everyNode(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    if (node.kind === 'group') yield* everyNode(node.nodes);
    if (node.kind === 'question') for (const answer of node.answers) yield* everyNode(answer.nodes);
  }
}

/** Whether anything in it was answered. */
export function isAnswered(node: Node): boolean {
  if (node.kind === 'display') return false;
  if (node.kind === 'group') return node.nodes.some(isAnswered);
  return node.answers.some(({ value }) => Object.keys(asRecord(value)).length > 0);
}
