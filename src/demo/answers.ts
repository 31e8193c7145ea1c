/** Answers as an app would send them: a QuestionnaireResponse built from a Questionnaire and plain values. */
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';

/** By linkId. A number chooses an option by its weight where the question has options. Absent: left unanswered. */
export type Values = Readonly<Record<string, number | boolean | string>>;

export interface Sender {
  /** `Patient/7` */
  readonly patient: string;
  readonly authored?: Date;
  /** Who answered, where it was not the patient. */
  readonly source?: string;
}

const ORDINAL = 'http://hl7.org/fhir/StructureDefinition/ordinalValue';

export function answer(questionnaire: Questionnaire, values: Values, { patient, authored, source }: Sender): QuestionnaireResponse {
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${questionnaire.url}|${questionnaire.version}`,
    status: 'completed',
    subject: { reference: patient },
    source: { reference: source ?? patient },
    ...(authored === undefined ? {} : { authored: authored.toISOString() }),
    item: itemsOf(questionnaire.item ?? [], values),
  };
}

const itemsOf = (items: readonly QuestionnaireItem[], values: Values): QuestionnaireResponseItem[] => items.flatMap((item) => itemOf(item, values));

function itemOf(item: QuestionnaireItem, values: Values): QuestionnaireResponseItem[] {
  const text = item.text === undefined ? {} : { text: item.text };
  if (item.type === 'display') return [];
  if (item.type === 'group') {
    const inner = itemsOf(item.item ?? [], values);
    return inner.length === 0 ? [] : [{ linkId: item.linkId, ...text, item: inner }];
  }
  const value = Object.hasOwn(values, item.linkId) ? values[item.linkId] : undefined;
  return value === undefined ? [] : [{ linkId: item.linkId, ...text, answer: [answerOf(item, value)] }];
}

function answerOf(item: QuestionnaireItem, value: number | boolean | string): QuestionnaireResponseItemAnswer {
  if (item.type === 'choice') return { valueCoding: optionOf(item, value) };
  if (item.type === 'boolean') return { valueBoolean: value === true };
  if (item.type === 'integer') return { valueInteger: Number(value) };
  if (item.type === 'decimal') return { valueDecimal: Number(value) };
  return { valueString: String(value) };
}

function optionOf(item: QuestionnaireItem, weight: number | boolean | string) {
  const option = item.answerOption?.find(({ extension }) => extension?.some(({ url, valueDecimal }) => url === ORDINAL && valueDecimal === weight));
  if (option?.valueCoding === undefined) throw new Error(`${item.linkId} has no option of weight ${weight}`);
  return option.valueCoding;
}
