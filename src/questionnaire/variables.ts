/** Which variable a `%name` means: the nearest one, from the item outwards. https://hl7.org/fhir/uv/sdc/expressions.html#variables */
import type { Plan, PlanExpression, PlanItem, Reads } from './plan.ts';

/** Names that the engine itself gives a meaning to. */
export const BUILT_IN: ReadonlySet<string> = new Set(['resource', 'rootResource', 'context', 'questionnaire', 'qitem', 'ucum', 'sct', 'loinc', 'factory']);

/** The variable of that name in the scope of an item: its own, then those of the items around it, then those of the questionnaire. */
export function variableNamed(name: string, item: PlanItem | undefined, root: readonly PlanExpression[]): PlanExpression | undefined {
  for (let scope = item; scope !== undefined; scope = scope.parent) {
    const own = ownVariable(name, scope);
    if (own !== undefined) return own;
  }
  return root.find((variable) => variable.name === name);
}

/** Population contexts are variables too: https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-itemPopulationContext.html */
function ownVariable(name: string, item: PlanItem): PlanExpression | undefined {
  const { itemPopulationContext: context } = item.expressions;
  return item.variables.find((variable) => variable.name === name) ?? (context?.name === name ? context : undefined);
}

/** Every name that an item's expressions may use, besides the built-in ones. */
export function knowsName(name: string, item: PlanItem | undefined, plan: Plan): boolean {
  return (
    variableNamed(name, item, plan.variables) !== undefined ||
    plan.launchContexts.some((context) => context.name === name) ||
    plan.assembleContexts.includes(name)
  );
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Adds to what each expression reads that which its variables read, and theirs. */
export function withVariableReads(expressions: readonly PlanExpression[], root: readonly PlanExpression[]): void {
  const known = new Map<PlanExpression, Reads>();
  const readsOf = (expression: PlanExpression): Reads => {
    const found = known.get(expression);
    if (found !== undefined) return found;
    known.set(expression, expression.reads); // one that uses itself adds nothing to itself
    const used = [...expression.uses].flatMap((name) => usedBy(expression, name, root) ?? []).map(readsOf);
    const all = together([expression.reads, ...used]);
    known.set(expression, all);
    return all;
  };
  for (const expression of expressions) (expression as Mutable<PlanExpression>).reads = readsOf(expression); // still being made
}

/** A variable may use one of the same name from further out. */
export function usedBy(expression: PlanExpression, name: string, root: readonly PlanExpression[]): PlanExpression | undefined {
  if (expression.kind !== 'variable' || expression.name !== name) return variableNamed(name, expression.item, root);
  return expression.item === undefined ? undefined : variableNamed(name, expression.item.parent, root);
}

/** An expression that reads more questions than that counts as one that reads anything. */
const MOST_READ = 5000;

function together(all: readonly Reads[]): Reads {
  const [first, ...others] = all;
  if (first !== undefined && others.length === 0) return first;
  const linkIds = new Set(all.flatMap((reads) => [...reads.linkIds]));
  return linkIds.size > MOST_READ ? { linkIds: new Set(), anything: true } : { linkIds, anything: all.some(({ anything }) => anything) };
}
