/** The profiles that a resource says it conforms to, and those that this server demands. https://hl7.org/fhir/R4/resource.html#Meta */
import { canonicalOf } from '../definitions/snapshot/element.ts';
import { checkCompiled } from './profile/profiles.ts';
import type { Profiles } from './profile/tools.ts';
import { object, texts } from './read.ts';
import type { ValidatorSettings } from './validator.ts';
import { type JsonObject, nameOf, type Visit } from './visit.ts';

export type Claims = (resource: JsonObject, visit: Visit) => void;

export function createClaims(profiles: () => Profiles, settings: ValidatorSettings): Claims {
  const { requiredProfiles = new Map<string, readonly string[]>(), unknownProfiles = 'warning' } = settings;
  return (resource, visit) => {
    const claimed = texts(object(resource, 'meta'), 'profile');
    for (const [index, canonical] of claimed.entries()) checkClaim(resource, canonical, { below: `.meta.profile[${index}]`, profiles, unknownProfiles }, visit);
    const demanded = visit.insideContained ? undefined : requiredProfiles.get(nameOf(resource.resourceType));
    for (const canonical of demanded ?? []) checkDemand(resource, canonical, profiles(), visit);
  };
}

interface Claim {
  readonly below: string;
  readonly profiles: () => Profiles;
  readonly unknownProfiles: 'error' | 'warning';
}

function checkClaim(resource: JsonObject, canonical: string, { below, profiles, unknownProfiles }: Claim, visit: Visit): void {
  if (isBase(resource, canonical)) return;
  const compiled = profiles().of(canonical);
  if (compiled !== undefined) {
    checkCompiled(compiled, resource, visit);
    return;
  }
  const text = `The profile ${canonical.slice(0, 200)} is not known here, and the resource was not held against it; load its package, or leave it out.`;
  if (unknownProfiles === 'error') visit.report('not-found', text, below);
  else visit.warn('not-found', text, below);
}

/** Its own type's definition, or one above, against which it has been checked. */
const isBase = (resource: JsonObject, canonical: string): boolean =>
  [nameOf(resource.resourceType), 'DomainResource', 'Resource'].some((type) => canonical.split('|', 1)[0] === canonicalOf(type));

/** Of a profile that somebody asks for by name. */
export function checkDemand(resource: JsonObject, canonical: string, profiles: Profiles, visit: Visit): void {
  if (isBase(resource, canonical)) return;
  const compiled = profiles.of(canonical);
  if (compiled === undefined) visit.report('not-found', `The profile ${canonical.slice(0, 200)} is asked for, but not known here; load its package first.`);
  else if (compiled.fault !== undefined) visit.report('processing', compiled.fault.message);
  else checkCompiled(compiled, resource, visit);
}
