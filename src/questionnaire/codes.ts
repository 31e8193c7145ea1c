/** Whether codes are in value sets, also where only somebody outside can tell: then the question is left open, and its answer taken up. */
import type { ValueSet } from 'fhir/r4';
import type { Coding } from '../fhir/resource.ts';
import type { Terms } from './terms.ts';

/** A code that nobody here knows. Nothing but it leaves the response. */
export interface CodeQuestion {
  /** A canonical. */
  readonly valueSet: string;
  readonly system: string | undefined;
  readonly version: string | undefined;
  readonly code: string;
}

export interface Codes {
  /** Undefined where it cannot be told. */
  isIn(valueSet: ValueSet | string, coding: Coding): boolean | undefined;
  /** What was asked and could not be told, each once. */
  readonly openCodes: ReadonlyMap<string, CodeQuestion>;
}

/** `confirmed`: what those outside said, by the key of the question. */
export function createCodes(terms: Terms, confirmed: ReadonlyMap<string, boolean> = new Map()): Codes {
  const openCodes = new Map<string, CodeQuestion>();
  return {
    openCodes,
    isIn: (valueSet, coding) => {
      const known = terms.has(valueSet, coding);
      const { system, version, code } = coding;
      if (known !== undefined || typeof valueSet !== 'string' || code === undefined) return known;
      const key = `${valueSet} ${system ?? ''}|${version ?? ''}|${code}`;
      const told = confirmed.get(key);
      if (told === undefined) openCodes.set(key, { valueSet, system, version, code });
      return told;
    },
  };
}
