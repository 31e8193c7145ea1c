import { BUNDLE } from './bundle.ts';
import { CLINICAL } from './clinical.ts';
import { CONFORMANCE } from './conformance.ts';
import { DATA_TYPES } from './data-types.ts';
import { ELEMENT_DEFINITION } from './element-definition.ts';
import type { Invariant } from './invariant.ts';
import { QUESTIONNAIRE } from './questionnaire.ts';

/** By key; where the base uses a key for several invariants (`inv-1`), by path and key. What is in neither list FHIRPath decides. */
export const INVARIANTS: ReadonlyMap<string, Invariant> = new Map(
  Object.entries({ ...DATA_TYPES, ...BUNDLE, ...QUESTIONNAIRE, ...CLINICAL, ...CONFORMANCE, ...ELEMENT_DEFINITION }),
);

/** Rules of their own; and dom-6 (a resource should have a narrative), a piece of advice that would be given on nearly every write. */
export const RULED: ReadonlySet<string> = new Set(['ele-1', 'ext-1', 'dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6', 'ref-1', 'txt-1', 'txt-2']);
