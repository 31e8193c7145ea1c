import type { Registry } from '../definitions/registry.ts';
import { RULES } from './rules/all.ts';
import { createSchemas } from './schema.ts';
import { jsonKind } from './shown.ts';
import type { Validator } from './validator.ts';
import { containerOf, isObject, nameOf, Visit } from './visit.ts';
import { Walker } from './walk.ts';

/**
 * Checks resources against the base definitions: structure, primitive formats, required bindings, references, contained
 * resources and invariants. Types are compiled when first met. Never throws on what a resource holds.
 * https://hl7.org/fhir/R4/validation.html
 */
export function createValidator(registry: Registry): Validator {
  const walker = new Walker(createSchemas(registry, RULES), registry.resourceTypes);
  return {
    validate(resource) {
      // Callers hand over what was sent: its type says Resource, but nothing has looked at it yet.
      const value: unknown = resource;
      const visit = new Visit(rootName(value, registry));
      if (isObject(value)) {
        visit.resource = value;
        visit.container = containerOf(value);
        walker.resource(value, visit);
      } else visit.report('structure', `A resource is a JSON object, not ${jsonKind(value)}.`);
      return visit.result();
    },
  };
}

/** What FHIRPaths in the answer begin with. */
function rootName(value: unknown, registry: Registry): string {
  const type = isObject(value) ? nameOf(value.resourceType) : '';
  return registry.isResourceType(type) ? type : 'Resource';
}
