import { canonicalOf } from '../../../definitions/snapshot/element.ts';
import { isObject } from '../../visit.ts';
import type { ProfileRule } from '../tools.ts';

/** The value conforms to one of the profiles on its type. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.profile */
export const typeProfile: ProfileRule = ({ element, base, type, tools }) => {
  const profiles = element.types.find(({ code }) => code === type)?.profiles ?? [];
  const held = base?.types.find(({ code }) => code === type)?.profiles ?? [];
  if (profiles.length === 0 || profiles.every((profile) => held.includes(profile) || profile === canonicalOf(type))) return undefined;
  const [only] = profiles;
  if (profiles.length === 1 && only !== undefined) return (value, visit) => tools.conformance.check(value, only, visit);
  return (value, visit) => {
    if (!isObject(value) || profiles.some((profile) => tools.conformance.conforms(value, profile, visit))) return;
    visit.report('structure', `The value conforms to none of the profiles allowed here: ${profiles.slice(0, 12).join(', ')}.`);
  };
};
