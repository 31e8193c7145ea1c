/**
 * `$populate`: an answer begun with what is known already. Pure: what only a search can tell is named in `openQueries`,
 * and asked for again once it is answered. https://hl7.org/fhir/uv/sdc/populate.html
 */
import type { Observation, QuestionnaireResponse, Reference } from 'fhir/r4';
import { type FhirPathValue, plainValue, rawValue } from '../../fhir/fhirpath.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { asAnswer } from '../convert.ts';
import { createEvaluator, type Evaluator, type World } from '../evaluate.ts';
import { extensionsOf } from '../extension.ts';
import { nameOf, type Plan, type PlanExpression, type PlanItem } from '../plan.ts';
import { elementOf } from '../rules/types.ts';
import { formState } from '../state.ts';
import { asRecord, optionKey, readValue, type Value } from '../value.ts';
import type { Found, Holder } from '../walk.ts';
import { linkPeriod, type Measured, measuredFor, type Observing, valueIn } from './observation.ts';
import { inUnitOf } from './units.ts';

export interface Populating {
  /** Launch contexts, searches that were answered, the time. */
  readonly world: World;
  readonly subject: Reference | undefined;
  /** Results of variables of the questionnaire, given with the request. */
  readonly variables: ReadonlyMap<string, readonly unknown[]>;
  /** Observations given with the request. */
  readonly data: readonly Observation[];
  /** Whether Observations may be asked for; x-fhir-queries are answered, or not, by the world. */
  readonly observes: boolean;
}

export interface Populated {
  /** A valid draft, without anything for items that are not enabled. */
  readonly response: QuestionnaireResponse;
  /** What could not be filled in, and why. */
  readonly issues: readonly Issue[];
  /** Searches whose results are needed; empty when all that can be filled in is. */
  readonly openQueries: ReadonlySet<string>;
}

/** Throws FhirError `business-rule` where only a StructureMap could fill in the form. */
export function populate(plan: Plan, populating: Populating): Populated {
  refuseMap(plan);
  const { world, subject, variables } = populating;
  const response: QuestionnaireResponse = { ...beginning(plan, subject), authored: world.now.toISOString() };
  const evaluator = createEvaluator(plan, response, world);
  const openQueries = new Set<string>();
  const issues: Issue[] = [...unknownTo(plan, populating), ...unsupportedIn(plan)];
  const root: Holder = { place: 'QuestionnaireResponse', plan: undefined, parent: undefined, position: -1, end: Number.POSITIVE_INFINITY, children: [] };
  for (const [name, values] of variables) evaluator.bind(root, name, values);
  const observing = { world, subject, data: populating.data, openQueries };
  const filling: Filling = { plan, evaluator, issues, observing, observes: populating.observes, made: { count: 0 } };
  fillIn(plan.items, { holder: root, raw: response as unknown as Raw, around: undefined }, filling);
  const state = formState(plan, response, world);
  for (const [expression, fault] of evaluator.faults) issues.push(faultIn(expression, fault));
  return { response: state.response, issues, openQueries: new Set([...openQueries, ...evaluator.openQueries, ...state.openQueries]) };
}

/** Questionnaires given by value, without a url, go along with the answer. */
function beginning({ questionnaire, url, version }: Plan, subject: Reference | undefined): QuestionnaireResponse {
  const isNamed = url !== '';
  const canonical = version === '' ? url : `${url}|${version}`;
  return {
    resourceType: 'QuestionnaireResponse',
    ...(isNamed ? {} : { contained: [{ ...questionnaire, id: 'q' }] }),
    questionnaire: isNamed ? canonical : '#q',
    status: 'in-progress',
    ...(subject !== undefined && { subject }),
  };
}

type Raw = Record<string, unknown>;

interface Filling {
  readonly plan: Plan;
  readonly evaluator: Evaluator;
  readonly issues: Issue[];
  readonly observing: Observing;
  readonly observes: boolean;
  /** How many items there are so far. */
  readonly made: { count: number };
}

interface Place {
  readonly holder: Holder;
  /** What the items go into: the response, an item, or an answer. */
  readonly raw: Raw;
  /** The Observation that the item around is about. */
  readonly around: Measured | undefined;
}

function fillIn(items: readonly PlanItem[], place: Place, filling: Filling): void {
  for (const item of items) {
    if (item.definition.type === 'display') continue;
    if (item.definition.type === 'group') fillGroup(item, place, filling);
    else fillQuestion(item, place, filling);
  }
}

/** A group is there once, or once for each value of its population context. */
function fillGroup(item: PlanItem, place: Place, filling: Filling): void {
  const context = item.expressions.itemPopulationContext;
  const rows = context === undefined ? [undefined] : rowsOf(context, place, { item, filling });
  for (const row of rows) {
    const occurrence = occur(item, place, filling);
    if (row !== undefined && context?.name !== undefined) filling.evaluator.bind(occurrence, context.name, [row]);
    const around = observedFor(item, place.around, filling) ?? place.around;
    fillIn(item.children, { holder: occurrence, raw: occurrence.raw as Raw, around }, filling); // ours, made here
  }
}

