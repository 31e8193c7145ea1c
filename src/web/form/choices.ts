/** What may be chosen in answer to a question, in the reader's words. */
import type { QuestionnaireItemAnswerOption, ValueSet } from 'fhir/r4';
import type { Plan, PlanItem } from '../../questionnaire/plan.ts';
import type { ItemState, OptionState } from '../../questionnaire/state.ts';
import { type Said, sayCoding } from '../../questionnaire/translate.ts';
import { asRecord, codingKey, optionKey, readValue, type Value, wordsOf } from '../../questionnaire/value.ts';
import { pictureOf } from './media.ts';
import { shownBy } from './rendering.ts';
import { type Speech, saidIn } from './speech.ts';
import type { Standing } from './state.ts';
import type { Choice, Choices } from './view.ts';

/** Each list is made once a page. What is on offer is the engine's to say; how it is called, the questionnaire's. */
export function choicesIn(plan: Plan, state: Standing, speech: Speech): Choices {
  const known = new Map<PlanItem, ReadonlyMap<string, Choice>>();
  const drawn = new Map<ItemState, readonly Choice[] | undefined>();
  return ({ key, item }) => {
    const here = state.at(key) ?? state.of(item);
    if (here === undefined) return undefined;
    const named = known.get(item) ?? namedBy(item, plan, speech);
    known.set(item, named);
    if (!drawn.has(here))
      drawn.set(
        here,
        here.options?.map((option) => named.get(option.key) ?? fromState(option)),
      );
    return drawn.get(here);
  };
}

/** By `optionKey`, in the reader's words. */
function namedBy({ definition }: PlanItem, plan: Plan, speech: Speech): ReadonlyMap<string, Choice> {
  const contained = plan.contained.get(definition.answerValueSet ?? '');
  const concepts = contained === undefined ? [] : conceptsOf(contained).map((concept) => fromConcept(concept, speech));
  return new Map([...(definition.answerOption ?? []).flatMap((option) => fromOption(option, speech)), ...concepts].map((choice) => [choice.key, choice]));
}

const fromState = ({ key, value, words }: OptionState): Choice => ({
  key,
  value: answerFor(value),
  words: { text: value.type === 'Coding' ? displayOf(value) : words, language: undefined },
  prefix: undefined,
  picture: undefined,
});

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
