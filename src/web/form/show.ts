/** A draft, opened or come back to. */
import type { Context, PageRequest, PageResponse } from '../../http/message.ts';
import type { PageDeps } from '../deps.ts';
import { isAdaptiveResponse } from './adaptive.ts';
import { readDraft } from './drafts.ts';
import { fillPage } from './fill.ts';
import { groupKey, idOf } from './keys.ts';
import { speechFor } from './languages.ts';
import { entryModeOf } from './rendering.ts';
import type { Pace } from './screens.ts';
import { alreadySentPage } from './sent.ts';
import { groupOf, type Node, treeOf } from './tree.ts';

export const PACE_COOKIE = 'form-pace';

export async function showPage(deps: PageDeps, request: PageRequest, context: Context, id: string): Promise<PageResponse> {
  const draft = await readDraft(deps, context.reader, id);
  const speech = speechFor(draft.plan.questionnaire, request, draft.response.language);
  if (draft.response.status !== 'in-progress') return alreadySentPage(deps, { draft, speech, form: request.form });
  const more = new Set(request.query.getAll('more').slice(0, 10));
  const nodes = withRoom(treeOf(draft.plan, draft.response), more);
  const at = Math.max(1, Math.min(10_000, Number.parseInt(request.query.get('at') ?? '1', 10) || 1));
  return fillPage(deps, context.reader, {
    draft,
    nodes,
    speech,
    more,
    at,
    pace: isAdaptiveResponse(draft.response) || entryModeOf(draft.plan.questionnaire) === 'sequential' ? 'one' : paceIn(request),
  });
}

function paceIn({ query, headers }: PageRequest): Pace {
  const asked =
    query.get('pace') ??
    (headers.cookie ?? '')
      .split('; ')
      .find((one) => one.startsWith(`${PACE_COOKIE}=`))
      ?.slice(PACE_COOKIE.length + 1);
  return asked === 'one' ? 'one' : 'all';
}

/** With one more occurrence of each group that was asked for. */
function withRoom(nodes: readonly Node[], more: ReadonlySet<string>): readonly Node[] {
  const counts = Map.groupBy(nodes, ({ item }) => item);
  return nodes.flatMap((node, n): readonly Node[] => {
    const inner: Node = roomInside(node, more);
    const isLast = nodes[n + 1]?.item !== node.item;
    const base = node.key.slice(0, node.key.lastIndexOf(':'));
    if (node.kind !== 'group' || node.item.definition.repeats !== true || !isLast || !more.has(idOf(base))) return [inner];
    const holder = base.slice(0, Math.max(0, base.lastIndexOf('/')));
    return [inner, groupOf(node.item, groupKey(holder, node.item, counts.get(node.item)?.length ?? 1))];
  });
}

function roomInside(node: Node, more: ReadonlySet<string>): Node {
  if (node.kind === 'group') return { ...node, nodes: withRoom(node.nodes, more) };
  return node.kind === 'display' ? node : { ...node, answers: node.answers.map((answer) => ({ ...answer, nodes: withRoom(answer.nodes, more) })) };
}
