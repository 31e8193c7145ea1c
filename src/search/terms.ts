/** What searches ask of terminology. What is not at hand is said to be unknown, never empty. */
import type { Registry } from '../definitions/registry.ts';
import { createTerminology, type Terminology } from '../terminology/terminology.ts';

/** Codes by their system. */
export type Codes = ReadonlyMap<string, ReadonlySet<string>>;

export interface Terms {
  /** Every code of a value set; undefined where it is not known, or cannot be listed. */
  members(valueSet: string): Codes | undefined;
  /** A code with all that lie below (or above) it in its system's hierarchy; undefined where the system or the code is not known. */
  family(direction: 'above' | 'below', system: string, code: string): Codes | undefined;
  /**
   * The ways in which a code may have been written: itself and, where its system says that case means nothing
   * (`CodeSystem.caseSensitive` false), in lower and in upper case and as the system has it. Decided when a search is read, so
   * that a definition that is loaded later needs no index to be made again.
   */
  spellings(system: string, code: string): readonly string[];
}

export function createTerms(registry: Registry): Terms {
  const terminology = createTerminology(registry);
  return {
    members: (valueSet) => {
      const codes = terminology.codes(valueSet) ?? registry.valueSetCodes(valueSet);
      return codes === undefined ? undefined : bySystem(codes);
    },
    family: (direction, system, code) => {
      const codes = terminology[direction](system, code);
      return codes === undefined ? undefined : new Map([[system, new Set(codes)]]);
    },
    spellings: (system, code) => (registry.resource('CodeSystem', system)?.caseSensitive === false ? spellingsOf(terminology, system, code) : [code]),
  };
}

/** `codes`: `system|code` each. */
function bySystem(codes: ReadonlySet<string>): Codes {
  const systems = new Map<string, Set<string>>();
  for (const text of codes) {
    const bar = text.indexOf('|');
    const system = text.slice(0, bar);
    systems.set(system, (systems.get(system) ?? new Set()).add(text.slice(bar + 1)));
  }
  return systems;
}

function spellingsOf({ shelf }: Terminology, system: string, code: string): readonly string[] {
  const lower = code.toLowerCase();
  const defined = (shelf.codeSystem(system)?.list() ?? []).map((concept) => concept.code).filter((other) => other.toLowerCase() === lower);
  return [...new Set([code, lower, code.toUpperCase(), ...defined])];
}
