/**
 * Whether a Questionnaire can work: told when it is written, not when the first patient answers it. What the base
 * definition demands (https://hl7.org/fhir/R4/questionnaire.html#invs) is left to the validator.
 */
import type { Questionnaire } from 'fhir/r4';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import { compilePlan } from './compile.ts';
import type { Definitions } from './extract/elements.ts';
import { possibleConditions } from './form-rules/conditions.ts';
import { knownDefinitions } from './form-rules/definitions.ts';
import { knownNames, namedVariables, readableExpressions, supportedLanguages } from './form-rules/expressions.ts';
import { codedObservations, extractable } from './form-rules/extraction.ts';
import { doubtful, type FormItemRule, type FormRule } from './form-rules/form-rule.ts';
import { possibleLimits, possibleOccurrences } from './form-rules/limits.ts';
import { answerable, rightInitials, rightOptions } from './form-rules/options.ts';
import { weightedScores } from './form-rules/weights.ts';
import type { Plan } from './plan.ts';
import type { Terms } from './terms.ts';

const RULES: readonly FormRule[] = [supportedLanguages, readableExpressions, knownNames, namedVariables, weightedScores, extractable];
const ITEM_RULES: readonly FormItemRule[] = [
  possibleConditions,
  possibleLimits,
  possibleOccurrences,
  rightOptions,
  rightInitials,
  answerable,
  codedObservations,
];

/** A form with more faults is not looked through to the end. */
const MOST_ISSUES = 100;

/** Errors for what keeps it from working, warnings for what is doubtful. Without `definitions` those that extractions need are not looked for. Never throws. */
export function checkQuestionnaire(questionnaire: Questionnaire, terms: Terms, definitions?: Definitions): readonly Issue[] {
  try {
    const plan = compilePlan(questionnaire, terms);
    const undefinedNames = definitions === undefined ? [] : knownDefinitions(plan, definitions);
    return [...issuesIn(plan), ...undefinedNames, ...standing(questionnaire)].slice(0, MOST_ISSUES);
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
}

function* issuesIn(plan: Plan): Generator<Issue> {
  for (const rule of RULES) yield* rule(plan);
  for (const item of plan.byLinkId.values()) for (const rule of ITEM_RULES) yield* rule(item, plan);
}

function standing({ status, experimental }: Questionnaire): readonly Issue[] {
  const draft = 'A questionnaire in draft is answered only by who names its version.';
  return [
    ...(status === 'draft' ? [doubtful(draft, 'Questionnaire.status')] : []),
    ...(experimental === true ? [doubtful('An experimental questionnaire is not meant for real use.', 'Questionnaire.experimental')] : []),
  ];
}
