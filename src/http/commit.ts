/** The way from a handler to `record.commit`. */
import type { Commit, Done, Operation } from '../record/record.ts';
import type { Call } from './call.ts';
import { conditionOf } from './condition.ts';

/** All of the operations or none, one result each. */
export function commitAll(call: Call, operations: readonly Operation[]): Promise<readonly Done[]> {
  return call.services.keeper.commit(commitFor(call, operations), call.permit);
}

export function commitFor({ services, request }: Call, operations: readonly Operation[]): Commit {
  return { operations, parseCondition: (type, query) => conditionOf(services, type, query, request.base), definitions: services.registry };
}

export async function commitOne(call: Call, operation: Operation): Promise<Done> {
  const [done] = await commitAll(call, [operation]);
  if (done === undefined) throw new Error('one operation was committed and no result came back');
  return done;
}
