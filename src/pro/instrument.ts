/**
 * Clinical knowledge as data: what an instrument's `scoring.json` and `alerts.json` say. The JSON Schemas in
 * `questionnaires/schema/` say the same for people who write instruments and are what the loader checks.
 * Nothing clinical is written in TypeScript: a threshold is a row with its source.
 */
import type { Coding } from '../fhir/resource.ts';

/** How far a number or rule has been checked against its source. */
export interface Source {
  /** A citation a reader can find: authors, year, DOI, PMID or URL; or the words of a safety default. */
  readonly citation: string;
  /**
   * `verified`: read in the primary source. `secondary`: read in another's report of it. `unverified`: from memory,
   * to be checked before clinical use. `safety-default`: no source, a cautious choice that the site's clinician must approve.
   */
  readonly status: 'verified' | 'secondary' | 'unverified' | 'safety-default';
}

/** Text by BCP-47 language; `en` is always there. */
export interface Words {
  readonly en: string;
  readonly [language: string]: string;
}

export interface Scoring {
  /** Canonical URL of the Questionnaire, without version. */
  readonly questionnaire: string;
  /** Versions of the Questionnaire that this scoring is for. */
  readonly questionnaireVersions: readonly string[];
  /** Of the scoring itself: named by every score it makes. */
  readonly version: string;
  readonly scores: readonly ScoreRule[];
}

/** One Observation to be made from an answered questionnaire. */
export interface ScoreRule {
  readonly id: string;
  readonly code: Coding;
  readonly text: Words;
  /**
   * `item`: the answer to one item, as a number. `sum`, `mean`: over several. An item's number is its decimal,
   * integer or quantity, or the weight (ordinalValue, itemWeight) of the option chosen.
   */
  readonly kind: 'item' | 'sum' | 'mean';
  readonly items: readonly string[];
  /** How many items may lack an answer, and what is then done. Absent: none may. */
  readonly missing?: { readonly allowed: number; readonly method: 'prorate'; readonly source: Source };
  /** The lowest and highest possible value, inclusive. */
  readonly range: readonly [number, number];
  /** UCUM code, `{score}` for a bare score. */
  readonly unit: string;
  /** Inclusive bounds, without gaps over the range. */
  readonly bands: readonly Band[];
  readonly source: Source;
}

export interface Band {
  readonly low: number;
  readonly high: number;
  readonly text: Words;
  /** http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation */
  readonly interpretation: 'N' | 'A' | 'AA' | 'H' | 'HH' | 'HX';
  readonly source: Source;
}

/** How urgent a finding is. `personal` is below every clinical tier. Order matters: later is more urgent. */
export const TIERS = ['personal', 'moderate', 'severe', 'critical'] as const;
export type Tier = (typeof TIERS)[number];

export interface Alerts {
  readonly questionnaire: string;
  readonly questionnaireVersions: readonly string[];
  /** Of the rule set: named by every alert it raises. */
  readonly version: string;
  /** How often the questionnaire is asked; `previous` reaches back no further than days + graceDays. */
  readonly interval: { readonly days: number; readonly graceDays: number; readonly source: Source };
  readonly symptoms: readonly Symptom[];
  readonly rules: readonly AlertRule[];
}

/** What an alert is about. One open Flag a patient and symptom; a red flag is a symptom of its own. */
export interface Symptom {
  /** Shared by instruments that ask the same thing: `pain`, `suicidal-thoughts`. */
  readonly key: string;
  readonly text: Words;
  readonly code?: Coding;
  /** http://terminology.hl7.org/CodeSystem/flag-category */
  readonly category: 'clinical' | 'safety' | 'behavioral';
  /** What the patient is told to do now, in place of the tier's general words in the policy. Only where all rules about it are of one tier. */
  readonly advice?: Words;
}

interface RuleBase {
  readonly id: string;
  readonly symptom: string;
  readonly tier: Tier;
  readonly source: Source;
}

