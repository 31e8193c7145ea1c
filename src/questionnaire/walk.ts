/** A QuestionnaireResponse laid beside the plan of its Questionnaire: each item found, with its place. */
import type { QuestionnaireResponse } from 'fhir/r4';
import { printed } from '../fhir/printed.ts';
import type { Plan, PlanItem } from './plan.ts';
import { asRecord, isReadable, readValue, type Value } from './value.ts';

/** The response itself, as the holder of its top-level items. */
interface Root {
  readonly place: string;
  readonly plan: undefined;
  readonly parent: undefined;
  readonly position: -1;
  readonly end: number;
  readonly children: readonly Found[];
}

/** One item of a response. */
export interface Found {
  readonly linkId: string;
  /** FHIRPath of the item. */
  readonly place: string;
  /** Undefined for a linkId that the questionnaire does not have. */
  readonly plan: PlanItem | undefined;
  readonly parent: Holder;
  /** Document order over the whole response: its own place in it, and that of the last item inside it. */
  readonly position: number;
  readonly end: number;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly answers: readonly GivenAnswer[];
  /** Items under the item itself (as in a group) and under its answers (as in a question). */
  readonly children: readonly Found[];
}

export type Holder = Root | Found;

export interface GivenAnswer {
  readonly place: string;
  readonly raw: Readonly<Record<string, unknown>>;
  /** Undefined where the answer carries no value, or one whose JSON is not of its type. */
  readonly value: Value | undefined;
  readonly children: readonly Found[];
}

export interface Walked {
  readonly root: Root;
  /** All items in document order. */
  readonly all: readonly Found[];
  readonly byLinkId: ReadonlyMap<string, readonly Found[]>;
  /** Where an item stands in a holder: its first occurrence, or one without answers that stands for it where it is missing. */
  occurrence(item: PlanItem, holder: Holder): Found;
}

export function walk(plan: Plan, response: Readonly<QuestionnaireResponse>): Walked {
  const all: Found[] = [];
  const root: Mutable<Root> = { place: 'QuestionnaireResponse', plan: undefined, parent: undefined, position: -1, end: Number.POSITIVE_INFINITY, children: [] };
  root.children = findItems(response, root, { walking: { plan, all }, place: root.place });
  const byLinkId = Map.groupBy(all, ({ linkId }) => linkId);
  const missing = new Map<Holder, Map<PlanItem, Found>>();
  const standIn = (item: PlanItem, holder: Holder): Found => {
    const here = missing.get(holder) ?? new Map<PlanItem, Found>();
    missing.set(holder, here);
    const found = here.get(item) ?? missingFrom(holder, item);
    here.set(item, found);
    return found;
  };
  const occurrence = (item: PlanItem, holder: Holder): Found => byLinkId.get(item.linkId)?.find(({ parent }) => parent === holder) ?? standIn(item, holder);
  return { root, all, byLinkId, occurrence };
}

/** At the holder's end, behind everything that is there. */
function missingFrom(holder: Holder, plan: PlanItem): Found {
  const position = holder.end + 0.5;
  const { linkId } = plan;
  return { linkId, place: holder.place, plan, parent: holder, position, end: position, raw: { linkId }, answers: [], children: [] };
}

/** The response with lists of items and answers of its own: what is added to or taken out of them leaves the original as it is. */
export function copyItems(response: Readonly<QuestionnaireResponse>): QuestionnaireResponse {
  return copied(response as unknown as Record<string, unknown>) as unknown as QuestionnaireResponse; // the same, copied
}

function copied(holder: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...holder };
  for (const name of ['item', 'answer']) {
    const list = copy[name];
    if (Array.isArray(list)) copy[name] = list.map((entry) => copied(asRecord(entry)));
  }
  return copy;
}

interface Walking {
  readonly plan: Plan;
  readonly all: Found[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Here {
  readonly walking: Walking;
  readonly place: string;
}

export const listIn = (holder: object, name: 'item' | 'answer'): unknown[] => {
  const list: unknown = Reflect.get(holder, name);
  return Array.isArray(list) ? list : [];
};

function findItems(holder: object, parent: Holder, { walking, place }: Here): Found[] {
  return listIn(holder, 'item').map((raw, index) => findItem(asRecord(raw), parent, { walking, place: `${place}.item[${index}]` }));
}

function findItem(raw: Record<string, unknown>, parent: Holder, { walking, place }: Here): Found {
  const linkId = printed(raw.linkId ?? '');
  const found: Mutable<Found> = {
    linkId,
    place,
    plan: walking.plan.byLinkId.get(linkId),
    parent,
    position: walking.all.length,
    end: walking.all.length,
    raw,
    answers: [],
    children: [],
  };
  walking.all.push(found);
  found.answers = listIn(raw, 'answer').map((answer, index) => findAnswer(asRecord(answer), found, { walking, place: `${place}.answer[${index}]` }));
  found.children = [...findItems(raw, found, { walking, place }), ...found.answers.flatMap((answer) => answer.children)];
  found.end = walking.all.length - 1;
  return found;
}

function findAnswer(raw: Record<string, unknown>, parent: Found, { walking, place }: Here): GivenAnswer {
  const value = readValue(raw);
  return { place, raw, value: value !== undefined && isReadable(value) ? value : undefined, children: findItems(raw, parent, { walking, place }) };
}
