/** What the questionnaire demands in FHIRPath. https://hl7.org/fhir/extensions/StructureDefinition-targetConstraint.html, https://hl7.org/fhir/R4/extension-questionnaire-constraint.html */
import { plainValue } from '../../fhir/fhirpath.ts';
import { nameOf, type PlanConstraint } from '../plan.ts';
import type { Reading } from '../reading.ts';
import type { Holder } from '../walk.ts';
import type { Fault, HolderRule, ItemRule } from './rule.ts';

/** Broken by `false` alone: where it yields nothing, what it speaks of is not answered. */
export const itemConstraints: ItemRule = (found, reading) => found.plan.constraints.flatMap((constraint) => judge(constraint, found, reading));

export const rootConstraints: HolderRule = (holder, reading) =>
  holder.plan === undefined && holder.parent === undefined ? reading.plan.constraints.flatMap((constraint) => judge(constraint, holder, reading)) : [];

function judge({ key, severity, human, expression }: PlanConstraint, place: Holder, { evaluator }: Reading): readonly Fault[] {
  const { values = [], isOpen = false } = evaluator?.at(expression, place) ?? {};
  const where = place.plan === undefined ? '' : `${nameOf(place.plan)}: `;
  if (isOpen) return [{ code: 'incomplete', text: `${where}whether "${human}" holds could not be confirmed here.`, place: place.place, atMost: 'warning' }];
  if (!values.some((value) => plainValue(value) === false)) return [];
  const text = `${where}${human === '' ? `the constraint ${key} does not hold` : human} (${key}: ${expression.text.slice(0, 200)}).`;
  return [{ code: 'invariant', text, place: place.place, ...(severity === 'warning' ? { atMost: 'warning' as const } : {}) }];
}
