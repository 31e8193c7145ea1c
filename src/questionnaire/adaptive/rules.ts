/**
 * Adaptive by rules: the questions of a stored Questionnaire, one after the other as they are enabled by the answers
 * given so far. https://hl7.org/fhir/uv/sdc/adaptive.html
 */
import type { QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { FhirError } from '../../fhir/outcome.ts';
import type { World } from '../evaluate.ts';
import { extensionsOf } from '../extension.ts';
import type { Plan, PlanItem } from '../plan.ts';
import { formState, type ItemState } from '../state.ts';
import { containedQuestionnaire, itemsByLinkId, withItems } from './contained.ts';

export const isAdaptive = ({ questionnaire }: Plan): boolean =>
  extensionsOf(questionnaire, 'questionnaireAdaptive').some(
    ({ valueBoolean, valueUrl, valueUri }) => valueBoolean === true || valueUrl !== undefined || valueUri !== undefined,
  );

interface Next {
  readonly result: QuestionnaireResponse;
  /** Searches that the expressions need; the result may be another once they are answered. */
  readonly openQueries: ReadonlySet<string>;
}

/**
 * The response with the next question, or completed with what is calculated at the end. Answers to questions that are not
 * enabled any more are left out. Throws `invalid` where a required question is not answered.
 */
export function nextByRules(plan: Plan, response: Readonly<QuestionnaireResponse>, world: World): Next {
  const asked = new Set([...linkIdsIn(containedQuestionnaire(response).item), ...itemsByLinkId(response).keys()]);
  const whole = { ...withoutContained(response), questionnaire: plan.url };
  const state = formState(plan, whole, world);
  const telling: Asking = { asked, next: undefined };
  const items = once(state.items.flatMap((item) => shown(item, telling) ?? []));
  const isOver = telling.next === undefined;
  const final = isOver ? once(state.items.flatMap((item) => everything(item) ?? [])) : items;
  const kept = keptOf(state.response.item ?? [], new Set(linkIdsIn(final)));
  return { result: { ...withItems(response, final, kept), status: isOver ? 'completed' : 'in-progress' }, openQueries: state.openQueries };
}

const withoutContained = ({ contained: _, ...rest }: Readonly<QuestionnaireResponse>): QuestionnaireResponse => rest;

interface Asking {
  readonly asked: ReadonlySet<string>;
  /** Set once the next question is found: what comes behind it waits. */
  next: string | undefined;
}

/** What is shown of an item so far; undefined where nothing is. */
function shown(state: ItemState, asking: Asking): QuestionnaireItem | undefined {
  const { item, enabled } = state;
  if (!enabled || asking.next !== undefined || isAtEnd(item)) return undefined;
  if (item.definition.type === 'display') return excerpt(item, []);
  if (item.definition.type === 'group' && !item.fixed.repeats) return group(state, asking);
  return question(state, asking);
}

/** Calculated and never asked: what comes with the result. */
const isAtEnd = ({ definition, expressions }: PlanItem): boolean => definition.readOnly === true && expressions.calculatedExpression !== undefined;

function group({ item, children }: ItemState, asking: Asking): QuestionnaireItem | undefined {
  const inside = children.flatMap((child) => shown(child, asking) ?? []);
  return inside.length > 0 ? excerpt(item, inside) : undefined;
}

/** A group that repeats is asked as a whole: nobody else can say how often. */
function question(state: ItemState, asking: Asking): QuestionnaireItem | undefined {
  const { item, answers, inForce } = state;
  const isAsked = asking.asked.has(item.linkId);
  if (!isAsked) {
    asking.next = item.linkId;
    return whole(item);
  }
  if (item.definition.type === 'group') return whole(item);
  if (answers.length === 0 && inForce.required) throw unanswered(item);
  const below = answers.flatMap(({ children }) => children).flatMap((child) => shown(child, asking) ?? []);
  return excerpt(item, once(below));
}

const unanswered = ({ linkId }: PlanItem): FhirError =>
  new FhirError('invalid', `'${linkId}' is required and not answered; the next question follows from the answer to it.`, {
    expression: 'QuestionnaireResponse.item',
  });

/** Whether it is enabled has been decided: the conditions may ask questions that are not shown. */
function excerpt({ definition }: PlanItem, inside: readonly QuestionnaireItem[]): QuestionnaireItem {
  const { enableWhen: _, enableBehavior: __, item: ___, extension = [], ...rest } = definition;
  const conditions = extensionsOf(definition, 'enableWhenExpression');
  const left = extension.filter((one) => !conditions.includes(one));
  return { ...rest, ...(left.length > 0 && { extension: left }), ...(inside.length > 0 && { item: [...inside] }) };
}

/** A question by itself; a group that repeats with all that is in it, conditions among its own questions included. */
const whole = (item: PlanItem): QuestionnaireItem =>
  item.definition.type === 'group' ? { ...excerpt(item, []), item: item.definition.item ?? [] } : excerpt(item, []);

/** All that was asked or is calculated, at the end. */
function everything({ item, enabled, children, answers }: ItemState): QuestionnaireItem | undefined {
  if (!enabled) return undefined;
  if (item.definition.type === 'group' && item.fixed.repeats) return whole(item);
  const below = [...children, ...answers.flatMap((answer) => answer.children)].flatMap((child) => everything(child) ?? []);
  if (item.definition.type === 'group' && below.length === 0) return undefined;
  return excerpt(item, once(below));
}

/** A group that repeats stands in the answers as often, among the questions once. */
const once = (items: readonly QuestionnaireItem[]): QuestionnaireItem[] => [...new Map(items.map((one) => [one.linkId, one])).values()];

function linkIdsIn(items: readonly QuestionnaireItem[] = []): string[] {
  return items.flatMap(({ linkId, item }) => [linkId, ...linkIdsIn(item)]);
}

/** The answers to what is shown. */
function keptOf(items: readonly QuestionnaireResponseItem[], linkIds: ReadonlySet<string>): QuestionnaireResponseItem[] {
  return items
    .filter(({ linkId }) => linkIds.has(linkId))
    .map(({ item, answer, ...rest }) => ({
      ...rest,
      ...(answer !== undefined && { answer: answer.map(({ item: below, ...value }) => ({ ...value, ...kept(below, linkIds) })) }),
      ...kept(item, linkIds),
    }))
    .filter(({ answer, item }) => answer !== undefined || item !== undefined);
}

function kept(items: readonly QuestionnaireResponseItem[] | undefined, linkIds: ReadonlySet<string>): { item?: QuestionnaireResponseItem[] } {
  const found = keptOf(items ?? [], linkIds);
  return found.length > 0 ? { item: found } : {};
}
