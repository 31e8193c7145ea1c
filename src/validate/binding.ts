/** Codes and the value sets they are bound to. https://hl7.org/fhir/R4/terminologies.html#binding */
import type { Binding } from '../definitions/snapshot/element.ts';
import type { CodeList } from '../terminology/membership.ts';
import { has, objects, text } from './read.ts';
import type { Check } from './rule.ts';
import { shown } from './shown.ts';
import type { Terms } from './terms.ts';
import type { Visit } from './visit.ts';

/** Undefined where nothing is to be said: an example, or a type that holds no code. */
export function bindingCheck(binding: Binding, type: string, terms: Terms): Check | undefined {
  const read = READERS.get(type);
  if (read === undefined || binding.valueSet === '') return undefined;
  const most = binding.maxValueSet === undefined ? undefined : judge({ strength: 'required', valueSet: binding.maxValueSet }, read, terms);
  const own = binding.strength === 'example' ? undefined : judge(binding, read, terms);
  if (most === undefined || own === undefined) return most ?? own;
  return (value, visit) => {
    most(value, visit);
    own(value, visit);
  };
}

/** The codes that a value holds; undefined where it is not the kind of value that is bound. */
interface Coded {
  readonly codings: readonly Coding[];
  /** It may say what it means in words alone. */
  readonly isConcept: boolean;
  readonly isExtended: boolean;
}

interface Coding {
  /** Undefined for a code alone, whose system the value set says. */
  readonly system: string | undefined;
  readonly code: string | undefined;
  readonly isBare: boolean;
  /** FHIRPath from the value. */
  readonly below: string;
}

type Reader = (value: unknown) => Coded | undefined;

const readCode: Reader = (value) =>
  typeof value === 'string' ? { codings: [{ system: undefined, code: value, isBare: true, below: '' }], isConcept: false, isExtended: false } : undefined;

const codingAt = (value: unknown, below: string): Coding => ({ system: text(value, 'system'), code: text(value, 'code'), isBare: false, below });

const readCoding: Reader = (value) => ({ codings: [codingAt(value, '')], isConcept: false, isExtended: has(value, 'extension') });

/** A quantity without a unit's code is held only against a binding that needs one. */
const readQuantity: Reader = (value) => ({ codings: has(value, 'code') ? [codingAt(value, '')] : [], isConcept: false, isExtended: has(value, 'extension') });

const readConcept: Reader = (value) => ({
  codings: objects(value, 'coding').map((coding, at) => codingAt(coding, `.coding[${at}]`)),
  isConcept: true,
  isExtended: has(value, 'extension'),
});

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['code', readCode],
  ['string', readCode],
  ['uri', readCode],
  ['Coding', readCoding],
  ['CodeableConcept', readConcept],
  ['Quantity', readQuantity],
]);

function judge({ strength, valueSet }: Binding, read: Reader, terms: Terms): Check {
  return (value, visit) => {
    const coded = read(value);
    if (coded === undefined) return;
    const codes = terms.of(valueSet);
    if (codes === undefined) {
      reportUnknown(strength, valueSet, coded, visit);
      return;
    }
    if (coded.codings.some((coding) => isIn(coding, codes))) return;
    if (coded.codings.length === 0) {
      reportNoCode({ strength, valueSet }, coded, codes, visit);
      return;
    }
    reportOutside({ strength, valueSet }, coded, codes, visit);
  };
}

const isIn = ({ system, code = '', isBare }: Coding, codes: CodeList): boolean => (isBare ? codes.hasCode(code) : codes.hasCoding(system ?? '', code));

/** Where text may do, only a required binding asks for a code. */
function reportNoCode({ strength, valueSet }: Binding, { isConcept, isExtended }: Coded, codes: CodeList, visit: Visit): void {
  if (strength !== 'required' || isExtended) return;
  const what = isConcept ? 'A coding is needed here, text alone is not enough' : 'The code of a unit is needed here';
  visit.report('code-invalid', `${what}; its code is one of ${codes.summary} (${valueSet}).`);
}

/** One of the codings must be in the set; the others may say the same in other words. */
function reportOutside({ strength, valueSet }: Binding, { codings }: Coded, codes: CodeList, visit: Visit): void {
  const [coding] = codings;
  if (coding === undefined) return;
  const named = `${told(coding)} is not one of the codes`;
  const which = `${codes.summary} (${valueSet})`;
  if (strength === 'required') visit.report('code-invalid', `${named} allowed here: ${which}.`, coding.below);
  else if (strength === 'extensible') visit.warn('code-invalid', `${named} to be used here where one of them fits: ${which}.`, coding.below);
  else visit.inform('code-invalid', `${named} preferred here: ${which}.`, coding.below);
}

function told({ system, code, isBare }: Coding): string {
  if (isBare) return shown(code);
  return system === undefined ? `${shown(code)} without a system` : `${shown(code)} of system ${shown(system)}`;
}

function reportUnknown(strength: Binding['strength'], valueSet: string, { codings }: Coded, visit: Visit): void {
  const [coding] = codings;
  if (coding === undefined || strength === 'preferred' || GRAMMARS.has(valueSet.split('|', 1)[0] ?? '')) return;
  visit.warn('not-supported', `${told(coding)} could not be confirmed: the codes of ${valueSet} (${strength}) are not known here.`, coding.below);
}

/** Sets whose codes are made by a grammar, which no list can hold. */
const GRAMMARS: ReadonlySet<string> = new Set(
  ['mimetypes', 'languages', 'all-languages', 'ucum-units', 'ucum-common', 'timezones'].map((name) => `http://hl7.org/fhir/ValueSet/${name}`),
);
