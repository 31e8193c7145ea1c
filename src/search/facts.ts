/**
 * Which search parameters say the same as the two facts that every index row carries, the patient and the clinical date,
 * so that a store may answer them from the row that it is looking at anyway. Only parameters of the base: every row that was ever
 * written carries the same.
 */
import { kindOf } from './kinds/table.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';

/** In order of preference: when it holds or happened, before when it was written down. The first that a type has counts. */
const DATE_CODES = [
  'date',
  'authored',
  'authoredon',
  'authored-on',
  'effective-time',
  'effective',
  'onset-date',
  'recorded',
  'period',
  'created',
  'sent',
  'occurrence',
];

/** Where the general order would pick something else than when it happened: R4's MedicationRequest `date` is the dosage schedule. */
const DATE_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['MedicationRequest', 'authoredon'],
  ['MedicationDispense', 'whenhandedover'],
  ['Goal', 'start-date'],
]);

/** The parameter whose only value is the resource's clinical date; undefined for a type without any. */
export function clinicalDateParam(params: Params, type: string): Param | undefined {
  const own = params.of(type);
  const code = DATE_EXCEPTIONS.get(type) ?? DATE_CODES.find((candidate) => isDate(own.get(candidate)));
  return code === undefined ? undefined : own.get(code);
}

const isDate = (param: Param | undefined): boolean => param?.kind === 'date' && param.added === undefined;

/**
 * The codes of the parameters whose references to Patients are exactly `Indexed.patients`, the defining one first:
 * `patient`, and `subject` where both are the same element. Where a type has no `patient`, `subject` alone, if that
 * may point to a Patient. None for Patient itself, whose own id the fact is.
 */
export function patientParams(params: Params, type: string): readonly string[] {
  const own = new Map([...params.of(type)].filter(([, { added }]) => added === undefined));
  const link = ['patient', 'subject'].map((code) => own.get(code)).find((param) => param?.kind === 'reference' && param.targets.includes('Patient'));
  if (link === undefined || type === 'Patient') return [];
  const same = [...own.values()].filter((param) => param !== link && param.kind === 'reference' && elementOf(param) === elementOf(link));
  return [link.code, ...same.filter((param) => param.targets.includes('Patient')).map(({ code }) => code)];
}

const elementOf = ({ expression }: Param): string => expression.replaceAll('.where(resolve() is Patient)', '');

/** True where a resource can never have more than one value for the parameter. */
export function isSingle(params: Params, param: Param): boolean {
  const branches = params.branches(param);
  const { manyFrom } = kindOf(param);
  const elements = new Set(branches.map(({ element }) => element));
  return elements.size <= 1 && branches.every(({ single, type }) => single && type !== '' && !manyFrom.includes(type));
}
