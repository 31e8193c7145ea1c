/** Scores whose answers have weights. https://hl7.org/fhir/uv/sdc/expressions.html#weight */
import { type Token, tokensOf } from '../../fhir/fhirpath-tokens.ts';
import type { Issue } from '../../fhir/outcome.ts';
import { nameOf, type Plan, type PlanExpression, type PlanItem } from '../plan.ts';
import { usedBy } from '../variables.ts';
import { doubtful, type FormRule, wrong } from './form-rule.ts';

export const weightedScores: FormRule = (plan) =>
  plan.expressions.flatMap((expression) => weighed(expression, plan).flatMap((item) => weightFaults(item, expression, plan)));

/** The questions whose answers an expression weighs: the one that its path named last before `weight()`. */
function weighed(expression: PlanExpression, plan: Plan): readonly PlanItem[] {
  const tokens = tokensOf(expression.text);
  const found = tokens.flatMap((token, at) => (isWeight(token) ? lastQuestion(tokens, at, { expression, plan }) : []));
  return [...new Set(found)].flatMap((linkId) => plan.byLinkId.get(linkId) ?? []);
}

const isWeight = ({ kind, text }: Token): boolean => kind === 'name' && (text === 'weight' || text === 'ordinal');

interface Where {
  readonly expression: PlanExpression;
  readonly plan: Plan;
}

/** In tokens: a path that is longer has named its question long before. */
const FAR = 200;

function lastQuestion(tokens: readonly Token[], end: number, { expression, plan }: Where): readonly string[] {
  for (let at = end - 1; at >= Math.max(0, end - FAR); at -= 1) {
    const token = tokens[at];
    if (token?.kind === 'external') return fromVariable(token.text, { expression, plan });
    if (token?.kind === 'string' && tokens[at - 1]?.text === '=' && tokens[at - 2]?.text === 'linkId') return [token.text];
  }
  return [];
}

function fromVariable(name: string, { expression, plan }: Where): readonly string[] {
  const variable = usedBy(expression, name, plan.variables);
  if (variable === undefined || variable.kind === expression.kind) return [];
  const tokens = tokensOf(variable.text);
  return lastQuestion(tokens, tokens.length, { expression: variable, plan });
}

function weightFaults(item: PlanItem, { place }: PlanExpression, { terms }: Plan): readonly Issue[] {
  const { choices, weights, definition } = item;
  if (definition.type === 'group' || choices.length === 0) return [];
  const weightless = choices.filter(
    ({ key, value }) => value.type === 'Coding' && !weights.has(key) && terms.weight(value.raw as Parameters<typeof terms.weight>[0]) === undefined,
  ); // the raw of a Coding
  if (weightless.length === 0) return [];
  const words = weightless
    .slice(0, 12)
    .map((choice) => choice.words)
    .join(', ');
  if (weightless.length === choices.length)
    return [wrong(`The expression weighs the answers to ${nameOf(item)}, none of which has a weight (itemWeight or ordinalValue).`, place)];
  return [doubtful(`The expression weighs the answers to ${nameOf(item)}; these have no weight, and with one of them there is no score: ${words}.`, place)];
}
