/**
 * What must be known before what: whether an item is enabled, and what a calculated item says. An item's being enabled
 * follows that of its parent; a condition follows the answers that it asks for; a calculation follows those it reads.
 */
import type { PlanExpression, PlanItem, Reads, Step } from './plan.ts';

/** One thing to know: whether an item is enabled, or what its answers are. */
interface Fact {
  readonly item: PlanItem;
  readonly about: 'enabled' | 'answers';
  /** It reads what cannot be seen beforehand, and is left to the end. */
  readonly isLate: boolean;
  readonly needs: Fact[];
}

export interface Ordered {
  readonly steps: readonly Step[];
  /** A fact that depends on itself, if there is one. */
  readonly circle: { readonly item: PlanItem; readonly about: Fact['about'] } | undefined;
}

interface Facts {
  readonly enabled: ReadonlyMap<PlanItem, Fact>;
  readonly answers: ReadonlyMap<PlanItem, Fact>;
}

export function inOrder(items: readonly PlanItem[], byLinkId: ReadonlyMap<string, PlanItem>): Ordered {
  const fact = (item: PlanItem, about: Fact['about'], expression: PlanExpression | undefined): Fact => {
    const isLate = expression !== undefined && readsAtLarge(expression.reads, byLinkId);
    return { item, about, isLate, needs: [] };
  };
  const facts: Facts = {
    enabled: new Map(items.map((item) => [item, fact(item, 'enabled', item.expressions.enableWhenExpression)])),
    answers: new Map(items.map((item) => [item, fact(item, 'answers', item.expressions.calculatedExpression)])),
  };
  for (const item of items) link(item, facts, byLinkId);
  return sorted([...facts.enabled.values(), ...facts.answers.values()]);
}

/** A group's answers are all that stand inside it, perhaps the very one that is worked out: such an expression only waits for the others. */
const readsAtLarge = ({ anything, linkIds }: Reads, byLinkId: ReadonlyMap<string, PlanItem>): boolean =>
  anything || [...linkIds].some((linkId) => byLinkId.get(linkId)?.definition.type === 'group');

function link(item: PlanItem, { enabled, answers }: Facts, byLinkId: ReadonlyMap<string, PlanItem>): void {
  const [own, said] = [enabled.get(item), answers.get(item)];
  const answersTo = (linkIds: Iterable<string>): Fact[] => [...linkIds].flatMap((linkId) => questionFact(byLinkId.get(linkId), answers));
  const { enableWhenExpression, calculatedExpression } = item.expressions;
  own?.needs.push(...(item.parent === undefined ? [] : [enabled.get(item.parent)].filter(isPresent)));
  own?.needs.push(...answersTo(item.conditions.map(({ question }) => question)), ...answersTo(enableWhenExpression?.reads.linkIds ?? []));
  said?.needs.push(...(own === undefined ? [] : [own]), ...answersTo(calculatedExpression?.reads.linkIds ?? []));
}

const isPresent = <T>(value: T | undefined): value is T => value !== undefined;

function questionFact(item: PlanItem | undefined, answers: Facts['answers']): readonly Fact[] {
  const found = item === undefined || item.definition.type === 'group' ? undefined : answers.get(item);
  return found === undefined ? [] : [found];
}

/** Kahn's algorithm; whoever is left over stands in a circle, or behind one. */
function sorted(facts: readonly Fact[]): Ordered {
  const waiting = new Map(facts.map((one) => [one, new Set(one.needs).size]));
  const dependants = Map.groupBy(
    facts.flatMap((one) => [...new Set(one.needs)].map((needed) => ({ one, needed }))),
    ({ needed }) => needed,
  );
  const queue = createQueue(facts.filter((one) => waiting.get(one) === 0));
  const done: Fact[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    done.push(next);
    for (const { one } of dependants.get(next) ?? []) {
      const left = (waiting.get(one) ?? 0) - 1;
      waiting.set(one, left);
      if (left === 0) queue.add(one);
    }
  }
  return { steps: done.filter(isStep).map(stepOf), circle: done.length === facts.length ? undefined : inCircle(facts, new Set(done)) };
}

/** First come, first served; the late ones when nobody else is waiting. */
function createQueue(first: readonly Fact[]): { next(): Fact | undefined; add(fact: Fact): void } {
  const lists = { early: first.filter(({ isLate }) => !isLate), late: first.filter(({ isLate }) => isLate) };
  const taken = { early: 0, late: 0 };
  return {
    next: () => (lists.early[taken.early] === undefined ? lists.late[taken.late++] : lists.early[taken.early++]),
    add: (fact) => lists[fact.isLate ? 'late' : 'early'].push(fact),
  };
}

const isStep = ({ item, about }: Fact): boolean => about === 'enabled' || item.expressions.calculatedExpression !== undefined;
const stepOf = ({ item, about }: Fact): Step => ({ does: about === 'enabled' ? 'enable' : 'calculate', item });

/** Goes from need to need until one comes round again: that one stands in the circle, and so does a condition or calculation behind it. */
function inCircle(facts: readonly Fact[], done: ReadonlySet<Fact>): Ordered['circle'] {
  const stuck = facts.find((one) => !done.has(one));
  const passed = new Set<Fact>();
  for (let at = stuck; at !== undefined; at = at.needs.find((needed) => !done.has(needed))) {
    if (passed.has(at) && depends(at)) return { item: at.item, about: at.about };
    passed.add(at);
  }
  return undefined;
}

const depends = ({ item, about }: Fact): boolean =>
  about === 'answers' ? item.expressions.calculatedExpression !== undefined : item.conditions.length > 0 || item.expressions.enableWhenExpression !== undefined;
