/** Holds values against a compiled profile. */
import { isObject, type JsonObject, nameOf, type Visit } from '../visit.ts';
import { atItem, itemsOf } from './items.ts';
import type { Facet, Item, Part, Shape, Slice, SliceGroup } from './shape.ts';

const NOTHING: JsonObject = Object.freeze({});

/** `sidecar`: where a primitive has its extensions. */
export function checkShape(shape: Shape, value: unknown, sidecar: unknown, visit: Visit): void {
  if (value !== undefined) for (const check of shape.checks) check(value, visit);
  if (shape.parts.length === 0 || visit.isDecided) return;
  const parent = isObject(value) ? value : sidecar;
  const object = isObject(parent) ? parent : NOTHING;
  for (const part of shape.parts) checkPart(part, object, visit);
}

function checkPart(part: Part, object: JsonObject, visit: Visit): void {
  const items = itemsOf(part.members, object);
  checkCount(part, items, visit);
  for (const item of items) atItem(item, visit, () => checkItem(part, item, visit));
  if (part.slicing !== undefined) checkSlices(part.slicing, items, part, visit);
}

const bare = (name: string): string => (name.endsWith('[x]') ? name.slice(0, -3) : name);
const bounds = ({ min, max }: Facet): string => `${min}..${Number.isFinite(max) ? max : '*'}`;

function checkCount(part: Part, items: readonly Item[], visit: Visit): void {
  if (items.length < part.min) {
    const missing = items.length === 0 ? 'and missing' : `but given only ${items.length === 1 ? 'once' : `${items.length} times`}`;
    visit.report('required', `'${bare(part.name)}' is required (${bounds(part)}) ${missing}.`, part.segment);
  } else if (items.length > part.max) {
    const allowed = part.max === 0 ? 'is not allowed here; leave it out' : `may be given ${part.max} times at most, not ${items.length}`;
    visit.report('structure', `'${bare(part.name)}' ${allowed}.`, part.segment);
  }
}

function checkItem(facet: Facet, item: Item, visit: Visit): void {
  if (facet.allowed !== undefined && !facet.allowed.has(kindOf(item))) {
    visit.report('structure', `'${kindOf(item)}' is not allowed here; allowed: ${[...facet.allowed].slice(0, 12).join(', ')}.`);
    return;
  }
  const shape = facet.shapes.get(kindOf(item)) ?? facet.shapes.get(item.member.name);
  if (shape !== undefined) checkShape(shape, item.value, item.sidecar, visit);
}

/** Of a resource its type, of another value its JSON name, which says the type of a choice. */
const kindOf = ({ member, value }: Item): string => (member.kind === 'resource' && isObject(value) ? nameOf(value.resourceType) : member.name);

/** Whether the value is all that a slice asks; nothing is reported. */
export const fits = (facet: Facet, item: Item, visit: Visit): boolean => visit.attempt(() => checkItem(facet, item, visit)) === undefined;

function checkSlices(group: SliceGroup, items: readonly Item[], part: Part, visit: Visit): void {
  const found = items.map((item) => sliceOf(group, item, visit));
  checkUnmatched(group, items, found, visit);
  if (group.ordered) checkOrder(group, items, found, visit);
  for (const slice of group.slices)
    checkSlice(
      slice,
      items.filter((_, place) => found[place] === slice),
      part,
      visit,
    );
}

function sliceOf(group: SliceGroup, item: Item, visit: Visit): Slice | undefined {
  let found: Slice | undefined;
  atItem(item, visit, () => {
    found = group.slices.find((slice) => slice.holds(item, visit));
  });
  return found;
}

type Found = readonly (Slice | undefined)[];

/** https://hl7.org/fhir/R4/valueset-resource-slicing-rules.html */
function checkUnmatched({ rules, slices, by }: SliceGroup, items: readonly Item[], found: Found, visit: Visit): void {
  if (rules === 'open') return;
  const last = found.findLastIndex((slice) => slice !== undefined);
  for (const [place, item] of items.entries()) {
    if (found[place] !== undefined || (rules === 'openAtEnd' && place > last)) continue;
    const what = rules === 'closed' ? 'is none of the slices, and no other value is allowed' : 'is none of the slices and stands before one; others come last';
    atItem(item, visit, () => visit.report('structure', `This value ${what}; slices, told apart by ${by}: ${listed(slices)}.`));
  }
}

const listed = (slices: readonly Slice[]): string =>
  slices
    .slice(0, 12)
    .map(({ name }) => `'${name}'`)
    .join(', ');

function checkOrder({ slices }: SliceGroup, items: readonly Item[], found: Found, visit: Visit): void {
  let furthest = -1;
  for (const [place, slice] of found.entries()) {
    const at = slice === undefined ? furthest : slices.indexOf(slice);
    const item = items[place];
    if (at < furthest && item !== undefined) {
      atItem(item, visit, () => visit.report('structure', `The slice '${slice?.name}' stands too late; the order is ${listed(slices)}.`));
    }
    furthest = Math.max(furthest, at);
  }
}

function checkSlice(slice: Slice, items: readonly Item[], part: Part, visit: Visit): void {
  const name = `${bare(part.name)}:${slice.name}`;
  if (items.length < slice.min) {
    const missing = items.length === 0 ? 'and missing' : `but given only ${items.length} times`;
    visit.report('required', `The slice '${name}' is required (${bounds(slice)}) ${missing}.`, part.segment);
  } else if (items.length > slice.max) {
    const allowed = slice.max === 0 ? 'is not allowed' : `may be given ${slice.max} times at most, not ${items.length}`;
    const extra = items[slice.max];
    if (extra !== undefined) atItem(extra, visit, () => visit.report('structure', `The slice '${name}' ${allowed}.`));
  }
  for (const item of items) atItem(item, visit, () => checkItem(slice, item, visit));
  if (slice.slicing !== undefined) checkSlices(slice.slicing, items, part, visit);
}
