/**
 * What was sent from one page, put into the form as it is stored. Only what stood on the page is touched, so that pages
 * can be sent one by one; what could not be read is given back with what to say of it.
 */

import type { UploadedFile } from '../../http/message.ts';
import type { PlanItem } from '../../questionnaire/plan.ts';
import { isSameAnswer, readValue, type Value } from '../../questionnaire/value.ts';
import { isKept } from './controls/attachment.ts';
import type { Control } from './controls/control.ts';
import { controlFor } from './controls/kinds.ts';
import { answerKey, groupKey, MOST, questionKey } from './keys.ts';
import type { Fault, Posted, Taken } from './posted.ts';
import { type AnswerNode, type GroupNode, type Node, nodesOf, placeOf, type QuestionNode } from './tree.ts';

export interface Applied {
  readonly nodes: readonly Node[];
  /** By the key of the question. */
  readonly faults: ReadonlyMap<string, readonly Fault[]>;
  /** Files to be stored, by the key of their answer. */
  readonly files: ReadonlyMap<string, UploadedFile>;
}

interface Applying {
  readonly posted: Posted;
  readonly faults: Map<string, readonly Fault[]>;
  readonly files: Map<string, UploadedFile>;
}

export function apply(items: readonly PlanItem[], nodes: readonly Node[], posted: Posted): Applied {
  const applying: Applying = { posted, faults: new Map(), files: new Map() };
  const after = applyTo(items, { holder: '', nodes }, applying);
  return { nodes: after, faults: applying.faults, files: applying.files };
}

interface Place {
  readonly holder: string;
  readonly nodes: readonly Node[];
}

function applyTo(items: readonly PlanItem[], { holder, nodes }: Place, applying: Applying): readonly Node[] {
  const given = Map.groupBy(nodes, ({ item }) => item);
  return items.flatMap((item): readonly Node[] => {
    const here = given.get(item) ?? [];
    if (item.definition.type === 'display') return here.length > 0 ? here : nodesOf([item], holder, undefined);
    if (item.definition.type !== 'group') return [question(item, questionKey(holder, item), { here: here[0], applying })];
    return groups(item, holder, { here: here.filter((node) => node.kind === 'group'), applying });
  });
}

/** As many as there are, or stood on the page. */
function groups(item: PlanItem, holder: string, { here, applying }: { here: readonly GroupNode[]; applying: Applying }): readonly Node[] {
  const shown = item.definition.repeats === true ? (applying.posted.counts.get(questionKey(holder, item)) ?? 0) : 1;
  const count = Math.max(here.length, shown, 1);
  return Array.from({ length: count }, (_, n): GroupNode => {
    const key = groupKey(holder, item, n);
    return { kind: 'group', key, item, nodes: applyTo(item.children, { holder: key, nodes: here[n]?.nodes ?? [] }, applying) };
  });
}

function question(item: PlanItem, key: string, { here, applying }: { here: Node | undefined; applying: Applying }): QuestionNode {
  const before = here?.kind === 'question' ? here.answers : [];
  const isShown = applying.posted.shown.has(key) && !item.fixed.readOnly;
  const taken: readonly Keyed[] = isShown ? answersOf(item, key, { before, applying }) : before.map(({ key: one, value }) => ({ key: one, taken: { value } }));
  const inner = new Map(before.map((answer) => [answer.key, answer.nodes]));
  const answers = taken.map(({ key: answer, taken: { value, file } }): AnswerNode => {
    if (file !== undefined) applying.files.set(answer, file);
    return { key: answer, value, nodes: applyTo(item.children, { holder: answer, nodes: inner.get(answer) ?? [] }, applying) };
  });
  return { kind: 'question', key, item, answers };
}

interface Keyed {
  readonly key: string;
  readonly taken: Taken;
}

