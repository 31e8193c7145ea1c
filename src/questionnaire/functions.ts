/** The functions that questionnaires add to FHIRPath. https://hl7.org/fhir/uv/sdc/expressions.html#fhirpath-supplements */
import { compileValuePath, createHost, type ElementsOf, type FhirPathValue, type HostFunction, holderOf, rawValue } from '../fhir/fhirpath.ts';
import { LOOKUPS } from './analysis.ts';
import { extensionNumber } from './extension.ts';
import type { Plan } from './plan.ts';
import type { Tree } from './tree.ts';
import { asRecord, optionKey, readValue, type Value, wordsOf } from './value.ts';

export function questionnaireFunctions(plan: Plan, tree: () => Tree): Readonly<Record<string, HostFunction>> {
  const weight: HostFunction = (input) => input.flatMap((value) => weightOf(value, plan) ?? []);
  return {
    weight,
    ordinal: weight,
    answers: (input, elementsOf) => input.flatMap((value) => answersBelow(value, elementsOf)),
    [LOOKUPS.items]: (input, _, linkId = '') => input.flatMap((value) => tree().itemsWith(value, linkId)),
    [LOOKUPS.repeat]: (input, _, linkId = '') => levelsBelow(input, (value) => tree().itemsIn(value)).filter(hasLinkId(linkId)),
    [LOOKUPS.descendants]: (input, elementsOf, linkId = '') => levelsBelow(input, throughAnswers(tree(), elementsOf)).filter(hasLinkId(linkId)),
  };
}

/** `now()`, `today()` and `timeOfDay()` by the clock that was passed in, not the engine's own. */
export function clockFunctions({ now, timeZone = 'UTC' }: { readonly now: Date; readonly timeZone?: string }): Readonly<Record<string, HostFunction>> {
  const literals = new Map<string, readonly FhirPathValue[]>();
  const literal = (text: () => string, name: string): readonly FhirPathValue[] => {
    const found = literals.get(name) ?? compileValuePath(text())([], {}, createHost({}));
    literals.set(name, found);
    return found;
  };
  return {
    now: () => literal(() => `@${now.toISOString()}`, 'now'),
    today: () => literal(() => `@${dayIn(now, timeZone)}`, 'today'),
    timeOfDay: () => literal(() => `@T${timeIn(now, timeZone)}`, 'timeOfDay'),
  };
}

const dayIn = (now: Date, timeZone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(now);
const timeIn = (now: Date, timeZone: string): string => new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' }).format(now);

const hasLinkId =
  (linkId: string) =>
  (value: FhirPathValue): boolean =>
    asRecord(rawValue(value)).linkId === linkId;

/** Level by level, as `repeat()` goes. */
function levelsBelow(input: readonly FhirPathValue[], next: (value: FhirPathValue) => readonly FhirPathValue[]): readonly FhirPathValue[] {
  const found = input.flatMap(next);
  for (let at = 0; at < found.length; at += 1) for (const below of next(found[at])) found.push(below);
  return found;
}

const throughAnswers =
  (tree: Tree, elementsOf: ElementsOf) =>
  (value: FhirPathValue): readonly FhirPathValue[] => [...tree.itemsIn(value), ...elementsOf(value, 'answer').flatMap((answer) => tree.itemsIn(answer))];

/** SDC 3.0's `answers()`: the values of all answers inside. */
function answersBelow(value: FhirPathValue, elementsOf: ElementsOf): readonly FhirPathValue[] {
  const answers = elementsOf(value, 'answer');
  const items = [...elementsOf(value, 'item'), ...answers.flatMap((answer) => elementsOf(answer, 'item'))];
  return [...answers.flatMap((answer) => elementsOf(answer, 'value')), ...items.flatMap((item) => answersBelow(item, elementsOf))];
}

/**
 * The weight of an answer, or of its value: written on the answer itself, on the option that it is, in the value set that the
 * question is bound to, or by its code system. Throws for a coded answer that has none: a sum that leaves it
 * out would be wrong in silence. https://hl7.org/fhir/uv/sdc/expressions.html#weight
 */
function weightOf(node: FhirPathValue, plan: Plan): number | undefined {
  const { answer, value } = answered(node);
  if (value === undefined) return undefined;
  const own = extensionNumber(asRecord(answer), 'weight') ?? extensionNumber(asRecord(value.raw), 'weight');
  const item = plan.byLinkId.get(String(asRecord(rawValue(holderOf(answerNode(node)))).linkId));
  const weight = own ?? item?.weights.get(optionKey(value)) ?? (value.type === 'Coding' ? plan.terms.weight(asRecord(value.raw)) : undefined);
  if (weight !== undefined || value.type !== 'Coding') return weight;
  throw new Error(`the answer ${wordsOf(value)}${item === undefined ? '' : ` to '${item.linkId}'`} has no weight`);
}

interface Answered {
  readonly answer: unknown;
  readonly value: Value | undefined;
}

/** The input may be the answer or its value. */
function answered(node: FhirPathValue): Answered {
  const raw = rawValue(node);
  const itself = readValue(asRecord(raw));
  if (itself !== undefined) return { answer: raw, value: itself };
  const holder = rawValue(holderOf(node));
  const around = readValue(asRecord(holder));
  if (around !== undefined) return { answer: holder, value: around };
  return { answer: undefined, value: asRecord(raw).code === undefined ? undefined : { type: 'Coding', raw } };
}

const answerNode = (node: FhirPathValue): FhirPathValue => (readValue(asRecord(rawValue(node))) === undefined ? holderOf(node) : node);
