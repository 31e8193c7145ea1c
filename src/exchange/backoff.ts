/** How long a hospital that did not answer is left alone: a little at first, twice as long each time. In memory. */
import type { Clock } from '../fhir/resource.ts';

const FIRST = 30_000;
const LONGEST = 30 * 60_000;

export interface Backoff {
  /** An instant; undefined where it may be asked. */
  waitsUntil(hospital: string): string | undefined;
  failed(hospital: string): void;
  answered(hospital: string): void;
}

export function createBackoff(clock: Clock): Backoff {
  const waits = new Map<string, { readonly until: number; readonly times: number }>();
  return {
    waitsUntil: (hospital) => {
      const { until = 0 } = waits.get(hospital) ?? {};
      return clock().getTime() < until ? new Date(until).toISOString() : undefined;
    },
    failed: (hospital) => {
      const times = (waits.get(hospital)?.times ?? 0) + 1;
      waits.set(hospital, { times, until: clock().getTime() + Math.min(LONGEST, FIRST * 2 ** (times - 1)) });
    },
    answered: (hospital) => void waits.delete(hospital),
  };
}
