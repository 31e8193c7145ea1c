/** Everything that would be checked if a resource were stored, without storing it: what `$validate` answers. */
import type { QuestionnaireResponse } from 'fhir/r4';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { checkResponse } from '../questionnaire/check.ts';
import type { Questionnaires } from '../record/questionnaires.ts';
import type { Tree } from '../search/ast.ts';
import type { Reader, Version } from '../store/store.ts';
import type { Question, Validator } from '../validate/validator.ts';

export interface Checker {
  readonly validator: Validator;
  readonly questionnaires: Questionnaires;
  /** Whether what a resource refers to on this server must be there. */
  readonly references: 'checked' | 'free';
}

/** `reader`: what lies outside the caller's sight counts as absent. */
export async function checkResource(resource: Resource, reader: Reader, checker: Checker): Promise<readonly Issue[]> {
  const { issues, questions } = checker.validator.validate(resource);
  const missing = checker.references === 'checked' ? await unanswered(questions, reader) : [];
  const answers = resource.resourceType === 'QuestionnaireResponse' && !issues.some(isError) ? await checkAnswers(resource, reader, checker) : [];
  return [...issues, ...missing, ...answers];
}

const isError = ({ severity }: Issue): boolean => severity === 'error' || severity === 'fatal';

async function unanswered(questions: readonly Question[], reader: Reader): Promise<readonly Issue[]> {
  const found = await Promise.all(questions.map(({ type, id }) => reader.read(type, id)));
  return questions
    .filter((_, at) => found[at] === undefined || found[at].method === 'delete')
    .map(({ type, id, expression }) => ({
      severity: 'error',
      code: 'invalid',
      text: `${type}/${id} does not exist here, or you may not see it.`,
      expression: [expression],
    }));
}

/** Which Questionnaires there are to be resolved: one of them is answered, the others are other versions of it. */
const MAX_VERSIONS = 1000;

async function checkAnswers(resource: Resource, reader: Reader, { questionnaires }: Checker): Promise<readonly Issue[]> {
  const response = resource as unknown as QuestionnaireResponse; // it has just passed the rules of that type
  if (response.questionnaire === undefined) return [];
  const find = async (where: Tree): Promise<readonly Version[]> =>
    (await reader.search({ of: [{ type: 'Questionnaire', where }], sort: [], count: MAX_VERSIONS, total: 'none', include: [] })).matches;
  try {
    return checkResponse(await questionnaires.resolve(response.questionnaire, find), response);
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
}
