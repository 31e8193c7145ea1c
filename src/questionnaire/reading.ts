/**
 * A response read by the plan of its Questionnaire: which items are enabled, and what is asked of each at its place.
 * Checking, scoring and the form page all see this one reading.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import { type Codes, createCodes } from './codes.ts';
import { type Enablement, enablement } from './enable.ts';
import { createEvaluator, type Evaluator, type World, worldAt } from './evaluate.ts';
import { createLive, type Live } from './in-force.ts';
import type { Plan } from './plan.ts';
import { copyItems, type Walked, walk } from './walk.ts';

export interface Reading extends Enablement, Live, Codes {
  readonly plan: Plan;
  readonly walked: Walked;
  /** Undefined where the plan has no expression that matters here. */
  readonly evaluator: Evaluator | undefined;
}

/** Without a `world` the time is that of the answers, and nothing else outside is known. */
export function readResponse(plan: Plan, response: Readonly<QuestionnaireResponse>, world: World = worldAt(timeOf(response))): Reading {
  const codes = createCodes(plan.terms, world.confirmed);
  if (!plan.isLive) {
    const walked = walk(plan, response);
    return { plan, walked, evaluator: undefined, ...codes, ...enablement(plan, walked), ...createLive(undefined, plan.terms) };
  }
  const copy = copyItems(response);
  const walked = walk(plan, copy);
  const evaluator = createEvaluator(plan, copy, world);
  return { plan, walked, evaluator, ...codes, ...enablement(plan, walked, evaluator), ...createLive(evaluator, plan.terms) };
}

/** The beginning of time where the response does not say: it is not asked for then. */
const timeOf = ({ authored }: Readonly<QuestionnaireResponse>): Date => {
  const time = Date.parse(authored ?? '');
  return new Date(Number.isNaN(time) ? 0 : time);
};
