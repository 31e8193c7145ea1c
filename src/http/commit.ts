/** The way from a handler to `record.commit`. */
import type { Done, Operation } from '../record/record.ts';
import type { Call } from './call.ts';
import { conditionOf } from './condition.ts';

/** All of the operations or none, one result each. */
export function commitAll({ services, permit, request }: Call, operations: readonly Operation[]): Promise<readonly Done[]> {
  const parseCondition = (type: string, query: string) => conditionOf(services, type, query, request.base);
  return services.keeper.commit({ operations, parseCondition }, permit);
}

export async function commitOne(call: Call, operation: Operation): Promise<Done> {
  const [done] = await commitAll(call, [operation]);
  if (done === undefined) throw new Error('one operation was committed and no result came back');
  return done;
}
