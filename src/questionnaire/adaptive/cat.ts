/** Computerized adaptive testing: the next question of an item bank, and at the end the scores. https://hl7.org/fhir/uv/sdc/adaptive.html */
import type { QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { FhirError } from '../../fhir/outcome.ts';
import { asRecord, optionKey, readValue } from '../value.ts';
import type { Bank, BankItem, StopRules } from './bank.ts';
import { containedQuestionnaire, itemsByLinkId, withItems } from './contained.ts';
import { type Estimate, estimate, mostTelling, type Observed, posterior } from './estimate.ts';

/**
 * The response with one question more, or completed with its scores. The same answers always lead to the same question.
 * Throws `invalid` where the question asked last is not answered, or by none of its options.
 */
export function nextFromBank(bank: Bank, response: Readonly<QuestionnaireResponse>): QuestionnaireResponse {
  const given = itemsByLinkId(response);
  const asked = askedSoFar(bank, response);
  const answers = asked.map((one) => observed(one, given.get(one.item.linkId)));
  const answered = asked.map(({ item }) => answeredItem(item, given.get(item.linkId)));
  const now = estimate(posterior(bank.prior, answers));
  const next = isOver(answers.length, now, bank.stop) ? undefined : chooseNext(bank, asked, answers);
  if (next !== undefined) return withItems({ ...response, status: 'in-progress' }, [...asked, next].map(shown), answered);
  const scores = scoresOf(bank, now);
  const completed = withItems(response, [...asked.map(shown), ...scores.map(({ item }) => item)], [...answered, ...scores.map(({ answer }) => answer)]);
  return { ...completed, status: 'completed' };
}

/** In the order in which they were asked, as the contained Questionnaire has them. */
function askedSoFar(bank: Bank, response: Readonly<QuestionnaireResponse>): BankItem[] {
  const byLinkId = new Map(bank.items.map((one) => [one.item.linkId, one]));
  const items: readonly unknown[] = containedQuestionnaire(response).item ?? [];
  const linkIds = [...new Set(items.map((item) => asRecord(item).linkId))];
  return linkIds.flatMap((linkId) => (typeof linkId === 'string' ? (byLinkId.get(linkId) ?? []) : []));
}

/** What the client is shown of a question of the bank: the bank's own wording, whatever the client sent back. */
const shown = ({ item }: BankItem): QuestionnaireItem => ({ ...item, required: true });

function observed({ item, discrimination, thresholds }: BankItem, given: QuestionnaireResponseItem | undefined): Observed {
  const value = readValue(asRecord(given?.answer?.[0]));
  if (value === undefined) {
    throw new FhirError('invalid', `'${item.linkId}' is not answered; the next question follows from the answer to it.`, {
      expression: 'QuestionnaireResponse.item',
    });
  }
  const options = (item.answerOption ?? []).map((option) => readValue(option)).map((option) => (option === undefined ? '' : optionKey(option)));
  const category = options.indexOf(optionKey(value));
  if (category >= 0) return { item: { discrimination, thresholds }, category };
  const text = `The answer to '${item.linkId}' is none of its options; allowed: ${options.join(', ')}.`;
  throw new FhirError('invalid', text, { expression: `QuestionnaireResponse.item.where(linkId='${item.linkId}').answer` });
}

const answeredItem = ({ linkId, text }: QuestionnaireItem, given: QuestionnaireResponseItem | undefined): QuestionnaireResponseItem => ({
  linkId,
  ...(text !== undefined && { text }),
  answer: (given?.answer ?? []).slice(0, 1),
});

const isOver = (count: number, { standardError }: Estimate, stop: StopRules): boolean =>
  count >= stop.maxItems || (count >= stop.minItems && standardError < stop.standardError);

function chooseNext(bank: Bank, asked: readonly BankItem[], answers: readonly Observed[]): BankItem | undefined {
  const left = bank.items.filter((one) => !asked.includes(one));
  const first = asked.length === 0 ? left.find(({ item }) => item.linkId === bank.start) : undefined;
  return first ?? left[mostTelling(left, { choose: bank.choose, prior: bank.prior, answers })];
}

const HIDDEN = { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-hidden', valueBoolean: true };

/** The T score's metric: 50 is the middle of the population that the bank was fitted on, 10 its standard deviation. */
const toT = (theta: number): number => 50 + 10 * theta;
const DIGITS = 4;

interface ScoreItem {
  readonly item: QuestionnaireItem;
  readonly answer: QuestionnaireResponseItem;
}

/** Read-only questions at the end, hidden from who answers. */
function scoresOf({ title }: Bank, { theta, standardError }: Estimate): ScoreItem[] {
  return [
    scoreItem('theta', `${title}: theta`, theta),
    scoreItem('standard-error', `${title}: standard error of theta`, standardError),
    scoreItem('t-score', `${title}: T score`, toT(theta)),
  ];
}

function scoreItem(linkId: string, text: string, value: number): ScoreItem {
  const rounded = Number(value.toFixed(DIGITS));
  return {
    item: { extension: [HIDDEN], linkId, text, type: 'decimal', required: true, readOnly: true },
    answer: { linkId, text, answer: [{ valueDecimal: rounded }] },
  };
}
