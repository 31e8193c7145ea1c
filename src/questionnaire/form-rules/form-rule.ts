/** The shape of a check of the form itself: one small function over its plan, listed in `check-questionnaire.ts`. */
import type { Issue } from '../../fhir/outcome.ts';
import type { Plan, PlanItem } from '../plan.ts';

/** What is wrong with a questionnaire as a whole. */
export type FormRule = (plan: Plan) => readonly Issue[];

/** What is wrong with one item. */
export type FormItemRule = (item: PlanItem, plan: Plan) => readonly Issue[];

export const wrong = (text: string, place: string): Issue => ({ severity: 'error', code: 'invalid', text, expression: [place] });

export const doubtful = (text: string, place: string): Issue => ({ severity: 'warning', code: 'business-rule', text, expression: [place] });
