import type { Rule } from '../rule.ts';

/** Where the base itself asks for a profile on a type, as SimpleQuantity. https://hl7.org/fhir/R4/datatypes.html#SimpleQuantity */
export const typeProfile: Rule = ({ element, type, profiles }) => {
  const asked = element.types.find(({ code }) => code === type)?.profiles ?? [];
  const [only] = asked;
  if (only === undefined || asked.length > 1) return undefined;
  return (value, visit) => profiles().check(value, only, visit);
};
