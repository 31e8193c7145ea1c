/** Which condition of a conjunction leads: the lowest rank is taken to find the fewest resources. Fixed rules, so that a plan never depends on chance. */
import type { Atom, Test, Tree } from '../../../search/ast.ts';
import { holdsWords } from '../../../search/full-text.ts';
import { isId } from '../index-rows.ts';
import { carriesPatient, type Folds, isPatientAtom, noFolds } from './fold.ts';

export const RANK = {
  nothing: 0,
  id: 1,
  identifier: 2,
  /** A token within one patient's rows. */
  ofPatient: 3,
  patient: 4,
  exact: 5,
  link: 6,
  token: 7,
  coarseToken: 8,
  range: 20,
  /** Reads every value of a parameter. */
  wholeParam: 50,
  /** Reads every resource of the type. */
  wholeType: 100,
} as const;

/** What a coarse token adds to its rank. */
const COARSER = RANK.coarseToken - RANK.token;
const COARSER_OF_PATIENT = 0.5;

/** Tokens with so few different codes that each finds a large part of all resources. */
const COARSE = new Set([
  'status',
  'category',
  'active',
  'gender',
  'clinical-status',
  'verification-status',
  'intent',
  'priority',
  'language',
  'class',
  'use',
  '_tag',
  '_security',
]);

/** `folds`: what the rows of the condition could answer besides. */
export function rankOf(tree: Tree, folds: Folds): number {
  switch (tree.op) {
    case 'none':
      return RANK.nothing;
    case 'atom':
      return atomRank(tree, folds);
    case 'and':
      return Math.min(...tree.of.map((inner) => rankOf(inner, folds)));
    case 'or':
      return Math.max(...tree.of.map((inner) => rankOf(inner, folds)));
    case 'exists':
      return Math.max(rankOf(tree.tree, noFolds(folds.facts)), RANK.link);
    case 'all':
    case 'not':
      return RANK.wholeType;
  }
}

function atomRank(atom: Atom, folds: Folds): number {
  const { param, test } = atom;
  if (isId(param)) return idRank(test);
  if (isPatientAtom(folds.facts, atom)) return RANK.patient;
  const ofPatient = folds.patient !== undefined && carriesPatient(test);
  if (ofPatient) return RANK.ofPatient + (COARSE.has(param.code) ? COARSER_OF_PATIENT : 0);
  if (namesCodes(test)) return tokenRank(param.code);
  if (test.is === 'composite') return carriesPatient(test) ? RANK.token : RANK.wholeParam;
  return TEST_RANK[rankName(atom)] ?? RANK.wholeParam;
}

/** Whatever asks for no one id is true or false of every resource. */
const idRank = (test: Test): number => (test.is === 'token' && test.code !== undefined && (test.system ?? '') === '' ? RANK.id : RANK.wholeType);

const namesCodes = (test: Test): boolean => test.is === 'codes' || (test.is === 'token' && test.code !== undefined);

function tokenRank(code: string): number {
  if (code === 'identifier') return RANK.identifier;
  return RANK.token + (COARSE.has(code) ? COARSER : 0);
}

/** That a resource has words for a parameter, no index tells. */
function rankName({ param, test }: Atom): string {
  if (test.is === 'string' || test.is === 'uri') return `${test.is} ${test.how}`;
  if (test.is === 'url') return test.below ? 'uri below' : 'url';
  if (test.is === 'missing') return `missing ${test.missing || holdsWords(param)}`;
  return 'prefix' in test ? `range ${test.prefix}` : test.is;
}

const TEST_RANK: Readonly<Record<string, number>> = {
  reference: RANK.exact,
  url: RANK.exact,
  'uri exact': RANK.exact,
  'uri above': RANK.exact,
  'uri below': RANK.token,
  'string exact': RANK.token,
  'string start': RANK.token,
  'string begin': RANK.token,
  'string equal': RANK.token,
  words: RANK.token,
  near: RANK.range,
  'range eq': RANK.range,
  'range ap': RANK.range,
  'range ge': RANK.range,
  'range gt': RANK.range,
  'range sa': RANK.range,
  'missing true': RANK.wholeType,
};
