/** What stands on one page: everything, the pages that the questionnaire lays out, or one question at a time. */
import type { PlanItem } from '../../questionnaire/plan.ts';
import { isFixed, isShown } from './item.ts';
import { isPage, isTable } from './rendering.ts';
import type { GroupNode, Node, QuestionNode } from './tree.ts';
import type { View } from './view.ts';

export type Pace = 'all' | 'one';

export interface Screen {
  /** What tells it from the others: the key of what it asks first. */
  readonly key: string;
  readonly nodes: readonly Node[];
  /** The groups around it, the outermost first. */
  readonly within: readonly GroupNode[];
}

export function screensOf(nodes: readonly Node[], view: View, pace: Pace): readonly Screen[] {
  const visible = nodes.filter((node) => isShown(node, view));
  if (visible.some(({ item }) => isPage(item))) return pages(visible);
  if (pace === 'all' || visible.length === 0) return [{ key: '', nodes: visible, within: [] }];
  return oneByOne(visible, [], view);
}

/** Each `page` group is a page; what stands between two of them goes with the one before. */
function pages(visible: readonly Node[]): readonly Screen[] {
  const screens: { key: string; nodes: Node[]; within: [] }[] = [];
  for (const node of visible) {
    const last = screens.at(-1);
    const startsPage = isPage(node.item) && (last === undefined || last.nodes.some(({ item }) => isPage(item)));
    if (last === undefined || startsPage) screens.push({ key: node.key, nodes: [node], within: [] });
    else last.nodes.push(node);
  }
  return screens;
}

/** Words and worked-out values between two questions go with the question behind them, at the end with the one before. */
function oneByOne(nodes: readonly Node[], within: readonly GroupNode[], view: View): readonly Screen[] {
  const screens: Screen[] = [];
  let waiting: readonly Node[] = [];
  for (const { asks, ...screen } of together(nodes).flatMap((group) => piecesOf(group, within, view))) {
    const all = [...waiting, ...screen.nodes];
    if (asks) screens.push({ ...screen, nodes: all });
    waiting = asks ? [] : all;
  }
  const last = screens.pop();
  if (last !== undefined) return [...screens, { ...last, nodes: [...last.nodes, ...waiting] }];
  return waiting.length === 0 ? [] : [{ key: waiting[0]?.key ?? '', nodes: waiting, within }];
}

interface Piece extends Screen {
  /** Something can be answered. */
  readonly asks: boolean;
}

/** Of one item, or of the occurrences of a group that repeats. */
function piecesOf(group: readonly Node[], within: readonly GroupNode[], view: View): readonly Piece[] {
  const nodes = group.filter((node) => isShown(node, view));
  const [node] = nodes;
  if (node === undefined) return [];
  if (node.kind === 'group' && isTakenApart(node.item)) return oneByOne(node.nodes, [...within, node], view).map((screen) => ({ ...screen, asks: true }));
  const asks = node.kind === 'group' || (node.kind === 'question' && !isFixed(node, view));
  return [{ key: node.key, nodes, within, asks }];
}

/** The occurrences of a group that repeats stand on one page. */
function together(nodes: readonly Node[]): readonly Node[][] {
  const groups = new Map<PlanItem, Node[]>();
  for (const node of nodes) groups.set(node.item, [...(groups.get(node.item) ?? []), node]);
  return [...groups.values()];
}

const isTakenApart = (item: PlanItem): boolean => item.definition.repeats !== true && !isTable(item);

/** Questions that can be answered on a screen, at all depths. */
export function questionsOn({ nodes }: Pick<Screen, 'nodes'>, view: View): readonly QuestionNode[] {
  return [...visibleNodes(nodes, view)].filter((node): node is QuestionNode => node.kind === 'question' && !isFixed(node, view));
}

function* visibleNodes(nodes: readonly Node[], view: View): Generator<Node> {
  for (const node of nodes) {
    if (!isShown(node, view)) continue;
    yield node;
    if (node.kind === 'group') yield* visibleNodes(node.nodes, view);
    if (node.kind === 'question') for (const answer of node.answers) yield* visibleNodes(answer.nodes, view);
  }
}
