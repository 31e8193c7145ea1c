/** What was asked and what was answered, in words; the Questionnaire supplies what the response leaves out. */
import type { Coding, Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import type { Answer, FreeText, TimelineResponse } from './timeline.ts';
import type { Sources } from './timeline-source.ts';
import { earlierOf, maybe, printCoding, printQuantity } from './wording.ts';

const COMPLETION_MODE = 'http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode';

export function responseEntry(response: QuestionnaireResponse, questionnaire: Questionnaire | undefined, sources: Sources): TimelineResponse {
  const items = itemsByLinkId(questionnaire?.item ?? []);
  const mode = response.extension?.find(({ url }) => url === COMPLETION_MODE)?.valueCodeableConcept?.coding?.[0]?.code;
  return {
    ...sources.entry(response),
    questionnaire: questionnaire?.title ?? response.questionnaire ?? 'Questions without a questionnaire',
    at: answeredAt(response),
    status: response.status,
    by: answeredBy(response),
    ...maybe('mode', mode),
    answers: (response.item ?? []).flatMap((item) => answersOf(item, items)),
  };
}

/** A time that lies after the receipt is a clock's mistake. */
const answeredAt = ({ authored, meta }: QuestionnaireResponse): string => earlierOf(authored, meta?.lastUpdated) ?? '';

function answeredBy({ source, subject }: QuestionnaireResponse): string {
  if (source === undefined || source.reference === subject?.reference) return 'patient';
  return source.display ?? (source.reference?.startsWith('RelatedPerson/') ? 'a relative' : 'someone else');
}

type Items = ReadonlyMap<string, QuestionnaireItem>;

function itemsByLinkId(items: readonly QuestionnaireItem[], found = new Map<string, QuestionnaireItem>()): Items {
  for (const item of items) {
    found.set(item.linkId, item);
    itemsByLinkId(item.item ?? [], found);
  }
  return found;
}

/** Groups are left out, their items are not. */
function answersOf(item: QuestionnaireResponseItem, items: Items): readonly Answer[] {
  const asked = items.get(item.linkId);
  const inner = [...(item.item ?? []), ...(item.answer ?? []).flatMap((answer) => answer.item ?? [])].flatMap((child) => answersOf(child, items));
  const isGroup = asked === undefined ? item.answer === undefined && inner.length > 0 : asked.type === 'group' || asked.type === 'display';
  return isGroup ? inner : [answerOf(item, asked), ...inner];
}

function answerOf(item: QuestionnaireResponseItem, asked: QuestionnaireItem | undefined): Answer {
  const answers = item.answer ?? [];
  const isFreeText = asked === undefined ? answers.some(({ valueString }) => valueString !== undefined) : asked.type === 'text' || asked.type === 'string';
  const values = answers.flatMap((answer) => printAnswer(answer, asked?.answerOption ?? []) ?? []);
  return { linkId: item.linkId, question: asked?.text ?? item.text ?? item.linkId, values, isFreeText: isFreeText && values.length > 0 };
}

type Options = NonNullable<QuestionnaireItem['answerOption']>;

function printAnswer(answer: QuestionnaireResponseItemAnswer, options: Options): string | undefined {
  const { valueBoolean, valueCoding, valueQuantity, valueReference, valueAttachment } = answer;
  if (valueBoolean !== undefined) return valueBoolean ? 'yes' : 'no';
  if (valueCoding !== undefined) return printCoding(optionFor(valueCoding, options) ?? valueCoding);
  if (valueQuantity !== undefined) return printQuantity(valueQuantity);
  if (valueAttachment !== undefined) return valueAttachment.title ?? 'a file';
  const plain =
    answer.valueString ?? answer.valueInteger ?? answer.valueDecimal ?? answer.valueDate ?? answer.valueDateTime ?? answer.valueTime ?? answer.valueUri;
  return plain === undefined ? (valueReference?.display ?? valueReference?.reference) : String(plain);
}

/** In the questionnaire's words, which staff read; the response may be in the patient's language. */
function optionFor({ system, code }: Coding, options: Options): Coding | undefined {
  return options.map(({ valueCoding }) => valueCoding).find((option) => option?.code === code && option?.system === system && option?.display !== undefined);
}

export function freeTextIn(response: TimelineResponse): readonly FreeText[] {
  const { ref, at, by, answers } = response;
  return answers.filter(({ isFreeText }) => isFreeText).map(({ question, values }) => ({ response: ref, at, by, question, text: values.join('\n') }));
}
