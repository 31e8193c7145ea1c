import { bindingCheck } from '../../binding.ts';
import type { ProfileRule } from '../tools.ts';

/** What the profile binds otherwise than the base. https://hl7.org/fhir/R4/terminologies.html#binding */
export const binding: ProfileRule = ({ element, base, type, tools }) => {
  const said = element.binding;
  const held = base?.binding;
  if (said === undefined || (held?.valueSet === said.valueSet && held.strength === said.strength && said.maxValueSet === undefined)) return undefined;
  return bindingCheck(said, type, tools.terms);
};
