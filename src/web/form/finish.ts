/** From the form as it stands to the response as it is stored. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { PlanItem } from '../../questionnaire/plan.ts';
import { type Speech, saidIn } from './speech.ts';
import type { FormState } from './state.ts';
import { isAnswered, itemsOf, type Node } from './tree.ts';

/** Room for one more that was not used. */
export const isBlankRepeat = (node: Node): boolean => node.kind === 'group' && node.item.definition.repeats === true && !isAnswered(node);

const textIn =
  (speech: Speech) =>
  ({ definition }: PlanItem): string | undefined =>
    saidIn(definition, 'text', speech)?.text;

/** All that was answered, also where it is not asked at the moment: it comes back when it is asked again. */
export function asDraft(response: QuestionnaireResponse, nodes: readonly Node[], speech: Speech): QuestionnaireResponse {
  return { ...withItems(response, itemsOf(nodes, { keeps: () => true, empty: false, textOf: textIn(speech) })), language: speech.language };
}

/** What is asked, and nothing else. Answers from paper keep the day on which they were given. */
export function asFinished(
  response: QuestionnaireResponse,
  nodes: readonly Node[],
  { speech, state, now }: { speech: Speech; state: FormState; now: Date },
): QuestionnaireResponse {
  const items = itemsOf(nodes, { keeps: ({ key }) => state.isEnabled(key), empty: false, textOf: textIn(speech) });
  return { ...withItems(response, items), language: speech.language, status: 'completed', authored: response.authored ?? now.toISOString() };
}

function withItems(response: QuestionnaireResponse, items: QuestionnaireResponse['item']): QuestionnaireResponse {
  const { item: _before, ...others } = response;
  return items === undefined || items.length === 0 ? others : { ...others, item: items };
}
