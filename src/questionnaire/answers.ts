/** The answers of a response, by question, as scoring and alert rules read them. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Plan, PlanItem } from './plan.ts';
import { type Reading, readResponse } from './reading.ts';
import { saysSomething } from './rules/rule.ts';
import { isTooLarge } from './size.ts';
import { asRecord, numberIn, optionKey, type Value, wordsOf } from './value.ts';
import type { Found, Holder } from './walk.ts';

export interface Answer {
  readonly value: Value;
  /** A decimal, an integer, the value of a Quantity, or the weight of the option chosen; undefined where the answer has none. */
  readonly number: number | undefined;
  /** For people: for a coded choice what the questionnaire calls it, else what the response does. */
  readonly words: string;
  /** FHIRPath of the answer. */
  readonly place: string;
}

export interface Answers {
  /** By linkId; only enabled items that were answered readably. */
  readonly given: ReadonlyMap<string, readonly Answer[]>;
  /** Items that were answered with something that cannot be read. */
  readonly unreadable: ReadonlySet<string>;
  /** Items that were not asked, since they are not enabled. */
  readonly notAsked: ReadonlySet<string>;
}

const NOTHING: Answers = { given: new Map(), unreadable: new Set(), notAsked: new Set() };

/** Reads whatever can be read: never throws, whatever the response holds. One that is too large to be checked has no answers. */
export function answersOf(plan: Plan, response: Readonly<QuestionnaireResponse>): Answers {
  if (isTooLarge(response)) return NOTHING;
  const reading = readResponse(plan, response);
  const { walked } = reading;
  const given = new Map<string, Answer[]>();
  const unreadable = new Set<string>();
  for (const found of walked.all) {
    if (found.plan === undefined || !reading.isEnabled(found.plan, found.parent)) continue;
    const answers = readable(found, found.plan);
    if (answers.length < found.answers.filter(saysSomething).length) unreadable.add(found.linkId);
    if (answers.length > 0) addTo(given, found.linkId, answers);
  }
  return { given, unreadable, notAsked: notAskedIn(plan, reading) };
}

function addTo(given: Map<string, Answer[]>, linkId: string, answers: readonly Answer[]): void {
  const list = given.get(linkId) ?? [];
  for (const answer of answers) list.push(answer);
  given.set(linkId, list);
}

function readable({ answers }: Found, item: PlanItem): Answer[] {
  return answers.flatMap(({ value, place }) => (value === undefined ? [] : [{ value, number: numberOf(value, item), words: wordsFor(value, item), place }]));
}

/** The option's weight comes first: a choice between whole numbers may weigh otherwise than it reads. */
function numberOf(value: Value, { weights }: PlanItem): number | undefined {
  return weights.get(optionKey(value)) ?? numberIn(value);
}

/** The response may have the words in another language, or mistaken ones. */
function wordsFor(value: Value, { displays }: PlanItem): string {
  const display = value.type === 'Coding' ? (displays.get(optionKey(value)) ?? asRecord(value.raw).display) : undefined;
  return typeof display === 'string' ? display : wordsOf(value);
}

function notAskedIn(plan: Plan, { walked, isEnabled }: Reading): ReadonlySet<string> {
  const notAsked = new Set<string>();
  for (const item of plan.order) {
    const parent = item.parent?.linkId;
    const holder: Holder = (parent === undefined ? undefined : walked.byLinkId.get(parent)?.at(-1)) ?? walked.root;
    if ((parent !== undefined && notAsked.has(parent)) || !isEnabled(item, holder)) notAsked.add(item.linkId);
  }
  return notAsked;
}
