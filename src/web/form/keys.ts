/**
 * How a place of a form is called in its HTML: the linkIds on the way to it, joined by `/`, with the number of a
 * repeated group behind `:` and of an answer behind `@`. Nothing in an encoded linkId looks like these three.
 */
import type { PlanItem } from '../../questionnaire/plan.ts';

const encoded = (linkId: string): string => encodeURIComponent(linkId);

export const questionKey = (holder: string, { linkId }: PlanItem): string => (holder === '' ? encoded(linkId) : `${holder}/${encoded(linkId)}`);

/** A group that does not repeat needs no number. */
export const groupKey = (holder: string, item: PlanItem, n: number): string => {
  const key = questionKey(holder, item);
  return item.definition.repeats === true || n > 0 ? `${key}:${n}` : key;
};

export const answerKey = (question: string, which: number | string): string => `${question}@${typeof which === 'number' ? which : encoded(which)}`;

/** An `id` for a key that says nothing: ids stand in addresses, and addresses in histories. FNV-1a over 2 × 32 bits. */
export function idOf(key: string): string {
  let [low, high] = [0x811c9dc5, 0x1b873593];
  for (let n = 0; n < key.length; n += 1) {
    low = Math.imul(low ^ key.charCodeAt(n), 0x01000193);
    high = Math.imul(high ^ key.charCodeAt(n), 0x85ebca6b);
  }
  return `i${(low >>> 0).toString(36)}${(high >>> 0).toString(36)}`;
}

/** For each repeated group and question named in the keys, how many occurrences they speak of. `MOST` bounds what a stranger can ask for. */
export function countsIn(keys: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const parts = key.split('/').slice(0, DEEPEST);
    parts.forEach((part, n) => {
      const mark = part.lastIndexOf(':');
      const number = mark < 0 ? Number.NaN : Number(part.slice(mark + 1));
      if (!Number.isInteger(number) || number < 0) return;
      const group = [...parts.slice(0, n), part.slice(0, mark)].join('/');
      counts.set(group, Math.max(counts.get(group) ?? 0, Math.min(number + 1, MOST)));
    });
  }
  return counts;
}

export const MOST = 200;
const DEEPEST = 50;
