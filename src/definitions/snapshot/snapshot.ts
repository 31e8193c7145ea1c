/** A snapshot as it was published, as a tree; and a tree as the elements of a snapshot. https://hl7.org/fhir/R4/profiling.html#snapshot */
import type { StructureDefinition } from 'fhir/r4';
import type { Structure } from '../registry.ts';
import { ANYTHING, type ProfileElement, readElement } from './element.ts';
import { withIds } from './generate.ts';
import { findSlice, type Node, newNode, type Step, sliceLine, stepsOf } from './tree.ts';

/** The tree of a definition that brings its snapshot along. What it leaves out is taken as not constrained. */
export function treeOfSnapshot(definition: StructureDefinition, structure: (type: string) => Structure | undefined): Node {
  const root = newNode(ANYTHING);
  for (const { path: _path, id, sliceName: _sliceName, ...said } of withIds((definition.snapshot?.element ?? []).map((raw) => readElement(raw, structure)))) {
    const node = stepsOf(id).slice(1).reduce(childFor, root);
    node.element = { ...ANYTHING, ...said };
  }
  return root;
}

function childFor(node: Node, { name, slice }: Step): Node {
  const child = node.children.get(name) ?? newNode(ANYTHING);
  node.children.set(name, child);
  return slice === undefined ? child : sliceFor(child, slice);
}

function sliceFor(node: Node, name: string): Node {
  const known = findSlice(node, name);
  if (known !== undefined) return known;
  const slice = newNode(ANYTHING);
  const outer = sliceLine(name)
    .slice(0, -1)
    .findLast((candidate) => findSlice(node, candidate) !== undefined);
  const holder = outer === undefined ? node : (findSlice(node, outer) ?? node);
  holder.slices.set(name, slice);
  return slice;
}

/** One row of a snapshot. */
export interface SnapshotRow {
  /** `Observation.component:systolic.code` */
  readonly id: string;
  readonly element: ProfileElement;
}

/** The rows in the order of a snapshot: an element, what is below it, then its slices with what is below them. */
export function snapshotRows(root: Node, type: string): SnapshotRow[] {
  const rows: SnapshotRow[] = [];
  collect(root, type, rows);
  return rows;
}

function collect(node: Node, id: string, rows: SnapshotRow[]): void {
  rows.push({ id, element: node.element });
  for (const [name, child] of node.children) collect(child, `${id}.${name}`, rows);
  const [place = ''] = id.split(/:[^.]*$/);
  for (const [name, slice] of node.slices) collect(slice, `${place}:${name}`, rows);
}
