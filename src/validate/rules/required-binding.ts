import { type CodeList, codeList } from '../../terminology/membership.ts';
import { has, objects, text } from '../read.ts';
import type { Check, Rule } from '../rule.ts';
import { shown } from '../shown.ts';
import type { Visit } from '../visit.ts';

/** A required binding leaves no choice: the code is in the value set. https://hl7.org/fhir/R4/terminologies.html#required */
export const requiredBinding: Rule = ({ element, type, registry }) => {
  const { binding } = element;
  const kind = KINDS.get(type);
  if (binding?.strength !== 'required' || kind === undefined) return undefined;
  const codes = codeList(registry, binding.valueSet);
  return codes === undefined ? undefined : kind(codes, binding.valueSet);
};

type Kind = (codes: CodeList, valueSet: string) => Check;

const checkCode: Kind = (codes, valueSet) => (value, visit) => {
  if (typeof value !== 'string' || codes.hasCode(value)) return;
  visit.report('code-invalid', `${shown(value)} is not one of the codes allowed here: ${codes.summary} (${valueSet}).`);
};

const isMember = (coding: unknown, codes: CodeList): boolean => codes.hasCoding(text(coding, 'system') ?? '', text(coding, 'code') ?? '');

const checkCoding: Kind = (codes, valueSet) => (value, visit) => {
  if (!isMember(value, codes)) reportCoding(value, { codes, valueSet, below: '' }, visit);
};

/** One of the codings must be in the set; the others may say the same in other words. */
const checkConcept: Kind = (codes, valueSet) => (value, visit) => {
  const codings = objects(value, 'coding');
  if (codings.some((coding) => isMember(coding, codes)) || (codings.length === 0 && has(value, 'extension'))) return;
  if (codings.length > 0) return reportCoding(codings[0], { codes, valueSet, below: '.coding[0]' }, visit);
  visit.report('code-invalid', `A coding is needed here, text alone is not enough; its code is one of ${codes.summary} (${valueSet}).`);
};

function reportCoding(coding: unknown, { codes, valueSet, below }: { codes: CodeList; valueSet: string; below: string }, visit: Visit): void {
  const [system, code] = [text(coding, 'system'), text(coding, 'code')];
  const named = system === undefined ? `${shown(code)} without a system` : `${shown(code)} of system ${shown(system)}`;
  visit.report('code-invalid', `${named} is not one of the codes allowed here: ${codes.summary} (${valueSet}).`, below);
}

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['code', checkCode],
  ['Coding', checkCoding],
  ['CodeableConcept', checkConcept],
]);
