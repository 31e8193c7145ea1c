/**
 * The expressions of a questionnaire, evaluated at the places of a response. Pure and synchronous: what only a search can
 * tell is asked of the caller, who answers with what the person concerned may see, and evaluates again.
 * https://hl7.org/fhir/uv/sdc/expressions.html
 */
import { compileValuePath, createHost, createMeter, type FhirPathValue, type Meter, plainValue, type ValuePath } from '../fhir/fhirpath.ts';
import { FhirError } from '../fhir/outcome.ts';
import { withLookups } from './analysis.ts';
import { embedded } from './expressions.ts';
import { clockFunctions, questionnaireFunctions } from './functions.ts';
import type { Plan, PlanExpression } from './plan.ts';
import { createTree, type Tree } from './tree.ts';
import { BUILT_IN, usedBy } from './variables.ts';
import type { Holder } from './walk.ts';

/** What lies outside the response. */
export interface World {
  /** Resources (or references) by the name of their launch context: `patient`, `user` … */
  readonly launch: ReadonlyMap<string, readonly unknown[]>;
  /** What a search (`Observation?code=…`) finds, as a searchset Bundle; undefined where it has not been asked yet. */
  answers(query: string): readonly unknown[] | undefined;
  /** Which codes others know to be in a value set, or not: by the key of the question that was left open. */
  readonly confirmed?: ReadonlyMap<string, boolean>;
  readonly now: Date;
  /** An IANA name or an offset, for `today()`; UTC without one. */
  readonly timeZone?: string;
}

/** Where nothing but the response is known. */
export const worldAt = (now: Date): World => ({ launch: new Map(), answers: () => undefined, now });

export interface Evaluation {
  /** As the engine holds them; `plainValue` and `rawValue` of the FHIRPath door give the JSON. */
  readonly values: readonly FhirPathValue[];
  /** Why it could not be evaluated. */
  readonly fault: string | undefined;
  /** It uses a query that is not answered yet, or a launch context that is not known: the values may be others. */
  readonly isOpen: boolean;
}

export interface Evaluator {
  /** At an occurrence of the expression's item, or at the response for one of the questionnaire's own. */
  at(expression: PlanExpression, place: Holder): Evaluation;
  /** Gives a name another meaning at a place and below it: one value of a population context. */
  bind(place: Holder, name: string, values: readonly unknown[]): void;
  /** To be told when answers have changed; `holders`: where items have come or gone. */
  changed(...holders: readonly object[]): void;
  /** Searches that must be answered first. */
  readonly openQueries: ReadonlySet<string>;
  /** What expressions see; `changed` must be told of what is changed in it. */
  readonly response: object;
  /** Why expressions could not be evaluated, each once. */
  readonly faults: ReadonlyMap<PlanExpression, string>;
}

/** All of a form together may do as much as that many expressions that go to their limit: some seconds. */
const MOST_WORK = 5;

/** `response` must be the evaluator's own copy where `changed` is used. */
export function createEvaluator(plan: Plan, response: object, world: World): Evaluator {
  let made: Tree | undefined;
  const tree = (): Tree => {
    made ??= createTree(response, plan.questionnaire);
    return made;
  };
  const evaluating: Evaluating = {
    plan,
    world,
    tree,
    host: createHost({ ...questionnaireFunctions(plan, tree), ...clockFunctions(world) }),
    meter: createMeter(MOST_WORK),
    variables: new Map(),
    bindings: new Map(),
    openQueries: new Set(),
  };
  const faults = new Map<PlanExpression, string>();
  return {
    response,
    faults,
    at: (expression, place) => {
      const evaluation = evaluate(expression, place, evaluating);
      if (evaluation.fault !== undefined) faults.set(expression, evaluation.fault);
      return evaluation;
    },
    bind: (place, name, values) => {
      const bound = evaluating.bindings.get(place) ?? new Map();
      evaluating.bindings.set(place, bound.set(name, values));
      evaluating.variables.clear();
    },
    changed: (...holders) => {
      for (const holder of holders) made?.forget(holder);
      evaluating.variables.clear();
    },
    openQueries: evaluating.openQueries,
  };
}

interface Evaluating {
  readonly plan: Plan;
  readonly world: World;
  readonly tree: () => Tree;
  readonly host: ReturnType<typeof createHost>;
  readonly meter: Meter;
  /** Values of variables, by the place whose variable it is. */
  readonly variables: Map<PlanExpression, Map<Holder, Evaluation>>;
  readonly bindings: Map<Holder, Map<string, readonly unknown[]>>;
  readonly openQueries: Set<string>;
}

const NOTHING: Evaluation = { values: [], fault: undefined, isOpen: false };

function evaluate(expression: PlanExpression, place: Holder, evaluating: Evaluating): Evaluation {
  const { environment, isOpen, fault } = environmentOf(expression, place, evaluating);
  if (fault !== undefined) return { values: [], fault, isOpen };
  try {
    const found =
      expression.language === 'text/fhirpath'
        ? { ...NOTHING, values: runPath(expression, place, { evaluating, environment }) }
        : ask(expression, place, { evaluating, environment });
    return isOpen ? { ...found, isOpen } : found;
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return { values: [], fault: error.message, isOpen };
  }
}

interface Running {
  readonly evaluating: Evaluating;
  readonly environment: Readonly<Record<string, unknown>>;
}

function runPath(expression: PlanExpression, place: Holder, { evaluating, environment }: Running): readonly FhirPathValue[] {
  return compiled(expression)([evaluating.tree().nodeOf(place)], environment, evaluating.host, evaluating.meter);
}

