/** What an alert rule found in one response. */
import type { Ref } from '../fhir/resource.ts';
import type { AuthoredClock } from './digest.ts';
import type { AlertRule, Measured, Tier, Words } from './instrument.ts';

export interface Finding {
  /** `<id of the response>|<id of the rule>`: the same finding in whatever order answers arrive. */
  readonly key: string;
  readonly symptom: string;
  readonly tier: Tier;
  readonly rule: string;
  readonly kind: AlertRule['kind'];
  /** Of the rule set. */
  readonly rulesVersion: string;
  readonly response: Ref;
  /** When the answer was given, as the sender said it. */
  readonly reported: string | undefined;
  readonly received: string;
  readonly judgedAt: number;
  readonly clock: AuthoredClock;
  /** It arrived longer after it was given than the policy allows. */
  readonly late: boolean;
  /** A newer answer of the same respondent to the same questions is there. */
  readonly superseded: boolean;
  readonly respondent: 'patient' | 'proxy';
  readonly measured: readonly Measured[];
  readonly evidence: Evidence;
  /** One plain sentence in English; `evidence` holds its parts for pages in other languages. */
  readonly detail: string;
}

/** The parts of the sentence. */
export interface Evidence {
  readonly symptom: Words;
  /** What was measured, where the symptom's own words do not say which. */
  readonly about?: Words;
  readonly value?: number;
  readonly max?: number;
  readonly prorated?: readonly [number, number];
  readonly previous?: Earlier;
  readonly baseline?: Earlier;
  /** Of a persistence: from which value on, in how many answers in a row, over how many days. */
  readonly atLeast?: number;
  readonly reports?: number;
  readonly days?: number;
  /** Of a coded choice and of a red flag: what was answered, in words. */
  readonly words?: string;
  /** Of a combination. */
  readonly symptoms?: readonly Counted[];
}

/** A symptom that a combination counts. */
export type Counted = Pick<Evidence, 'symptom' | 'value' | 'max' | 'words' | 'previous'>;

/** An earlier value that a finding compares with. */
export interface Earlier {
  readonly value: number;
  /** Of a coded choice. */
  readonly words?: string;
  readonly response: Ref;
  /** How many days before, to the nearest. */
  readonly days: number;
}
