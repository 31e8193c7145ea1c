/**
 * What the alert rules need to know of one response, and no more. Made once a version, plain data, so that it can be
 * kept: judging a new answer then reads the digests of the earlier ones and not the responses themselves.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import { dateRange } from '../fhir/datetime.ts';
import { type Ref, refOf } from '../fhir/resource.ts';
import { type Answer, type Answers, answersOf } from '../questionnaire/answers.ts';
import { extensionNumber } from '../questionnaire/extension.ts';
import type { Plan } from '../questionnaire/plan.ts';
import { asRecord } from '../questionnaire/value.ts';
import type { Measured, Scoring } from './instrument.ts';
import { type Score, scoreAnswers } from './score.ts';

export interface Digest {
  readonly response: Ref;
  readonly id: string;
  readonly status: QuestionnaireResponse['status'];
  /** Canonical URL of the questionnaire without version: with the patient, the series that the answer belongs to. */
  readonly questionnaire: string;
  readonly questionnaireVersion: string;
  /** As given. */
  readonly authored: string | undefined;
  /** Receipt of its first version. */
  readonly received: string;
  /** The moment it is judged at, in ms since the epoch: when it was given, or, where that is not known, received. */
  readonly judgedAt: number;
  readonly clock: AuthoredClock;
  /** How long it was under way, in ms; 0 where that is not known. */
  readonly delay: number;
  readonly respondent: 'patient' | 'proxy';
  /** Numbers, by linkId and by the id of the score. */
  readonly items: Readonly<Record<string, Measurement>>;
  readonly scores: Readonly<Record<string, Measurement>>;
  /** All that was answered, by linkId. */
  readonly answers: Readonly<Record<string, readonly GivenAnswer[]>>;
}

/** What `authored` is worth. */
export type AuthoredClock = 'given' | 'missing' | 'future' | 'unreadable';

export interface Measurement {
  readonly value: number;
  /** The highest value possible, where known. */
  readonly max?: number;
  /** Of a coded choice: what it is called. */
  readonly words?: string;
  /** `[8, 9]`: worked out from 8 answers of 9. */
  readonly prorated?: readonly [number, number];
}

export interface GivenAnswer {
  readonly words: string;
  readonly boolean?: boolean;
  readonly number?: number;
  readonly coding?: { readonly system?: string; readonly code: string };
}

/** When versions of the response were received: its first one and, where it was changed since, the current one. */
export interface Receipt {
  readonly first: string;
  readonly current?: string;
}

/** Own members only: a linkId may be called `constructor`. */
export function valueIn({ items, scores }: Digest, measured: Measured): Measurement | undefined {
  if ('item' in measured) return Object.hasOwn(items, measured.item) ? items[measured.item] : undefined;
  return Object.hasOwn(scores, measured.score) ? scores[measured.score] : undefined;
}

export function answersTo({ answers }: Digest, linkId: string): readonly GivenAnswer[] {
  return Object.hasOwn(answers, linkId) ? (answers[linkId] ?? []) : [];
}

export function digest(plan: Plan, scoring: Scoring | undefined, response: Readonly<QuestionnaireResponse>, receipt: Receipt): Digest {
  const answers = answersOf(plan, response);
  const scores = scoring === undefined ? [] : scoreAnswers(scoring, answers);
  const id = response.id ?? '';
  return {
    response: refOf('QuestionnaireResponse', id),
    id,
    status: response.status,
    questionnaire: plan.url,
    questionnaireVersion: plan.version,
    authored: response.authored,
    received: receipt.first,
    ...timeOf(response.authored, receipt),
    respondent: respondentOf(response),
    items: Object.fromEntries(itemValues(plan, answers)),
    scores: Object.fromEntries(scores.flatMap(scoreValue)),
    answers: Object.fromEntries([...answers.given].map(([linkId, given]) => [linkId, given.map(plain)])),
  };
}

/** Clocks of telephones and servers differ a little: so much of the future is still now. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** A date without a time has no zone: it may begin so long before UTC's. https://hl7.org/fhir/R4/datatypes.html#date */
const WIDEST_ZONE_MS = 14 * 3_600_000;

function timeOf(authored: string | undefined, { first, current = first }: Receipt): Pick<Digest, 'judgedAt' | 'clock' | 'delay'> {
  const [received, latest] = [Date.parse(first), Date.parse(current)];
  const atReceipt = (clock: AuthoredClock) => ({ judgedAt: received, clock, delay: 0 });
  if (authored === undefined) return atReceipt('missing');
  const range = dateRange(authored);
  if (range === undefined) return atReceipt('unreadable');
  const tolerance = authored.includes('T') ? CLOCK_SKEW_MS : WIDEST_ZONE_MS;
  if (range.low > latest + tolerance) return atReceipt('future');
  return { judgedAt: Math.min(range.high - 1, latest), clock: 'given', delay: Math.max(0, received - range.high) };
}

/** Only the patient speaks for the patient; where no source is given, the patient does. One that is only described is somebody else. */
function respondentOf({ source, subject }: Readonly<QuestionnaireResponse>): Digest['respondent'] {
  if (source === undefined) return 'patient';
  if (source.reference === undefined) return source.type === 'Patient' ? 'patient' : 'proxy';
  return lastTwo(source.reference) === lastTwo(subject?.reference ?? '') ? 'patient' : 'proxy';
}

const lastTwo = (reference: string): string => reference.split('/').slice(-2).join('/');

/** The highest number where an item was answered more than once: a rule shall not miss it. */
function itemValues(plan: Plan, { given }: Answers): [string, Measurement][] {
  return [...given].flatMap(([linkId, answers]) => {
    const top = highestAnswer(answers);
    if (top?.number === undefined) return [];
    const max = highestOf(plan, linkId);
    return [[linkId, { value: top.number, ...(max === undefined ? {} : { max }), ...(top.value.type === 'Coding' ? { words: top.words } : {}) }]];
  });
}

function highestAnswer(answers: readonly Answer[]): Answer | undefined {
  const top = highest(answers.flatMap(({ number }) => number ?? []));
  return answers.find(({ number }) => number === top);
}

function highestOf({ byLinkId }: Plan, linkId: string): number | undefined {
  const item = byLinkId.get(linkId);
  const weights = [...(item?.weights.values() ?? [])];
  return weights.length > 0 ? highest(weights) : extensionNumber(item?.definition, 'maxValue');
}

/** However many there are: Math.max takes them as arguments, of which there may not be too many. */
const highest = (numbers: readonly number[]): number => numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY);

function scoreValue({ rule, value, answered, prorated }: Score): [string, Measurement][] {
  if (value === undefined) return [];
  const worked = prorated ? { prorated: [answered, rule.items.length] as const } : {};
  return [[rule.id, { value, max: rule.range[1], ...worked }]];
}

function plain({ value, number, words }: Answer): GivenAnswer {
  return {
    words,
    ...(typeof value.raw === 'boolean' ? { boolean: value.raw } : {}),
    ...(number === undefined ? {} : { number }),
    ...(value.type === 'Coding' ? codingIn(asRecord(value.raw)) : {}),
  };
}

function codingIn({ system, code }: Record<string, unknown>): Pick<GivenAnswer, 'coding'> {
  if (typeof code !== 'string') return {};
  return { coding: { code, ...(typeof system === 'string' ? { system } : {}) } };
}
