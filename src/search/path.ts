/**
 * Compiles a search expression into closures that know the FHIR type of what they find. The registry's structures tell
 * which types a choice may have and what may repeat. `path-syntax` says which part of FHIRPath is covered: all of R4's
 * own search expressions (a test compares each with the fhirpath package). Anything else goes through that package.
 */
import type { ElementDefinition, Registry, Structure } from '../definitions/registry.ts';
import { compileFhirPath } from '../fhir/fhirpath.ts';
import { type PathNode, readPath } from './path-syntax.ts';

/** One way through the data: from a resource (or a part of one) to values of one FHIR type. */
export interface Branch {
  /** `CodeableConcept`, `dateTime`, `BackboneElement`; '' where only the value itself can tell. */
  readonly type: string;
  /** Where its children are defined. */
  readonly place: Place | undefined;
  /** The element that it ends in, for its binding. */
  readonly element: ElementDefinition | undefined;
  /** True where it can never yield more than one value. */
  readonly single: boolean;
  readonly get: (input: unknown, resource: unknown) => readonly unknown[];
}

/** A position in a structure: the children of `path`. */
export interface Place {
  readonly structure: Structure;
  readonly path: string;
}

/** Where paths over a resource of that type start. */
export function placeOf(registry: Registry, type: string): Place | undefined {
  const structure = registry.structure(type);
  return structure && { structure, path: structure.type };
}

/** `from`: what the expression is asked of. Throws FhirError `invalid` where the expression is no FHIRPath at all. */
export function compilePath(expression: string, from: Place, registry: Registry): readonly Branch[] {
  const node = readPath(expression);
  const pieces = node && piecesOf(node, { from, registry });
  return pieces?.map(branchOf) ?? [throughPackage(expression)];
}

/** Compiled now, so that a broken expression is refused when it is defined and not when it is used. */
function throughPackage(expression: string): Branch {
  const evaluate = compileFhirPath(expression);
  const get = (input: unknown, resource: unknown): readonly unknown[] => evaluate(input, { resource });
  return { type: '', place: undefined, element: undefined, single: false, get };
}

/** From one value to the next: undefined for nothing, a list for several. */
type Step = (value: unknown) => unknown;

interface Piece {
  readonly type: string;
  readonly place: Place | undefined;
  readonly element: ElementDefinition | undefined;
  readonly single: boolean;
  /** Starts at the resource, even where the path is asked of a part of it. */
  readonly absolute: boolean;
  readonly steps: readonly Step[];
}

interface Context {
  readonly from: Place;
  readonly registry: Registry;
}

function branchOf(piece: Piece): Branch {
  const { type, place, element, single, absolute, steps } = piece;
  const get = (input: unknown, resource: unknown): unknown[] => collect(steps, absolute ? resource : input);
  return { type, place, element, single, get };
}

function collect(steps: readonly Step[], start: unknown): unknown[] {
  const out: unknown[] = [];
  walk(steps, 0, start, out);
  return out;
}

function walk(steps: readonly Step[], at: number, value: unknown, out: unknown[]): void {
  const step = steps[at];
  if (step === undefined) {
    out.push(value);
    return;
  }
  const next = step(value);
  if (next === undefined || next === null) return;
  if (Array.isArray(next)) walkEach(steps, at + 1, next, out);
  else walk(steps, at + 1, next, out);
}

/** FHIR has no lists of lists; a null stands where only an extension has something to say. */
function walkEach(steps: readonly Step[], at: number, values: readonly unknown[], out: unknown[]): void {
  for (const value of values) if (value !== null && value !== undefined && !Array.isArray(value)) walk(steps, at, value, out);
}

function piecesOf(node: PathNode, context: Context): readonly Piece[] | undefined {
  if (node.node === 'start') return startingAt(node.name, context);
  if (node.node === 'this') return [pieceAt(context.from)];
  if (node.node === 'resource') return wholeResource(context);
  if (node.node === 'union') return unionOf(node.of, context);
  const pieces = piecesOf(node.of, context);
  if (pieces === undefined) return undefined;
  switch (node.node) {
    case 'child':
      return childrenOf(pieces, node.name, context.registry);
    case 'cast':
      return pieces.filter((piece) => isA(piece.type, node.type, context.registry));
    case 'equals':
      return pieces.map((piece) => narrowed(piece, (value) => member(value, node.name) === node.value));
    case 'resolves':
      return pieces.map((piece) => narrowed(piece, (value) => pointsAt(value, node.type)));
    case 'repeat':
      return repeated(pieces, node.next, context.registry);
    case 'index':
      return pieces.length === 1 ? pieces.map((piece) => itemOf(piece, node.at)) : undefined;
    default:
      return [judged(pieces, node.node === 'exists')];
  }
}

const pieceAt = (place: Place): Piece => ({ type: place.structure.type, place, element: undefined, single: true, absolute: false, steps: [] });

/** Only where every round ends in one and the same place, as the items of a questionnaire do. */
function repeated(pieces: readonly Piece[], next: PathNode, registry: Registry): readonly Piece[] | undefined {
  const [start] = pieces;
  const first = pieces.length === 1 && start?.place !== undefined ? reached(next, { from: start.place, registry }) : [];
  const [found] = first;
  if (start === undefined || found?.place === undefined) return undefined;
  const again = reached(next, { from: found.place, registry });
  if ([...first, ...again].some(({ place }) => place?.structure !== found.place?.structure || place?.path !== found.place?.path)) return undefined;
  const all = (value: unknown): unknown[] => allRounds(value, first, again);
  return [{ ...found, single: false, absolute: start.absolute, steps: [...start.steps, all] }];
}

