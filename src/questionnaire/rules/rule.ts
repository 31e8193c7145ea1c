/** The shape of a check: small functions over one place of a response, listed in order in `check.ts`. */
import type { IssueCode } from '../../fhir/outcome.ts';
import type { Plan, PlanItem } from '../plan.ts';
import type { Reading } from '../reading.ts';
import { countValues } from '../value.ts';
import type { Found, GivenAnswer, Holder } from '../walk.ts';

export interface Fault {
  readonly code: IssueCode;
  readonly text: string;
  readonly place: string;
  /** Of an item that is missing from the place. */
  readonly missing?: PlanItem;
  /** Never more than that, whatever the status; an error where it is not said and the status makes it one. */
  readonly atMost?: 'warning' | 'information';
}

/** An item of the response that the questionnaire has. */
export interface KnownItem extends Found {
  readonly plan: PlanItem;
}

/** What is wrong with one item found in the response. */
export type ItemRule = (found: KnownItem, reading: Reading) => readonly Fault[];

/** What is wrong with the items that a place holds, or lacks. */
export type HolderRule = (holder: Holder, reading: Reading) => readonly Fault[];

export const isKnown = (found: Found): found is KnownItem => found.plan !== undefined;

/** An answer that says something, readable or not; one that only carries a reason for its absence does not. */
export const saysSomething = (answer: GivenAnswer): boolean => countValues(answer.raw) > 0;

export const placeOfValue = (answer: GivenAnswer): string => `${answer.place}.value`;

/** The plan's items that belong directly into a place. */
export const expectedIn = (holder: Holder, plan: Plan): readonly PlanItem[] => (holder.plan === undefined ? plan.items : holder.plan.children);
