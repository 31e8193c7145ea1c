/** Versions as they lie in `log`. */
import type { Version } from '../store.ts';
import type { Row } from './statements.ts';

/** In the order of the numbers in `log.method`. */
const METHODS = ['create', 'update', 'delete'] as const;

export const methodNumber = (method: Version['method']): number => METHODS.indexOf(method);

/** From the columns seq, ref, version, updated, method, text. */
export function toVersion([, ref, version, updated, method, text]: Row): Version {
  const name = ref as string;
  const slash = name.indexOf('/');
  return {
    type: name.slice(0, slash),
    id: name.slice(slash + 1),
    version: version as number,
    updated: instant(updated as number),
    method: METHODS[method as number] ?? 'update',
    text: text as string,
  };
}

const REMEMBERED = 10_000;
const instants = new Map<number, string>();

/** What is written together has one instant, and printing one takes as long as all the rest of a version. */
function instant(ms: number): string {
  const known = instants.get(ms);
  if (known !== undefined) return known;
  const text = new Date(ms).toISOString();
  if (instants.size === REMEMBERED) instants.clear();
  instants.set(ms, text);
  return text;
}
