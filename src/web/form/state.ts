/** How each place of a form stands just now: what the server's own engine says of the answers so far. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import { formState, type ItemState } from '../../questionnaire/state.ts';
import { launchOf, type Outside, withSearches } from '../../record/outside.ts';
import { answerKey, groupKey, questionKey } from './keys.ts';
import { itemsOf, type Node, placeOf } from './tree.ts';

export interface Standing {
  /** Of the place with that key; undefined for one that the form does not have. */
  at(key: string): ItemState | undefined;
  /** Of any place of an item: what is the same at all of them. */
  of(item: PlanItem): ItemState | undefined;
  readonly places: ReadonlyMap<string, ItemState>;
  /** As it would be sent. */
  readonly response: QuestionnaireResponse;
}

export interface Form {
  readonly plan: Plan;
  /** The answers as they are stored: whose they are and who gives them. */
  readonly response: QuestionnaireResponse;
}

/** Every place of a form as it is shown, answered or not. */
export const standingOf = (form: Form, nodes: readonly Node[], outside: Outside): Promise<Standing> => standing(form, itemsOf(nodes, { empty: true }), outside);

/** What expressions ask of the record is searched for as the person at the form may see it. */
export async function standing({ plan, response }: Form, item: QuestionnaireResponse['item'] & object, outside: Outside): Promise<Standing> {
  const { item: _stored, ...others } = response;
  const asked: QuestionnaireResponse = item.length === 0 ? others : { ...others, item };
  const launch = await launchOf(plan, response, outside.reader);
  const state = await withSearches(
    (world) => {
      const result = formState(plan, asked, world);
      return { result, openQueries: result.openQueries };
    },
    launch,
    outside,
  );
  const places = new Map<string, ItemState>();
  place(state.items, '', places);
  const byItem = new Map([...places.values()].map((one) => [one.item, one]));
  return { at: (key) => places.get(key), of: (item) => byItem.get(item), places, response: state.response };
}

/** Under the keys of the page. */
function place(states: readonly ItemState[], holder: string, places: Map<string, ItemState>): void {
  const counts = new Map<PlanItem, number>();
  for (const state of states) {
    const { item, answers, children } = state;
    const n = counts.get(item) ?? 0;
    counts.set(item, n + 1);
    const isGroup = item.definition.type === 'group';
    const key = isGroup ? groupKey(holder, item, n) : questionKey(holder, item);
    places.set(key, state);
    if (isGroup) place(children, key, places);
    else for (const [at, answer] of answers.entries()) place(answer.children, answerKey(key, placeOf(item, answer.value, at)), places);
  }
}
