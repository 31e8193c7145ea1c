import { compileConstraint, type Evaluate } from '../../constraint.ts';
import type { Check } from '../../member.ts';
import type { ProfileRule } from '../tools.ts';

/** The invariants that a profile adds. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
export const constraints: ProfileRule = ({ element, base, type, place, tools }) => {
  const known = new Set([...(base?.constraints ?? []), ...(tools.registry.structure(type)?.elements[0]?.constraints ?? [])].map(({ key }) => key));
  const added = (element.constraints ?? []).filter(({ key, expression }) => !known.has(key) && expression !== undefined && expression !== '');
  const evaluated = added.map((constraint): Check => {
    let evaluate: Evaluate | undefined;
    return (value, visit) => {
      evaluate ??= compileConstraint(constraint, place, tools);
      evaluate(value, visit);
    };
  });
  if (evaluated.length === 0) return undefined;
  return (value, visit) => {
    for (const check of evaluated) check(value, visit);
  };
};
