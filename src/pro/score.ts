/**
 * From the answers of a response to its scores. What cannot be scored is said so, with the reason and the number of
 * items answered; nothing here throws, since an answer is never refused for a score.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import { type Answers, answersOf } from '../questionnaire/answers.ts';
import type { Plan } from '../questionnaire/plan.ts';
import type { Band, ScoreRule, Scoring } from './instrument.ts';

export interface Score {
  readonly rule: ScoreRule;
  /** Undefined where the score could not be worked out; then `absent` says why. */
  readonly value: number | undefined;
  readonly absent: Absent | undefined;
  readonly band: Band | undefined;
  /** How many of the rule's items were answered. */
  readonly answered: number;
  /** Worked out from fewer answers than items. */
  readonly prorated: boolean;
}

interface Absent {
  /** http://terminology.hl7.org/CodeSystem/data-absent-reason: not answered, not asked, or answered with what cannot be scored. */
  readonly code: 'unknown' | 'not-asked' | 'error';
  readonly text: string;
}

export function score(scoring: Scoring, plan: Plan, response: Readonly<QuestionnaireResponse>): readonly Score[] {
  return scoreAnswers(scoring, answersOf(plan, response));
}

export function scoreAnswers(scoring: Scoring, answers: Answers): readonly Score[] {
  return scoring.scores.map((rule) => scoreOne(rule, answers));
}

function scoreOne(rule: ScoreRule, answers: Answers): Score {
  const numbers = rule.items.flatMap((linkId) => numberOf(linkId, answers) ?? []);
  const base = { rule, answered: numbers.length, prorated: numbers.length < rule.items.length };
  const absent = fault(rule, answers) ?? incomplete(rule, numbers.length, answers);
  if (absent !== undefined) return { ...base, value: undefined, absent, band: undefined, prorated: false };
  const value = worth(rule, numbers);
  const outside = outOfRange(rule, value);
  if (outside !== undefined) return { ...base, value: undefined, absent: outside, band: undefined, prorated: false };
  return { ...base, value, absent: undefined, band: bandOf(rule, value) };
}

/** The number in the one answer to an item. */
function numberOf(linkId: string, { given }: Answers): number | undefined {
  const answers = given.get(linkId) ?? [];
  return answers.length === 1 ? answers[0]?.number : undefined;
}

/** An item that was answered, but not with one number. */
function fault({ items }: ScoreRule, answers: Answers): Absent | undefined {
  for (const linkId of items) {
    const given = answers.given.get(linkId) ?? [];
    if (answers.unreadable.has(linkId)) return { code: 'error', text: `The answer to '${linkId}' cannot be read.` };
    if (given.length > 1) return { code: 'error', text: `'${linkId}' has ${given.length} answers; a score takes one.` };
    if (given.length === 1 && given[0]?.number === undefined) {
      return { code: 'error', text: `The answer to '${linkId}' (${given[0]?.words}) has no number to score.` };
    }
  }
  return undefined;
}

function incomplete({ items, missing }: ScoreRule, answered: number, { notAsked }: Answers): Absent | undefined {
  const needed = Math.max(1, items.length - (missing?.allowed ?? 0));
  if (answered >= needed) return undefined;
  const code = items.every((linkId) => notAsked.has(linkId)) ? 'not-asked' : 'unknown';
  return { code, text: `${answered} of ${items.length} items answered; ${needed === items.length ? 'all' : `at least ${needed}`} are needed.` };
}

function worth({ kind, items }: ScoreRule, numbers: readonly number[]): number {
  const sum = numbers.reduce((total, number) => total + number, 0);
  if (kind === 'mean') return tidy(sum / numbers.length);
  if (numbers.length === items.length) return tidy(sum);
  const prorated = (sum * items.length) / numbers.length;
  return numbers.every(Number.isInteger) ? Math.round(prorated) : tidy(prorated);
}

/** Takes the binary noise off a decimal: 0.1 + 0.2 is 0.3. */
const tidy = (value: number): number => Number(value.toPrecision(12));

function outOfRange({ range: [low, high] }: ScoreRule, value: number): Absent | undefined {
  if (value >= low && value <= high) return undefined;
  return { code: 'error', text: `The answers give ${value}, outside the score's range of ${low} to ${high}.` };
}

/** The last band that begins at or below the value: where fractions fall between two bands of whole numbers, the lower one. */
function bandOf({ bands }: ScoreRule, value: number): Band | undefined {
  return bands.findLast((band) => band.low <= value);
}
