/**
 * Lays a differential over the profile that it is derived from. https://hl7.org/fhir/R4/profiling.html#snapshot
 */
import type { StructureDefinition } from 'fhir/r4';
import { type Constraint, type ProfileElement, type ProfileType, readElement, type Slicing } from './element.ts';
import { type Kinship, narrow, type Place, refuse } from './narrow.ts';
import { copyNode, findSlice, type Node, type Profile, type Step, sliceLine, stepsOf } from './tree.ts';

/** Where types and profiles are found. What it gives is never changed. */
export interface Sources extends Kinship {
  /** Tree of a type of the base. */
  tree(type: string): Node | undefined;
  /** Undefined where it is not known. Throws FhirError where it cannot be used. */
  profile(canonical: string): Profile | undefined;
}

/** The base with the differential laid over it. Throws FhirError `invalid` that names the element at fault. */
export function applyDifferential(base: Node, definition: StructureDefinition, sources: Sources): Node {
  const root = copyNode(base);
  const constraints = withIds((definition.differential?.element ?? []).map((raw) => readElement(raw, sources.structure)));
  for (const [index, constraint] of constraints.entries()) {
    const place: Place = { profile: definition.url, id: constraint.id, index };
    const node = locate(root, constraint, place, sources);
    node.element = narrow(node.element, constraint, place, sources);
  }
  checkSlices(root, { profile: definition.url, id: definition.type, index: 0 });
  return root;
}

type Named = Constraint & { readonly id: string };

/**
 * The id of each element: as written, where it agrees with path and slice name; otherwise made from those, a path without
 * a slice name meaning the slice that was last spoken of.
 */
export function withIds(constraints: readonly Constraint[]): readonly Named[] {
  const current = new Map<string, string>();
  return constraints.map((constraint) => {
    const id = agrees(constraint) ? (constraint.id ?? '') : madeId(constraint, current);
    for (const path of current.keys()) if (path.startsWith(`${constraint.path}.`)) current.delete(path);
    current.set(constraint.path, id);
    return { ...constraint, id };
  });
}

function agrees({ id, path, sliceName }: Constraint): boolean {
  if (id === undefined) return false;
  const steps = stepsOf(id);
  const names = path.split('.');
  if (steps.length !== names.length || (sliceName !== undefined && steps.at(-1)?.slice !== sliceName)) return false;
  return steps.every(({ name, slice }, place) => name === names[place] || slice === names[place]);
}

function madeId({ path, sliceName }: Constraint, current: ReadonlyMap<string, string>): string {
  const dot = path.lastIndexOf('.');
  if (dot < 0) return path;
  const above = path.slice(0, dot);
  const parent = current.get(above) ?? madeId({ path: above }, current);
  return `${parent}${path.slice(dot)}${sliceName === undefined ? '' : `:${sliceName}`}`;
}

function locate(root: Node, constraint: Named, place: Place, sources: Sources): Node {
  const [first, ...steps] = stepsOf(constraint.id);
  const type = constraint.path.split('.')[0];
  if (first === undefined || steps.length === 0) return root;
  return steps.reduce(
    (node, step, at) => stepInto(node, step, { place, sources, slicing: at === steps.length - 1 ? constraint.slicing : undefined, type: type ?? '' }),
    root,
  );
}

interface Walk {
  readonly place: Place;
  readonly sources: Sources;
  /** What the constraint itself says of slicing. */
  readonly slicing: Slicing | undefined;
  readonly type: string;
}

function stepInto(node: Node, { name, slice }: Step, walk: Walk): Node {
  expand(node, walk.sources);
  const child = node.children.get(name) ?? sliceOfChoice(node, name);
  if (child === undefined) {
    const known = [...node.children.keys()].join(', ');
    throw refuse(walk.place, `there is no element '${name}' here${known === '' ? '' : `; there are ${known.slice(0, 300)}`}`);
  }
  return slice === undefined ? child : sliceOf(child, { name, slice }, walk);
}

/**
 * `valueQuantity` is the slice of `value[x]` that holds the Quantity. Where the differential does not say how the choice is
 * sliced, naming a type in this way leaves no other. https://hl7.org/fhir/R4/profiling.html#slicing
 */
function sliceOfChoice(node: Node, name: string): Node | undefined {
  for (const [choice, child] of node.children) {
    const type = choiceType(choice, name, child.unclosed ?? child.element);
    if (type === undefined) continue;
    if (child.element.slicing === undefined || child.unclosed !== undefined) closeChoice(child, type);
    return child.slices.get(name) ?? addSlice(child, name, [type]);
  }
  return undefined;
}

