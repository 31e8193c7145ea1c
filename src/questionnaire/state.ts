/**
 * How a form stands for a response, finished or not: what is asked at each place, what may be chosen, what is calculated
 * and what is wrong. A page that shows a form reads it, and so never decides anything itself.
 * https://hl7.org/fhir/uv/sdc/behavior.html
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import { FhirError } from '../fhir/outcome.ts';
import { faultsWhenFinished } from './check.ts';
import { createCodes } from './codes.ts';
import { createJudging, holdersOf, takeOut } from './enable.ts';
import { createEvaluator, type World } from './evaluate.ts';
import { createLive, listedChoices } from './in-force.ts';
import { addPlaces, placesIn, removeEmpty } from './places.ts';
import type { Choice, InForce, Plan, PlanItem } from './plan.ts';
import type { Reading } from './reading.ts';
import { calculatedAt } from './rules/calculated.ts';
import { isTooLarge, TOO_LARGE } from './size.ts';
import { isSameAnswer, optionKey, type Value } from './value.ts';
import { copyItems, type Found, type GivenAnswer, type Holder, walk } from './walk.ts';

export interface FormState {
  /** As it would be sent: what is calculated filled in, what is not enabled left out. */
  readonly response: QuestionnaireResponse;
  /** The top-level items in order; a group that repeats as often as it stands in the response, at least once. */
  readonly items: readonly ItemState[];
  /** What would be wrong if it were sent as finished; of each item in `messages` as well. */
  readonly issues: readonly Issue[];
  /** Searches to be answered before the state is complete. */
  readonly openQueries: ReadonlySet<string>;
}

export interface ItemState {
  readonly item: PlanItem;
  /** A name for this place that stays the same while other answers change: `symptoms[0]/pain[0]`. */
  readonly key: string;
  /** FHIRPath in the response that was given; undefined where the item is not in it. */
  readonly place: string | undefined;
  readonly enabled: boolean;
  readonly hidden: boolean;
  /** Text, required, read-only, how often and within which limits: now. */
  readonly inForce: InForce;
  /** What may be chosen now; undefined where nothing is listed: any answer, or a value set too long to list. */
  readonly options: readonly OptionState[] | undefined;
  readonly answers: readonly AnswerState[];
  /** What its calculation yields; undefined where it has none, or it cannot be made. */
  readonly calculated: readonly Value[] | undefined;
  /** The answer is another than the calculation yields, and is kept. */
  readonly overridden: boolean;
  readonly messages: readonly Issue[];
  /** Of a group; and of a question that is not answered yet, what an answer would be followed by. */
  readonly children: readonly ItemState[];
}

export interface OptionState extends Choice {
  readonly exclusive: boolean;
  readonly weight: number | undefined;
  readonly chosen: boolean;
}

interface AnswerState {
  /** Undefined where it cannot be read. */
  readonly value: Value | undefined;
  readonly children: readonly ItemState[];
}

/**
 * An answer to a calculated question that is not in the response is filled in; one that is there and differs is a person's
 * own and kept, unless the question is read-only. A page therefore leaves out what it got from here before and nobody changed.
 * Throws FhirError `too-costly` for a response of a size that no form has.
 */
export function formState(plan: Plan, response: Readonly<QuestionnaireResponse>, world: World): FormState {
  if (isTooLarge(response)) throw new FhirError('too-costly', TOO_LARGE.text);
  const copy = copyItems(response);
  const places = placesIn(copy);
  const added = addPlaces(plan, copy);
  const walked = walk(plan, copy);
  const evaluator = createEvaluator(plan, copy, world);
  const judging = createJudging(plan, walked, evaluator);
  const codes = createCodes(plan.terms, world.confirmed);
  const calculations = workOut(plan, { ...judging, ...codes, ...createLive(evaluator, plan.terms), evaluator });
  const reading: Reading = { ...judging, ...codes, ...createLive(evaluator, plan.terms), evaluator };
  const told = faultsWhenFinished(reading);
  const building: Building = { reading, places, calculations, messages: messagesByPlace(told) };
  const items = childStates(plan.items, walked.root.children, { building, holder: walked.root, place: walked.root.place, key: '' });
  removeEmpty(added);
  return { response: copy, items, issues: told.map(({ issue }) => issue), openQueries: evaluator.openQueries };
}

interface Calculation {
  readonly values: readonly Value[];
  readonly overridden: boolean;
}

type Working = Reading & { readonly evaluator: NonNullable<Reading['evaluator']> };

/** Step by step in the plan's order: what is enabled, then what that leads to. */
function workOut(plan: Plan, working: Working): ReadonlyMap<Found, Calculation> {
  const calculations = new Map<Found, Calculation>();
  for (const { does, item } of plan.steps) {
    if (does === 'enable') enable(item, working);
    else for (const found of working.walked.byLinkId.get(item.linkId) ?? []) calculate(found, item, { working, calculations });
  }
  return calculations;
}

function enable(item: PlanItem, working: Working): void {
  if (item.conditions.length === 0 && item.expressions.enableWhenExpression === undefined) return;
  for (const holder of holdersOf(item, working.walked)) if (!working.isEnabled(item, holder)) takeOut(item, holder, working);
}

