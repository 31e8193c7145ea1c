/** Codes and the value sets they are bound to. https://hl7.org/fhir/R4/terminologies.html#binding */
import type { Binding } from '../definitions/snapshot/element.ts';
import type { Membership, Verdict } from '../terminology/membership.ts';
import type { Check } from './member.ts';
import { has, objects, text } from './read.ts';
import { shown } from './shown.ts';
import type { Terms } from './terms.ts';
import type { Visit } from './visit.ts';

/** Undefined where nothing is to be said: an example, or a type that holds no code. */
export function bindingCheck(binding: Binding, type: string, terms: Terms): Check | undefined {
  const read = READERS.get(type);
  if (read === undefined || binding.valueSet === '') return undefined;
  const most = binding.maxValueSet === undefined ? undefined : judge({ strength: 'required', valueSet: binding.maxValueSet }, read, terms);
  const own = binding.strength === 'example' ? undefined : judge(binding, type === 'uri' && binding.strength !== 'required' ? readName : read, terms);
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
  /** None for a code alone, whose system the value set says. */
  readonly system?: string;
  readonly version?: string;
  readonly code?: string;
  readonly isBare: boolean;
  /** FHIRPath from the value. */
  readonly below: string;
}

type Reader = (value: unknown) => Coded | undefined;

const readCode: Reader = (value) =>
  typeof value === 'string' ? { codings: [{ code: value, isBare: true, below: '' }], isConcept: false, isExtended: false } : undefined;

/**
 * A URI that is absolute says by itself what it means, and is no code that was chosen instead of one of the set: types of FHIRPath
 * (`http://hl7.org/fhirpath/System.String`) and of logical models. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.code
 */
const readName: Reader = (value) => (typeof value === 'string' && value.includes(':') ? undefined : readCode(value));

function codingAt(value: unknown, below: string): Coding {
  const coding: { -readonly [key in keyof Coding]: Coding[key] } = { isBare: false, below };
  for (const name of ['system', 'version', 'code'] as const) {
    const given = text(value, name);
    if (given !== undefined) coding[name] = given;
  }
  return coding;
}

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
    const members = terms.of(valueSet);
    const verdicts = coded.codings.map((coding) => verdictOn(coding, members));
    if (verdicts.some(({ is }) => is === 'in')) return;
    if (coded.codings.length === 0) reportNoCode({ strength, valueSet }, coded, members, visit);
    else tell({ strength, valueSet }, coded.codings, { members, unknown: verdicts.filter((verdict) => verdict.is === 'unknown') }, visit);
  };
}

const verdictOn = ({ isBare, below: _below, ...coding }: Coding, members: Membership): Verdict =>
  isBare ? members.code(coding.code ?? '') : members.coding(coding);

/** Where text may do, only a required binding asks for a code. */
function reportNoCode({ strength, valueSet }: Binding, { isConcept, isExtended }: Coded, members: Membership, visit: Visit): void {
  if (strength !== 'required' || isExtended) return;
  const what = isConcept ? 'A coding is needed here, text alone is not enough' : 'The code of a unit is needed here';
  visit.report('code-invalid', `${what}; its code is one of ${members.summary() || 'those of'} (${valueSet}).`);
}

interface Standing {
  readonly members: Membership;
  readonly unknown: readonly Extract<Verdict, { readonly is: 'unknown' }>[];
}

const SEVERITIES = { required: 'error', extensible: 'warning', preferred: 'information', example: 'information' } as const;
const EXPECTED = {
  required: 'allowed here',
  extensible: 'to be used here where one of them fits',
  preferred: 'preferred here',
  example: 'meant here',
} as const;

/** One of the codings must be in the set; the others may say the same in other words. */
function tell({ strength, valueSet }: Binding, codings: readonly Coding[], { members, unknown }: Standing, visit: Visit): void {
  const [coding] = codings;
  if (coding === undefined) return;
  const severity = SEVERITIES[strength];
  const out = `${told(coding)} is not one of the codes ${EXPECTED[strength]}: ${members.summary()} (${valueSet}).`.replace(':  (', ' (');
  const [first] = unknown;
  if (first === undefined) {
    if (severity === 'error') visit.report('code-invalid', out, coding.below);
    else if (severity === 'warning' && mayFit(coding, valueSet)) visit.warn('code-invalid', out, coding.below);
    else if (severity === 'information') visit.inform('code-invalid', out, coding.below);
  } else if (strength !== 'preferred') {
    const why = `${told(coding)} could not be confirmed as one of ${valueSet} (${strength}): ${first.why}`;
    visit.askCode(
      unknown.map(({ question }) => question),
      { severity, out, unknown: why, below: coding.below },
    );
  }
}

const SNOMED = 'http://snomed.info/sct';

/** The codes of this set are for the designations of SNOMED CT's own concepts, as it says itself: elsewhere none of them fits. https://hl7.org/fhir/R4/valueset-designation-use.html */
const FOR_SNOMED_ONLY = 'http://hl7.org/fhir/ValueSet/designation-use';

const mayFit = ({ system }: Coding, valueSet: string): boolean => valueSet.split('|', 1)[0] !== FOR_SNOMED_ONLY || system === SNOMED;

function told({ system, code, isBare }: Coding): string {
  if (isBare) return shown(code);
  return system === undefined ? `${shown(code)} without a system` : `${shown(code)} of system ${shown(system)}`;
}
