/** Options that are answers to their question. */
import type { QuestionnaireItemAnswerOption } from 'fhir/r4';
import type { Issue } from '../../fhir/outcome.ts';
import { nameOf, type Plan, type PlanItem } from '../plan.ts';
import { elementOf } from '../rules/types.ts';
import { asRecord, codingKey, optionKey, readValue, wordsOf } from '../value.ts';
import { doubtful, type FormItemRule, wrong } from './form-rule.ts';

export const rightOptions: FormItemRule = (item, plan) => {
  const options = item.definition.answerOption ?? [];
  const seen = new Set<string>();
  return [
    ...options.flatMap((option, index) => optionFaults(option, `${item.place}.answerOption[${index}]`, { item, seen })),
    ...selectionFaults(options, item),
    ...setFaults(item, plan),
    ...toggleFaults(item),
  ];
};

interface Among {
  readonly item: PlanItem;
  /** Keys of the options before this one. */
  readonly seen: Set<string>;
}

function optionFaults(option: QuestionnaireItemAnswerOption, place: string, { item, seen }: Among): readonly Issue[] {
  const value = readValue(option);
  if (value === undefined) return [];
  const { types } = item;
  if (!types.includes(value.type)) return [wrong(`The option is a ${value.type}, but ${nameOf(item)} takes ${types.map(elementOf).join(' or ')}.`, place)];
  const key = optionKey(value);
  const isSecond = seen.has(key);
  seen.add(key);
  return isSecond ? [doubtful(`${wordsOf(value)} stands twice among the options of ${nameOf(item)}.`, place)] : [];
}

function selectionFaults(options: readonly QuestionnaireItemAnswerOption[], item: PlanItem): readonly Issue[] {
  const selected = options.filter(({ initialSelected }) => initialSelected === true).length;
  if (selected < 2 || item.fixed.repeats) return [];
  return [wrong(`${selected} options of ${nameOf(item)} are selected at the start, but it takes one answer.`, `${item.place}.answerOption`)];
}

function setFaults({ definition: { answerValueSet }, place }: PlanItem, { contained }: Plan): readonly Issue[] {
  if (answerValueSet === undefined || !answerValueSet.startsWith('#') || contained.has(answerValueSet)) return [];
  return [wrong(`The questionnaire contains no ValueSet ${answerValueSet}.`, `${place}.answerValueSet`)];
}

/** https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-answerOptionsToggleExpression.html */
function toggleFaults({ toggles, options, valueSet, expressions }: PlanItem): readonly Issue[] {
  if (valueSet !== undefined || expressions.answerExpression !== undefined) return [];
  return toggles.flatMap(({ options: toggled, when }) =>
    [...toggled]
      .filter((key) => options?.has(key) !== true)
      .map((key) => wrong(`${key} is switched by an expression, but is no option of the item.`, when.place)),
  );
}

export const rightInitials: FormItemRule = (item) =>
  (item.definition.initial ?? []).flatMap((initial, index): readonly Issue[] => {
    const value = readValue(initial);
    const types = item.types;
    const place = `${item.place}.initial[${index}]`;
    if (value === undefined) return [];
    if (!types.includes(value.type))
      return [wrong(`The initial value is a ${value.type}, but ${nameOf(item)} takes ${types.map(elementOf).join(' or ')}.`, place)];
    const isOption = item.options === undefined || value.type === 'string' || item.options.has(optionKey(value));
    return isOption ? [] : [wrong(`The initial value ${codingKey(asRecord(value.raw))} is no option of ${nameOf(item)}.`, place)];
  });

/** Calculations and subjects that there are no answers for. */
export const answerable: FormItemRule = (item) => {
  const { calculatedExpression } = item.expressions;
  const faults: Issue[] = [];
  if (calculatedExpression !== undefined && item.types.length === 0)
    faults.push(wrong(`${nameOf(item)} is a ${item.definition.type}, which has no answer to calculate.`, calculatedExpression.place));
  if (item.isSubject && item.definition.type !== 'reference')
    faults.push(wrong(`${nameOf(item)} says whom the answers are about, and so must be a reference; it is a ${item.definition.type}.`, item.place));
  return faults;
};
