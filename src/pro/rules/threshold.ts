import { valueIn } from '../digest.ts';
import { type Judge, previousOf, seen } from './rule.ts';

/** The value reaches the mark. */
export const threshold: Judge<'threshold'> = ({ of, atLeast, below = Number.POSITIVE_INFINITY }, situation) => {
  const measurement = valueIn(situation.current, of);
  if (measurement === undefined || measurement.value < atLeast || measurement.value >= below) return undefined;
  return seen(of, measurement, previousOf(of, situation));
};
