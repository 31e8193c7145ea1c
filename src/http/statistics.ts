/**
 * The statistics of $stats over one series of measurements, all in one unit.
 * https://hl7.org/fhir/R4/valueset-observation-statistics.html
 */

export interface Point {
  readonly value: number;
  /** When it was measured, in ms since the epoch; undefined where that is not known. */
  readonly when: number | undefined;
}

/** What a statistic's number is measured in: as the measurements, their square, a ratio without unit, or the unit a day. */
type Dimension = 'unit' | 'squared' | 'one' | 'daily';

export interface Figure {
  /** Undefined where so few measurements have none. */
  readonly value: number | undefined;
  readonly in: Dimension;
  /** Tells the two numbers of a regression apart. */
  readonly name?: string;
}

type Statistic = (points: readonly Point[]) => readonly Figure[];

const MS_A_DAY = 86_400_000;

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const meanOf = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : sumOf(values) / values.length);

/** The mean of the given power of the distances from the mean. */
function moment(values: readonly number[], power: number): number | undefined {
  const mean = meanOf(values);
  return mean === undefined ? undefined : meanOf(values.map((value) => (value - mean) ** power));
}

/** Of a sample: divided by one less than the number of measurements. */
function varianceOf(values: readonly number[]): number | undefined {
  const second = moment(values, 2);
  return second === undefined || values.length < 2 ? undefined : (second * values.length) / (values.length - 1);
}

/** The value below which that share lies, linear between two measurements (Hyndman and Fan 1996, definition 7). */
function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below === undefined || above === undefined ? undefined : below + (above - below) * (place - Math.floor(place));
}

/** A moment in units of the standard deviation: skewness (3) and kurtosis (4; 3 for a normal distribution) of the measurements themselves. */
function standardised(values: readonly number[], power: number): number | undefined {
  const [second, wanted] = [moment(values, 2), moment(values, power)];
  return second === undefined || wanted === undefined || second === 0 ? undefined : wanted / second ** (power / 2);
}

/** Least squares of value over time: by how much it rises a day, and what it was at the first measurement. */
function regression(points: readonly Point[]): readonly Figure[] {
  const timed = points.filter((point): point is Point & { when: number } => point.when !== undefined);
  const start = timed.reduce((first, { when }) => Math.min(first, when), Number.POSITIVE_INFINITY);
  const days = timed.map(({ when }) => (when - start) / MS_A_DAY);
  const values = timed.map(({ value }) => value);
  const [day, mean, spread] = [meanOf(days) ?? 0, meanOf(values) ?? 0, moment(days, 2) ?? 0];
  const gradient = spread === 0 ? undefined : sumOf(days.map((x, index) => (x - day) * ((values[index] ?? 0) - mean))) / days.length / spread;
  return [
    { name: 'gradient', value: gradient, in: 'daily' },
    { name: 'intercept', value: gradient === undefined ? undefined : mean - gradient * day, in: 'unit' },
  ];
}

const over =
  (dimension: Dimension, compute: (values: readonly number[]) => number | undefined): Statistic =>
  (points) => [{ value: compute(points.map(({ value }) => value)), in: dimension }];

const rooted = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.sqrt(value));
const least = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[0];
const most = (values: readonly number[]): number | undefined => values.toSorted((a, b) => b - a)[0];
const between = (values: readonly number[], low: number, high: number): number | undefined => {
  const [lower, upper] = [quantile(values, low), quantile(values, high)];
  return lower === undefined || upper === undefined ? undefined : upper - lower;
};

/** By code; `total-count` counts what these never see, and is worked out by the caller. */
export const STATISTICS: ReadonlyMap<string, Statistic> = new Map([
  ['average', over('unit', meanOf)],
  ['maximum', over('unit', most)],
  ['minimum', over('unit', least)],
  ['count', over('one', (values) => values.length)],
  ['median', over('unit', (values) => quantile(values, 1 / 2))],
  ['std-dev', over('unit', (values) => rooted(varianceOf(values)))],
  ['sum', over('unit', sumOf)],
  ['variance', over('squared', varianceOf)],
  ['20-percent', over('unit', (values) => quantile(values, 0.2))],
  ['80-percent', over('unit', (values) => quantile(values, 0.8))],
  ['4-lower', over('unit', (values) => quantile(values, 0.25))],
  ['4-upper', over('unit', (values) => quantile(values, 0.75))],
  ['4-dev', over('unit', (values) => between(values, 0.25, 0.75))],
  ['5-1', over('unit', (values) => quantile(values, 0.2))],
  ['5-2', over('unit', (values) => quantile(values, 0.4))],
  ['5-3', over('unit', (values) => quantile(values, 0.6))],
  ['5-4', over('unit', (values) => quantile(values, 0.8))],
  ['skew', over('one', (values) => standardised(values, 3))],
  ['kurtosis', over('one', (values) => standardised(values, 4))],
  ['regression', regression],
]);
