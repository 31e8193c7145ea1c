import { objects, text } from '../read.ts';
import type { Rule } from '../rule.ts';
import { shown } from '../shown.ts';
import type { Terms } from '../terms.ts';
import type { Visit } from '../visit.ts';

/**
 * Where no binding asks for certain codes, a slip such as `mmHg` for `mm[Hg]` would be found by nobody: so a code whose system
 * is known here is held against that. A warning, since the system may have grown. https://hl7.org/fhir/R4/terminologies.html#system
 */
export const knownCode: Rule = ({ element, type, profiles }) => {
  if (element.path === 'CodeableConcept.coding' || ASKING.has(element.binding?.strength ?? 'example')) return undefined;
  if (type === 'CodeableConcept')
    return (value, visit) => {
      for (const [at, coding] of objects(value, 'coding').entries()) check(coding, { terms: profiles().tools.terms, visit, below: `.coding[${at}]` });
    };
  return CODED.has(type) ? (value, visit) => check(value, { terms: profiles().tools.terms, visit, below: '' }) : undefined;
};

/** These say of any other code that it does not belong. */
const ASKING: ReadonlySet<string> = new Set(['required', 'extensible']);

const CODED: ReadonlySet<string> = new Set(['Coding', 'Quantity', 'Age', 'Count', 'Distance', 'Duration']);

interface At {
  readonly terms: Terms;
  readonly visit: Visit;
  /** FHIRPath from the value. */
  readonly below: string;
}

function check(coding: unknown, { terms, visit, below }: At): void {
  const [system, code] = [text(coding, 'system'), text(coding, 'code')];
  if (system === undefined || code === undefined) return;
  if (terms.all(system, text(coding, 'version')).coding({ system, code }).is !== 'out') return;
  visit.warn('code-invalid', `${shown(code)} is not a code of ${shown(system)}, as far as that is known here; see whether it is misspelt.`, below);
}
