/** How often an item may, and must, be answered. Only enabled items are counted. */
import { nameOf, type PlanItem } from '../plan.ts';
import type { Reading } from '../reading.ts';
import type { Found, Holder } from '../walk.ts';
import { expectedIn, type Fault, type HolderRule, saysSomething } from './rule.ts';

export const occursRightly: HolderRule = (holder, reading) => spacesIn(holder).flatMap((space) => countIn(space, holder, reading));

/** A place that holds items: a response or a group, or each answer of a question, whose items are asked anew. */
interface Space {
  readonly children: readonly Found[];
  readonly place: string;
}

function spacesIn(holder: Holder): readonly Space[] {
  const isQuestion = holder.plan !== undefined && holder.plan.definition.type !== 'group';
  return isQuestion ? holder.answers.filter(saysSomething) : [holder];
}

function countIn(space: Space, holder: Holder, reading: Reading): Fault[] {
  const found = Map.groupBy(space.children, ({ linkId }) => linkId);
  return expectedIn(holder, reading.plan).flatMap((item): readonly Fault[] => {
    if (item.definition.type === 'display' || !reading.isEnabled(item, holder)) return [];
    const occurrences = found.get(item.linkId) ?? [];
    const faults = occurrences.length > 0 ? counted(item, occurrences, reading) : missing(item, reading, { holder, place: space.place });
    return reading.isCertain(item, holder) ? faults : faults.map(doubtful);
  });
}

/** Whether it is asked at all could not be told. */
const doubtful = (fault: Fault): Fault => ({ ...fault, atMost: 'warning' });

/**
 * A required question is also missed where its whole section was left out: a group that does not repeat is there for
 * everyone who fills in the form.
 */
function missing(item: PlanItem, reading: Reading, from: { holder: Holder; place: string }): readonly Fault[] {
  const { type } = item.definition;
  const here = reading.evaluator === undefined ? from.holder : reading.walked.occurrence(item, from.holder);
  const { required, repeats, minOccurs } = reading.inForce(item, here);
  const inside = type === 'group' && !repeats ? item.children.filter((child) => reading.isEnabled(child, here)) : [];
  const faults = inside.flatMap((child) => (child.definition.type === 'display' ? [] : missing(child, reading, { holder: here, place: from.place })));
  if (faults.length > 0 || !required || minOccurs === 0) return faults;
  return [{ code: 'required', text: `${nameOf(item)} must be ${type === 'group' ? 'present' : 'answered'}.`, place: from.place, missing: item }];
}

function counted(item: PlanItem, occurrences: readonly Found[], reading: Reading): Fault[] {
  return item.definition.type === 'group' ? groupCounted(item, occurrences, reading) : questionCounted(item, occurrences, reading);
}

function groupCounted(item: PlanItem, occurrences: readonly Found[], reading: Reading): Fault[] {
  return countFault(item, occurrences, { count: occurrences.length, what: 'time', reading });
}

function questionCounted(item: PlanItem, occurrences: readonly Found[], reading: Reading): Fault[] {
  const [first, second] = occurrences;
  if (first === undefined) return [];
  if (second !== undefined) {
    return [{ code: 'structure', text: `The question ${nameOf(item)} stands here twice; give all its answers in one item.`, place: second.place }];
  }
  const count = first.answers.filter(saysSomething).length;
  if (count > 0) return countFault(item, occurrences, { count, what: 'answer', reading });
  const { required, minOccurs } = reading.inForce(item, first);
  return required && minOccurs > 0 ? [{ code: 'required', text: `${nameOf(item)} must be answered.`, place: first.place }] : [];
}

interface Counted {
  readonly count: number;
  readonly what: 'answer' | 'time';
  readonly reading: Reading;
}

function countFault(item: PlanItem, [first]: readonly Found[], { count, what, reading }: Counted): Fault[] {
  if (first === undefined) return [];
  const { minOccurs: least, maxOccurs: most } = reading.inForce(item, first);
  const [given, limits] = [`${count} ${what}${count === 1 ? '' : 's'}`, `${least === most ? '' : `${least} to `}${most}`];
  const name = nameOf(item);
  if (count > most) return [{ code: 'invariant', text: `${name} is given ${given}; allowed is ${limits}.`, place: first.place }];
  if (count < least) return [{ code: 'required', text: `${name} is given ${given}; at least ${least} are needed.`, place: first.place }];
  return [];
}
