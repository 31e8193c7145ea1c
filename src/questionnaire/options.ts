/** What an item lets the answerer choose from, and what each choice weighs. */
import type { QuestionnaireItem, QuestionnaireItemAnswerOption, ValueSet } from 'fhir/r4';
import { extensionFlag, extensionNumber } from './extension.ts';
import type { Choice, PlanItem } from './plan.ts';
import type { Term, Terms } from './terms.ts';
import { asRecord, codingKey, optionKey, readValue, type Value, wordsOf } from './value.ts';

interface Sets {
  /** By `#id`. */
  readonly contained: ReadonlyMap<string, ValueSet>;
  readonly terms: Terms;
}

type Options = Pick<PlanItem, 'options' | 'choices' | 'valueSet' | 'exclusive' | 'displays' | 'weights'>;

const NONE: Options = { options: undefined, choices: [], valueSet: undefined, exclusive: new Set(), displays: new Map(), weights: new Map() };

/** A set that is longer is never listed as a whole: it is asked code by code. */
export const MOST_LISTED = 1000;

export function optionsOf(item: QuestionnaireItem, sets: Sets): Options {
  if (item.answerOption !== undefined && item.answerOption.length > 0) return listed(item.answerOption);
  return item.answerValueSet === undefined ? NONE : fromValueSet(item.answerValueSet, sets);
}

function listed(answerOptions: readonly QuestionnaireItemAnswerOption[]): Options {
  const exclusive = new Set<string>();
  const displays = new Map<string, string>();
  const weights = new Map<string, number>();
  const choices: Choice[] = [];
  for (const option of answerOptions) {
    const value = readValue(option);
    if (value === undefined) continue;
    const key = optionKey(value);
    choices.push({ key, value, words: wordsOf(value) });
    if (option.valueCoding?.display !== undefined) displays.set(key, option.valueCoding.display);
    if (extensionFlag(option, 'optionExclusive')) exclusive.add(key);
    const weight = weightOf(option, value);
    if (weight !== undefined) weights.set(key, weight);
  }
  return { options: wordsByKey(choices), choices, valueSet: undefined, exclusive, displays, weights };
}

const wordsByKey = (choices: readonly Choice[]): ReadonlyMap<string, string> => new Map(choices.map(({ key, words }) => [key, words]));

/** On the option itself, or on its value: both are met with. https://hl7.org/fhir/R4/extension-ordinalvalue.html */
function weightOf(option: QuestionnaireItemAnswerOption, { raw }: Value): number | undefined {
  return extensionNumber(option, 'weight') ?? extensionNumber(asRecord(raw), 'weight');
}

function fromValueSet(url: string, { contained, terms }: Sets): Options {
  const set = contained.get(url);
  if (set !== undefined) return fromContained(set);
  const listing = terms.list(url, MOST_LISTED) ?? [];
  return { ...NONE, valueSet: url, displays: displaysIn(listing), weights: weightsIn(listing) };
}

const displaysIn = (listing: readonly Term[]): Options['displays'] =>
  new Map(listing.flatMap((term) => (term.display === undefined ? [] : [[codingKey(term), term.display] as const])));

const weightsIn = (listing: readonly Term[]): Options['weights'] =>
  new Map(listing.flatMap((term) => (term.weight === undefined ? [] : [[codingKey(term), term.weight] as const])));

/** A contained value set lists its codes, in its expansion or concept by concept; one that filters is asked through the terminology. */
function fromContained(set: ValueSet): Options {
  const includes = set.compose?.include ?? [];
  const enumerated = includes.flatMap(({ system, concept = [] }) => concept.map((entry) => ({ ...entry, system })));
  const concepts = set.expansion?.contains ?? enumerated;
  const isComplete = set.expansion !== undefined || (includes.length > 0 && includes.every(({ concept }) => concept !== undefined));
  const terms = concepts.map((entry): Term => {
    const { system, code = '', display } = entry;
    return { system, code, display, weight: extensionNumber(entry, 'weight') };
  });
  const choices = terms.map(choiceOf);
  const found = { exclusive: new Set<string>(), displays: displaysIn(terms), weights: weightsIn(terms) };
  return isComplete ? { ...found, options: wordsByKey(choices), choices, valueSet: undefined } : { ...found, options: undefined, choices: [], valueSet: set };
}

export function choiceOf({ system, code, display }: Term): Choice {
  const value: Value = { type: 'Coding', raw: { ...(system === undefined ? {} : { system }), code, ...(display === undefined ? {} : { display }) } };
  return { key: optionKey(value), value, words: wordsOf(value) };
}
