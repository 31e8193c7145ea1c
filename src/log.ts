/**
 * The log: one JSON line an event, on standard output. What is logged names routes, ids of requests and of faults, and
 * counts; never what a resource says, and never a URL's values.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** Lines are gathered for at most so long, in ms: writing each by itself would cost more than answering a read. */
const GATHER = 500;

/** `flush` it before the end. `to`: for tests. */
export function createLog(level: string, to?: DestinationStream): Log {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    to ?? destination({ dest: 1, sync: false, minLength: 8192, periodicFlush: GATHER }),
  );
}
