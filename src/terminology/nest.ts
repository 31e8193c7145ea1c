/** The entries of an expansion put below each other as the code system's hierarchy has them. */
import type { ValueSetExpansionContains } from 'fhir/r4';
import type { Member } from './listing.ts';
import type { Concept } from './system.ts';

export interface Entry {
  readonly member: Member;
  readonly entry: ValueSetExpansionContains;
}

/** Deeper hierarchies are given flat. */
const MAX_LEVELS = 40;

/** Each code below the nearest of its parents that is in the set too; flat where the hierarchy is too deep or runs in circles. */
export function nested(entries: readonly Entry[]): ValueSetExpansionContains[] {
  const byConcept = new Map(entries.flatMap(({ member, entry }) => (isPlaced(member) ? [[member.concept, entry] as const] : [])));
  const roots: ValueSetExpansionContains[] = [];
  for (const { member, entry } of entries) {
    const above = isPlaced(member) ? nearest(member.concept, byConcept) : undefined;
    if (above === undefined) roots.push(entry);
    else if (above.contains === undefined) above.contains = [entry];
    else above.contains.push(entry);
  }
  return countBelow(roots, MAX_LEVELS) === entries.length ? roots : entries.map(({ entry: { contains: _, ...flat } }) => flat);
}

/** What a value set names one by one stands in its own order. */
const isPlaced = (member: Member): member is Member & { readonly concept: Concept } => member.concept !== undefined && member.named === undefined;

function nearest(concept: Concept, entries: ReadonlyMap<Concept, ValueSetExpansionContains>): ValueSetExpansionContains | undefined {
  let above = concept.parents[0];
  for (let level = 0; above !== undefined && level < MAX_LEVELS; level += 1) {
    const entry = entries.get(above);
    if (entry !== undefined) return entry;
    above = above.parents[0];
  }
  return undefined;
}

const countBelow = (entries: readonly ValueSetExpansionContains[], levels: number): number =>
  levels === 0 ? 0 : entries.reduce((sum, { contains = [] }) => sum + 1 + countBelow(contains, levels - 1), 0);
