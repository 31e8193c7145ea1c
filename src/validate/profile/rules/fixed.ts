import { holdsPattern, isSame } from '../../../fhir/same.ts';
import { shown } from '../../shown.ts';
import { isObject } from '../../visit.ts';
import type { ProfileRule } from '../tools.ts';

/** The value is just this one. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ */
export const fixed: ProfileRule = ({ element, base }) => {
  const wanted = element.fixed;
  if (wanted === undefined || base === element) return undefined;
  return (value, visit) => {
    if (!isSame(value, wanted.value)) visit.report('value', `${told(value)} is not the value that is fixed here; expected exactly ${told(wanted.value)}.`);
  };
};

/** The value has at least what the pattern has. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
export const pattern: ProfileRule = ({ element }) => {
  const wanted = element.pattern;
  if (wanted === undefined) return undefined;
  return (value, visit) => {
    if (!holdsPattern(value, wanted.value))
      visit.report('value', `${told(value)} does not hold the pattern of this element; expected at least ${told(wanted.value)}.`);
  };
};

const MAX_TOLD = 300;

/** Parts of a value as JSON, as long as a message may be. */
function told(value: unknown): string {
  if (!isObject(value) && !Array.isArray(value)) return shown(value);
  const json = JSON.stringify(value);
  return json.length > MAX_TOLD ? `${json.slice(0, MAX_TOLD).toWellFormed()}…` : json;
}
