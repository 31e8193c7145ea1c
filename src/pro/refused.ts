/**
 * Red flags in a response that was refused for another fault. Reads whatever shape it is given, as long as a linkId
 * and an answer can be made out: nothing that a patient said shall be lost.
 */
import { printed } from '../fhir/printed.ts';
import type { Plan, PlanItem } from '../questionnaire/plan.ts';
import { asRecord, optionKey, readValue, type Value } from '../questionnaire/value.ts';
import type { GivenAnswer } from './digest.ts';
import type { AlertRule, Alerts } from './instrument.ts';
import { answerIs } from './rules/red-flag.ts';

type RedFlagRule = Extract<AlertRule, { kind: 'red-flag' }>;

/** Rules whose answer is in the text, whatever else is wrong with it. Without a plan the weights of options are not known. */
export function redFlagsIn(alerts: Alerts, plan: Plan | undefined, response: unknown): readonly RedFlagRule[] {
  const rules = alerts.rules.filter((rule) => rule.kind === 'red-flag');
  const byItem = Map.groupBy(rules, ({ item }) => item);
  const found = new Set<RedFlagRule>();
  for (const { linkId, raw } of answersIn(response)) {
    for (const rule of byItem.get(linkId) ?? []) if (!found.has(rule) && mayRaise(raw, rule, plan)) found.add(rule);
  }
  return rules.filter((rule) => found.has(rule));
}

interface RawAnswer {
  readonly linkId: string;
  readonly raw: object;
}

/** Every answer under every linkId, however the items are nested. Goes through a list, so that depth costs no stack. */
function* answersIn(response: unknown): Generator<RawAnswer> {
  const waiting: object[] = [asRecord(response)];
  for (const next of waiting) {
    const { linkId, answer, item } = asRecord(next);
    for (const nested of objectsIn(item)) waiting.push(nested);
    for (const raw of objectsIn(answer)) {
      if ('item' in raw || 'answer' in raw) waiting.push(raw);
      if (typeof linkId === 'string') yield { linkId, raw };
    }
  }
}

/** One object or a list of them: a list of one is easily forgotten. */
const objectsIn = (value: unknown): object[] => [value].flat().filter((one): one is object => typeof one === 'object' && one !== null);

function mayRaise(raw: object, { item, when }: RedFlagRule, plan: Plan | undefined): boolean {
  const value = readValue(raw);
  if (value === undefined) return false;
  const number = weightOf(value, plan?.byLinkId.get(item)) ?? (typeof value.raw === 'boolean' ? undefined : Number(printed(value.raw)));
  const { system, code } = asRecord(value.raw);
  const said = saidYesOrNo(value);
  const given: GivenAnswer = {
    words: '',
    ...(said === undefined ? {} : { boolean: said }),
    ...(number === undefined || Number.isNaN(number) ? {} : { number }),
    ...(typeof code === 'string' ? { coding: { code, ...(typeof system === 'string' ? { system } : {}) } } : {}),
  };
  return answerIs(given, when);
}

/** What apps send where true and false belong; Y and N are those of https://terminology.hl7.org/CodeSystem-v2-0136.html. */
const YES: ReadonlySet<string> = new Set(['true', '1', 'yes', 'y']);
const NO: ReadonlySet<string> = new Set(['false', '0', 'no', 'n']);

function saidYesOrNo({ raw }: Value): boolean | undefined {
  const { code, value, display } = asRecord(raw);
  const word = printed(code ?? value ?? display ?? raw)
    .trim()
    .toLowerCase();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : undefined;
}

/** By the code alone where the system was left out or mistaken, by the words of the option where they were sent for it. */
function weightOf(value: Value, item: PlanItem | undefined): number | undefined {
  const exact = item?.weights.get(optionKey(value));
  if (item === undefined || exact !== undefined) return exact;
  const { code, display } = asRecord(value.raw);
  const byCode = [...item.weights].find(([key]) => typeof code === 'string' && key.endsWith(`|${code}`))?.[1];
  return byCode ?? weightOfWords(printed(display ?? value.raw), item);
}

function weightOfWords(words: string, { displays, weights }: PlanItem): number | undefined {
  const meant = words.trim().toLowerCase();
  const [key] = [...displays].find(([, display]) => display.toLowerCase() === meant) ?? [];
  return key === undefined ? undefined : weights.get(key);
}
