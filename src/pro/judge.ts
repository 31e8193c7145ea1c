/**
 * The fold: all current answers of one patient to one questionnaire, in the order in which they were given, become
 * findings. It knows nothing of the order of arrival nor of what was raised before; `reconcile` compares.
 */
import { answersTo, type Digest, valueIn } from './digest.ts';
import type { Evidence, Finding } from './finding.ts';
import type { AlertRule, Alerts, Measured } from './instrument.ts';
import { combination, type Found } from './rules/combination.ts';
import { persistence } from './rules/persistence.ts';
import { redFlag } from './rules/red-flag.ts';
import type { Seen, Situation } from './rules/rule.ts';
import { threshold } from './rules/threshold.ts';
import { worsening } from './rules/worsening.ts';
import { sentence } from './sentence.ts';

export interface JudgeOptions {
  /** From the policy: so many minutes under way make an answer a late one. */
  readonly lateAfterMinutes: number;
  /** Enrolment, and the moments at which a clinician reset the baseline: each counts for the answers from then on. */
  readonly baselineSince?: string | readonly string[];
}

/** Responses that were finished or broken off are judged; drafts and errors are not. */
const JUDGED: ReadonlySet<Digest['status']> = new Set<Digest['status']>(['completed', 'amended', 'stopped']);

export function judge(alerts: Alerts, digests: readonly Digest[], options: JudgeOptions): readonly Finding[] {
  const judged = digests.filter(({ status, questionnaireVersion }) => JUDGED.has(status) && alerts.questionnaireVersions.includes(questionnaireVersion));
  const inOrder = judged.toSorted((a, b) => a.judgedAt - b.judgedAt || (a.id < b.id ? -1 : 1));
  const bySpeaker = Map.groupBy(inOrder, ({ respondent }) => respondent);
  const starts = [options.baselineSince ?? []].flat().map((start) => Date.parse(start));
  return [...bySpeaker.values()].flatMap((line) =>
    line.flatMap((current, index) => {
      const situation: Situation = { alerts, current, earlier: line.slice(0, index), baselineSince: latestUntil(current.judgedAt, starts) };
      return judgeAnswer(situation, line.slice(index + 1), options);
    }),
  );
}

/** What was judged before a reset stays as it was judged. */
const latestUntil = (moment: number, starts: readonly number[]): number =>
  starts.reduce((latest, start) => (start <= moment ? Math.max(latest, start) : latest), Number.NEGATIVE_INFINITY);

function judgeAnswer(situation: Situation, later: readonly Digest[], options: JudgeOptions): Finding[] {
  const single = situation.alerts.rules.flatMap((rule): Found[] => {
    const seen = judgeBy(rule, situation);
    return seen === undefined ? [] : [{ rule, seen }];
  });
  const combined = situation.alerts.rules.flatMap((rule): Found[] => {
    const seen = rule.kind === 'combination' ? combination(rule, single, situation) : undefined;
    return seen === undefined ? [] : [{ rule, seen }];
  });
  return [...single, ...combined].map((found) => findingOf(found, situation, { later, options }));
}

function judgeBy(rule: AlertRule, situation: Situation): Seen | undefined {
  switch (rule.kind) {
    case 'threshold':
      return threshold(rule, situation);
    case 'worsening':
      return worsening(rule, situation);
    case 'persistence':
      return persistence(rule, situation);
    case 'red-flag':
      return redFlag(rule, situation);
    case 'combination':
      return undefined; // looks at what the others found: judged after them
  }
}

interface Surroundings {
  readonly later: readonly Digest[];
  readonly options: JudgeOptions;
}

function findingOf({ rule, seen: { measured, ...seen } }: Found, { alerts, current }: Situation, { later, options }: Surroundings): Finding {
  const about = 'text' in rule && rule.text !== undefined ? { about: rule.text } : {};
  const evidence: Evidence = { symptom: textOf(rule.symptom, alerts), ...about, ...seen };
  return {
    key: `${current.id}|${rule.id}`,
    symptom: rule.symptom,
    tier: rule.tier,
    rule: rule.id,
    kind: rule.kind,
    rulesVersion: alerts.version,
    response: current.response,
    reported: current.authored,
    received: current.received,
    judgedAt: current.judgedAt,
    clock: current.clock,
    late: current.delay > options.lateAfterMinutes * 60_000,
    superseded: later.some((digest) => measured.every((what) => isAnswered(digest, what))),
    respondent: current.respondent,
    measured,
    evidence,
    detail: sentence(rule.kind, evidence, current),
  };
}

const textOf = (key: string, { symptoms }: Alerts): Evidence['symptom'] => symptoms.find((symptom) => symptom.key === key)?.text ?? { en: key };

function isAnswered(digest: Digest, measured: Measured): boolean {
  if (valueIn(digest, measured) !== undefined) return true;
  return 'item' in measured && answersTo(digest, measured.item).length > 0;
}
