import { INVARIANTS } from '../invariants/all.ts';
import type { Invariant } from '../invariants/invariant.ts';
import type { Rule } from '../rule.ts';
import type { Visit } from '../visit.ts';

/** The invariants of the base that have a native closure. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
export const invariant: Rule = ({ element }) => {
  const bound = (element.constraints ?? []).flatMap((constraint) => {
    const holds = INVARIANTS.get(`${element.path} ${constraint.key}`) ?? INVARIANTS.get(constraint.key);
    return holds === undefined ? [] : [{ ...constraint, holds }];
  });
  if (bound.length === 0) return undefined;
  return (value, visit) => {
    for (const constraint of bound) check(constraint, value, visit);
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
