import type { Binding } from '../../definitions/snapshot/element.ts';
import { bindingCheck } from '../binding.ts';
import type { Check } from '../member.ts';
import type { Rule } from '../rule.ts';

/** The codes that the base binds. https://hl7.org/fhir/R4/terminologies.html#binding */
export const binding: Rule = ({ element, type, profiles }) => {
  const said = element.binding;
  if (said === undefined || said.strength === 'example') return undefined;
  let check: Check | undefined;
  let isMade = false;
  return (value, visit) => {
    if (isShort(element.path, value)) return;
    if (!isMade) check = bindingCheck(withMaximum(said), type, profiles().tools.terms);
    isMade = true;
    check?.(value, visit);
  };
};

const LANGUAGES = 'http://hl7.org/fhir/ValueSet/languages';
const ALL_LANGUAGES = 'http://hl7.org/fhir/ValueSet/all-languages';

/** Wherever the base binds a language, it names the common ones and allows all of BCP 47. https://hl7.org/fhir/R4/valueset-languages.html */
const withMaximum = (binding: Binding): Binding => (binding.valueSet.startsWith(LANGUAGES) ? { ...binding, maxValueSet: ALL_LANGUAGES } : binding);

/** Formats may be said in short, as in the parameter _format. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
const isShort = (path: string, value: unknown): boolean => path.endsWith('.format') && (value === 'json' || value === 'xml' || value === 'ttl');
