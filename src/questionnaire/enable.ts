/**
 * Which items of a response are enabled. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
 * An item inside a disabled one is disabled; the answers to a disabled question count as not given.
 */
import type { QuestionnaireItemEnableWhen } from 'fhir/r4';
import { plainValue } from '../fhir/fhirpath.ts';
import { type Convert, compare, equals } from './compare.ts';
import type { Evaluator } from './evaluate.ts';
import type { Plan, PlanItem } from './plan.ts';
import { readValue, type Value } from './value.ts';
import type { Found, Holder, Walked } from './walk.ts';

export interface Enablement {
  /** Whether the item is enabled in that holder; asked also of items that are missing from it. */
  isEnabled(item: PlanItem, holder: Holder): boolean;
  /** False where that depends on something from outside that is not known: then it is taken to be enabled. */
  isCertain(item: PlanItem, holder: Holder): boolean;
}

interface Verdict {
  readonly enabled: boolean;
  readonly certain: boolean;
}

/** With an evaluator, what is not enabled is taken out of the evaluator's response, so that no later expression sees it. */
export function enablement(plan: Plan, walked: Walked, evaluator?: Evaluator): Enablement {
  const judging = createJudging(plan, walked, evaluator);
  const { isEnabled, isCertain } = judging;
  // In the plan's order, so that what an item depends on is known before it: long chains of conditions need no deep stack.
  for (const item of plan.order) {
    if (item.conditions.length === 0 && item.expressions.enableWhenExpression === undefined) continue;
    for (const holder of holdersOf(item, walked)) {
      if (!isEnabled(item, holder) && evaluator !== undefined) takeOut(item, holder, { walked, evaluator });
    }
  }
  return { isEnabled, isCertain };
}

/** One that is asked item by item, in the plan's order. */
export function createJudging(plan: Plan, walked: Walked, evaluator: Evaluator | undefined): Judging {
  const known = new Map<Holder, Map<PlanItem, Verdict>>();
  const verdictOn = (item: PlanItem, holder: Holder): Verdict => {
    const here = known.get(holder) ?? new Map<PlanItem, Verdict>();
    known.set(holder, here);
    const verdict = here.get(item) ?? judge(item, holder, judging);
    here.set(item, verdict);
    return verdict;
  };
  const judging: Judging = {
    plan,
    walked,
    evaluator,
    isEnabled: (item, holder) => verdictOn(item, holder).enabled,
    isCertain: (item, holder) => verdictOn(item, holder).certain,
  };
  return judging;
}

/** Where the item belongs, and where it was found. */
export function holdersOf({ parent, linkId }: PlanItem, { root, byLinkId }: Walked): readonly Holder[] {
  const belongs = parent === undefined ? [root] : (byLinkId.get(parent.linkId) ?? []);
  return [...new Set([...belongs, ...(byLinkId.get(linkId) ?? []).map((found) => found.parent)])];
}

export interface Judging extends Enablement {
  readonly plan: Plan;
  readonly walked: Walked;
  readonly evaluator: Evaluator | undefined;
}

const ENABLED: Verdict = { enabled: true, certain: true };
const DISABLED: Verdict = { enabled: false, certain: true };

function judge(item: PlanItem, holder: Holder, judging: Judging): Verdict {
  if (holder.plan !== undefined && !judging.isEnabled(holder.plan, holder.parent)) return DISABLED;
  if (!conditionsHold(item, holder, judging)) return DISABLED;
  const verdict = byExpression(item, holder, judging);
  return holder.plan === undefined || judging.isCertain(holder.plan, holder.parent) ? verdict : { ...verdict, certain: false };
}

function conditionsHold(item: PlanItem, holder: Holder, judging: Judging): boolean {
  if (item.conditions.length === 0) return true;
  const { convert } = judging.plan.terms;
  const holds = (condition: QuestionnaireItemEnableWhen): boolean => conditionHolds(condition, nearestAnswers(condition.question, holder, judging), convert);
  return item.behavior === 'all' ? item.conditions.every(holds) : item.conditions.some(holds);
}

/** Enabled where it yields true, and where it fails: a fault of the form must not hide a question. https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-enableWhenExpression.html */
function byExpression(item: PlanItem, holder: Holder, { evaluator, walked }: Judging): Verdict {
  const { enableWhenExpression } = item.expressions;
  if (enableWhenExpression === undefined || evaluator === undefined) return ENABLED;
  const { values, fault, isOpen } = evaluator.at(enableWhenExpression, walked.occurrence(item, holder));
  if (isOpen || fault !== undefined) return { enabled: true, certain: false };
  return plainValue(values[0]) === true ? ENABLED : DISABLED;
}

/** Out of the response that expressions see. */
export function takeOut(item: PlanItem, holder: Holder, { walked, evaluator }: { readonly walked: Walked; readonly evaluator: Evaluator }): void {
  const gone = new Set<unknown>((walked.byLinkId.get(item.linkId) ?? []).filter(({ parent }) => parent === holder).map(({ raw }) => raw));
  if (gone.size === 0) return;
  const holders = 'raw' in holder ? [holder.raw, ...holder.answers.map(({ raw }) => raw)] : [evaluator.response];
  for (const raw of holders) {
    const list: unknown = Reflect.get(raw, 'item');
    if (Array.isArray(list))
      Reflect.set(
        raw,
        'item',
        list.filter((one) => !gone.has(one)),
      );
  }
  evaluator.changed(...holders);
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
function conditionHolds(condition: QuestionnaireItemEnableWhen, answers: readonly Value[], convert: Convert): boolean {
  const wanted = readValue(condition, 'answer');
  if (wanted === undefined) return false;
  if (condition.operator === 'exists') return answers.length > 0 === (wanted.raw === true);
  if (condition.operator === '=') return answers.some((answer) => equals(answer, wanted, convert));
  if (condition.operator === '!=') return !answers.some((answer) => equals(answer, wanted, convert));
  return answers.some((answer) => inOrder(compare(answer, wanted, convert), condition.operator));
}

function inOrder(order: number | undefined, operator: QuestionnaireItemEnableWhen['operator']): boolean {
  if (order === undefined) return false;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  return operator === '>=' ? order >= 0 : order <= 0;
}