/** More would be no form to fill in. */
const MOST_ROWS = 200;
/** Groups in groups multiply. What is larger is not checked either. */
const MOST_ITEMS = 5000;

interface ForItem {
  readonly item: PlanItem;
  readonly filling: Filling;
}

/** Undefined stands for an empty group: one that must be there, though there is nothing to fill it with. */
function rowsOf(context: PlanExpression, { holder }: Place, { item, filling }: ForItem): readonly unknown[] {
  const { values } = filling.evaluator.at(context, holder);
  const rows = values.flatMap(resourcesIn);
  const most = item.fixed.repeats ? Math.min(item.fixed.maxOccurs, MOST_ROWS) : 1;
  if (rows.length > most) tell(filling, item, `There are ${rows.length} of what ${nameOf(item)} is about, but only ${most} can be taken; the first were.`);
  if (rows.length > 0) return rows.slice(0, most);
  return item.fixed.required || !item.fixed.repeats ? [undefined] : [];
}

/** Of a searchset the resources that were found. */
function resourcesIn(value: FhirPathValue): readonly unknown[] {
  const { resourceType, entry } = asRecord(rawValue(value));
  if (resourceType !== 'Bundle') return [value];
  const entries: readonly Raw[] = Array.isArray(entry) ? entry.map(asRecord) : [];
  return entries.flatMap(({ resource, search }) => (resource === undefined || asRecord(search).mode === 'outcome' ? [] : [resource]));
}