function calculate(
  found: Found,
  item: PlanItem,
  { working, calculations }: { readonly working: Working; readonly calculations: Map<Found, Calculation> },
): void {
  if (found.plan !== item || !working.isEnabled(item, found.parent)) return;
  const values = calculatedAt(item, found, working);
  if (values === undefined) return;
  const given = found.answers.flatMap(({ value }) => value ?? []);
  const differs = given.length > 0 && !isSameAnswer(given, values);
  const overridden = differs && !working.inForce(item, found).readOnly;
  calculations.set(found, { values, overridden });
  if (overridden || (given.length > 0 && !differs)) return;
  fillIn(found, values);
  if (given.length > 0 || values.length > 0) working.evaluator.changed();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Into the state's own copy of the response. */
function fillIn(found: Found, values: readonly Value[]): void {
  const raws = values.map(({ type, raw }) => ({ [`value${type[0]?.toUpperCase()}${type.slice(1)}`]: raw }));
  const own = found as Mutable<Found>; // made for this state alone
  own.answers = raws.map((raw, index): GivenAnswer => ({ place: `${found.place}.answer[${index}]`, raw, value: values[index], children: [] }));
  if (raws.length > 0) Reflect.set(found.raw, 'answer', raws);
  else Reflect.deleteProperty(found.raw, 'answer');
}

type Messages = ReadonlyMap<string, readonly Issue[]>;

const missingKey = (place: string, item: PlanItem): string => `${place} ${item.linkId}`;

/** By the place of the item that each is about; of a missing one by its holder's place and its linkId. */
function messagesByPlace(told: ReturnType<typeof faultsWhenFinished>): Messages {
  const placed = told.map(({ fault, issue }) => ({
    key: fault.missing === undefined ? itemPlace(fault.place) : missingKey(fault.place, fault.missing),
    issue,
  }));
  return new Map([...Map.groupBy(placed, ({ key }) => key)].map(([key, list]) => [key, list.map(({ issue }) => issue)]));
}

/** Up to the last `item[n]`. */
function itemPlace(place: string): string {
  const start = place.lastIndexOf('.item[');
  const end = place.indexOf(']', start);
  return start < 0 ? place : place.slice(0, end + 1);
}

interface Building {
  readonly reading: Reading;
  readonly places: ReadonlyMap<unknown, string>;
  readonly calculations: ReadonlyMap<Found, Calculation>;
  readonly messages: Messages;
}

interface Around {
  readonly building: Building;
  readonly holder: Holder;
  /** Of the response, group or answer that holds the items. */
  readonly place: string;
  readonly key: string;
}

function childStates(items: readonly PlanItem[], found: readonly Found[], around: Around): ItemState[] {
  const byItem = Map.groupBy(found, ({ plan }) => plan);
  return items.flatMap((item) => {
    const there = byItem.get(item) ?? [];
    const occurrences = there.length > 0 ? there : [around.building.reading.walked.occurrence(item, around.holder)];
    return occurrences.map((one, index) => stateOf(item, one, { ...around, key: `${around.key}${item.linkId}[${index}]`, isMissing: there.length === 0 }));
  });
}

function stateOf(item: PlanItem, found: Found, { building, holder, place, key, isMissing }: Around & { readonly isMissing: boolean }): ItemState {
  const { reading, places, calculations, messages } = building;
  const calculation = calculations.get(found);
  const inside: Around = { building, holder: found, place: isMissing ? place : found.place, key: `${key}/` };
  return {
    item,
    key,
    place: places.get(found.raw),
    enabled: reading.isEnabled(item, holder),
    hidden: item.hidden,
    inForce: reading.inForce(item, found),
    options: optionStates(item, found, reading),
    answers: found.answers.map((answer, index) => ({
      value: answer.value,
      children: childStates(item.children, answer.children, { ...inside, place: answer.place, key: `${key}.${index}/` }),
    })),
    calculated: calculation?.values,
    overridden: calculation?.overridden ?? false,
    messages: messages.get(isMissing ? missingKey(place, item) : found.place) ?? [],
    children: found.answers.length > 0 ? [] : childStates(item.children, found.children, inside),
  };
}

function optionStates(item: PlanItem, found: Found, reading: Reading): readonly OptionState[] | undefined {
  const choices = reading.choices(item, found) ?? fromValueSet(item, found, reading);
  const chosen = new Set(found.answers.flatMap(({ value }) => (value === undefined ? [] : [optionKey(value)])));
  return choices?.map((choice) => ({
    ...choice,
    exclusive: item.exclusive.has(choice.key),
    weight: item.weights.get(choice.key),
    chosen: chosen.has(choice.key),
  }));
}

function fromValueSet(item: PlanItem, found: Found, reading: Reading): readonly Choice[] | undefined {
  if (item.expressions.answerExpression !== undefined) return undefined;
  const withheld = reading.withheld(item, found);
  return listedChoices(item, reading.plan.terms)?.filter(({ key }) => !withheld.has(key));
}
