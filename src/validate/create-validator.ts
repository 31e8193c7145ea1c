import type { Registry } from '../definitions/registry.ts';
import { createTerminology } from '../terminology/terminology.ts';
import { checkDemand, createClaims } from './claims.ts';
import { createProfiles } from './profile/profiles.ts';
import type { Profiles } from './profile/tools.ts';
import { RULES } from './rules/all.ts';
import { createSchemas } from './schema.ts';
import { jsonKind } from './shown.ts';
import { createTerms } from './terms.ts';
import type { Validator, ValidatorSettings } from './validator.ts';
import { containerOf, isObject, nameOf, Visit } from './visit.ts';
import { Walker } from './walk.ts';

/**
 * Checks resources against the base definitions (structure, primitive formats, bindings, references, contained resources,
 * extensions, invariants), then against the profiles they claim and those that are demanded. Types and profiles are compiled
 * when first met. Never throws on what a resource holds. https://hl7.org/fhir/R4/validation.html
 */
export function createValidator(registry: Registry, settings: ValidatorSettings = {}): Validator {
  const schemas = createSchemas(registry, RULES, () => profiles);
  const profiles: Profiles = createProfiles(registry, schemas, createTerms(settings.terminology ?? createTerminology(registry)));
  const walker = new Walker(
    schemas,
    registry.resourceTypes,
    createClaims(() => profiles, settings),
  );
  return {
    validate(resource, { profiles: asked = [] } = {}) {
      // Callers hand over what was sent: its type says Resource, but nothing has looked at it yet.
      const value: unknown = resource;
      const visit = new Visit(rootName(value, registry));
      if (isObject(value)) {
        visit.resource = value;
        visit.root = value;
        visit.container = containerOf(value);
        walker.resource(value, visit);
        for (const canonical of asked) checkDemand(value, canonical, profiles, visit);
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