/** A new occurrence of the item, in the response that expressions see. */
function occur(item: PlanItem, { holder, raw }: Place, { evaluator, made }: Filling): Mutable<Found> {
  made.count += 1;
  if (made.count > MOST_ITEMS)
    throw new FhirError('too-costly', `The answer would have more than ${MOST_ITEMS} items; narrow what its groups are filled in from.`);
  const list: unknown[] = Array.isArray(raw.item) ? raw.item : [];
  const own: Raw = { linkId: item.linkId, ...(item.fixed.text !== undefined && { text: item.fixed.text }) };
  raw.item = list;
  list.push(own);
  evaluator.changed(raw);
  return {
    linkId: item.linkId,
    place: `${holder.place}.item[${list.length - 1}]`,
    plan: item,
    parent: holder,
    position: 0,
    end: 0,
    raw: own,
    answers: [],
    children: [],
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function fillQuestion(item: PlanItem, place: Place, filling: Filling): void {
  const occurrence = occur(item, place, filling);
  const observed = observedFor(item, place.around, filling);
  const values = firstOf([() => byExpression(item, occurrence, filling), () => byObservation(item, observed, filling), () => initialOf(item)]);
  if (values.length === 0) tellUnreached(item, filling);
  const answers = values.map((value): Raw => ({ [elementOf(value.type)]: value.raw }));
  if (answers.length > 0) (occurrence.raw as Raw).answer = answers; // ours, made here
  occurrence.answers = answers.map((raw, index) => ({ place: `${occurrence.place}.answer[${index}]`, raw, value: values[index], children: [] }));
  filling.evaluator.changed(...answers);
  for (const raw of answers) fillIn(item.children, { holder: occurrence, raw, around: observed ?? place.around }, filling);
}

/** Items below a question stand in its answers: without one they are not there yet. */
function tellUnreached(item: PlanItem, filling: Filling): void {
  for (const child of item.children) {
    if (child.expressions.initialExpression !== undefined)
      tell(filling, child, `${nameOf(child)} can be filled in only below an answer to ${nameOf(item)}, and there is none.`);
  }
}

/** The first that gives something. */
function firstOf(ways: readonly (() => readonly Value[])[]): readonly Value[] {
  for (const way of ways) {
    const values = way();
    if (values.length > 0) return values;
  }
  return [];
}

function byExpression(item: PlanItem, occurrence: Found, filling: Filling): readonly Value[] {
  const expression = item.expressions.initialExpression;
  if (expression === undefined) return [];
  const { values } = filling.evaluator.at(expression, occurrence);
  const plain = (expression.language === 'text/fhirpath' ? values : values.flatMap(resourcesIn)).map(plainValue);
  return allowed(
    item,
    plain.flatMap((one) => fitted(item, one, filling)),
    { filling, from: 'initialExpression', count: plain.length },
  );
}

function byObservation(item: PlanItem, measured: Measured | undefined, filling: Filling): readonly Value[] {
  const raw = measured === undefined ? undefined : valueIn(measured);
  return raw === undefined ? [] : allowed(item, fitted(item, raw, filling), { filling, from: 'Observation', count: 1 });
}

const initialOf = ({ definition: { initial = [], answerOption = [] } }: PlanItem): readonly Value[] =>
  [...initial, ...answerOption.filter(({ initialSelected }) => initialSelected === true)].flatMap((holder) => readValue(holder) ?? []);

/** As an answer to the question; nothing where it cannot be one. */
function fitted(item: PlanItem, plain: unknown, { plan }: Filling): Value[] {
  const value = asAnswer(item, attachment(item, inUnitOf(item, plain, plan.terms)), plan.terms);
  return value === undefined ? [] : [value];
}

/** A file on record as an attachment: https://hl7.org/fhir/uv/sdc/populate.html#exp-pop */
function attachment(item: PlanItem, plain: unknown): unknown {
  const { resourceType, contentType, data, content } = asRecord(plain);
  if (item.definition.type !== 'attachment') return plain;
  if (resourceType === 'Binary') return { contentType, ...(data !== undefined && { data }) };
  return resourceType === 'DocumentReference' && Array.isArray(content) ? asRecord(content[0]).attachment : plain;
}

interface Allowing {
  readonly filling: Filling;
  readonly from: string;
  /** How many values there were. */
  readonly count: number;
}

/** What the question does not take is left out, and told. */
function allowed(item: PlanItem, values: readonly Value[], { filling, from, count }: Allowing): readonly Value[] {
  if (values.length < count)
    tell(filling, item, `A value of the ${from} of ${nameOf(item)} is no answer to a question of type ${item.definition.type}${unitWords(item)}.`);
  const offered = values.filter((value) => isOffered(item, value, filling.plan));
  if (offered.length < values.length) tell(filling, item, `A value of the ${from} of ${nameOf(item)} is none of its options.`);
  const most = item.fixed.repeats ? item.fixed.maxOccurs : 1;
  if (offered.length <= most) return offered.map((value) => withDisplay(item, value));
  tell(filling, item, `The ${from} of ${nameOf(item)} gives ${offered.length} values, but the question takes ${most}; none was taken.`);
  return [];
}

const unitWords = ({ units }: PlanItem): string => (units.codings.length === 0 ? '' : ` in ${units.codings.map(({ code }) => code).join(' or ')}`);

function isOffered(item: PlanItem, value: Value, { terms }: Plan): boolean {
  if (item.definition.type !== 'choice') return true;
  if (item.options !== undefined) return item.options.has(optionKey(value));
  return item.valueSet === undefined || value.type !== 'Coding' || terms.has(item.valueSet, asRecord(value.raw)) !== false;
}

/** An option as the questionnaire has it, with its words. */
function withDisplay(item: PlanItem, value: Value): Value {
  const option = item.definition.type === 'choice' ? item.choices.find(({ key }) => key === optionKey(value)) : undefined;
  return option?.value ?? value;
}

function observedFor(item: PlanItem, around: Measured | undefined, filling: Filling): Measured | undefined {
  const { plan, observing, observes } = filling;
  const period = observes ? linkPeriod(item.definition, plan.questionnaire) : undefined;
  if (period === undefined || item.fixed.repeats) return undefined;
  const candidates = measuredFor(item.definition, period, around, observing);
  const isGroup = item.definition.type === 'group';
  return (
    candidates.find((one) => isGroup || (valueIn(one) !== undefined && fitted(item, valueIn(one), filling).length > 0)) ??
    (isGroup ? undefined : candidates.find((one) => valueIn(one) !== undefined))
  );
}

function tell({ issues }: Filling, item: PlanItem, text: string): void {
  issues.push({ severity: 'warning', code: 'incomplete', text, expression: [item.place] });
}

const faultIn = ({ kind, place }: PlanExpression, fault: string): Issue => ({
  severity: 'warning',
  code: 'processing',
  text: `${kind}: ${fault}`,
  expression: [place],
});

/** Launch contexts that are asked for and were not given, where an expression needs them. */
function unknownTo({ launchContexts, expressions }: Plan, { world }: Populating): Issue[] {
  const needed = launchContexts.filter(({ name }) => !world.launch.has(name) && expressions.some(({ uses }) => uses.has(name)));
  return needed.map(({ name, types }) => ({
    severity: 'warning',
    code: 'incomplete',
    text: `The launch context '${name}' (${types.join(' or ')}) was not given; what follows from it is not filled in.`,
    expression: ['Questionnaire.extension'],
  }));
}

function unsupportedIn({ unsupported, questionnaire }: Plan): Issue[] {
  const told = unsupported.map(
    ({ kind, language, place }): Issue => ({
      severity: 'warning',
      code: 'not-supported',
      text: `The ${kind} is written in ${language}, which is not evaluated here; text/fhirpath and application/x-fhir-query are.`,
      expression: [place],
    }),
  );
  return extensionsOf(questionnaire, 'sourceStructureMap').length > 0 ? [...told, MAP] : told;
}

/** Where a StructureMap is the only way to fill in anything. */
function refuseMap({ questionnaire, expressions }: Plan): void {
  if (extensionsOf(questionnaire, 'sourceStructureMap').length === 0) return;
  const hasOtherWay = expressions.some(({ kind }) => kind === 'initialExpression' || kind === 'itemPopulationContext');
  if (hasOtherWay || /observationLinkPeriod"|"initial(?:Selected)?"/.test(JSON.stringify(questionnaire))) return;
  throw new FhirError('business-rule', MAP.text, { issues: [{ ...MAP, severity: 'error' }] });
}

const MAP: Issue = {
  severity: 'warning',
  code: 'not-supported',
  text: 'StructureMaps are not carried out here; fill in by expressions or Observations (see docs/sdc-operations.md).',
  expression: ['Questionnaire.extension'],
};
