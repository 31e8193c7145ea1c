/**
 * The defaults that our own instruments share, asked of every symptom in them: 4 moderate, 7 severe, a rise of 2 or of 3
 * over the baseline that reaches 3, moderate throughout three reports one tier up, every warning sign alone.
 */
import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireResponse, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import { loadInstruments } from '../../src/packages/instruments.ts';
import { digest } from '../../src/pro/digest.ts';
import type { AlertRule, Instrument, Tier } from '../../src/pro/instrument.ts';
import { judge } from '../../src/pro/judge.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import type { PlanItem } from '../../src/questionnaire/plan.ts';

/** Days between two answers, so that a row of three is long enough; and what is not judged as a symptom, or whose course is judged on another item. */
const OURS: Readonly<Record<string, { step: number; noSymptom: readonly string[]; noRise: readonly string[]; noRow: readonly string[] }>> = {
  'cancer-weekly': { step: 7, noSymptom: ['pain-function'], noRise: [], noRow: [] },
  'osteoporosis-check': { step: 14, noSymptom: [], noRise: [], noRow: [] },
  'pain-diary': { step: 3, noSymptom: ['pain-function', 'relief'], noRise: ['pain-worst', 'pain-now'], noRow: ['pain-now'] },
};

type Given = Readonly<Record<string, QuestionnaireResponseItemAnswer | undefined>>;
const DAY = 86_400_000;

const instruments = loadInstruments('questionnaires').flatMap((instrument) => {
  const ours = OURS[instrument.name];
  return ours === undefined ? [] : [[instrument.name, instrument, ours] as const];
});

test('all three are here', () => expect(instruments.map(([name]) => name)).toEqual(Object.keys(OURS)));

/** What calms: no, 0, the first option. Pain medicine is taken, so that all questions are asked. */
function calm({ linkId, definition }: PlanItem): QuestionnaireResponseItemAnswer | undefined {
  if (definition.type === 'boolean') return { valueBoolean: linkId === 'pain-medicine' };
  if (definition.type === 'integer') return { valueInteger: 0 };
  const coding = definition.answerOption?.[0]?.valueCoding;
  return coding === undefined ? undefined : { valueCoding: coding };
}

function filled(item: PlanItem, given: Given): QuestionnaireResponseItem[] {
  const { linkId, children } = item;
  if (item.definition.type === 'group') return [{ linkId, item: children.flatMap((child) => filled(child, given)) }];
  const answer = Object.hasOwn(given, linkId) ? given[linkId] : calm(item);
  return answer === undefined ? [] : [{ linkId, answer: [answer] }];
}

/** The findings of the last of several answers, so many days apart. */
function found({ questionnaire, scoring, alerts }: Instrument, step: number, ...answers: readonly Given[]) {
  if (alerts === undefined) throw new Error('no alerts');
  const plan = compilePlan(questionnaire);
  const digests = answers.map((given, index) => {
    const authored = new Date(Date.parse('2026-03-02T09:00:00Z') + index * step * DAY).toISOString();
    const response: QuestionnaireResponse = {
      resourceType: 'QuestionnaireResponse',
      id: String(index),
      status: 'completed',
      authored,
      item: plan.items.flatMap((item) => filled(item, given)),
    };
    return digest(plan, scoring, response, { first: authored });
  });
  return judge(alerts, digests, { lateAfterMinutes: 1440 }).filter(({ response }) => response.endsWith(`/${answers.length - 1}`));
}

