/** Compiles a Questionnaire into a plan. https://hl7.org/fhir/R4/questionnaire.html */
import type { Questionnaire, QuestionnaireItem, ValueSet } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import { allowedTypes } from './answer-types.ts';
import { type Collected, constraintsOf, itemExpressionsOf, togglesOf, variablesOf } from './expressions.ts';
import { extensionCodes, extensionFlag, extensionsOf, extensionTexts, partOf, partsOf } from './extension.ts';
import { inOrder, type Ordered } from './graph.ts';
import { fixedOf, unitsOf } from './limits.ts';
import { isModular } from './modular.ts';
import { optionsOf } from './options.ts';
import { IN_FORCE_EXPRESSIONS, type LaunchContext, type Plan, type PlanExpression, type PlanItem } from './plan.ts';
import { NO_TERMS, type Terms } from './terms.ts';
import { withVariableReads } from './variables.ts';

/**
 * Throws FhirError `invalid`, naming the element, for a linkId that is missing or used twice, an enableWhen that asks
 * for a question which is not there, and conditions or calculations that go round in a circle. What else can be wrong with a
 * questionnaire is told by `checkQuestionnaire`.
 */
export function compilePlan(questionnaire: Questionnaire, terms: Terms = NO_TERMS): Plan {
  const byLinkId = new Map<string, PlanItem>();
  const collected: Collected = { expressions: [], unsupported: [] };
  const compiling: Compiling = { byLinkId, contained: containedValueSets(questionnaire), terms, collected };
  const owner = { item: undefined, place: 'Questionnaire', collected };
  const [variables, constraints] = [variablesOf(questionnaire, owner), constraintsOf(questionnaire, owner)];
  const items = compileItems(questionnaire, undefined, { compiling, place: 'Questionnaire' });
  if (!isModular(questionnaire)) for (const item of byLinkId.values()) checkConditions(item, byLinkId);
  const all = [...byLinkId.values()];
  requireFewVariables(collected);
  withVariableReads(collected.expressions, variables);
  const { steps, circle } = inOrder(all, byLinkId);
  if (circle !== undefined) throw circular(circle);
  return {
    questionnaire,
    url: questionnaire.url ?? '',
    version: questionnaire.version ?? '',
    items,
    byLinkId,
    order: steps.filter(({ does }) => does === 'enable').map(({ item }) => item),
    steps,
    variables,
    launchContexts: launchContextsOf(questionnaire),
    assembleContexts: extensionTexts(questionnaire, 'assembleContext'),
    constraints,
    contained: compiling.contained,
    isLive: collected.expressions.some(({ kind }) => LIVE.has(kind)),
    terms,
    ...collected,
  };
}

/** A variable may use another, and that one the next. */
const MOST_VARIABLES = 1000;

function requireFewVariables({ expressions }: Collected): void {
  const count = expressions.filter(({ kind }) => kind === 'variable').length;
  if (count > MOST_VARIABLES) throw invalid(`The questionnaire has ${count} variables; at most ${MOST_VARIABLES} are taken.`, 'Questionnaire');
}

/** What has a say in how a form stands; the others only offer something. */
const LIVE: ReadonlySet<PlanExpression['kind']> = new Set<PlanExpression['kind']>([
  'enableWhenExpression',
  'calculatedExpression',
  'answerExpression',
  'answerOptionsToggleExpression',
  'constraint',
  ...IN_FORCE_EXPRESSIONS,
]);

interface Compiling {
  readonly byLinkId: Map<string, PlanItem>;
  readonly contained: ReadonlyMap<string, ValueSet>;
  readonly terms: Terms;
  readonly collected: Collected;
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

/** https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-launchContext.html */
function launchContextsOf(questionnaire: Questionnaire): readonly LaunchContext[] {
  return extensionsOf(questionnaire, 'launchContext').flatMap((extension): readonly LaunchContext[] => {
    const named = partOf(extension, 'name');
    const name = named?.valueCoding?.code ?? named?.valueId;
    if (name === undefined) return [];
    const types = partsOf(extension, 'type').flatMap(({ valueCode }) => valueCode ?? []);
    return [{ name, types, description: partOf(extension, 'description')?.valueString }];
  });
}

function compileItems(holder: { item?: QuestionnaireItem[] | undefined }, parent: PlanItem | undefined, { compiling, place }: Here): PlanItem[] {
  const items = Array.isArray(holder.item) ? holder.item : [];
  return items.map((definition, index) => compileItem(definition, parent, { compiling, place: `${place}.item[${index}]` }));
}

function compileItem(definition: QuestionnaireItem, parent: PlanItem | undefined, { compiling, place }: Here): PlanItem {
  const linkId = requireLinkId(definition, { compiling, place });
  const item: Mutable<PlanItem> = {
    linkId,
    definition,
    types: allowedTypes(definition),
    place,
    parent,
    children: [],
    conditions: definition.enableWhen ?? [],
    behavior: definition.enableBehavior === 'all' ? 'all' : 'any',
    ...optionsOf(definition, compiling),
    toggles: [],
    variables: [],
    constraints: [],
    expressions: {},
    fixed: fixedOf(definition),
    hidden: extensionFlag(definition, 'hidden'),
    controls: extensionCodes(definition, 'itemControl'),
    isSubject: extensionFlag(definition, 'isSubject'),
    units: unitsOf(definition),
  };
  addExpressions(item, compiling.collected);
  compiling.byLinkId.set(linkId, item);
  item.children = compileItems(definition, item, { compiling, place });
  return item;
}

function addExpressions(item: Mutable<PlanItem>, collected: Collected): void {
  const owner = { item, place: item.place, collected };
  item.variables = variablesOf(item.definition, owner);
  item.constraints = constraintsOf(item.definition, owner);
  item.toggles = togglesOf(item.definition, owner);
  item.expressions = itemExpressionsOf(item.definition, owner);
}

function requireLinkId(definition: QuestionnaireItem, { compiling, place }: Here): string {
  const linkId: unknown = definition?.linkId;
  if (typeof linkId !== 'string' || linkId === '') throw invalid('This item has no linkId; each needs one of its own.', `${place}.linkId`);
  const first = compiling.byLinkId.get(linkId);
  if (first !== undefined) throw invalid(`The linkId '${linkId}' is used twice, first at ${first.place}; each item needs one of its own.`, `${place}.linkId`);
  return linkId;
}

function checkConditions(item: PlanItem, byLinkId: ReadonlyMap<string, PlanItem>): void {
  for (const [index, { question }] of item.conditions.entries()) {
    if (byLinkId.has(question)) continue;
    throw invalid(
      `The item '${item.linkId}' is enabled by the question '${question}', which this questionnaire does not have; name the linkId of one of its items.`,
      `${item.place}.enableWhen[${index}].question`,
    );
  }
}

function circular({ item, about }: NonNullable<Ordered['circle']>): FhirError {
  const { linkId, place, expressions, conditions } = item;
  if (about === 'answers') {
    return invalid(
      `What '${linkId}' is calculated from depends in the end on '${linkId}' itself; a calculation may only read answers that do not depend on it.`,
      expressions.calculatedExpression?.place ?? place,
    );
  }
  const by = conditions.length > 0 ? 'enableWhen' : 'enableWhenExpression';
  return invalid(
    `Whether '${linkId}' is enabled depends, by ${by}, in the end on itself; a condition may only ask questions that do not depend on the item.`,
    conditions.length > 0 ? `${place}.enableWhen` : (expressions.enableWhenExpression?.place ?? place),
  );
}

const invalid = (text: string, expression: string): FhirError => new FhirError('invalid', text, { expression });
