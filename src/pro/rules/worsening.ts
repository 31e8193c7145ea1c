import { valueIn } from '../digest.ts';
import type { Earlier } from '../finding.ts';
import type { Measured } from '../instrument.ts';
import { earlierValue, type Judge, previousOf, type Situation } from './rule.ts';

/** The value rose, and is of some weight now. */
export const worsening: Judge<'worsening'> = ({ of, than, rise, reaching }, situation) => {
  const measurement = valueIn(situation.current, of);
  if (measurement === undefined || measurement.value < reaching) return undefined;
  const earlier = than === 'previous' ? previousOf(of, situation) : baselineOf(of, situation);
  if (earlier === undefined || measurement.value - earlier.value < rise) return undefined;
  return { measured: [of], ...measurement, [than]: earlier };
};

/** The first valid self-report: what the patient, and nobody else, said in an answer that was finished. */
function baselineOf(of: Measured, { current, earlier, baselineSince }: Situation): Earlier | undefined {
  const first = earlier.find(
    (digest) => digest.respondent === 'patient' && digest.status !== 'stopped' && digest.judgedAt >= baselineSince && valueIn(digest, of) !== undefined,
  );
  return first === undefined ? undefined : earlierValue(first, of, current);
}
