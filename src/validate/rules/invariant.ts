import { compileConstraint, type Evaluate } from '../constraint.ts';
import { INVARIANTS, RULED } from '../invariants/all.ts';
import type { Invariant } from '../invariants/invariant.ts';
import type { Check } from '../member.ts';
import type { Rule } from '../rule.ts';
import type { Visit } from '../visit.ts';

/**
 * The invariants of the base: by a closure where there is one, else by FHIRPath (conformance resources, which few write).
 * https://hl7.org/fhir/R4/conformance-rules.html#constraints
 */
export const invariant: Rule = ({ element, type, profiles }) => {
  const checks = (element.constraints ?? []).flatMap((constraint): Check[] => {
    const holds = INVARIANTS.get(`${element.path} ${constraint.key}`) ?? INVARIANTS.get(constraint.key);
    const bound = holds && { ...constraint, holds };
    if (bound !== undefined) return [(value, visit) => check(bound, value, visit)];
    if (RULED.has(constraint.key) || constraint.expression === undefined) return [];
    let evaluate: Evaluate | undefined;
    return [
      (value, visit) => {
        evaluate ??= compileConstraint(constraint, type === '' ? element.path : type, profiles().tools);
        evaluate(value, visit);
      },
    ];
  });
  if (checks.length === 0) return undefined;
  return (value, visit) => {
    for (const run of checks) run(value, visit);
  };
};

interface Bound {
  readonly key: string;
  readonly human: string;
  readonly severity: 'error' | 'warning';
  readonly holds: Invariant;
}

function check({ key, human, severity, holds }: Bound, value: unknown, visit: Visit): void {
  const verdict = holds(value, visit);
  if (verdict === true) return;
  const { at = '', because = '' } = verdict === false ? {} : verdict;
  const message = `${key}: ${human}${because === '' ? '' : ` (${because})`}`;
  if (severity === 'error') visit.report('invariant', message, at);
  else visit.warn('invariant', message, at);
}