/** With the expressions in `{{…}}` worked out. Where one of them comes to nothing, so does the query: left empty it would ask for everybody's. */
function ask(expression: PlanExpression, place: Holder, running: Running): Evaluation {
  const { world, openQueries } = running.evaluating;
  const query = filledIn(expression, place, running);
  if (query === undefined) return NOTHING;
  const values = world.answers(query);
  if (values !== undefined) return { ...NOTHING, values };
  openQueries.add(query);
  return { ...NOTHING, isOpen: true };
}

function filledIn(expression: PlanExpression, place: Holder, { evaluating, environment }: Running): string | undefined {
  const { text } = expression;
  let query = '';
  let from = 0;
  for (const [index, { start, end }] of embedded(text).entries()) {
    const values = embeddedPath(expression, index)([evaluating.tree().nodeOf(place)], environment, evaluating.host, evaluating.meter);
    if (values.length === 0) return undefined;
    query += text.slice(from, start) + values.map((value) => encodeURIComponent(String(plainValue(value)))).join(',');
    from = end;
  }
  return query + text.slice(from);
}

type Environment = Evaluation & { readonly environment: Readonly<Record<string, unknown>> };

/** Only what the expression uses is worked out. */
function environmentOf(expression: PlanExpression, place: Holder, evaluating: Evaluating): Environment {
  const environment: Record<string, unknown> = {};
  let isOpen = false;
  for (const name of BASIC) environment[name] = builtIn(name, expression, { place, evaluating });
  for (const name of expression.uses) {
    const known = BUILT_IN.has(name) ? undefined : named(name, expression, { place, evaluating });
    if (known?.fault !== undefined) return { ...known, environment };
    isOpen ||= known?.isOpen === true;
    const value = known === undefined ? builtIn(name, expression, { place, evaluating }) : known.values;
    if (value !== undefined) environment[name] = value;
  }
  return { ...NOTHING, isOpen, environment };
}

/** Every expression may go on from these, whether it names them or not. */
const BASIC = ['resource', 'context'] as const;

interface Where {
  readonly place: Holder;
  readonly evaluating: Evaluating;
}

/** https://hl7.org/fhir/uv/sdc/expressions.html#fhirpath-variables */
function builtIn(name: string, { item }: PlanExpression, { place, evaluating }: Where): unknown {
  const tree = evaluating.tree();
  if (name === 'resource' || name === 'rootResource') return tree.resource;
  if (name === 'context') return tree.nodeOf(place);
  if (name === 'questionnaire') return tree.questionnaire;
  return name === 'qitem' && item !== undefined ? tree.questionOf(item) : undefined;
}

function named(name: string, expression: PlanExpression, { place, evaluating }: Where): Evaluation | undefined {
  const { plan, world } = evaluating;
  const bound = boundTo(name, place, evaluating);
  if (bound !== undefined) return { ...NOTHING, values: bound };
  const variable = usedBy(expression, name, plan.variables);
  if (variable !== undefined) return variableAt(variable, ownPlace(variable, place), evaluating);
  const launched = world.launch.get(name);
  if (launched !== undefined) return { ...NOTHING, values: launched };
  const isExpected = plan.launchContexts.some((context) => context.name === name) || plan.assembleContexts.includes(name);
  return isExpected ? { ...NOTHING, isOpen: true } : undefined;
}

function boundTo(name: string, place: Holder, { bindings }: Evaluating): readonly unknown[] | undefined {
  if (bindings.size === 0) return undefined;
  for (let at: Holder | undefined = place; at !== undefined; at = at.parent) {
    const bound = bindings.get(at)?.get(name);
    if (bound !== undefined) return bound;
  }
  return undefined;
}

/** The occurrence, around the place or the place itself, of the item whose variable it is. */
function ownPlace({ item }: PlanExpression, place: Holder): Holder {
  let at = place;
  while (at.plan !== item && at.parent !== undefined) at = at.parent;
  return at;
}

function variableAt(variable: PlanExpression, place: Holder, evaluating: Evaluating): Evaluation {
  const known = evaluating.variables.get(variable) ?? new Map<Holder, Evaluation>();
  evaluating.variables.set(variable, known);
  const found = known.get(place);
  if (found !== undefined) return found;
  known.set(place, { ...NOTHING, fault: `The variable '${variable.name}' is defined by itself.` });
  const value = evaluate(variable, place, evaluating);
  known.set(place, value);
  return value;
}

/** Kept as long as the plan is. */
const paths = new WeakMap<PlanExpression, ValuePath>();
const queries = new WeakMap<PlanExpression, readonly ValuePath[]>();

/** Throws FhirError `invalid` where the text is no FHIRPath. */
export function compiled(expression: PlanExpression): ValuePath {
  const known = paths.get(expression);
  if (known !== undefined) return known;
  const made = compileValuePath(withLookups(expression.text), expression.text);
  paths.set(expression, made);
  return made;
}

/** The paths embedded in a query, in order. Throws FhirError `invalid`. */
export function compiledQuery(expression: PlanExpression): readonly ValuePath[] {
  const known = queries.get(expression) ?? embedded(expression.text).map((part) => compileValuePath(withLookups(part.expression), part.expression));
  queries.set(expression, known);
  return known;
}

function embeddedPath(expression: PlanExpression, index: number): ValuePath {
  const path = compiledQuery(expression)[index];
  if (path === undefined) throw new Error('a query has as many paths as places for them');
  return path;
}
