/** Reads the values of an element out of an object whose shape may be wrong: what is wrong has been reported by the base. */
import type { Member } from '../member.ts';
import { isObject, type JsonObject, type Visit } from '../visit.ts';
import type { Item } from './shape.ts';

const own = (object: JsonObject, name: string): unknown => (Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined);

export function itemsOf(members: readonly Member[], object: JsonObject): Item[] {
  const items: Item[] = [];
  for (const member of members) {
    const value = own(object, member.name);
    const sidecar = member.kind === 'primitive' ? own(object, `_${member.name}`) : undefined;
    if (value !== undefined || sidecar !== undefined) addItems(items, member, value, sidecar);
  }
  return items;
}

function addItems(items: Item[], member: Member, value: unknown, sidecar: unknown): void {
  if (!Array.isArray(value) && !Array.isArray(sidecar)) {
    items.push({ member, index: -1, value, sidecar });
    return;
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  const sidecars: readonly unknown[] = Array.isArray(sidecar) ? sidecar : [];
  for (let index = 0; index < Math.max(values.length, sidecars.length); index += 1) {
    items.push({ member, index, value: values[index] ?? undefined, sidecar: sidecars[index] ?? undefined });
  }
}

/** Runs at the item; inside it, where it is a resource. */
export function atItem(item: Item, visit: Visit, run: () => void): void {
  if (!visit.enter(item.member.segment, item.index)) return;
  if (item.member.kind === 'resource' && isObject(item.value)) visit.within(item.value, item.member.name, run);
  else run();
  visit.leave();
}
