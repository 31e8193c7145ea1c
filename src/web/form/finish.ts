/** From the form as it stands to the response as it is stored. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { PlanItem } from '../../questionnaire/plan.ts';
import type { Outside } from '../../record/outside.ts';
import { type Speech, saidIn } from './speech.ts';
import { type Form, type Standing, standing } from './state.ts';
import { itemsOf, type Node } from './tree.ts';

const answered = (nodes: readonly Node[], speech: Speech) =>
  itemsOf(nodes, { empty: false, textOf: ({ definition }: PlanItem) => saidIn(definition, 'text', speech)?.text });

/** All that was answered, also where it is not asked at the moment: it comes back when it is asked again. */
export function asDraft(response: QuestionnaireResponse, nodes: readonly Node[], speech: Speech): QuestionnaireResponse {
  const { item: _before, ...others } = response;
  const item = answered(nodes, speech);
  return { ...others, language: speech.language, ...(item.length === 0 ? {} : { item }) };
}

/** How it stands if it were sent now: with what is worked out, without what is not asked. */
export const asSent = (form: Form, nodes: readonly Node[], { speech, outside }: { speech: Speech; outside: Outside }): Promise<Standing> =>
  standing(form, answered(nodes, speech), outside);

/** Answers from paper keep the day on which they were given. */
export const finished = ({ response }: Standing, speech: Speech, now: Date): QuestionnaireResponse => ({
  ...response,
  language: speech.language,
  status: 'completed',
  authored: response.authored ?? now.toISOString(),
});
