import type { Rule } from '../rule.ts';

const TYPES: readonly string[] = ['canonical', 'uri', 'url'];

/** Notes each `#id` that is not in a Reference, for the rule that contained resources are referred to (dom-3). */
export const fragment: Rule = ({ type }) => {
  if (!TYPES.includes(type)) return undefined;
  return (value, visit) => {
    if (typeof value === 'string' && value.startsWith('#')) visit.name(value);
  };
};
