/**
 * What is asked of an item at one place of a response: what its definition says, and where an expression has a say,
 * what that yields there. https://hl7.org/fhir/uv/sdc/behavior.html
 */
import { plainValue } from '../fhir/fhirpath.ts';
import { asAnswer } from './convert.ts';
import type { Evaluation, Evaluator } from './evaluate.ts';
import { extensionNumber } from './extension.ts';
import { occurrences } from './limits.ts';
import { choiceOf, MOST_LISTED } from './options.ts';
import { type Choice, IN_FORCE_EXPRESSIONS, type InForce, type ItemExpression, type LimitExpression, type Limits, type PlanItem } from './plan.ts';
import { NO_TERMS, type Terms } from './terms.ts';
import { optionKey, type Value, wordsOf } from './value.ts';
import type { Holder } from './walk.ts';

/** `place` is the item's occurrence, or what stands for it where it is missing. */
export interface Live {
  inForce(item: PlanItem, place: Holder): InForce;
  /** What may be chosen now; undefined where anything may, or where the item's value set must be asked. */
  choices(item: PlanItem, place: Holder): readonly Choice[] | undefined;
  /** Options, by their keys, that are not on offer now, whatever lists them. */
  withheld(item: PlanItem, place: Holder): ReadonlySet<string>;
}

/** Undefined: for a plan without expressions, where all is fixed. */
export function createLive(evaluator: Evaluator | undefined, terms: Terms): Live {
  const known = new Map<Holder, InForce>();
  return {
    inForce: (item, place) => {
      if (evaluator === undefined || !IN_FORCE_EXPRESSIONS.some((kind) => item.expressions[kind] !== undefined)) return item.fixed;
      const found = known.get(place) ?? workOut(item, place, evaluator);
      known.set(place, found);
      return found;
    },
    choices: (item, place) => choicesAt(item, place, { evaluator, terms }),
    withheld: (item, place) => withheldAt(item, place, evaluator),
  };
}

/** As fixed, where an expression fails or yields nothing. */
function workOut(item: PlanItem, place: Holder, evaluator: Evaluator): InForce {
  const { fixed, expressions } = item;
  const first = (kind: ItemExpression): unknown => {
    const expression = expressions[kind];
    return expression === undefined ? undefined : plainValue(evaluator.at(expression, place).values[0]);
  };
  const flag = (kind: 'required' | 'readOnly'): boolean => (typeof first(kind) === 'boolean' ? first(kind) === true : fixed[kind]);
  const number = (kind: LimitExpression): number | undefined => (typeof first(kind) === 'number' ? Number(first(kind)) : undefined);
  const text = first('text');
  const [required, repeats] = [flag('required'), fixed.repeats];
  const said = {
    minOccurs: number('minOccurs') ?? extensionNumber(item.definition, 'minOccurs'),
    maxOccurs: number('maxOccurs') ?? extensionNumber(item.definition, 'maxOccurs'),
  };
  return {
    text: typeof text === 'string' ? text : fixed.text,
    required,
    readOnly: flag('readOnly'),
    repeats,
    ...occurrences({ required, repeats }, said),
    limits: limitsNow(item, { first, number }),
  };
}

interface Asking {
  readonly first: (kind: ItemExpression) => unknown;
  readonly number: (kind: LimitExpression) => number | undefined;
}

function limitsNow(item: PlanItem, { first, number }: Asking): Limits {
  const { limits } = item.fixed;
  const value = (kind: 'minValue' | 'maxValue'): Value | undefined => asAnswer(item, first(kind), NO_TERMS) ?? asNumber(number(kind)) ?? limits[kind];
  return {
    ...limits,
    minValue: value('minValue'),
    maxValue: value('maxValue'),
    minLength: number('minLength') ?? limits.minLength,
    maxLength: number('maxLength') ?? limits.maxLength,
    maxDecimalPlaces: number('maxDecimalPlaces') ?? limits.maxDecimalPlaces,
    maxSize: number('maxSize') ?? limits.maxSize,
  };
}

/** A bound of a whole number may be a decimal. */
const asNumber = (raw: number | undefined): Value | undefined => (raw === undefined ? undefined : { type: 'decimal', raw });

interface Choosing {
  readonly evaluator: Evaluator | undefined;
  readonly terms: Terms;
}

function choicesAt(item: PlanItem, place: Holder, { evaluator, terms }: Choosing): readonly Choice[] | undefined {
  const { answerExpression } = item.expressions;
  const isLive = evaluator !== undefined && answerExpression !== undefined;
  const offered = isLive ? yielded(item, evaluator.at(answerExpression, place), terms) : item.options === undefined ? undefined : item.choices;
  if (offered === undefined || item.toggles.length === 0) return offered;
  const withheld = withheldAt(item, place, evaluator);
  return offered.filter(({ key }) => !withheld.has(key));
}

/** Of a searchset the resources found; undefined where it cannot be told. */
function yielded(item: PlanItem, { values, fault, isOpen }: Evaluation, terms: Terms): readonly Choice[] | undefined {
  if (fault !== undefined || isOpen) return undefined;
  const answers = values.flatMap(found).flatMap((value) => asAnswer(item, value, terms) ?? []);
  return [...new Map(answers.map((value): [string, Choice] => [optionKey(value), { key: optionKey(value), value, words: wordsOf(value) }])).values()];
}

function found(value: unknown): readonly unknown[] {
  const plain = plainValue(value);
  const isBundle = typeof plain === 'object' && plain !== null && 'resourceType' in plain && plain.resourceType === 'Bundle';
  if (!isBundle || !('entry' in plain) || !Array.isArray(plain.entry)) return isBundle ? [] : [value];
  return plain.entry.flatMap((entry: { readonly resource?: unknown; readonly search?: { readonly mode?: unknown } }) =>
    entry?.resource === undefined || entry.search?.mode === 'outcome' ? [] : [entry.resource],
  );
}

/** An option under several expressions is offered while one of them holds. */
function withheldAt({ toggles }: PlanItem, place: Holder, evaluator: Evaluator | undefined): ReadonlySet<string> {
  const [on, off] = [new Set<string>(), new Set<string>()];
  if (evaluator === undefined) return off;
  for (const { options, when } of toggles) {
    const { values, isOpen } = evaluator.at(when, place);
    const into = isOpen || plainValue(values[0]) === true ? on : off;
    for (const option of options) into.add(option);
  }
  return off.difference(on);
}

/** The codes of the item's value set, for a form to offer; undefined where they cannot be listed, or are too many. */
export function listedChoices({ valueSet }: PlanItem, terms: Terms): readonly Choice[] | undefined {
  const listing = valueSet === undefined ? undefined : terms.list(valueSet, MOST_LISTED);
  return listing?.map(choiceOf);
}
