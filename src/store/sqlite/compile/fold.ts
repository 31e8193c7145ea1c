/** Folding: conditions on a resource's patient and clinical date are asked of the index row that answers another condition. */
import type { Atom, Exists, Test, Tree } from '../../../search/ast.ts';
import type { Param } from '../../../search/param.ts';
import { isStoredForPatient } from '../index-rows.ts';
import type { Facts } from './facts.ts';

export interface Folds {
  readonly facts: Facts;
  /** Names one patient, or the patients that a search finds. */
  readonly patient: Atom | Exists | undefined;
  readonly dates: readonly Atom[];
}

export const noFolds = (facts: Facts): Folds => ({ facts, patient: undefined, dates: [] });

/** What a conjunction over one type offers for folding. */
export function foldsIn(facts: Facts, conjuncts: readonly Tree[]): Folds {
  const atoms = conjuncts.filter((tree) => tree.op === 'atom');
  const link = conjuncts.find((tree): tree is Exists => tree.op === 'exists' && isPatientLink(facts, tree));
  return { facts, patient: atoms.find((atom) => isPatientAtom(facts, atom)) ?? link, dates: atoms.filter((atom) => isDateAtom(facts, atom)) };
}

/** `patient=7` */
export function isPatientAtom(facts: Facts, { param, test }: Atom): boolean {
  return test.is === 'reference' && test.type === 'Patient' && test.version === undefined && facts(param.type).patients.has(param.code);
}

/** `patient.identifier=…` */
const isPatientLink = (facts: Facts, { link }: Exists): boolean =>
  link.direction === 'out' && link.type === 'Patient' && facts(link.param.type).patients.has(link.param.code);

const isDateAtom = (facts: Facts, { param, test }: Atom): boolean => test.is === 'date' && isClinicalDate(facts, param.type, param);

export const isClinicalDate = (facts: Facts, type: string, param: Param): boolean => facts(type).date === param.code;

/** Whether the rows that answer the test are kept in the order by patient. */
export function carriesPatient(test: Test): boolean {
  if (test.is === 'composite') return leadsByToken(test.parts);
  if (test.is === 'token') return test.code !== undefined;
  if (test.is === 'url') return !test.below && isStoredForPatient(test.url);
  return test.is === 'codes' || (test.is === 'uri' && test.how === 'exact');
}

const leadsByToken = ([lead]: readonly Test[]): boolean => lead?.is === 'token' && lead.code !== undefined;

const WITH_DATE: ReadonlySet<Test['is']> = new Set<Test['is']>(['token', 'codes', 'string', 'uri', 'reference', 'url', 'composite']);

/** Whether the rows that answer the test carry the clinical date. */
export const carriesDate = (test: Test): boolean => WITH_DATE.has(test.is === 'differs' ? test.from.is : test.is);
