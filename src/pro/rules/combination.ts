import { answersTo } from '../digest.ts';
import type { Counted } from '../finding.ts';
import { type AlertRule, TIERS } from '../instrument.ts';
import { answerIs } from './red-flag.ts';
import { isWithinReach, previousOf, type Seen, type Situation } from './rule.ts';

/** What the other rules saw in the same answer. */
export interface Found {
  readonly rule: AlertRule;
  readonly seen: Seen;
}

/** Several symptoms at once, each new or worse than the time before: what has long been so does not count again every week. */
export function combination(rule: Extract<AlertRule, { kind: 'combination' }>, found: readonly Found[], situation: Situation): Seen | undefined {
  const counting = found.filter((other) => counts(other, rule) && isNewOrWorse(other, situation));
  const keys = new Set(counting.map((other) => other.rule.symptom));
  if (keys.size < rule.count) return undefined;
  return {
    measured: counting.flatMap((other) => other.seen.measured),
    value: keys.size,
    symptoms: [...keys].map((key) => countedAs(key, counting, situation)),
  };
}

function counts({ rule: { symptom, tier, kind } }: Found, { symptoms, from }: { symptoms: readonly string[]; from: AlertRule['tier'] }): boolean {
  return kind !== 'combination' && symptoms.includes(symptom) && TIERS.indexOf(tier) >= TIERS.indexOf(from);
}

function isNewOrWorse({ rule, seen }: Found, situation: Situation): boolean {
  if (rule.kind === 'red-flag') return !wasRaisedBefore(rule, situation);
  const [measured] = seen.measured;
  const previous = measured === undefined ? undefined : previousOf(measured, situation);
  return previous === undefined || (seen.value ?? 0) > previous.value;
}

function wasRaisedBefore({ item, when }: Extract<AlertRule, { kind: 'red-flag' }>, { alerts, current, earlier }: Situation): boolean {
  const last = earlier.findLast((digest) => answersTo(digest, item).length > 0);
  return last !== undefined && isWithinReach(last, current, alerts) && answersTo(last, item).some((given) => answerIs(given, when));
}

/** A symptom with what the first rule saw of it. */
function countedAs(key: string, counting: readonly Found[], { alerts }: Situation): Counted {
  const { measured: _, ...seen } = counting.find(({ rule }) => rule.symptom === key)?.seen ?? { measured: [] };
  return { symptom: alerts.symptoms.find((symptom) => symptom.key === key)?.text ?? { en: key }, ...seen };
}
