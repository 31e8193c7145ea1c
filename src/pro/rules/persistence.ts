import { type Digest, valueIn } from '../digest.ts';
import type { Measured } from '../instrument.ts';
import { DAY_MS, type Judge, type Situation } from './rule.ts';

/** The value stayed up: in so many answers in a row and over so many days. An answer without the item neither continues nor ends the row. */
export const persistence: Judge<'persistence'> = ({ of, atLeast, reports, days }, situation) => {
  const measurement = valueIn(situation.current, of);
  if (measurement === undefined || measurement.value < atLeast) return undefined;
  const row = rowOf(of, atLeast, situation);
  const span = (situation.current.judgedAt - (row[0]?.judgedAt ?? situation.current.judgedAt)) / DAY_MS;
  if (row.length < reports || span < days) return undefined;
  return { measured: [of], ...measurement, atLeast, reports: row.length, days: Math.floor(span) };
};

function rowOf(of: Measured, atLeast: number, { current, earlier }: Situation): readonly Digest[] {
  const answered = [...earlier, current].filter((digest) => valueIn(digest, of) !== undefined);
  const end = answered.findLastIndex((digest) => (valueIn(digest, of)?.value ?? 0) < atLeast);
  return answered.slice(end + 1);
}
