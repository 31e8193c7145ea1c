/**
 * Which Questionnaire a response answers: the exact `url|version` that it names or, where it names no version, the
 * latest active one. Plans are compiled once a stored version, so an edited Questionnaire is never taken for the one
 * before it. https://hl7.org/fhir/R4/references.html#canonical
 */
import type { Questionnaire } from 'fhir/r4';
import { type Candidate as Dated, newestFirst, versionAlgorithm } from '../definitions/canonical.ts';
import { createLastUsed } from '../fhir/last-used.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { compilePlan } from '../questionnaire/compile.ts';
import { isModular } from '../questionnaire/modular.ts';
import type { Plan } from '../questionnaire/plan.ts';
import { type Terms, termsOver } from '../questionnaire/terms.ts';
import type { Tree } from '../search/ast.ts';
import { atom } from '../search/ast.ts';
import type { Params } from '../search/params.ts';
import type { Reader, Version } from '../store/store.ts';

export interface Questionnaires {
  /** Throws FhirError `invalid`, naming what there is, where the canonical leads to nothing. `find` asks the store. */
  resolve(canonical: string, find: FindQuestionnaires): Promise<Plan>;
  /**
   * The same as it is stored, whether it can be answered or not; undefined where the canonical leads to nothing. `toAssemble`: the one that
   * is still to be assembled, where both it and what became of it are stored.
   */
  stored(canonical: string, find: FindQuestionnaires, toAssemble?: boolean): Promise<Questionnaire | undefined>;
}

type FindQuestionnaires = (where: Tree) => Promise<readonly Version[]>;

/** Which there are to be resolved: one of them is meant, the others are other versions of it. */
const MAX_VERSIONS = 1000;

/** Searches as the reader may. */
export const finderOf =
  (reader: Reader): FindQuestionnaires =>
  async (where) =>
    (await reader.search({ of: [{ type: 'Questionnaire', where }], sort: [], count: MAX_VERSIONS, total: 'none', include: [] })).matches;

/** A site has some dozens of them. */
const KEPT = 500;

/** One stored Questionnaire; compiled when it is first answered, so that a broken one stands in nobody else's way. */
interface Candidate extends Dated {
  readonly questionnaire: Questionnaire;
  readonly isModular: boolean;
  plan(): Plan;
}

export function createQuestionnaires(params: Params): Questionnaires {
  const urlParam = params.find('Questionnaire', 'url');
  const terms = termsOver(params.registry);
  const kept = createLastUsed<Candidate>(KEPT);
  const candidateOf = ({ id, version, updated, text }: Version): Candidate =>
    kept.getOr(`${id}|${version}|${updated}`, () => readCandidate(JSON.parse(text) as Questionnaire, terms)); // it was validated when it was stored
  const look = async (
    canonical: string,
    find: FindQuestionnaires,
    toAssemble = false,
  ): Promise<{ readonly candidates: readonly Candidate[]; readonly chosen: Candidate | undefined }> => {
    if (urlParam === undefined) throw new Error('The definitions have no search parameter Questionnaire.url.');
    const [url = '', version = ''] = canonical.split('|');
    const candidates = (await find(atom(urlParam, { is: 'uri', how: 'exact', value: url }))).map(candidateOf);
    const fitting = candidates.filter((candidate) => (version === '' ? isActive(candidate) : candidate.version === version));
    const wanted = fitting.filter(({ isModular: isRoot }) => isRoot === toAssemble);
    const among = wanted.length > 0 ? wanted : fitting;
    return { candidates, chosen: version === '' ? newestFirst(among)[0] : firstOf(among) };
  };
  return {
    resolve: async (canonical, find) => {
      const { candidates, chosen } = await look(canonical, find);
      if (chosen === undefined) throw unknown(canonical, canonical.split('|')[0] ?? '', candidates);
      return chosen.plan();
    },
    stored: async (canonical, find, toAssemble) => (await look(canonical, find, toAssemble)).chosen?.questionnaire,
  };
}

function readCandidate(questionnaire: Questionnaire, terms: Terms): Candidate {
  let plan: Plan | undefined;
  return {
    questionnaire,
    isModular: isModular(questionnaire),
    version: questionnaire.version ?? '',
    status: questionnaire.status,
    date: questionnaire.date ?? '',
    algorithm: versionAlgorithm(questionnaire as unknown as Resource), // FHIR's own types lack an index signature
    layer: 0,
    plan: () => {
      plan ??= compilePlan(questionnaire, terms);
      return plan;
    },
  };
}

const isActive = ({ status }: Candidate): boolean => status === 'active';

/**
 * Two share a `url|version` only where they were stored before that was refused. Then an active one counts, and of these always the
 * same: the first by its id, which begins with the time where the server gave it.
 */
function firstOf(candidates: readonly Candidate[]): Candidate | undefined {
  const active = candidates.filter(isActive);
  const among = active.length > 0 ? active : candidates;
  return among.toSorted((left, right) => ((left.questionnaire.id ?? '') < (right.questionnaire.id ?? '') ? -1 : 1))[0];
}

function unknown(canonical: string, url: string, candidates: readonly Candidate[]): FhirError {
  const expression = 'QuestionnaireResponse.questionnaire';
  if (candidates.length === 0) {
    return new FhirError('invalid', `No Questionnaire with the url ${url} is stored here; store it first, or correct the canonical ${canonical}.`, {
      expression,
    });
  }
  const versions = candidates.map(({ version, status }) => `${version === '' ? 'one without version' : version} (${status})`);
  const wanted = canonical === url ? 'has no active version' : `has no version ${canonical.slice(url.length + 1)}`;
  return new FhirError('invalid', `The Questionnaire ${url} ${wanted} here; there is ${versions.join(', ')}.`, { expression });
}
