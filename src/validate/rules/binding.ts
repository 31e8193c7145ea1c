import { bindingCheck } from '../binding.ts';
import type { Check, Rule } from '../rule.ts';

/** The codes that the base binds. https://hl7.org/fhir/R4/terminologies.html#binding */
export const binding: Rule = ({ element, type, profiles }) => {
  const said = element.binding;
  if (said === undefined || (said.strength === 'example' && !('maxValueSet' in said))) return undefined;
  let check: Check | undefined;
  let isMade = false;
  return (value, visit) => {
    if (!isMade) check = bindingCheck(said, type, profiles().tools.terms);
    isMade = true;
    check?.(value, visit);
  };
};
