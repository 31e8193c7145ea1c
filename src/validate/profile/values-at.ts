/** Follows the path of a discriminator through a value. */
import { parseReference } from '../../fhir/reference.ts';
import { objects, part, text } from '../read.ts';
import { resolveReference } from '../resolve.ts';
import { isObject, nameOf, type Visit } from '../visit.ts';
import type { PathStep } from './path.ts';
import type { Item } from './shape.ts';

/** A value and its type, where that is known. A reference that leads elsewhere gives a type without a value. */
export interface Found {
  readonly value: unknown;
  readonly type: string | undefined;
}

export function valuesAt(item: Item, steps: readonly PathStep[], visit: Visit): readonly Found[] {
  const { value, sidecar, member } = item;
  const start: Found = { value: steps[0]?.kind === 'extension' ? (sidecar ?? value) : value, type: typeOf(value) ?? member.type };
  return steps.reduce<readonly Found[]>(
    (found, step) => found.flatMap((one) => follow(one, step, visit)),
    value === undefined && sidecar === undefined ? [] : [start],
  );
}

/** A resource says its type. */
const typeOf = (value: unknown): string | undefined => (isObject(value) && typeof value.resourceType === 'string' ? value.resourceType : undefined);

function follow({ value, type }: Found, step: PathStep, visit: Visit): readonly Found[] {
  switch (step.kind) {
    case 'name':
      return membersOf(value, step.name);
    case 'extension':
      return objects(value, 'extension')
        .filter((extension) => text(extension, 'url') === step.url)
        .map((extension) => ({ value: extension, type: 'Extension' }));
    case 'type':
      return type === undefined || type === step.type ? [{ value, type }] : [];
    default:
      return resolved(value, visit);
  }
}

function membersOf(value: unknown, name: string): readonly Found[] {
  const own = part(value, name);
  if (own !== undefined) return listOf(own).map((one) => ({ value: one, type: typeOf(one) }));
  if (!isObject(value)) return [];
  const choice = Object.keys(value).find((key) => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)));
  if (choice === undefined) return [];
  return listOf(value[choice]).map((one) => ({ value: one, type: choiceType(choice.slice(name.length), one) }));
}

/** `Quantity` of `valueQuantity`; types of primitives begin with a small letter. */
const choiceType = (suffix: string, value: unknown): string => (isObject(value) ? suffix : suffix.charAt(0).toLowerCase() + suffix.slice(1));

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function resolved(value: unknown, visit: Visit): readonly Found[] {
  const written = isObject(value) ? text(value, 'reference') : nameOf(value);
  if (written === undefined || written === '') return [];
  const resource = resolveReference(written, visit);
  if (resource !== undefined) return [{ value: resource, type: nameOf(resource.resourceType) }];
  const parsed = parseReference(written);
  const type = 'type' in parsed ? parsed.type : text(value, 'type');
  return type === undefined ? [] : [{ value: undefined, type }];
}
