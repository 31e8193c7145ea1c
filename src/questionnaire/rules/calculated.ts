/**
 * A calculated answer that is another than the calculation now yields was set by a person, or by a form that knew more: it is
 * kept. Where the question is read-only nobody can have set it. https://hl7.org/fhir/uv/sdc/behavior.html#value-constraints
 */
import { asAnswer } from '../convert.ts';
import { nameOf, type PlanItem } from '../plan.ts';
import type { Reading } from '../reading.ts';
import { isSameAnswer, type Value, wordsOf } from '../value.ts';
import type { Found } from '../walk.ts';
import type { ItemRule } from './rule.ts';

/** What the calculation yields; undefined where there is none, or it cannot be made. */
export function calculatedAt(item: PlanItem, place: Found, { evaluator, plan }: Pick<Reading, 'evaluator' | 'plan'>): readonly Value[] | undefined {
  const { calculatedExpression } = item.expressions;
  if (calculatedExpression === undefined || evaluator === undefined) return undefined;
  const { values, fault, isOpen } = evaluator.at(calculatedExpression, place);
  if (fault !== undefined || isOpen) return undefined;
  const answers = values.flatMap((value) => asAnswer(item, value, plan.terms) ?? []);
  return item.fixed.repeats ? answers : answers.slice(0, 1);
}

export const asCalculated: ItemRule = (found, reading) => {
  const given = found.answers.flatMap(({ value }) => value ?? []);
  const calculated = given.length === 0 ? undefined : calculatedAt(found.plan, found, reading);
  if (calculated === undefined || isSameAnswer(given, calculated)) return [];
  const words = calculated.length === 0 ? 'nothing' : calculated.map(wordsOf).join(', ');
  const isReadOnly = reading.inForce(found.plan, found).readOnly;
  const text = `${nameOf(found.plan)} is ${given.map(wordsOf).join(', ')}, but its calculation yields ${words}; ${isReadOnly ? 'it is read-only, so nobody should have changed it' : 'it is taken as a correction and kept'}.`;
  return [{ code: 'informational', text, place: found.place, atMost: isReadOnly ? 'warning' : 'information' }];
};
