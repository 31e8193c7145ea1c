/** A code system ready to be asked: one shape for those held whole, those known by their grammar and those kept elsewhere. */
import type { CodeSystem, CodeSystemConcept } from 'fhir/r4';

/** A code and what its system says of it. */
export interface Concept {
  readonly code: string;
  /** As the definition has it, children left where they are. */
  readonly raw: CodeSystemConcept;
  /** By nesting and by the properties `parent`, `child` and `subsumedBy`. */
  readonly parents: readonly Concept[];
  readonly children: readonly Concept[];
  /** Where the hierarchy lies elsewhere: every code above this one. */
  readonly above?: ReadonlySet<string>;
}

/** What a filter of a value set asks of a system that is kept elsewhere. */
export interface FilterText {
  readonly property: string;
  readonly op: string;
  readonly value: string;
}

export interface System {
  readonly url: string;
  readonly version: string | undefined;
  /** The definition without its concepts: title, status, language, properties. */
  readonly about: CodeSystem;
  /** The canonicals of the supplements that are worked in. */
  readonly supplements: readonly string[];
  find(code: string): Concept | undefined;
  /** Asked where `find` finds nothing: whether the code is certain not to exist. A fragment never is. */
  lacks(code: string): boolean;
  /** All concepts in order; undefined where they cannot be listed. */
  list(): readonly Concept[] | undefined;
  /** Those that pass all filters, where the system is kept elsewhere; undefined: not known. */
  select?(filters: readonly FilterText[]): readonly Concept[] | undefined;
  /** Whether one code is above another, for systems whose meaning is in the code's form; undefined: cannot be said. */
  subsumes?(above: string, below: string): boolean | undefined;
}

/** Whether `code` lies above the concept, at any distance. Circles in the hierarchy end the search. */
export function isBelow(concept: Concept, code: string): boolean {
  if (concept.above !== undefined) return concept.above.has(code);
  const seen = new Set<Concept>();
  const open = [...concept.parents];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.code === code) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...next.parents);
  }
  return false;
}

/** Everything below a concept, each once, without itself. */
export function descendantsOf(concept: Concept): ReadonlySet<Concept> {
  return reach(concept, ({ children }) => children);
}

/** Everything above a concept, each once, without itself. */
export function ancestorsOf(concept: Concept): ReadonlySet<Concept> {
  return reach(concept, ({ parents }) => parents);
}

function reach(from: Concept, next: (concept: Concept) => readonly Concept[]): ReadonlySet<Concept> {
  const found = new Set<Concept>();
  const open = [...next(from)];
  for (let concept = open.pop(); concept !== undefined; concept = open.pop()) {
    if (found.has(concept) || concept === from) continue;
    found.add(concept);
    for (const further of next(concept)) open.push(further);
  }
  return found;
}
