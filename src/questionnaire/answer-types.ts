/** Which types of value answer a question. https://hl7.org/fhir/R4/codesystem-item-type.html */
import type { QuestionnaireItem } from 'fhir/r4';
import { extensionsOf } from './extension.ts';
import { readValue, VALUE_TYPES, type ValueType } from './value.ts';

const TYPES: Readonly<Record<QuestionnaireItem['type'], readonly ValueType[]>> = {
  group: [],
  display: [],
  question: Object.values(VALUE_TYPES),
  boolean: ['boolean'],
  decimal: ['decimal'],
  integer: ['integer'],
  date: ['date'],
  dateTime: ['dateTime'],
  time: ['time'],
  string: ['string'],
  text: ['string'],
  url: ['uri'],
  choice: ['Coding'],
  'open-choice': ['Coding'],
  attachment: ['Attachment'],
  reference: ['Reference'],
  quantity: ['Quantity'],
};

const TYPE_NAMES: ReadonlySet<string> = new Set(Object.keys(TYPES));

/** https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerOption.value_x_; words last, since anything can be said in words. */
const OPTION_TYPES: readonly ValueType[] = ['Coding', 'integer', 'date', 'time', 'Reference', 'string'];

/** A choice takes the type of its options, which only the answers tell where an expression yields them; an open one takes words besides. */
export function allowedTypes(item: QuestionnaireItem): readonly ValueType[] {
  const plain = TYPE_NAMES.has(item.type) ? TYPES[item.type] : [];
  if (item.type !== 'choice' && item.type !== 'open-choice') return plain;
  const optionTypes = (item.answerOption ?? []).flatMap((option) => readValue(option)?.type ?? []);
  const isYielded = item.answerValueSet === undefined && extensionsOf(item, 'answerExpression').length > 0;
  const types = optionTypes.length > 0 ? optionTypes : isYielded ? OPTION_TYPES : plain;
  return [...new Set<ValueType>(item.type === 'open-choice' ? [...types, 'string'] : types)];
}
