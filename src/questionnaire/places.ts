/** Room for calculated answers in a response that does not have them yet. */
import type { Plan, PlanItem } from './plan.ts';
import { asRecord } from './value.ts';
import { listIn } from './walk.ts';

export interface Added {
  readonly holder: object;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A place for each calculated answer that is missing, and for the groups around it; of a group that repeats only where it is there. */
export function addPlaces(plan: Plan, copy: object): readonly Added[] {
  const wanted = new Set<PlanItem>();
  for (const { does, item } of plan.steps) {
    for (let at: PlanItem | undefined = does === 'calculate' ? item : undefined; at !== undefined && !wanted.has(at); at = at.parent) wanted.add(at);
  }
  const added: Added[] = [];
  if (wanted.size > 0) addTo(copy, plan.items, { wanted, added });
  return added;
}

interface Adding {
  readonly wanted: ReadonlySet<PlanItem>;
  readonly added: Added[];
}

function addTo(holder: object, items: readonly PlanItem[], adding: Adding): void {
  const order = new Map(items.map((item, index) => [item.linkId, index]));
  for (const item of items) {
    if (!adding.wanted.has(item)) continue;
    for (const raw of occurrencesIn(holder, item, { order, adding })) for (const inner of holdersIn(raw, item)) addTo(inner, item.children, adding);
  }
}

function occurrencesIn(holder: object, item: PlanItem, { order, adding }: Ordering): readonly Record<string, unknown>[] {
  const there = listIn(holder, 'item')
    .map(asRecord)
    .filter(({ linkId }) => linkId === item.linkId);
  const isOptional = item.definition.type === 'group' && item.fixed.repeats;
  return there.length > 0 || isOptional ? there : [addOne(holder, item, { order, adding })];
}

/** Where the items inside it stand: in a group itself, in each answer to a question. */
const holdersIn = (raw: Record<string, unknown>, item: PlanItem): readonly object[] =>
  item.definition.type === 'group' ? [raw] : listIn(raw, 'answer').map(asRecord);

interface Ordering {
  readonly order: ReadonlyMap<unknown, number>;
  readonly adding: Adding;
}

function addOne(holder: object, { linkId }: PlanItem, { order, adding }: Ordering): Record<string, unknown> {
  const raw: Record<string, unknown> = { linkId };
  const list = listIn(holder, 'item');
  const own = order.get(linkId) ?? 0;
  const next = list.findIndex((sibling) => (order.get(asRecord(sibling).linkId) ?? -1) > own);
  list.splice(next < 0 ? list.length : next, 0, raw);
  Reflect.set(holder, 'item', list);
  adding.added.push({ holder, raw });
  return raw;
}

/** What was added and came to nothing; from the inside out. */
export function removeEmpty(added: readonly Added[]): void {
  for (const { holder, raw } of added.toReversed()) {
    if (listIn(raw, 'answer').length > 0 || listIn(raw, 'item').length > 0) continue;
    const left = listIn(holder, 'item').filter((one) => one !== raw);
    if (left.length > 0) Reflect.set(holder, 'item', left);
    else Reflect.deleteProperty(holder, 'item');
  }
}

/** Where each item of a response stands, as a FHIRPath, before anything is added. */
export function placesIn(response: object): ReadonlyMap<unknown, string> {
  const places = new Map<unknown, string>();
  placeItems(response, 'QuestionnaireResponse', places);
  return places;
}

function placeItems(holder: object, place: string, places: Map<unknown, string>): void {
  for (const [index, item] of listIn(holder, 'item').entries()) {
    const here = `${place}.item[${index}]`;
    const raw = asRecord(item);
    places.set(item, here);
    placeItems(raw, here, places);
    for (const [at, answer] of listIn(raw, 'answer').entries()) placeItems(asRecord(answer), `${here}.answer[${at}]`, places);
  }
}
