/** Conditions that an answer can meet. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import type { QuestionnaireItemEnableWhen } from 'fhir/r4';
import type { Issue } from '../../fhir/outcome.ts';
import { equals } from '../compare.ts';
import { nameOf, type Plan, type PlanItem } from '../plan.ts';
import { readValue, type Value, type ValueType, wordsOf } from '../value.ts';
import { doubtful, type FormItemRule, wrong } from './form-rule.ts';

export const possibleConditions: FormItemRule = (item, plan) => [
  ...item.conditions.flatMap((condition, index) => conditionFaults(condition, `${item.place}.enableWhen[${index}]`, plan)),
  ...(item.conditions.length > 0 && item.expressions.enableWhenExpression !== undefined
    ? [
        doubtful(
          `${nameOf(item)} has both enableWhen and an enableWhenExpression; it is enabled where both say so.`,
          item.expressions.enableWhenExpression.place,
        ),
      ]
    : []),
];

const ORDERED: ReadonlySet<ValueType> = new Set(['decimal', 'integer', 'date', 'dateTime', 'time', 'Quantity']);
const NUMBERS: ReadonlySet<ValueType> = new Set(['decimal', 'integer', 'Quantity']);
const TIMES: ReadonlySet<ValueType> = new Set(['date', 'dateTime']);
const COMPARES: ReadonlySet<string> = new Set(['>', '<', '>=', '<=']);

function conditionFaults(condition: QuestionnaireItemEnableWhen, place: string, plan: Plan): readonly Issue[] {
  const asked = plan.byLinkId.get(condition.question);
  if (asked === undefined)
    return [
      doubtful(`The question '${condition.question}' is not in this questionnaire; it must come from the one that it is built into.`, `${place}.question`),
    ];
  const types = asked.types;
  if (types.length === 0)
    return [wrong(`${nameOf(asked)} is a ${asked.definition.type}, which has no answers; a condition asks for a question.`, `${place}.question`)];
  const wanted = readValue(condition, 'answer');
  if (condition.operator === 'exists' || wanted === undefined) return [];
  return typeFaults(condition, { asked, types, wanted, place }) ?? optionFaults(condition, { asked, types, wanted, place }, plan);
}

interface Asking {
  readonly asked: PlanItem;
  readonly types: readonly ValueType[];
  readonly wanted: Value;
  readonly place: string;
}

function typeFaults({ operator }: QuestionnaireItemEnableWhen, { asked, types, wanted, place }: Asking): readonly Issue[] | undefined {
  if (COMPARES.has(operator) && !ORDERED.has(wanted.type)) {
    return [wrong(`'${operator}' needs answers that have an order; ${nameOf(asked)} has ${types.join(' or ')}. Use =, != or exists.`, `${place}.operator`)];
  }
  if (types.some((type) => isComparable(type, wanted.type))) return undefined;
  return [wrong(`${nameOf(asked)} is answered by ${types.join(' or ')}, and can never be ${operator} a ${wanted.type}.`, `${place}.answer`)];
}

const isComparable = (left: ValueType, right: ValueType): boolean =>
  left === right || (NUMBERS.has(left) && NUMBERS.has(right)) || (TIMES.has(left) && TIMES.has(right));

/** A longer list is not gone through for each condition. */
const MOST_COMPARED = 1000;

/** A value that is no option is never chosen; where any words may be, it could be. */
function optionFaults({ operator }: QuestionnaireItemEnableWhen, { asked, wanted, place }: Asking, { terms }: Plan): readonly Issue[] {
  const { options, choices, definition } = asked;
  if (options === undefined || choices.length > MOST_COMPARED || (operator !== '=' && operator !== '!=')) return [];
  if (definition.type === 'open-choice' || choices.some(({ value }) => equals(value, wanted, terms.convert))) return [];
  const text = `${wordsOf(wanted)} is no option of ${nameOf(asked)}, whose options are ${choices
    .slice(0, 12)
    .map(({ words }) => words)
    .join(', ')}`;
  return [
    operator === '=' ? wrong(`${text}; the condition can never hold.`, `${place}.answer`) : doubtful(`${text}; the condition always holds.`, `${place}.answer`),
  ];
}