function answersOf(item: PlanItem, key: string, { before, applying }: { before: readonly AnswerNode[]; applying: Applying }): readonly Keyed[] {
  const { posted, faults } = applying;
  const control = controlFor(item, posted.choices({ key, item })?.length);
  if (control === undefined) return [];
  const { taken, faults: wrong } = control.shape === 'set' ? control.read(posted, { key, item }) : readLines(control, { item, key, before }, posted);
  if (wrong.length > 0) faults.set(key, wrong);
  if (isAsCalculated(taken, posted.calculated(key))) return [];
  return taken.map((one, n) => ({ key: answerKey(key, placeOf(item, readValue(one.value), n)), taken: control.shape === 'set' ? asBefore(before, one) : one }));
}

/** What the engine filled in and nobody changed is not an answer: it is worked out anew. */
function isAsCalculated(taken: readonly Taken[], calculated: readonly Value[] | undefined): boolean {
  return (
    calculated !== undefined &&
    isSameAnswer(
      taken.flatMap(({ value }) => readValue(value) ?? []),
      calculated,
    )
  );
}

interface Lines {
  readonly item: PlanItem;
  readonly key: string;
  readonly before: readonly AnswerNode[];
}

/** Line by line; an empty one between two answers is left out, and one that cannot be read keeps its line. */
function readLines(
  control: Extract<Control, { shape: 'line' }>,
  { item, key, before }: Lines,
  posted: Posted,
): { taken: readonly Taken[]; faults: readonly Fault[] } {
  const taken: Taken[] = [];
  const faults: Fault[] = [];
  for (let n = 0; n < (item.definition.repeats === true ? MOST : 1) && hasLine(posted, answerKey(key, n)); n += 1) {
    const name = answerKey(key, n);
    const kept = isKept(posted, name) ? before[n] : undefined;
    if (kept !== undefined) {
      taken.push({ value: kept.value });
      continue;
    }
    const reading = control.read(posted, { key, item, name });
    taken.push(...reading.taken.map((one) => ({ ...one, value: sameAs(before[n], one.value) })));
    faults.push(...reading.faults);
  }
  return { taken, faults };
}

const hasLine = ({ form, files }: Posted, name: string): boolean => form.has(name) || form.has(`${name}+typed`) || form.has(`${name}+kept`) || files.has(name);

/** Choices are told apart by what was chosen, wherever it stands among the others. */
function asBefore(before: readonly AnswerNode[], taken: Taken): Taken {
  const found = before.find(({ value }) => isUnchanged(value, taken.value));
  return found === undefined ? taken : { ...taken, value: found.value };
}

/** An answer that was not changed keeps what came with it: its exact digits, seconds, extensions. */
const sameAs = (before: AnswerNode | undefined, value: Taken['value']): Taken['value'] =>
  before !== undefined && isUnchanged(before.value, value) ? before.value : value;

function isUnchanged(before: Taken['value'], value: Taken['value']): boolean {
  const [was, is] = [readValue(before), readValue(value)];
  if (was === undefined || is === undefined || was.type !== is.type || was.type === 'Attachment') return false;
  const isMoment = was.type === 'dateTime' && Date.parse(String(was.raw)) === Date.parse(String(is.raw));
  return isMoment || isSameAnswer([was], [is]);
}

/** The form without one occurrence of a group, or one answer. */
export function without(nodes: readonly Node[], key: string): readonly Node[] {
  return nodes.flatMap((node): readonly Node[] => {
    if (node.key === key) return [];
    if (node.kind === 'group') return [{ ...node, nodes: without(node.nodes, key) }];
    if (node.kind === 'display') return [node];
    const answers = node.answers.filter((answer) => answer.key !== key).map((answer) => ({ ...answer, nodes: without(answer.nodes, key) }));
    return [{ ...node, answers }];
  });
}

/** The form with a question's answers taken back. */
export function cleared(nodes: readonly Node[], key: string): readonly Node[] {
  return nodes.map((node): Node => {
    if (node.kind === 'group') return { ...node, nodes: cleared(node.nodes, key) };
    if (node.kind === 'display') return node;
    return { ...node, answers: node.key === key ? [] : node.answers.map((answer) => ({ ...answer, nodes: cleared(answer.nodes, key) })) };
  });
}
