/**
 * Where a person stands on the trait, given some answers: the expected value of the posterior (EAP) over a grid, with a
 * normal prior. Bock & Mislevy (1982), Adaptive EAP estimation of ability in a microcomputer environment.
 */
import type { Choice, Normal } from './bank.ts';
import { type Graded, information, probabilities } from './graded-response.ts';

/** One question answered; `category` counts from the lowest option, 0. */
export interface Observed {
  readonly item: Graded;
  readonly category: number;
}

/** What is believed of the person: a weight for each point of the grid, together 1. */
export interface Posterior {
  readonly points: readonly number[];
  readonly weights: readonly number[];
}

/** In the metric of theta. */
export interface Estimate {
  readonly theta: number;
  readonly standardError: number;
}

/**
 * The grid goes that many standard deviations of the prior to both sides, a twentieth a step: even where the easiest answer to
 * an item 3 deviations out pulls the posterior into the prior's tail, less than a millionth of a millionth of it lies beyond.
 */
const REACH = 8;
const POINTS = 321;

export function posterior(prior: Normal, answers: readonly Observed[]): Posterior {
  const points = Array.from({ length: POINTS }, (_, at) => prior.mean + prior.sd * REACH * ((2 * at) / (POINTS - 1) - 1));
  const logs = points.map((theta) => logPrior(prior, theta) + answers.reduce((sum, answer) => sum + logLikelihood(answer, theta), 0));
  const highest = Math.max(...logs);
  const raw = logs.map((log) => Math.exp(log - highest));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return { points, weights: raw.map((weight) => weight / total) };
}

const logPrior = ({ mean, sd }: Normal, theta: number): number => -(((theta - mean) / sd) ** 2) / 2;

/** Smaller chances are cut off, so that an answer which the model hardly allows does not outweigh all others. */
const LEAST = 1e-300;

const logLikelihood = ({ item, category }: Observed, theta: number): number => Math.log(Math.max(probabilities(item, theta)[category] ?? 1, LEAST));

export function estimate({ points, weights }: Posterior): Estimate {
  const theta = mean(points, weights);
  const variance = mean(
    points.map((point) => (point - theta) ** 2),
    weights,
  );
  return { theta, standardError: Math.sqrt(variance) };
}

const mean = (values: readonly number[], weights: readonly number[]): number => values.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0);

export interface Choosing {
  readonly choose: Choice;
  readonly prior: Normal;
  readonly answers: readonly Observed[];
}

/** The item that tells most, by its place; of equal ones the first, so that the order is always the same. -1 where there is none. */
export function mostTelling(candidates: readonly Graded[], choosing: Choosing): number {
  const now = posterior(choosing.prior, choosing.answers);
  const worth = candidates.map((item) => WORTH[choosing.choose](item, now, choosing));
  return worth.indexOf(Math.max(...worth));
}

type Worth = (item: Graded, now: Posterior, choosing: Choosing) => number;

const WORTH: Readonly<Record<Choice, Worth>> = {
  'posterior-weighted-information': (item, { points, weights }) =>
    mean(
      points.map((theta) => information(item, theta)),
      weights,
    ),
  'information-at-estimate': (item, now) => information(item, estimate(now).theta),
  'expected-information': (item, { points, weights }, { prior, answers }) => {
    const chances = points.map((theta) => probabilities(item, theta));
    return item.thresholds.concat(0).reduce((sum, _, category) => {
      const chance = mean(
        chances.map((at) => at[category] ?? 0),
        weights,
      );
      return sum + chance * information(item, estimate(posterior(prior, [...answers, { item, category }])).theta);
    }, 0);
  },
};
