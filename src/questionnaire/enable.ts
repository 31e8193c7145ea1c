/**
 * Which items of a response are enabled. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
 * An item inside a disabled one is disabled; the answers to a disabled question count as not given.
 */
import type { QuestionnaireItemEnableWhen } from 'fhir/r4';
import { compare, equals } from './compare.ts';
import type { Plan, PlanItem } from './plan.ts';
import { readValue, type Value } from './value.ts';
import type { Found, Holder, Walked } from './walk.ts';

export interface Enablement {
  /** Whether the item is enabled in that holder; asked also of items that are missing from it. */
  isEnabled(item: PlanItem, holder: Holder): boolean;
}

export function enablement(plan: Plan, walked: Walked): Enablement {
  const known = new Map<Holder, Map<PlanItem, boolean>>();
  const judging: Judging = { walked, isEnabled };

  function isEnabled(item: PlanItem, holder: Holder): boolean {
    const here = known.get(holder) ?? new Map<PlanItem, boolean>();
    known.set(holder, here);
    const enabled = here.get(item) ?? judge(item, holder, judging);
    here.set(item, enabled);
    return enabled;
  }

  // In the plan's order, so that what an item depends on is known before it: long chains of conditions need no deep stack.
  for (const item of plan.order) {
    if (item.conditions.length > 0) for (const holder of holdersOf(item, walked)) isEnabled(item, holder);
  }
  return { isEnabled };
}

/** Where the item belongs, and where it was found. */
function holdersOf({ parent, linkId }: PlanItem, { root, byLinkId }: Walked): readonly Holder[] {
  const belongs = parent === undefined ? [root] : (byLinkId.get(parent.linkId) ?? []);
  return [...belongs, ...(byLinkId.get(linkId) ?? []).map((found) => found.parent)];
}

interface Judging extends Enablement {
  readonly walked: Walked;
}

function judge(item: PlanItem, holder: Holder, judging: Judging): boolean {
  if (holder.plan !== undefined && !judging.isEnabled(holder.plan, holder.parent)) return false;
  if (item.conditions.length === 0) return true;
  const holds = (condition: QuestionnaireItemEnableWhen): boolean => conditionHolds(condition, nearestAnswers(condition.question, holder, judging));
  return item.behavior === 'all' ? item.conditions.every(holds) : item.conditions.some(holds);
}

/** The answers to the nearest occurrence of a question; a disabled one counts as not answered. */
function nearestAnswers(question: string, holder: Holder, { walked, isEnabled }: Judging): readonly Value[] {
  const occurrence = nearest(walked.byLinkId.get(question) ?? [], holder);
  if (occurrence?.plan === undefined || !isEnabled(occurrence.plan, occurrence.parent)) return [];
  return occurrence.answers.flatMap(({ value }) => value ?? []);
}

/** Within the innermost ancestor that holds one at all: the last before the holder's end, else the first after it. */
function nearest(occurrences: readonly Found[], holder: Holder): Found | undefined {
  for (let ancestor: Holder | undefined = holder; ancestor !== undefined; ancestor = ancestor.parent) {
    const before = occurrences[countUpTo(occurrences, holder.end) - 1];
    if (before !== undefined && before.position >= ancestor.position) return before;
    const after = occurrences[countUpTo(occurrences, holder.end)];
    if (after !== undefined && after.position <= ancestor.end) return after;
  }
  return undefined;
}

/** How many of them, in document order, stand at or before a position. */
function countUpTo(occurrences: readonly Found[], position: number): number {
  let low = 0;
  for (let high = occurrences.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((occurrences[middle]?.position ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** https://hl7.org/fhir/R4/codesystem-questionnaire-enable-operator.html: `!=` holds where no answer is equal, and so where there is none. */
function conditionHolds(condition: QuestionnaireItemEnableWhen, answers: readonly Value[]): boolean {
  const wanted = readValue(condition, 'answer');
  if (wanted === undefined) return false;
  if (condition.operator === 'exists') return answers.length > 0 === (wanted.raw === true);
  if (condition.operator === '=') return answers.some((answer) => equals(answer, wanted));
  if (condition.operator === '!=') return !answers.some((answer) => equals(answer, wanted));
  return answers.some((answer) => inOrder(compare(answer, wanted), condition.operator));
}

function inOrder(order: number | undefined, operator: QuestionnaireItemEnableWhen['operator']): boolean {
  if (order === undefined) return false;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  return operator === '>=' ? order >= 0 : order <= 0;
}
