import { FORMATS } from '../formats.ts';
import type { Rule } from '../rule.ts';
import { shown } from '../shown.ts';

/** Each primitive is written as its type says. https://hl7.org/fhir/R4/datatypes.html#primitive */
export const primitiveFormat: Rule = ({ type }) => {
  const format = FORMATS.get(type);
  if (format === undefined) return undefined;
  return (value, visit) => {
    const expected = format(value);
    if (expected !== undefined) visit.report('value', `${shown(value)} is not a valid ${type}; expected ${expected}.`);
  };
};
