/**
 * `combo-code` says what `code` says, and what `component-code` says. What one parameter says because another one says it is kept
 * once, under the other; a search by the wider one asks for both (`compile/widen`). Only parameters of the base: every row that
 * was ever written is kept by the same rule.
 */
import type { Entry, Value } from '../../search/entry.ts';
import type { Indexer } from '../../search/extract.ts';
import { kindOf } from '../../search/kinds/table.ts';
import type { Param } from '../../search/param.ts';
import { type Params, splitUnion } from '../../search/params.ts';

/** By the code of a wider parameter, those that it has values of. */
export type Narrower = ReadonlyMap<string, readonly Param[]>;

const KINDS: ReadonlySet<Param['kind']> = new Set<Param['kind']>(['token', 'string', 'quantity', 'composite']);

export function narrowerOf(params: Params, type: string): Narrower {
  const base = params.indexed(type).filter(({ kind, added, expression }) => KINDS.has(kind) && added === undefined && expression !== '');
  const unions = new Map(base.map((param) => [param, new Set(splitUnion(param.expression))]));
  const isNarrower = (one: Param, wide: Param): boolean => {
    const [own, all] = [unions.get(one), unions.get(wide)];
    return own !== undefined && all !== undefined && own.size < all.size && own.isSubsetOf(all) && kindOf(one) === kindOf(wide) && samePaths(one, wide);
  };
  return new Map(base.map((wide) => [wide.code, base.filter((one) => isNarrower(one, wide))] as const).filter(([, narrower]) => narrower.length > 0));
}

const samePaths = ({ parts }: Param, other: Param): boolean =>
  parts.length === other.parts.length && parts.every(({ kind, expression }, i) => other.parts[i]?.kind === kind && other.parts[i]?.expression === expression);

/** The same values, without those of a wider parameter that a narrower one has. */
export function keepingOnce(index: Indexer, narrowerFor: (type: string) => Narrower): Indexer {
  return (resource) => {
    const indexed = index(resource);
    const narrower = narrowerFor(resource.resourceType);
    if (narrower.size === 0) return indexed;
    const isKeptElsewhere = ({ param, value }: Entry): boolean => {
      const others = narrower.get(param.code);
      return others !== undefined && indexed.entries.some((entry) => others.some(({ code }) => code === entry.param.code) && isSame(entry.value, value));
    };
    return { ...indexed, entries: indexed.entries.filter((entry) => !isKeptElsewhere(entry)) };
  };
}

function isSame(one: Value, other: Value): boolean {
  if (one.kind === 'token') return other.kind === 'token' && one.code === other.code && one.system === other.system;
  if (one.kind === 'text') return other.kind === 'text' && (one.words === other.words || one.words.join(' ') === other.words.join(' '));
  return isDeepSame(one, other);
}

/** Numbers, texts, and lists and objects of them. */
function isDeepSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return Object.is(one, other);
  const [keys, others] = [Object.entries(one), Object.entries(other)];
  return keys.length === others.length && keys.every(([key, value], i) => others[i]?.[0] === key && isDeepSame(value, others[i]?.[1]));
}
