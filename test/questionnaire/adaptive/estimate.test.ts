/** The model and the estimate against other ways to work them out: closed forms, finite differences, adaptive integration. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { estimate, mostTelling, type Observed, posterior } from '../../../src/questionnaire/adaptive/estimate.ts';
import { type Graded, information, probabilities } from '../../../src/questionnaire/adaptive/graded-response.ts';

const graded: fc.Arbitrary<Graded> = fc
  .record({
    discrimination: fc.double({ min: 0.3, max: 4, noNaN: true }),
    first: fc.double({ min: -3, max: 1, noNaN: true }),
    steps: fc.array(fc.double({ min: 0.1, max: 1.5, noNaN: true }), { minLength: 0, maxLength: 5 }),
  })
  .map(({ discrimination, first, steps }) => ({
    discrimination,
    thresholds: [0, ...steps].map((_, at) => first + steps.slice(0, at).reduce((sum, step) => sum + step, 0)),
  }));

const answered = graded.chain((item) => fc.integer({ min: 0, max: item.thresholds.length }).map((category): Observed => ({ item, category })));

/** The chance of an answer, written otherwise: by the hyperbolic tangent. */
function chance({ discrimination, thresholds }: Graded, category: number, theta: number): number {
  const upTo = (at: number): number =>
    at < 0 ? 0 : at >= thresholds.length ? 1 : 0.5 - 0.5 * Math.tanh((discrimination * (theta - (thresholds[at] ?? 0))) / 2);
  return upTo(category) - upTo(category - 1);
}

/** Simpson's rule with many more points than the grid has, over a wider range. */
function integral(f: (theta: number) => number): number {
  const [low, high, steps] = [-10, 10, 8000];
  const width = (high - low) / steps;
  let sum = f(low) + f(high);
  for (let at = 1; at < steps; at += 1) sum += (at % 2 === 1 ? 4 : 2) * f(low + at * width);
  return (sum * width) / 3;
}

function bruteForce(answers: readonly Observed[]): { theta: number; standardError: number } {
  const density = (theta: number): number =>
    Math.exp(-(theta ** 2) / 2) * answers.reduce((product, { item, category }) => product * chance(item, category, theta), 1);
  const mass = integral(density);
  const theta = integral((at) => at * density(at)) / mass;
  return { theta, standardError: Math.sqrt(integral((at) => (at - theta) ** 2 * density(at)) / mass) };
}

describe('the graded response model', () => {
  test('chances lie between 0 and 1 and add up to 1', () => {
    fc.assert(
      fc.property(graded, fc.double({ min: -6, max: 6, noNaN: true }), (item, theta) => {
        const all = probabilities(item, theta);
        expect(all.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
        for (const [category, one] of all.entries()) {
          expect(one).toBeGreaterThanOrEqual(0);
          expect(one).toBeCloseTo(chance(item, category, theta), 10);
        }
      }),
    );
  });

  test('with one threshold it is the two-parameter logistic model, whose information is a²pq', () => {
    const item = { discrimination: 1.7, thresholds: [0.4] };
    const p = 1 / (1 + Math.exp(-1.7 * (1.1 - 0.4)));
    expect(probabilities(item, 1.1)[1]).toBeCloseTo(p, 14);
    expect(information(item, 1.1)).toBeCloseTo(1.7 ** 2 * p * (1 - p), 12);
  });

  test('information is the expected curvature of the log-likelihood', () => {
    fc.assert(
      fc.property(graded, fc.double({ min: -3, max: 3, noNaN: true }), (item, theta) => {
        const h = 1e-4;
        const curvature = item.thresholds.concat(0).reduce((sum, _, category) => {
          const p = chance(item, category, theta);
          if (p < 1e-6) return sum;
          const slope = (chance(item, category, theta + h) - chance(item, category, theta - h)) / (2 * h);
          return sum + slope ** 2 / p;
        }, 0);
        expect(Math.abs(information(item, theta) - curvature)).toBeLessThan(1e-4);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the estimate', () => {
  test('without an answer it is the prior', () => {
    const { theta, standardError } = estimate(posterior({ mean: 0.5, sd: 2 }, []));
    expect(theta).toBeCloseTo(0.5, 6);
    expect(standardError).toBeCloseTo(2, 6);
  });

  test('answers that mirror each other leave it in the middle', () => {
    const easy = { discrimination: 1.5, thresholds: [-1] };
    const hard = { discrimination: 1.5, thresholds: [1] };
    expect(
      estimate(
        posterior({ mean: 0, sd: 1 }, [
          { item: easy, category: 1 },
          { item: hard, category: 0 },
        ]),
      ).theta,
    ).toBeCloseTo(0, 12);
  });

  test('is that of an independent integration to a millionth', () => {
    fc.assert(
      fc.property(fc.array(answered, { minLength: 1, maxLength: 12 }), (answers) => {
        const ours = estimate(posterior({ mean: 0, sd: 1 }, answers));
        const theirs = bruteForce(answers);
        expect(Math.abs(ours.theta - theirs.theta)).toBeLessThan(1e-6);
        expect(Math.abs(ours.standardError - theirs.standardError)).toBeLessThan(1e-6);
      }),
      { numRuns: 25, examples: [[[{ item: { discrimination: 4, thresholds: [-3, -2.2, -1.8] }, category: 0 }]]] },
    );
  });

  test('a higher answer never lowers it', () => {
    fc.assert(
      fc.property(graded, (item) => {
        const thetas = item.thresholds.concat(0).map((_, category) => estimate(posterior({ mean: 0, sd: 1 }, [{ item, category }])).theta);
        expect(thetas).toEqual(thetas.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('the choice of the next question', () => {
  const near = { discrimination: 2, thresholds: [-0.2, 0.2] };
  const far = { discrimination: 2, thresholds: [2.8, 3.2] };
  const blunt = { discrimination: 0.5, thresholds: [-0.2, 0.2] };
  const rules = ['posterior-weighted-information', 'information-at-estimate', 'expected-information'] as const;

  test.each(rules)('%s takes the sharp question near the estimate', (choose) => {
    expect(mostTelling([far, blunt, near], { choose, prior: { mean: 0, sd: 1 }, answers: [] })).toBe(2);
  });

  test.each(rules)('%s takes the first of equal ones, and none of none', (choose) => {
    const choosing = { choose, prior: { mean: 0, sd: 1 }, answers: [{ item: blunt, category: 1 }] };
    expect(mostTelling([near, { ...near }], choosing)).toBe(0);
    expect(mostTelling([], choosing)).toBe(-1);
  });

  test('posterior-weighted information is the integral of information over the posterior', () => {
    const answers: Observed[] = [{ item: near, category: 2 }];
    const density = (theta: number): number => Math.exp(-(theta ** 2) / 2) * chance(near, 2, theta);
    const worth = (item: Graded): number => integral((theta) => information(item, theta) * density(theta)) / integral(density);
    const items = [far, blunt, { discrimination: 1.8, thresholds: [0.5, 1] }, { discrimination: 1.8, thresholds: [-1.5, -1] }];
    const best = items.map(worth).indexOf(Math.max(...items.map(worth)));
    expect(mostTelling(items, { choose: 'posterior-weighted-information', prior: { mean: 0, sd: 1 }, answers })).toBe(best);
  });
});
