/**
 * What stands in a form before anybody has answered: what the record knows, as far as whoever begins may see it, and else
 * the questionnaire's own initial values. https://hl7.org/fhir/uv/sdc/populate.html
 */
import type { QuestionnaireResponseItem, QuestionnaireResponseItemAnswer, Reference } from 'fhir/r4';
import { extensionUrl } from '../../fhir/names.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { fillIn } from '../../http/interactions/questionnaire/populate.ts';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import { isSameAnswer, readValue } from '../../questionnaire/value.ts';
import type { Outside } from '../../record/outside.ts';
import { initialItems, initialValues } from './initial.ts';

/** On an answer that nobody has given: taken from what is known, and not changed since. */
const FILLED_IN = extensionUrl('filled-in');

export const isFilledIn = ({ extension }: Pick<QuestionnaireResponseItemAnswer, 'extension'>): boolean =>
  extension?.some(({ url }) => url === FILLED_IN) === true;

export interface Asked {
  readonly subject: Reference;
  /** Who fills the form in, where they are known here. */
  readonly user: string | undefined;
}

type Items = readonly QuestionnaireResponseItem[];

/** A record that does not answer holds up no form: `fault` is told why. */
export async function beginningItems(plan: Plan, { subject, user }: Asked, outside: Outside, fault: (error: unknown) => void): Promise<Items> {
  const initial = initialItems(plan);
  try {
    const { response } = await fillIn(plan, { subject, user, contexts: new Map(), data: [], local: true }, outside);
    return together(plan.items, response.item ?? [], initial);
  } catch (error) {
    if (!(error instanceof FhirError)) fault(error);
    return initial;
  }
}

/** What is worked out is left to be worked out, and what is not asked yet keeps its initial value. */
function together(items: readonly PlanItem[], known: Items, initial: Items): Items {
  const [knownOf, initialOf] = [known, initial].map((list) => Map.groupBy(list, ({ linkId }) => linkId));
  return items.flatMap((item) => {
    const own = initialOf?.get(item.linkId) ?? [];
    const isWorkedOut = item.expressions.calculatedExpression !== undefined;
    const found = isWorkedOut ? [] : (knownOf?.get(item.linkId) ?? []).flatMap((one) => withMarks(item, one, own[0]?.item ?? []));
    return found.length > 0 ? found : own;
  });
}

function withMarks(item: PlanItem, { linkId, item: inner = [], answer = [] }: QuestionnaireResponseItem, initial: Items): Items {
  if (item.definition.type === 'group') {
    const inside = together(item.children, inner, initial);
    return inside.length === 0 ? [] : [{ linkId, item: [...inside] }];
  }
  const answers = answer.map(({ item: below = [], ...value }) => {
    const inside = together(item.children, below, []);
    return { ...marked(item, value), ...(inside.length === 0 ? {} : { item: [...inside] }) };
  });
  return answers.length === 0 ? [] : [{ linkId, answer: answers }];
}

/** What the questionnaire says itself is not taken from the record. */
function marked(item: PlanItem, answer: QuestionnaireResponseItemAnswer): QuestionnaireResponseItemAnswer {
  const value = readValue(answer);
  const isOwn = value === undefined || initialValues(item).some((one) => isSameAnswer([one], [value]));
  return isOwn ? answer : { ...answer, extension: [...(answer.extension ?? []), { url: FILLED_IN, valueBoolean: true }] };
}
