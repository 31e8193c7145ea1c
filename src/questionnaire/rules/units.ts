/** The unit of a quantity is one of those that the question offers. https://hl7.org/fhir/R4/extension-questionnaire-unitoption.html, -unit.html, -unitvalueset.html */

import type { Codes } from '../codes.ts';
import { unitOf } from '../compare.ts';
import { nameOf, type Units } from '../plan.ts';
import { asRecord, codingKey, type Value } from '../value.ts';
import { type Fault, type ItemRule, placeOfValue } from './rule.ts';

export const offeredUnit: ItemRule = (found, { isIn }) => {
  const { units } = found.plan;
  if (units.codings.length === 0 && units.valueSet === undefined) return [];
  return found.answers.flatMap((answer): readonly Fault[] => {
    if (answer.value?.type !== 'Quantity') return [];
    const isOffered = standing(answer.value, units, isIn);
    if (isOffered === true) return [];
    const said = `The answer to ${nameOf(found.plan)} is in ${unitOf(answer.value) ?? 'no unit'}`;
    const place = placeOfValue(answer);
    if (isOffered === undefined)
      return [{ code: 'code-invalid', text: `${said}; whether ${units.valueSet ?? ''} has it could not be confirmed.`, place, atMost: 'warning' }];
    return [{ code: 'value', text: `${said}; allowed ${allowed(units)}.`, place }];
  });
};

const allowed = ({ codings, valueSet }: Units): string =>
  [
    ...(codings.length === 0 ? [] : [`are ${codings.map((unit) => codingKey(unit)).join(', ')}`]),
    ...(valueSet === undefined ? [] : [`is what ${valueSet} has`]),
  ].join(' and ');

/** Undefined where only the value set could tell, and cannot. */
function standing(value: Value, { codings, valueSet, open, supplementalSystem }: Units, isIn: Codes['isIn']): boolean | undefined {
  if (codings.some((unit) => isThatUnit(value, asRecord(unit)))) return true;
  const { system, code } = asRecord(value.raw);
  if (open === 'optionsOrString' && code === undefined) return true;
  if (open === 'optionsOrType' && code !== undefined) return supplementalSystem === undefined || system === supplementalSystem;
  if (valueSet === undefined || typeof code !== 'string') return false;
  return isIn(valueSet, { code, ...(typeof system === 'string' ? { system } : {}) });
}

function isThatUnit(value: Value, unit: Record<string, unknown>): boolean {
  const { system, code, unit: words } = asRecord(value.raw);
  if (code === undefined) return words === unit.display || words === unit.code;
  return code === unit.code && (system ?? unit.system) === unit.system;
}
