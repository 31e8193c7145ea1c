/** A CodeSystem resource compiled for lookups by code. https://hl7.org/fhir/R4/codesystem.html */
import type { CodeSystem, CodeSystemConcept } from 'fhir/r4';
import { codesOf, valueText } from './properties.ts';
import { printCanonical } from './source.ts';
import type { Concept, System } from './system.ts';

interface Node extends Concept {
  readonly raw: CodeSystemConcept;
  parents: Node[];
  children: Node[];
}

/** Most concepts have nothing below or above them, and a system may have a million. */
const NONE: Node[] = [];

type Compiled = ReadonlyMap<string, Node>;

interface Made {
  readonly supplements: readonly CodeSystem[];
  readonly system: System;
}

/** What was compiled last of a resource, for as long as the resource itself is held. */
const compiled = new WeakMap<CodeSystem, Made>();

/** The system that a CodeSystem resource defines; supplements add designations and properties to its concepts. */
export function heldSystem(definition: CodeSystem, supplements: readonly CodeSystem[] = []): System {
  const known = compiled.get(definition);
  const isSame = known?.supplements.length === supplements.length && known.supplements.every((supplement, at) => supplement === supplements[at]);
  if (known !== undefined && isSame) return known.system;
  const system = compile(definition, supplements);
  compiled.set(definition, { supplements, system });
  return system;
}

function compile(definition: CodeSystem, supplements: readonly CodeSystem[]): System {
  const { concept: _, ...about } = definition;
  const nodes = placeConcepts(definition.concept ?? [], additionsOf(supplements));
  addStatedParents(about, nodes);
  const folded = definition.caseSensitive === false ? new Map([...nodes].map(([code, node]) => [code.toLowerCase(), node])) : undefined;
  const all = [...nodes.values()];
  const whole = definition.content === 'complete';
  return {
    url: definition.url ?? '',
    version: definition.version,
    about,
    supplements: supplements.map(({ url = '', version }) => printCanonical(url, version)),
    find: folded === undefined ? (code) => nodes.get(code) : (code) => nodes.get(code) ?? folded.get(code.toLowerCase()),
    lacks: () => whole,
    list: () => (whole || definition.content === 'fragment' ? all : undefined),
  };
}

/** Every concept with its place, by nesting. A code that stands twice is one concept with two parents. No recursion: a hierarchy may be deep. */
function placeConcepts(roots: readonly CodeSystemConcept[], additions: ReadonlyMap<string, CodeSystemConcept>): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const open: { concepts: readonly CodeSystemConcept[]; at: number; parent: Node | undefined }[] = [{ concepts: roots, at: 0, parent: undefined }];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const raw = level.concepts[level.at];
    level.at += 1;
    if (raw === undefined) {
      open.pop();
      continue;
    }
    const node = nodes.get(raw.code) ?? { code: raw.code, raw: withAddition(raw, additions.get(raw.code)), parents: NONE, children: NONE };
    nodes.set(raw.code, node);
    if (level.parent !== undefined) connect(level.parent, node);
    if (raw.concept !== undefined) open.push({ concepts: raw.concept, at: 0, parent: node });
  }
  return nodes;
}

function connect(parent: Node, child: Node): void {
  if (child.parents.includes(parent)) return;
  if (child.parents === NONE) child.parents = [parent];
  else child.parents.push(parent);
  if (parent.children === NONE) parent.children = [child];
  else parent.children.push(child);
}

/** Hierarchy that is stated by properties, which nesting alone could not say. */
function addStatedParents(about: CodeSystem, nodes: Compiled): void {
  const up = new Set([...codesOf(about, 'parent'), ...codesOf(about, 'subsumedBy')]);
  const down = codesOf(about, 'child');
  const namedBy = ({ raw }: Node, codes: ReadonlySet<string>): Node[] =>
    (raw.property ?? []).filter(({ code }) => codes.has(code)).flatMap((property) => nodes.get(valueText(property)) ?? []);
  for (const node of nodes.values()) {
    if (node.raw.property === undefined) continue;
    for (const parent of namedBy(node, up)) connect(parent, node);
    for (const child of namedBy(node, down)) connect(node, child);
  }
}

/** What supplements say of each code, together. https://hl7.org/fhir/R4/codesystem.html#supplements */
function additionsOf(supplements: readonly CodeSystem[]): ReadonlyMap<string, CodeSystemConcept> {
  const additions = new Map<string, CodeSystemConcept>();
  const open = supplements.map((supplement) => ({ concepts: supplement.concept ?? [], language: supplement.language }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const concept of next.concepts) {
      additions.set(concept.code, withAddition(translated(concept, next.language), additions.get(concept.code)));
      if (concept.concept !== undefined) open.push({ concepts: concept.concept, language: next.language });
    }
  }
  return additions;
}

/** A supplement's display is one more designation, in the supplement's language: it never takes the place of the system's own. */
function translated({ display, ...concept }: CodeSystemConcept, language: string | undefined): CodeSystemConcept {
  if (display === undefined) return concept;
  return { ...concept, designation: [{ ...(language === undefined ? {} : { language }), value: display }, ...(concept.designation ?? [])] };
}

function withAddition(concept: CodeSystemConcept, addition: CodeSystemConcept | undefined): CodeSystemConcept {
  if (addition === undefined) return concept;
  const joined = <T>(own: readonly T[] | undefined, added: readonly T[] | undefined): T[] => [...(own ?? []), ...(added ?? [])];
  return {
    ...concept,
    designation: joined(concept.designation, addition.designation),
    property: joined(concept.property, addition.property),
    extension: joined(concept.extension, addition.extension),
  };
}
