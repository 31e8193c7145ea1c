/** How often an item may, and must, be answered. Only enabled items are counted. */
import { extensionNumber } from '../extension.ts';
import { nameOf, type PlanItem } from '../plan.ts';
import type { Found, Holder } from '../walk.ts';
import { type Checking, expectedIn, type Fault, type HolderRule, saysSomething } from './rule.ts';

export const occursRightly: HolderRule = (holder, checking) => spacesIn(holder).flatMap((space) => countIn(space, holder, checking));

/** A place that holds items: a response or a group, or each answer of a question, whose items are asked anew. */
interface Space {
  readonly children: readonly Found[];
  readonly place: string;
}

function spacesIn(holder: Holder): readonly Space[] {
  const isQuestion = holder.plan !== undefined && holder.plan.definition.type !== 'group';
  return isQuestion ? holder.answers.filter(saysSomething) : [holder];
}

function countIn(space: Space, holder: Holder, checking: Checking): Fault[] {
  const found = Map.groupBy(space.children, ({ linkId }) => linkId);
  return expectedIn(holder, checking.plan).flatMap((item): readonly Fault[] => {
    if (item.definition.type === 'display' || !checking.isEnabled(item, holder)) return [];
    const occurrences = found.get(item.linkId) ?? [];
    if (occurrences.length > 0) return counted(item, occurrences);
    return missing(item, checking, { holder, place: space.place });
  });
}

/**
 * A required question is also missed where its whole section was left out: a group that does not repeat is there for
 * everyone who fills in the form.
 */
function missing(item: PlanItem, checking: Checking, from: { holder: Holder; place: string }): readonly Fault[] {
  const { type, required, repeats } = item.definition;
  const inside = type === 'group' && repeats !== true ? item.children.filter((child) => checking.isEnabled(child, from.holder)) : [];
  const faults = inside.flatMap((child) => (child.definition.type === 'display' ? [] : missing(child, checking, from)));
  if (faults.length > 0 || required !== true) return faults;
  return [{ code: 'required', text: `${nameOf(item)} must be ${type === 'group' ? 'present' : 'answered'}.`, place: from.place }];
}

function counted(item: PlanItem, occurrences: readonly Found[]): Fault[] {
  return item.definition.type === 'group' ? groupCounted(item, occurrences) : questionCounted(item, occurrences);
}

function groupCounted(item: PlanItem, occurrences: readonly Found[]): Fault[] {
  return countFault(item, occurrences.length, { place: occurrences[0]?.place ?? '', what: 'time' });
}

function questionCounted(item: PlanItem, occurrences: readonly Found[]): Fault[] {
  const [first, second] = occurrences;
  if (first === undefined) return [];
  if (second !== undefined) {
    return [{ code: 'structure', text: `The question ${nameOf(item)} stands here twice; give all its answers in one item.`, place: second.place }];
  }
  const answers = first.answers.filter(saysSomething).length;
  if (answers === 0) return item.definition.required === true ? [{ code: 'required', text: `${nameOf(item)} must be answered.`, place: first.place }] : [];
  return countFault(item, answers, { place: first.place, what: 'answer' });
}

/** https://hl7.org/fhir/R4/extension-questionnaire-minoccurs.html: counts only with required; maxOccurs only with repeats. */
function countFault(item: PlanItem, count: number, { place, what }: { place: string; what: 'answer' | 'time' }): Fault[] {
  const { repeats, required } = item.definition;
  const least = required === true ? (extensionNumber(item.definition, 'minOccurs') ?? 1) : 0;
  const most = repeats === true ? (extensionNumber(item.definition, 'maxOccurs') ?? Number.POSITIVE_INFINITY) : 1;
  const [given, limits] = [`${count} ${what}${count === 1 ? '' : 's'}`, `${least === most ? '' : `${least} to `}${most}`];
  const name = nameOf(item);
  if (count > most) return [{ code: 'invariant', text: `${name} is given ${given}; allowed is ${limits}.`, place }];
  if (count < least) return [{ code: 'required', text: `${name} is given ${given}; at least ${least} are needed.`, place }];
  return [];
}
