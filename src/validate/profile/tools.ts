/** What rules of profiles are compiled with. */

import type { StructureDefinition } from 'fhir/r4';
import type { ElementDefinition, Registry } from '../../definitions/registry.ts';
import type { ProfileElement } from '../../definitions/snapshot/element.ts';
import type { ProfileSource } from '../../definitions/snapshot/profiles.ts';
import type { FhirError } from '../../fhir/outcome.ts';
import type { Check, Schemas } from '../member.ts';
import type { Terms } from '../terms.ts';
import type { Visit } from '../visit.ts';
import type { Shape } from './shape.ts';

/** Profiles by canonical, for values that are to conform to them. */
export interface Conformance {
  /** Reports what the value breaks, once for a value and a profile. */
  check(value: unknown, canonical: string, visit: Visit): void;
  /** Whether the value conforms; nothing is reported. A profile that is not known, or cannot be used, forbids nothing. */
  conforms(value: unknown, canonical: string, visit: Visit): boolean;
}

export interface Tools {
  readonly registry: Registry;
  readonly schemas: Schemas;
  readonly sources: ProfileSource;
  readonly terms: Terms;
  readonly conformance: Conformance;
}

/** A profile ready to be used, or the reason why it cannot be. */
export interface Compiled {
  /** `url|version` */
  readonly name: string;
  readonly type: string;
  readonly definition: StructureDefinition;
  readonly shape: Shape;
  /** Of an extension: the urls of its parts. */
  readonly parts: ReadonlySet<string>;
  readonly fault: FhirError | undefined;
}

export interface Profiles extends Conformance {
  /** Undefined where no profile of that name is known. */
  of(canonical: string): Compiled | undefined;
  readonly tools: Tools;
}

/** One element of a profile as one of its types. */
interface ProfileSite {
  readonly element: ProfileElement;
  /** The same element in the base; undefined where the base has none. */
  readonly base: ElementDefinition | undefined;
  /** The FHIR type of the value. */
  readonly type: string;
  /** Where FHIRPath starts from: `Observation.component`, `Quantity`. */
  readonly place: string;
  readonly tools: Tools;
}

export type ProfileRule = (site: ProfileSite) => Check | undefined;
