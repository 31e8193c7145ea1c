/** The shape of an alert rule's judgement: a small pure function a kind, listed in `judge.ts`. */
import { type Digest, type Measurement, valueIn } from '../digest.ts';
import type { Earlier, Evidence } from '../finding.ts';
import type { AlertRule, Alerts, Measured } from '../instrument.ts';

export const DAY_MS = 86_400_000;

/** One answer with what came before it. */
export interface Situation {
  readonly alerts: Alerts;
  readonly current: Digest;
  /** Earlier answers of the same respondent, oldest first. */
  readonly earlier: readonly Digest[];
  /** Where the search for a baseline begins, in ms since the epoch. */
  readonly baselineSince: number;
}

/** What the rule saw; undefined where it found nothing. */
export type Seen = Omit<Evidence, 'symptom'> & { readonly measured: readonly Measured[] };

export type Judge<Kind extends AlertRule['kind']> = (rule: Extract<AlertRule, { kind: Kind }>, situation: Situation) => Seen | undefined;

/**
 * The last answer to the same question within the interval and its grace; an answer that left it out is passed over.
 */
export function previousOf(measured: Measured, { alerts, current, earlier }: Situation): Earlier | undefined {
  const last = earlier.findLast((digest) => valueIn(digest, measured) !== undefined);
  return last !== undefined && isWithinReach(last, current, alerts) ? earlierValue(last, measured, current) : undefined;
}

export function isWithinReach(earlier: Digest, { judgedAt }: Digest, { interval }: Alerts): boolean {
  return judgedAt - earlier.judgedAt <= (interval.days + interval.graceDays) * DAY_MS;
}

export function earlierValue(earlier: Digest, measured: Measured, { judgedAt }: Digest): Earlier | undefined {
  const measurement = valueIn(earlier, measured);
  if (measurement === undefined) return undefined;
  const { value, words } = measurement;
  return { value, ...(words === undefined ? {} : { words }), response: earlier.response, days: Math.round((judgedAt - earlier.judgedAt) / DAY_MS) };
}

/** A measurement and the previous one, as evidence. */
export function seen(measured: Measured, measurement: Measurement, previous: Earlier | undefined): Seen {
  return { measured: [measured], ...measurement, ...(previous === undefined ? {} : { previous }) };
}