describe.each(instruments)('%s', (_, instrument, { step, noSymptom, noRise, noRow }) => {
  const { order } = compilePlan(instrument.questionnaire);
  const scales = order.filter(({ definition }) => definition.type === 'integer' && JSON.stringify(definition.extension ?? []).includes('"valueInteger":10'));
  const symptoms = scales.map(({ linkId }) => linkId).filter((linkId) => !noSymptom.includes(linkId));

  const tiers = (linkId: string, ...values: readonly (number | undefined)[]): Tier[] => {
    const answers = values.map((value) => ({ [linkId]: value === undefined ? undefined : { valueInteger: value } }));
    return [...new Set(found(instrument, step, ...answers).map(({ tier }) => tier))].toSorted();
  };

  test('has symptoms', () => expect(symptoms.length).toBeGreaterThanOrEqual(5));

  test.each(symptoms)('%s: 4 is moderate, 7 severe', (linkId) => {
    expect([3, 4, 6, 7, 10].map((value) => tiers(linkId, value))).toEqual([[], ['moderate'], ['moderate'], ['severe'], ['severe']]);
  });

  test.each(symptoms.filter((linkId) => !noRise.includes(linkId)))('%s: a rise', (linkId) => {
    expect([tiers(linkId, 1, 3), tiers(linkId, 0, 2), tiers(linkId, 2, 3)]).toEqual([['moderate'], [], []]);
    expect([tiers(linkId, 0, 1, 2, 3), tiers(linkId, 1, 2, 3)]).toEqual([['moderate'], []]);
    expect(tiers(linkId, 1, undefined, undefined, undefined, 3)).toEqual([]); // too long ago to be the previous one
  });

  test.each(symptoms.filter((linkId) => !noRow.includes(linkId)))('%s: moderate throughout three reports', (linkId) => {
    expect(tiers(linkId, 4, 4, 4)).toEqual(['moderate', 'severe']);
    expect(tiers(linkId, 4, undefined, 4, 4)).toEqual(['moderate', 'severe']);
    expect([tiers(linkId, 4, 4), tiers(linkId, 4, undefined, 4), tiers(linkId, 4, 3, 4, 4), tiers(linkId, 4, 4, 3)]).toEqual([
      ['moderate'],
      ['moderate'],
      ['moderate'],
      [],
    ]);
  });

  const signs = (instrument.alerts?.rules ?? []).filter((rule): rule is Extract<AlertRule, { kind: 'red-flag' }> => rule.kind === 'red-flag');

  test.each(signs.map((rule) => [rule.id, rule] as const))('%s alone suffices', (__, rule) => {
    const hurt = order.find(({ linkId }) => linkId === rule.item)?.definition.answerOption?.at(-1)?.valueCoding;
    const answer = 'boolean' in rule.when ? { valueBoolean: rule.when.boolean } : { valueCoding: hurt ?? {} };
    expect(found(instrument, step, { [rule.item]: answer }).map(({ symptom, tier }) => [symptom, tier])).toEqual([[rule.symptom, rule.tier]]);
    expect(found(instrument, step, { [rule.item]: undefined })).toEqual([]);
    expect(signs.filter(({ symptom }) => symptom === rule.symptom)).toHaveLength(1);
  });
});

describe('the warning signs that must be there', () => {
  const tierOf = (name: string): Record<string, Tier> => {
    const rules = instruments.find(([one]) => one === name)?.[1].alerts?.rules ?? [];
    return Object.fromEntries(rules.flatMap(({ kind, symptom, tier }) => (kind === 'red-flag' ? [[symptom, tier]] : [])));
  };
  const all = (tier: Tier, ...symptoms: readonly string[]): Record<string, Tier> => Object.fromEntries(symptoms.map((symptom) => [symptom, tier]));

  test('of cancer treatment', () =>
    expect(tierOf('cancer-weekly')).toEqual({
      ...all('critical', 'fever', 'leg-weakness', 'bladder-bowel-change', 'band-like-back-pain', 'sudden-breathlessness', 'chest-pain', 'bleeding'),
      ...all('critical', 'confusion', 'cannot-keep-fluids-down', 'hard-to-wake'),
      ...all('severe', 'cannot-wait'),
    }));
  test('of strong pain medicine', () => expect(tierOf('pain-diary')).toEqual(all('critical', 'confusion', 'hard-to-wake')));
  test('of osteoporosis and its medicines', () =>
    expect(tierOf('osteoporosis-check')).toEqual({
      ...all('critical', 'fall-with-injury', 'suspected-fracture', 'sudden-back-pain'),
      ...all('severe', 'thigh-groin-pain', 'jaw-trouble', 'denosumab-overdue', 'cannot-wait'),
    }));
});

describe('several symptoms at once', () => {
  const weekly = instruments.find(([name]) => name === 'cancer-weekly')?.[1];
  const tired = (fatigue: number, nausea: number): Given => ({ fatigue: { valueInteger: fatigue }, nausea: { valueInteger: nausea } });
  const combined = (...answers: readonly Given[]): boolean =>
    weekly !== undefined && found(weekly, 7, ...answers).some(({ symptom, tier }) => symptom === 'several-symptoms' && tier === 'severe');

  test('two moderate ones that are new or worse', () => {
    expect(combined(tired(4, 4))).toBe(true);
    expect(combined(tired(4, 0), tired(5, 4))).toBe(true);
  });
  test('not one alone, nor what has long been so', () => {
    expect(combined(tired(5, 3))).toBe(false);
    expect(combined(tired(4, 4), tired(4, 4))).toBe(false);
    expect(combined(tired(4, 4), tired(5, 4))).toBe(false);
  });
});
