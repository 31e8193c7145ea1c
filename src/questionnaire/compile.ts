/** Compiles a Questionnaire into a plan. https://hl7.org/fhir/R4/questionnaire.html */
import type { Questionnaire, QuestionnaireItem, ValueSet } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import { optionsOf } from './options.ts';
import type { Plan, PlanItem } from './plan.ts';

/** The codes (`system|code`) of a value set, where it can be listed. */
export type ValueSetCodes = (url: string) => ReadonlySet<string> | undefined;

/**
 * Throws FhirError `invalid`, naming the element, for a linkId that is missing or used twice, an enableWhen that asks
 * for a question which is not there, and conditions that go round in a circle.
 */
export function compilePlan(questionnaire: Questionnaire, valueSetCodes?: ValueSetCodes): Plan {
  const byLinkId = new Map<string, PlanItem>();
  const compiling: Compiling = { byLinkId, contained: containedValueSets(questionnaire), valueSetCodes, places: new Map() };
  const items = compileItems(questionnaire, undefined, { compiling, place: 'Questionnaire' });
  for (const item of byLinkId.values()) checkConditions(item, compiling);
  return {
    questionnaire,
    url: questionnaire.url ?? '',
    version: questionnaire.version ?? '',
    items,
    byLinkId,
    order: inOrder([...byLinkId.values()], compiling),
  };
}

interface Compiling {
  readonly byLinkId: Map<string, PlanItem>;
  readonly contained: ReadonlyMap<string, ValueSet>;
  readonly valueSetCodes: ValueSetCodes | undefined;
  /** Where each item stands, as a FHIRPath. */
  readonly places: Map<PlanItem, string>;
}

interface Here {
  readonly compiling: Compiling;
  readonly place: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function containedValueSets({ contained = [] }: Questionnaire): ReadonlyMap<string, ValueSet> {
  const sets = contained.filter((resource): resource is ValueSet => resource?.resourceType === 'ValueSet');
  return new Map(sets.map((set) => [`#${set.id ?? ''}`, set]));
}

function compileItems(holder: { item?: QuestionnaireItem[] | undefined }, parent: PlanItem | undefined, { compiling, place }: Here): PlanItem[] {
  const items = Array.isArray(holder.item) ? holder.item : [];
  return items.map((definition, index) => compileItem(definition, parent, { compiling, place: `${place}.item[${index}]` }));
}

function compileItem(definition: QuestionnaireItem, parent: PlanItem | undefined, { compiling, place }: Here): PlanItem {
  const linkId: unknown = definition?.linkId;
  if (typeof linkId !== 'string' || linkId === '') throw invalid('This item has no linkId; each needs one of its own.', `${place}.linkId`);
  const first = compiling.byLinkId.get(linkId);
  if (first !== undefined) {
    throw invalid(`The linkId '${linkId}' is used twice, first at ${compiling.places.get(first)}; each item needs one of its own.`, `${place}.linkId`);
  }
  const item: Mutable<PlanItem> = {
    linkId,
    definition,
    parent,
    children: [],
    conditions: definition.enableWhen ?? [],
    behavior: definition.enableBehavior === 'all' ? 'all' : 'any',
    ...optionsOf(definition, compiling),
  };
  compiling.byLinkId.set(linkId, item);
  compiling.places.set(item, place);
  item.children = compileItems(definition, item, { compiling, place });
  return item;
}

function checkConditions(item: PlanItem, { byLinkId, places }: Compiling): void {
  for (const [index, { question }] of item.conditions.entries()) {
    if (byLinkId.has(question)) continue;
    throw invalid(
      `The item '${item.linkId}' is enabled by the question '${question}', which this questionnaire does not have; name the linkId of one of its items.`,
      `${places.get(item)}.enableWhen[${index}].question`,
    );
  }
}

/** Each item after what it depends on (Kahn's algorithm); whoever is left over stands in a circle. */
function inOrder(items: readonly PlanItem[], { byLinkId, places }: Compiling): PlanItem[] {
  const waiting = new Map(items.map((item) => [item, new Set(dependencies(item, byLinkId))]));
  const dependants = Map.groupBy(
    items.flatMap((item) => [...(waiting.get(item) ?? [])].map((needed) => ({ item, needed }))),
    ({ needed }) => needed,
  );
  const order = items.filter((item) => waiting.get(item)?.size === 0);
  for (const done of order) {
    for (const { item } of dependants.get(done) ?? []) {
      const needs = waiting.get(item);
      needs?.delete(done);
      if (needs?.size === 0) order.push(item);
    }
  }
  const stuck = items.find((item) => (waiting.get(item)?.size ?? 0) > 0);
  if (stuck !== undefined) throw circular(inCircle(stuck, waiting), places);
  return order;
}

/** Goes from need to need until one comes round again: it stands in the circle, and so does a condition behind it. */
function inCircle(stuck: PlanItem, waiting: ReadonlyMap<PlanItem, ReadonlySet<PlanItem>>): PlanItem {
  const passed = new Set<PlanItem>();
  for (let item = stuck; ; item = [...(waiting.get(item) ?? [])][0] ?? item) {
    if (passed.has(item) && item.conditions.length > 0) return item;
    passed.add(item);
  }
}

function circular(item: PlanItem, places: ReadonlyMap<PlanItem, string>): FhirError {
  return invalid(
    `Whether '${item.linkId}' is enabled depends, by enableWhen, in the end on itself; a condition may only ask questions that do not depend on the item.`,
    `${places.get(item)}.enableWhen`,
  );
}

function dependencies(item: PlanItem, byLinkId: ReadonlyMap<string, PlanItem>): PlanItem[] {
  const asked = item.conditions.map(({ question }) => byLinkId.get(question));
  return [...asked, item.parent].filter((needed) => needed !== undefined);
}

const invalid = (text: string, expression: string): FhirError => new FhirError('invalid', text, { expression });
