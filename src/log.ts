/**
 * The log: one JSON line an event, on standard output. What is logged names routes, ids of requests and of faults, and
 * counts; never what a resource says, and never a URL's values.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** Lines are gathered and written together; `flush` before the end. `to`: for tests. */
export function createLog(level: string, to?: DestinationStream): Log {
  const stream = to ?? destination({ dest: 1, sync: false, minLength: 4096 });
  return pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, redact: { paths: ['authorization', '*.authorization', 'body', '*.body'], remove: true } }, stream);
}
