/** The values that a profile fixes, as far as an extracted resource must carry them. https://hl7.org/fhir/R4/profiling.html */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4';
import { asRecord } from '../value.ts';
import { choiceKey, type Definitions, type Element, elementAt, type Where } from './elements.ts';

export interface Profile {
  readonly url: string;
  readonly type: string;
  /** By element id, without the name of the type in front: `identifier:ihi.system`. */
  readonly elements: ReadonlyMap<string, ElementDefinition>;
}

const BASE = 'http://hl7.org/fhir/StructureDefinition/';
/** Profiles derive from profiles; one of these would be derived from itself. */
const MOST_ANCESTORS = 20;

/** Undefined where the profile is not known, or is a type of the base, which fixes nothing. */
export function readProfile(canonical: string, definitions: Definitions): Profile | undefined {
  const [url = ''] = canonical.split('|');
  const chain: StructureDefinition[] = [];
  let next: string | undefined = canonical;
  while (next !== undefined && chain.length < MOST_ANCESTORS) {
    const definition: StructureDefinition | undefined = definitions.resource('StructureDefinition', next);
    if (definition === undefined || definition.derivation !== 'constraint') break;
    chain.unshift(definition);
    next = definition.snapshot === undefined ? definition.baseDefinition : undefined;
  }
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  return { url, type: last.type, elements: elementsOf(chain) };
}

/** What a derived profile says of an element is laid over what the one it derives from says. */
function elementsOf(chain: readonly StructureDefinition[]): Map<string, ElementDefinition> {
  const elements = new Map<string, ElementDefinition>();
  for (const { snapshot, differential, type } of chain) {
    for (const element of snapshot?.element ?? differential?.element ?? []) {
      const id = (element.id ?? element.path).slice(type.length + 1);
      elements.set(id, { ...elements.get(id), ...element });
    }
  }
  return elements;
}

export const typeOfBase = (canonical: string): string | undefined => {
  const [url = ''] = canonical.split('|');
  return url.startsWith(BASE) ? url.slice(BASE.length) : undefined;
};

/** fixed[x] or pattern[x] */
function fixedIn(element: ElementDefinition): unknown {
  const key = Object.keys(element).find((name) => /^(?:fixed|pattern)[A-Z]/.test(name));
  return key === undefined ? undefined : structuredClone(Reflect.get(element, key));
}

interface Below {
  readonly id: string;
  readonly name: string;
  readonly slice: string | undefined;
  readonly element: ElementDefinition;
}

/** The elements directly below an id, slices among them. */
function below({ elements }: Profile, id: string): Below[] {
  const prefix = id === '' ? '' : `${id}.`;
  return [...elements].flatMap(([own, element]) => {
    if (own === '' || !own.startsWith(prefix) || own.slice(prefix.length).includes('.')) return [];
    const [name = '', slice] = own.slice(prefix.length).split(':');
    return [{ id: own, name, slice, element }];
  });
}

export interface Filling {
  readonly profile: Profile;
  readonly definitions: Definitions;
}

/**
 * Adds to an object what the profile fixes at that id: its own fixed value or pattern, and below it whatever is required.
 * What is there already is left as it is.
 */
export function fill(object: Record<string, unknown>, id: string, where: Where | undefined, filling: Filling): void {
  const own = filling.profile.elements.get(id);
  if (own !== undefined) addMissing(object, asRecord(fixedIn(own)));
  if (own !== undefined) addExtensionUrl(object, own);
  if (where === undefined) return;
  for (const child of below(filling.profile, id)) {
    if (child.slice === undefined) fillElement(object, child, where, filling);
    else if ((child.element.min ?? 0) > 0) fillSlice(object, child, where, filling);
  }
}

function fillElement(object: Record<string, unknown>, { id, name, element }: Below, where: Where, filling: Filling): void {
  const found = profiledElement(where, name, element, filling.definitions);
  if (found === undefined) return;
  const { key } = found;
  const before = object[key];
  const value = before ?? ((element.min ?? 0) > 0 ? beginning(found.below, element) : undefined);
  for (const one of objectsIn(value)) fill(one, id, found.below, filling);
  if (before === undefined && value !== undefined && !isEmpty(value)) object[key] = found.repeats ? [value] : value;
}

const beginning = (below: Where | undefined, element: ElementDefinition): unknown => (below === undefined ? fixedIn(element) : {});

const objectsIn = (value: unknown): Record<string, unknown>[] =>
  [value].flat().filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null);

/** A slice that must be there is added, unless an element already says all that it fixes. */
function fillSlice(object: Record<string, unknown>, { id, name }: Below, where: Where, filling: Filling): void {
  const found = elementAt(where, name, filling.definitions);
  if (found === undefined || !found.repeats) return;
  const wanted: Record<string, unknown> = {};
  fill(wanted, id, found.below, filling);
  const list = Array.isArray(object[found.key]) ? (object[found.key] as unknown[]) : [];
  if (isEmpty(wanted) || list.some((one) => holds(one, wanted))) return;
  object[found.key] = [...list, wanted];
}

/** The element as the base has it; a choice that the profile narrows to one type as that type. */
export function profiledElement(where: Where, segment: string, element: ElementDefinition | undefined, definitions: Definitions): Element | undefined {
  const found = elementAt(where, segment, definitions);
  const only = element?.type?.length === 1 ? element.type[0]?.code : undefined;
  if (found?.key.endsWith('[x]') !== true || only === undefined) return found;
  return elementAt(where, choiceKey(found.key.slice(0, -'[x]'.length), only), definitions);
}

/** An extension slice says by its type which extension it is. */
function addExtensionUrl(object: Record<string, unknown>, { type = [] }: ElementDefinition): void {
  const [only] = type;
  if (only?.code === 'Extension' && only.profile?.length === 1) object.url ??= only.profile[0];
}

function addMissing(object: Record<string, unknown>, fixed: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(fixed)) object[key] ??= value;
}

const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Whether everything in `wanted` is in `value` as well. */
function holds(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(value) && wanted.every((one) => value.some((other) => holds(other, one)));
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  return Object.entries(wanted).every(([key, one]) => holds(asRecord(value)[key], one));
}