/** Of rules that look at a number. */
interface MeasuredRuleBase extends RuleBase {
  readonly of: Measured;
  /** What the number says, for the sentence about a finding, where several are about one symptom: "Pain on average". */
  readonly text?: Words;
}

/** What a rule looks at: one item's answer (as a number) or one score. */
export type Measured = { readonly item: string } | { readonly score: string };

export type AlertRule =
  /** The value reaches `atLeast` (and stays below `below`, where given). */
  | (MeasuredRuleBase & { readonly kind: 'threshold'; readonly atLeast: number; readonly below?: number })
  /** The value rose by `rise` or more since the previous answer or the baseline, and reaches `reaching`. */
  | (MeasuredRuleBase & {
      readonly kind: 'worsening';
      readonly than: 'previous' | 'baseline';
      readonly rise: number;
      readonly reaching: number;
    })
  /** The value was `atLeast` in `reports` answers in a row (unanswered ones neither continue nor end it), over `days` or more. */
  | (MeasuredRuleBase & { readonly kind: 'persistence'; readonly atLeast: number; readonly reports: number; readonly days: number })
  /** One answer suffices, whatever the total. Unanswered is unknown, never "no". */
  | (RuleBase & { readonly kind: 'red-flag'; readonly item: string; readonly when: AnswerIs })
  /** At least `count` of these symptoms were found at `from` or above in one answer, each new or worse since the previous one. */
  | (RuleBase & { readonly kind: 'combination'; readonly symptoms: readonly string[]; readonly from: Tier; readonly count: number });

export type AnswerIs = { readonly boolean: boolean } | { readonly atLeast: number } | { readonly coding: { readonly system?: string; readonly code: string } };

/** `questionnaires/policy.json`: what a tier means, for all instruments. A site edits its own copy. */
export interface Policy {
  readonly version: string;
  /**
   * How far its words have been checked, by language. `draft`: not reviewed by a clinician, not tried by patients. A language
   * that is not named has not been checked; English is the original.
   */
  readonly translations?: Readonly<Record<string, 'draft' | 'reviewed'>>;
  readonly tiers: Readonly<Record<Tier, TierPolicy>>;
  /** Added to every advice: that nobody may have read the answers yet, and whom to call. `{emergency}` and `{crisis}` are settings. */
  readonly always: Words;
  /** To the patient after a completed answer in which nothing was found. */
  readonly nothingFound: Words;
  /** An answer received this long after it was given is judged as a late one: of no urgency where a newer answer is there. */
  readonly lateAfter: { readonly minutes: number; readonly source: Source };
  /** An open alert that fires again is brought to people's notice again after so many days. */
  readonly notifyAgain: { readonly days: number; readonly source: Source };
  /** The clock of deadlines that run in working hours, in the site's time zone (a setting). */
  readonly workingHours: WorkingHours;
}

export interface WorkingHours {
  /** ISO weekdays, Monday is 1. */
  readonly days: readonly number[];
  /** `08:00`: local time of opening and closing. */
  readonly from: string;
  readonly to: string;
  /** Dates on which the site is closed, `2026-12-25`. */
  readonly holidays: readonly string[];
  readonly source: Source;
}

export interface TierPolicy {
  /** Minutes from receipt until the named step is due. */
  readonly deadline: {
    readonly minutes: number;
    readonly until: 'acknowledged' | 'assessed' | 'documented';
    readonly clock: 'wall' | 'working-hours';
    readonly source: Source;
  };
  /** http://hl7.org/fhir/flag-priority-code */
  readonly flagPriority: 'PN' | 'PL' | 'PM' | 'PH';
  readonly taskPriority: 'routine' | 'urgent' | 'asap' | 'stat';
  readonly severity: 'high' | 'moderate' | 'low';
  /** To the patient, in the same commit. */
  readonly advice: Words;
}

/** One folder under `questionnaires/`, loaded and checked. */
export interface Instrument {
  readonly name: string;
  readonly questionnaire: import('fhir/r4').Questionnaire;
  readonly scoring?: Scoring;
  readonly alerts?: Alerts;
}