/** A second type named in this way is left as well. */
function closeChoice(child: Node, type: ProfileType): void {
  const named = child.unclosed === undefined ? [] : child.element.types;
  child.unclosed ??= child.element;
  child.element = { ...child.element, types: [...named.filter(({ code }) => code !== type.code), type], slicing: CLOSED_BY_TYPE };
}

/** The type that `valueQuantity` means, of an element called `value[x]`. */
function choiceType(choice: string, name: string, { types }: Pick<ProfileElement, 'types'>): ProfileType | undefined {
  if (!choice.endsWith('[x]')) return undefined;
  const bare = choice.slice(0, -3);
  return types.find(({ code }) => name === `${bare}${code.charAt(0).toUpperCase()}${code.slice(1)}`);
}

const BY_TYPE: Slicing = Object.freeze({ discriminators: [{ type: 'type' as const, path: '$this' }], ordered: false, rules: 'open' as const });
const CLOSED_BY_TYPE: Slicing = Object.freeze({ ...BY_TYPE, rules: 'closed' });
const BY_URL: Slicing = Object.freeze({ discriminators: [{ type: 'value' as const, path: 'url' }], ordered: false, rules: 'open' as const });

function sliceOf(node: Node, { name, slice }: { readonly name: string; readonly slice: string }, walk: Walk): Node {
  const known = findSlice(node, slice);
  if (known !== undefined) return known;
  const outer = sliceLine(slice)
    .slice(0, -1)
    .findLast((candidate) => findSlice(node, candidate) !== undefined);
  const parent = outer === undefined ? node : (findSlice(node, outer) ?? node);
  const slicing = parent.element.slicing ?? impliedSlicing(name);
  // Of what is there once at most a slice is only another name.
  if (slicing === undefined && parent.element.max <= 1) return parent;
  if (slicing === undefined) throw refuse(walk.place, `the slice '${slice}' stands on an element that is not sliced; say by what it is, with slicing`);
  parent.element = { ...parent.element, slicing };
  const type = choiceType(name, slice, parent.element);
  return addSlice(parent, slice, type === undefined ? undefined : [type]);
}

/** Extensions are told apart by their url, choices by their type, without being said. */
function impliedSlicing(name: string): Slicing | undefined {
  if (name === 'extension' || name === 'modifierExtension') return BY_URL;
  return name.endsWith('[x]') ? BY_TYPE : undefined;
}

/** A slice begins as a copy of the element that is sliced, and need not be there. */
function addSlice(node: Node, name: string, types: ProfileElement['types'] | undefined): Node {
  const { slicing: _slicing, ...element } = node.element;
  const copy = copyNode(node);
  const slice: Node = { element: { ...element, min: 0, ...(types === undefined ? {} : { types }) }, children: copy.children, slices: new Map() };
  node.slices.set(name, slice);
  return slice;
}

/** The slices together cannot need more room than there is. */
function checkSlices(node: Node, place: Place): void {
  const needed = [...node.slices.values()].reduce((sum, { element }) => sum + element.min, 0);
  if (needed > node.element.max && node.element.max > 0) throw refuse(place, `its slices need ${needed} values, and ${node.element.max} may be there`);
  for (const [name, child] of node.children) checkSlices(child, { ...place, id: `${place.id}.${name}` });
  for (const [name, slice] of node.slices) checkSlices(slice, { ...place, id: `${place.id}:${name}` });
}

/** Hangs in the parts of the node's type, where they are not there yet. */
export function expand(node: Node, sources: Sources): void {
  if (node.children.size > 0) return;
  for (const [name, child] of contentOf(node.element, sources)?.children ?? []) node.children.set(name, copyNode(child));
}

function contentOf({ contentReference, types }: ProfileElement, sources: Sources): Node | undefined {
  if (contentReference !== undefined) return nodeAt(contentReference.slice(contentReference.indexOf('#') + 1), sources);
  const codes = new Set(types.map(({ code }) => code));
  const [code, ...others] = codes;
  if (code === undefined) return undefined;
  if (others.length > 0) return sources.tree('Element');
  const profiles = types.flatMap((type) => type.profiles ?? []);
  const [profile] = profiles;
  return (profiles.length === 1 && profile !== undefined ? sources.profile(profile)?.root : undefined) ?? sources.tree(code);
}

function nodeAt(path: string, sources: Sources): Node | undefined {
  const [type = '', ...names] = path.split('.');
  return names.reduce((node, name) => node?.children.get(name), sources.tree(type));
}
