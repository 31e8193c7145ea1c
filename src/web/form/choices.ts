/** What may be chosen in answer to a question, in the reader's words. */
import type { QuestionnaireItemAnswerOption, ValueSet } from 'fhir/r4';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import { type Said, sayCoding } from '../../questionnaire/translate.ts';
import { asRecord, codingKey, optionKey, readValue, type Value, wordsOf } from '../../questionnaire/value.ts';
import { pictureOf } from './media.ts';
import { shownBy } from './rendering.ts';
import { type Speech, saidIn } from './speech.ts';
import type { Choice } from './view.ts';

/** Undefined where nothing is listed: the value set cannot be, or none is named. */
export function choicesOf(item: PlanItem, plan: Plan, speech: Speech): readonly Choice[] | undefined {
  const { answerOption = [], answerValueSet } = item.definition;
  if (answerOption.length > 0) return answerOption.flatMap((option) => fromOption(option, speech));
  const contained = (plan.questionnaire.contained ?? []).find((one): one is ValueSet => one.resourceType === 'ValueSet' && `#${one.id}` === answerValueSet);
  if (contained !== undefined && item.options !== undefined) return conceptsOf(contained).map((concept) => fromConcept(concept, speech));
  return item.options && [...item.options].map(([key, words]) => fromCode(key, item.displays.get(key) ?? words));
}

function fromOption(option: QuestionnaireItemAnswerOption, speech: Speech): Choice[] {
  const value = readValue(option);
  if (value === undefined) return [];
  const prefix = shownBy(option, 'optionPrefix')[0]?.valueString;
  return [
    { key: optionKey(value), value: answerFor(value), words: wordsFor(option, value, speech), prefix, picture: pictureOf(option, 'answerMedia', speech) },
  ];
}

function wordsFor(option: QuestionnaireItemAnswerOption, value: Value, speech: Speech): Said {
  const plain = { text: typeof value.raw === 'object' ? displayOf(value) : String(value.raw), language: undefined };
  if (value.type === 'Coding') return sayCoding(asRecord(value.raw), speech.tongue) ?? plain;
  return (value.type === 'string' ? saidIn(option, 'valueString', speech) : undefined) ?? plain;
}

function displayOf(value: Value): string {
  const { display, code } = asRecord(value.raw);
  return String(display ?? code ?? wordsOf(value));
}

/** As the questionnaire names the value; extensions of the option (weights, translations) are not part of the answer. */
function answerFor({ type, raw }: Value): object {
  const name = `value${type[0]?.toUpperCase()}${type.slice(1)}`;
  if (type !== 'Coding') return { [name]: raw };
  const { system, version, code, display } = asRecord(raw);
  return { [name]: Object.fromEntries(Object.entries({ system, version, code, display }).filter(([, part]) => part !== undefined)) };
}

/** As `options.ts` lists them. */
function conceptsOf(set: ValueSet): readonly object[] {
  return set.expansion?.contains ?? (set.compose?.include ?? []).flatMap(({ system, concept = [] }) => concept.map((entry) => ({ ...entry, system })));
}

function fromConcept(concept: object, speech: Speech): Choice {
  const value: Value = { type: 'Coding', raw: concept };
  return {
    key: codingKey(concept),
    value: answerFor(value),
    words: sayCoding(concept, speech.tongue) ?? { text: displayOf(value), language: undefined },
    prefix: undefined,
    picture: undefined,
  };
}

function fromCode(key: string, words: string): Choice {
  const mark = key.lastIndexOf('|');
  const [system, code] = [key.slice(0, mark), key.slice(mark + 1)];
  const text = words === key ? code : words;
  return {
    key,
    value: answerFor({ type: 'Coding', raw: { system, code, ...(words === key ? {} : { display: words }) } }),
    words: { text, language: undefined },
    prefix: undefined,
    picture: undefined,
  };
}
