/** The value of an answer is of the type that its question asks for. https://hl7.org/fhir/R4/codesystem-item-type.html */
import { nameOf } from '../plan.ts';
import { countValues, isReadable, readValue, type ValueType } from '../value.ts';
import type { GivenAnswer } from '../walk.ts';
import { type Fault, type ItemRule, type KnownItem, placeOfValue } from './rule.ts';

export const elementOf = (type: ValueType): string => `value${type[0]?.toUpperCase()}${type.slice(1)}`;

export const rightType: ItemRule = (found) => {
  const allowed = found.plan.types;
  return allowed.length === 0 ? [] : found.answers.flatMap((answer) => typeFaults(answer, found, allowed));
};

function typeFaults(answer: GivenAnswer, { plan }: KnownItem, allowed: readonly ValueType[]): Fault[] {
  const right = allowed.map(elementOf).join(' or ');
  const fault = (what: string): Fault[] => [{ code: 'structure', text: `${what} to ${nameOf(plan)}; it takes ${right}.`, place: placeOfValue(answer) }];
  const count = countValues(answer.raw);
  if (count > 1) return fault(`${count} values in one answer`);
  const value = readValue(answer.raw);
  if (value === undefined) return 'extension' in answer.raw || hasAbsentValue(answer) ? [] : fault('An answer without a value');
  if (!allowed.includes(value.type)) return fault(`${elementOf(value.type)} is the wrong type of answer`);
  return isReadable(value) ? [] : fault(`The ${elementOf(value.type)} is not a ${value.type} in an answer`);
}

/** `_valueString: {extension: […]}`: a primitive whose absence is explained. */
const hasAbsentValue = ({ raw }: GivenAnswer): boolean => Object.keys(raw).some((name) => name.startsWith('_value'));
