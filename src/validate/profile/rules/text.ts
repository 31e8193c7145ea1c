import { regexOf } from '../../../fhir/regex.ts';
import { shown } from '../../shown.ts';
import type { ProfileRule } from '../tools.ts';

/** https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.maxLength */
export const textLength: ProfileRule = ({ element: { maxLength } }) => {
  if (maxLength === undefined) return undefined;
  return (value, visit) => {
    if (typeof value === 'string' && value.length > maxLength)
      visit.report('too-long', `The text has ${value.length} characters; at most ${maxLength} are allowed.`);
  };
};

/** What a text must match as a whole, in linear time. https://hl7.org/fhir/R4/extension-regex.html */
export const regex: ProfileRule = ({ element, base, type }) => {
  const pattern = element.types.find(({ code }) => code === type)?.regex;
  if (pattern === undefined || base === element) return undefined;
  const compiled = regexOf(pattern);
  return (value, visit) => {
    if (compiled === undefined)
      visit.warn(
        'not-supported',
        `The regular expression ${shown(pattern)} is none that is matched here (no look-around, no back references); the value was not held against it.`,
      );
    else if (!compiled.matches(String(value))) visit.report('value', `${shown(value)} does not match the regular expression ${shown(pattern)}.`);
  };
};
