/**
 * Lists the codes of a value set from its definition, where the code systems it draws on are at hand.
 * https://hl7.org/fhir/R4/valueset.html#compositions
 */
import type { CodeSystem, CodeSystemConcept, ValueSet, ValueSetComposeInclude, ValueSetComposeIncludeFilter } from 'fhir/r4';

/** Where the parts of a value set are found; a missing part makes the set unlistable, never smaller. */
export interface DefinitionSource {
  codeSystem(url: string): CodeSystem | undefined;
  valueSet(url: string): ValueSet | undefined;
}

/** A value set may draw on others; deeper than this is taken for a circle. */
const MAX_IMPORTS = 16;

/**
 * Every code of the set as `system|code`; undefined where it cannot be listed: a code system that is not at hand or
 * not complete, a filter that cannot be worked out, or sets that import each other.
 */
export function listCodes(valueSet: ValueSet, source: DefinitionSource, depth = 0): Set<string> | undefined {
  const { include, exclude } = valueSet.compose ?? {};
  if (include === undefined || depth > MAX_IMPORTS) return undefined;
  const included = union(include.map((part) => listPart(part, source, depth)));
  const excluded = union((exclude ?? []).map((part) => listPart(part, source, depth)));
  return included === undefined || excluded === undefined ? undefined : included.difference(excluded);
}

/** Unlistable as soon as one part is. */
function union(parts: readonly (Set<string> | undefined)[]): Set<string> | undefined {
  return parts.reduce((all, next) => (all === undefined || next === undefined ? undefined : all.union(next)), new Set<string>());
}

/** One include or exclude: what its system part and every value set it names have in common. */
function listPart(part: ValueSetComposeInclude, source: DefinitionSource, depth: number): Set<string> | undefined {
  const parts: (Set<string> | undefined)[] = (part.valueSet ?? []).map((url) => {
    const imported = source.valueSet(withoutVersion(url));
    return imported === undefined ? undefined : listCodes(imported, source, depth + 1);
  });
  if (part.system !== undefined) parts.push(listSystem(part.system, part, source));
  return parts.reduce((common, next) => (common === undefined || next === undefined ? undefined : common.intersection(next)));
}

function listSystem(system: string, part: ValueSetComposeInclude, source: DefinitionSource): Set<string> | undefined {
  if (part.concept !== undefined) return new Set(part.concept.map(({ code }) => `${system}|${code}`));
  const definition = source.codeSystem(system);
  if (definition?.content !== 'complete') return undefined;
  const placed = placeConcepts(definition.concept ?? [], []);
  const tests = (part.filter ?? []).map(filterTest);
  if (tests.some((test) => test === undefined)) return undefined;
  return new Set(placed.filter((concept) => tests.every((test) => test?.(concept))).map(({ concept }) => `${system}|${concept.code}`));
}

/** A concept with the codes above it in the hierarchy. */
interface PlacedConcept {
  readonly concept: CodeSystemConcept;
  readonly ancestors: readonly string[];
}

function placeConcepts(concepts: readonly CodeSystemConcept[], ancestors: readonly string[]): PlacedConcept[] {
  return concepts.flatMap((concept) => [{ concept, ancestors }, ...placeConcepts(concept.concept ?? [], [...ancestors, concept.code])]);
}

/** https://hl7.org/fhir/R4/valueset-filter-operator.html; undefined for an operator that is not worked out here. */
function filterTest(filter: ValueSetComposeIncludeFilter): ((concept: PlacedConcept) => boolean) | undefined {
  const { property, op, value } = filter;
  const isA = ({ concept, ancestors }: PlacedConcept) => concept.code === value || ancestors.includes(value);
  if (op === '=') return ({ concept, ancestors }) => (property === 'parent' && ancestors.at(-1) === value) || hasProperty(concept, property, value);
  if (property !== 'concept' && property !== 'code') return undefined;
  if (op === 'is-a') return isA;
  if (op === 'descendent-of') return ({ ancestors }) => ancestors.includes(value);
  if (op === 'is-not-a') return (concept) => !isA(concept);
  return undefined;
}

function hasProperty(concept: CodeSystemConcept, code: string, value: string): boolean {
  return (concept.property ?? []).some(
    (property) => property.code === code && (property.valueCode ?? property.valueString ?? String(property.valueBoolean ?? property.valueInteger)) === value,
  );
}

/** A canonical without its `|version`. https://hl7.org/fhir/R4/references.html#canonical */
export function withoutVersion(canonical: string): string {
  const bar = canonical.indexOf('|');
  return bar < 0 ? canonical : canonical.slice(0, bar);
}
