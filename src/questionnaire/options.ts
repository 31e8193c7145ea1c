/** What an item lets the answerer choose from, and what each choice weighs. */
import type { QuestionnaireItem, QuestionnaireItemAnswerOption, ValueSet } from 'fhir/r4';
import { extensionNumber, extensionValue } from './extension.ts';
import type { PlanItem } from './plan.ts';
import { asRecord, codingKey, optionKey, readValue, wordsOf } from './value.ts';

interface Sets {
  /** By `#id`. */
  readonly contained: ReadonlyMap<string, ValueSet>;
  readonly valueSetCodes: ((url: string) => ReadonlySet<string> | undefined) | undefined;
}

type Options = Pick<PlanItem, 'options' | 'exclusive' | 'displays' | 'weights'>;

export function optionsOf(item: QuestionnaireItem, sets: Sets): Options {
  if (item.answerOption !== undefined && item.answerOption.length > 0) return listed(item.answerOption);
  if (item.answerValueSet !== undefined) return fromValueSet(item.answerValueSet, sets);
  return { options: undefined, exclusive: new Set(), displays: new Map(), weights: new Map() };
}

function listed(answerOptions: readonly QuestionnaireItemAnswerOption[]): Options {
  const options = new Map<string, string>();
  const exclusive = new Set<string>();
  const displays = new Map<string, string>();
  const weights = new Map<string, number>();
  for (const option of answerOptions) {
    const value = readValue(option);
    if (value === undefined) continue;
    const key = optionKey(value);
    options.set(key, wordsOf(value));
    if (option.valueCoding?.display !== undefined) displays.set(key, option.valueCoding.display);
    if (extensionValue(option, 'optionExclusive')?.raw === true) exclusive.add(key);
    const weight = weightOf(option);
    if (weight !== undefined) weights.set(key, weight);
  }
  return { options, exclusive, displays, weights };
}

/** On the option itself, or on its Coding: both are met with. https://hl7.org/fhir/R4/extension-ordinalvalue.html */
function weightOf(option: QuestionnaireItemAnswerOption): number | undefined {
  return extensionNumber(option, 'weight') ?? extensionNumber(asRecord(option.valueCoding), 'weight');
}

function fromValueSet(url: string, { contained, valueSetCodes }: Sets): Options {
  const set = contained.get(url);
  if (set !== undefined) return fromContained(set);
  const codes = valueSetCodes?.(url);
  const options = codes && new Map([...codes].map((key) => [key, key]));
  return { options, exclusive: new Set(), displays: new Map(), weights: new Map() };
}

/** A contained value set lists its codes, in its expansion or concept by concept; one that filters cannot be listed here. */
function fromContained(set: ValueSet): Options {
  const includes = set.compose?.include ?? [];
  const enumerated = includes.flatMap(({ system, concept = [] }) => concept.map((entry) => ({ ...entry, system })));
  const concepts = set.expansion?.contains ?? enumerated;
  const complete = set.expansion !== undefined || (includes.length > 0 && includes.every(({ concept }) => concept !== undefined));
  const weights = concepts.flatMap((entry) => {
    const weight = extensionNumber(entry, 'weight');
    return weight === undefined ? [] : [[codingKey(entry), weight] as const];
  });
  const options = new Map(concepts.map((entry) => [codingKey(entry), wordsOf({ type: 'Coding', raw: entry })]));
  const displays = concepts.flatMap((entry) => (entry.display === undefined ? [] : [[codingKey(entry), entry.display] as const]));
  return { options: complete ? options : undefined, exclusive: new Set(), displays: new Map(displays), weights: new Map(weights) };
}
