/** Everything that would be checked if a resource were stored, without storing it: what `$validate` answers. */
import type { QuestionnaireResponse } from 'fhir/r4';
import { parseResource } from '../fhir/json.ts';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { termsOver } from '../questionnaire/terms.ts';
import { checkAnswers } from '../record/check-answers.ts';
import { formOf } from '../record/form-of.ts';
import type { Outside } from '../record/outside.ts';
import { finderOf, type Questionnaires } from '../record/questionnaires.ts';
import type { Reader } from '../store/store.ts';
import { type Confirm, codeIssue, conformanceIssue } from '../validate/answers.ts';
import type { Question, Validator } from '../validate/validator.ts';

export interface Checker {
  readonly validator: Validator;
  readonly questionnaires: Questionnaires;
  /** Whether what a resource refers to on this server must be there. */
  readonly references: 'checked' | 'free';
  /** Whether a code is in a set, with what lies outside the registry. */
  readonly confirm?: Confirm;
  readonly unknownQuestionnaires: 'error' | 'warning';
  /** The world around a questionnaire's expressions, as far as it is not the caller's own. */
  readonly around: () => Omit<Outside, 'reader'>;
}

/** `reader`: what lies outside the caller's sight counts as absent. `profiles`: canonicals to hold the resource against. */
export async function checkResource(resource: Resource, reader: Reader, checker: Checker, profiles: readonly string[] = []): Promise<readonly Issue[]> {
  const { issues, questions } = checker.validator.validate(resource, { profiles });
  const open = await Promise.all(questions.map((question) => answered(question, reader, checker)));
  return [...issues, ...open.flat()];
}

async function answered(question: Question, reader: Reader, checker: Checker): Promise<readonly Issue[]> {
  if (question.ask === 'answers') return againstQuestionnaire(question, reader, checker);
  const issue = await lookedUp(question, reader, checker);
  return issue === undefined ? [] : [issue];
}

type LookedUp = Exclude<Question, { readonly ask: 'answers' }>;

async function lookedUp(question: LookedUp, reader: Reader, { validator, references, confirm }: Checker): Promise<Issue | undefined> {
  if (question.ask === 'code') return codeIssue(question, confirm);
  const { type, id, expression } = question;
  if (question.ask === 'reference' && references === 'free') return undefined;
  const version = await reader.read(type, id);
  const isThere = version !== undefined && version.method !== 'delete';
  if (question.ask === 'conformance') return isThere ? conformanceIssue(question, parseResource(version.text), validator) : undefined;
  return isThere
    ? undefined
    : { severity: 'error', code: 'invalid', text: `${type}/${id} does not exist here, or you may not see it.`, expression: [expression] };
}

type Answers = Extract<Question, { readonly ask: 'answers' }>;

/** A response inside of something else is named by its place there. */
async function againstQuestionnaire({ response, expression }: Answers, reader: Reader, checker: Checker): Promise<readonly Issue[]> {
  const issues = await formIssues(response as unknown as QuestionnaireResponse, reader, checker); // it has just passed the rules of that type
  return issues.map((issue) => ({ ...issue, expression: issue.expression?.map((path) => path.replace(/^QuestionnaireResponse/, () => expression)) ?? [] }));
}

async function formIssues(
  response: QuestionnaireResponse,
  reader: Reader,
  { questionnaires, around, confirm, unknownQuestionnaires: unknown }: Checker,
): Promise<readonly Issue[]> {
  try {
    const outside: Outside = { ...around(), reader, confirm };
    const { plan, issues } = await formOf(response, {
      resolve: (canonical) => questionnaires.resolve(canonical, finderOf(reader)),
      terms: termsOver(outside.params.registry),
      unknown,
    });
    return plan === undefined ? issues : [...issues, ...(await checkAnswers(plan, response, outside))];
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
}
