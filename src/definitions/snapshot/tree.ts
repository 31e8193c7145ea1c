/**
 * The elements of a snapshot as a tree: children by name, and beside them the slices. Parts of data types are hung in only
 * where somebody asks for them.
 */
import type { Structure } from '../registry.ts';
import type { ProfileElement } from './element.ts';

export interface Node {
  element: ProfileElement;
  /** By the last part of the path: `code`, `value[x]`. */
  readonly children: Map<string, Node>;
  /** By slice name; slices of slices lie in these. */
  readonly slices: Map<string, Node>;
  /** Of a choice that a differential is narrowing by naming types: what it was before. */
  unclosed?: ProfileElement;
}

/** A snapshot with what is known of the whole. */
export interface Profile {
  readonly url: string;
  readonly version: string | undefined;
  readonly type: string;
  readonly kind: string;
  readonly root: Node;
}

export const newNode = (element: ProfileElement): Node => ({ element, children: new Map(), slices: new Map() });

/** A copy that can be constrained without changing the original; elements are shared, since they never change. */
export function copyNode(node: Node): Node {
  const copyAll = (nodes: ReadonlyMap<string, Node>): Map<string, Node> => new Map(Array.from(nodes, ([name, child]) => [name, copyNode(child)]));
  return { element: node.element, children: copyAll(node.children), slices: copyAll(node.slices) };
}

/** One step of an element's id: `component:systolic`. */
export interface Step {
  readonly name: string;
  readonly slice: string | undefined;
}

export function stepsOf(id: string): Step[] {
  return id.split('.').map((part) => {
    const colon = part.indexOf(':');
    return colon < 0 ? { name: part, slice: undefined } : { name: part.slice(0, colon), slice: part.slice(colon + 1) };
  });
}

/** The tree of a type of the base, as it is compiled into the server. */
export function treeOfType(structure: Structure): Node {
  const [first, ...rest] = structure.elements;
  if (first === undefined) throw new Error(`The definition of ${structure.type} has no elements.`);
  const root = newNode(first);
  for (const element of rest) {
    const names = element.path.split('.').slice(1);
    const last = names.pop() ?? '';
    const parent = names.reduce((node, name) => childOrThrow(node, name, element.path), root);
    parent.children.set(last, newNode(element));
  }
  return root;
}

function childOrThrow(node: Node, name: string, path: string): Node {
  const child = node.children.get(name);
  if (child === undefined) throw new Error(`The definitions have ${path} without what is above it.`);
  return child;
}

/** Slice names from the outermost in: `a/b/c` is slice c of slice b of slice a. https://hl7.org/fhir/R4/profiling.html#reslicing */
export function sliceLine(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, place) => parts.slice(0, place + 1).join('/'));
}

/** The slice of that name, however deep it lies in others. */
export function findSlice(node: Node, name: string): Node | undefined {
  const direct = node.slices.get(name);
  if (direct !== undefined) return direct;
  const [outer = '', ...inner] = sliceLine(name);
  const start = node.slices.get(outer);
  return inner.reduce<Node | undefined>((found, part) => found?.slices.get(part), start);
}
