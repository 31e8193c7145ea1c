/** How each place of a form stands just now: what the server's own engine says of the answers so far. */
import type { QuestionnaireResponse } from 'fhir/r4';
import { enablement } from '../../questionnaire/enable.ts';
import type { Plan } from '../../questionnaire/plan.ts';
import { type Found, walk } from '../../questionnaire/walk.ts';
import { itemsOf, type Node } from './tree.ts';

export interface FormState {
  isEnabled(key: string): boolean;
  isRequired(key: string): boolean;
  /** `optionKey`s that may be chosen now; undefined: all. */
  allowed(key: string): ReadonlySet<string> | undefined;
  /** Whether the answer is worked out and not typed. */
  isComputed(key: string): boolean;
}

/** The whole form as a response: every place is there, answered or not. */
function wholeOf(plan: Plan, nodes: readonly Node[]): { response: QuestionnaireResponse; places: ReadonlyMap<string, string> } {
  const places = new Map<string, string>();
  const item = itemsOf(nodes, { keeps: () => true, empty: true, placed: (key, place) => void places.set(place, key) });
  return { response: { resourceType: 'QuestionnaireResponse', status: 'in-progress', questionnaire: plan.url, item }, places };
}

export function stateOf(plan: Plan, nodes: readonly Node[]): FormState {
  const { response, places } = wholeOf(plan, nodes);
  const walked = walk(plan, response);
  const { isEnabled } = enablement(plan, walked);
  const found = new Map<string, Found>();
  for (const one of walked.all) {
    const key = places.get(one.place);
    if (key !== undefined) found.set(key, one);
  }
  return {
    isEnabled: (key) => {
      const one = found.get(key);
      return one?.plan !== undefined && isEnabled(one.plan, one.parent);
    },
    isRequired: (key) => found.get(key)?.plan?.definition.required === true,
    allowed: () => undefined,
    isComputed: () => false,
  };
}