/** The parts of a union that lead anywhere from there. */
function reached(node: PathNode, context: Context): readonly Piece[] {
  const nodes = node.node === 'union' ? node.of : [node];
  return nodes.flatMap((part) => piecesOf(part, context) ?? []);
}

function allRounds(start: unknown, first: readonly Piece[], again: readonly Piece[]): unknown[] {
  const out = first.flatMap(({ steps }) => collect(steps, start));
  for (let at = 0; at < out.length; at++) for (const { steps } of again) out.push(...collect(steps, out[at]));
  return out;
}

/** Known where the path is asked of a backbone element, whose structure is its resource's. */
function wholeResource({ from: { structure } }: Context): readonly Piece[] | undefined {
  return structure.kind === 'resource' ? [{ ...pieceAt({ structure, path: structure.type }), absolute: true }] : undefined;
}

function startingAt(name: string, context: Context): readonly Piece[] | undefined {
  const { structure, path } = context.from;
  const atRoot = path === structure.type && structure.kind === 'resource';
  if (atRoot && isA(structure.type, name, context.registry)) return [pieceAt(context.from)];
  return childrenOf([pieceAt(context.from)], name, context.registry);
}

function unionOf(nodes: readonly PathNode[], context: Context): readonly Piece[] | undefined {
  const all = nodes.map((node) => piecesOf(node, context));
  return all.every((pieces) => pieces !== undefined) ? all.flat() : undefined;
}

function childrenOf(pieces: readonly Piece[], name: string, registry: Registry): readonly Piece[] | undefined {
  const children = pieces.map((piece) => (piece.place === undefined ? undefined : childOf(piece, piece.place, { name, registry })));
  const known = children.filter((child) => child !== undefined);
  return known.length === 0 ? undefined : known.flat();
}

/** The child in each of the types that it may have; undefined where the structure knows no such child. */
function childOf(piece: Piece, place: Place, wanted: { readonly name: string; readonly registry: Registry }): Piece[] | undefined {
  const elements = elementsOf(place.structure);
  const plain = elements.get(`${place.path}.${wanted.name}`);
  const element = plain ?? elements.get(`${place.path}.${wanted.name}[x]`);
  if (element === undefined) return undefined;
  const of = { ...piece, element, single: piece.single && element.max <= 1 };
  if (element.contentReference !== undefined) {
    const shared = { structure: place.structure, path: element.contentReference.slice(1) };
    return [{ ...of, type: 'BackboneElement', place: shared, steps: [...piece.steps, stepTo(wanted.name)] }];
  }
  return element.types.map(({ code }) => {
    const key = plain ? wanted.name : wanted.name + code.charAt(0).toUpperCase() + code.slice(1);
    return { ...of, type: code, place: insideOf(element, code, { place, registry: wanted.registry }), steps: [...piece.steps, stepTo(key)] };
  });
}

function insideOf(element: ElementDefinition, type: string, at: { readonly place: Place; readonly registry: Registry }): Place | undefined {
  const inline = type === 'BackboneElement' || type === 'Element';
  return inline ? { structure: at.place.structure, path: element.path } : placeOf(at.registry, type);
}

const indexes = new WeakMap<Structure, ReadonlyMap<string, ElementDefinition>>();

function elementsOf(structure: Structure): ReadonlyMap<string, ElementDefinition> {
  const known = indexes.get(structure);
  if (known !== undefined) return known;
  const index = new Map(structure.elements.map((element) => [element.path, element]));
  indexes.set(structure, index);
  return index;
}

/** True where the type is that type or is derived from it. R4 writes `DateTime` once. */
function isA(type: string, wanted: string, registry: Registry): boolean {
  for (let name: string | undefined = type; name !== undefined; name = registry.structure(name)?.base) {
    if (name.toLowerCase() === wanted.toLowerCase()) return true;
  }
  return false;
}

const member = (value: unknown, name: string): unknown => (typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined); // null never gets here

const stepTo =
  (name: string): Step =>
  (value) =>
    member(value, name);

/** A condition on the values found so far. */
function narrowed(piece: Piece, holds: (value: unknown) => boolean): Piece {
  return { ...piece, steps: [...piece.steps, (value) => (holds(value) ? value : undefined)] };
}

/** What `resolve() is Type` can mean without fetching: the reference says so itself. */
function pointsAt(value: unknown, type: string): boolean {
  const reference = member(value, 'reference');
  if (member(value, 'type') === type) return true;
  return typeof reference === 'string' && (reference.startsWith(`${type}/`) || reference.includes(`/${type}/`));
}

const itemOf = (piece: Piece, at: number): Piece => ({ ...piece, single: true, steps: [(value) => collect(piece.steps, value)[at]] });

/** One boolean: is there anything (`exists`), is there anything but `false`. */
function judged(pieces: readonly Piece[], orFalse: boolean): Piece {
  const holds = (value: unknown): boolean => pieces.some(({ steps }) => collect(steps, value).some((found) => orFalse || found !== false));
  const absolute = pieces.some((piece) => piece.absolute);
  return { type: 'boolean', place: undefined, element: undefined, single: true, absolute, steps: [holds] };
}
