/**
 * The graded response model: how likely each of some ordered answers is, given a person's place on the trait.
 * Samejima (1969), Estimation of latent ability using a response pattern of graded scores, Psychometrika Monograph 17.
 */

export interface Graded {
  readonly discrimination: number;
  /** Ascending. */
  readonly thresholds: readonly number[];
}

/** The chance of each answer at theta, lowest first; they add up to 1. */
export function probabilities(item: Graded, theta: number): number[] {
  const above = boundaries(item, theta);
  return above.slice(0, -1).map((chance, category) => chance - (above[category + 1] ?? 0));
}

/** The chance of that answer or a higher one, from 1 for the lowest to 0 beyond the highest. */
function boundaries({ discrimination, thresholds }: Graded, theta: number): number[] {
  return [1, ...thresholds.map((threshold) => 1 / (1 + Math.exp(-discrimination * (theta - threshold)))), 0];
}

/** Fisher's information at theta: the sum over the answers of the squared slope of their chance by that chance. */
export function information(item: Graded, theta: number): number {
  const above = boundaries(item, theta);
  const slopes = above.map((chance) => item.discrimination * chance * (1 - chance));
  let sum = 0;
  for (let category = 0; category < above.length - 1; category += 1) {
    const chance = (above[category] ?? 0) - (above[category + 1] ?? 0);
    const slope = (slopes[category] ?? 0) - (slopes[category + 1] ?? 0);
    if (chance > 0) sum += slope ** 2 / chance;
  }
  return sum;
}
