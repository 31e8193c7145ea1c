/** An answer in words, as the person who gave it reads it. */

import type { QuestionnaireResponseItemAnswer } from 'fhir/r4';
import type { PlanItem } from '../../questionnaire/plan.ts';
import { sayCoding } from '../../questionnaire/translate.ts';
import { asRecord, optionKey, readValue } from '../../questionnaire/value.ts';
import { type Html, html } from '../html.ts';
import { spoken } from './speech.ts';
import type { QuestionNode } from './tree.ts';
import type { View } from './view.ts';
import { localTime } from './zone.ts';

type Reader = Pick<View, 'speech' | 'timeZone' | 'choices' | 'referable'>;

export function answerWords({ key, item }: Pick<QuestionNode, 'key' | 'item'>, answer: QuestionnaireResponseItemAnswer, reader: Reader): Html {
  const value = readValue(answer);
  if (value === undefined) return html``;
  const choice = reader.choices({ key, item })?.find((one) => one.key === optionKey(value));
  if (choice !== undefined) return spoken(choice.words, reader.speech);
  if (value.type === 'boolean') return html`${reader.speech.word(value.raw === true ? 'yes' : 'no')}`;
  if (value.type === 'dateTime') return html`${localTime(String(value.raw), reader.timeZone).replace('T', ' ')}`;
  if (value.type === 'time') return html`${String(value.raw).replace(/:00$/, '')}`;
  if (typeof value.raw !== 'object') return html`${numbered(item, String(value.raw), reader)}`;
  return html`${objectWords(asRecord(value.raw), reader)}`;
}

function numbered(item: PlanItem, text: string, { speech }: Reader): string {
  const [unit] = item.definition.type === 'integer' || item.definition.type === 'decimal' ? item.units.codings : [];
  return unit === undefined ? text : `${text} ${sayCoding(unit, speech.tongue)?.text ?? String(unit.code ?? '')}`;
}

function objectWords(object: Record<string, unknown>, { referable }: Reader): string {
  const { value, unit, code, title, display, reference, url } = object;
  if (value !== undefined) return `${String(value)} ${String(unit ?? code ?? '')}`.trim();
  const known = [...referable.values()].flat().find((one) => one.reference === reference)?.display;
  return String(known ?? title ?? display ?? asRecord(object.identifier).value ?? reference ?? code ?? url ?? '');
}
