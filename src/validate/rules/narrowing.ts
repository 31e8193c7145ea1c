import type { StructureDefinition } from 'fhir/r4';
import { applyDifferential, type Sources } from '../../definitions/snapshot/generate.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { objects, text } from '../read.ts';
import type { Rule } from '../rule.ts';

/**
 * A profile only narrows what it is derived from. Told as a warning: what it builds on may still be on its way, in the same
 * package. https://hl7.org/fhir/R4/profiling.html#resources
 */
export const narrowing: Rule = ({ element, profiles }) => {
  if (element.path !== 'StructureDefinition') return undefined;
  return (value, visit) => {
    const fault = !visit.hasErrors && isSound(value) ? faultOf(value as StructureDefinition, profiles().tools.sources) : undefined; // no fault was found in it: it has the shape of one
    const below = fault?.issues[0]?.expression?.[0]?.slice('StructureDefinition'.length) ?? '';
    if (fault !== undefined) visit.warn('business-rule', fault.message, below.startsWith('.differential.element[') ? below : '');
  };
};

/** It narrows something, and each of its elements says where it stands. */
function isSound(definition: unknown): boolean {
  const elements = objects(definition, 'differential').flatMap((part) => objects(part, 'element'));
  return text(definition, 'derivation') === 'constraint' && elements.length > 0 && elements.every((element) => text(element, 'path') !== undefined);
}

function faultOf(definition: StructureDefinition, sources: Sources): FhirError | undefined {
  try {
    const above = sources.profile(definition.baseDefinition ?? '');
    if (above !== undefined) applyDifferential(above.root, definition, sources);
    return undefined;
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
}
