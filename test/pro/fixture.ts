/** A small instrument of its own: two symptoms, a total, a red flag. Numbers are made up for the tests. */
import type { Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import { type Digest, digest } from '../../src/pro/digest.ts';
import type { Alerts, Policy, Scoring, TierPolicy } from '../../src/pro/instrument.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';

const URL = 'http://example.org/Questionnaire/check';
const source = { citation: 'For tests', status: 'safety-default' } as const;
const scored = { code: { system: 'http://example.org/score', code: 'x' }, unit: '{score}', source };

const questionnaire: Questionnaire = {
  resourceType: 'Questionnaire',
  url: URL,
  version: '1.0.0',
  status: 'active',
  item: [
    { linkId: 'pain', type: 'integer' },
    { linkId: 'nausea', type: 'integer' },
    { linkId: 'fever', type: 'boolean' },
    { linkId: 'medicine', type: 'integer', enableWhen: [{ question: 'pain', operator: '>', answerInteger: 0 }] },
  ],
};
export const plan = compilePlan(questionnaire);

export const scoring: Scoring = {
  questionnaire: URL,
  questionnaireVersions: ['1.0.0'],
  version: '1.2.0',
  scores: [
    {
      ...scored,
      id: 'pain',
      text: { en: 'Pain' },
      kind: 'item',
      items: ['pain'],
      range: [0, 10],
      bands: [
        { low: 0, high: 3, text: { en: 'Mild' }, interpretation: 'N', source },
        { low: 4, high: 10, text: { en: 'Strong' }, interpretation: 'H', source },
      ],
    },
    {
      ...scored,
      id: 'total',
      text: { en: 'Total' },
      kind: 'sum',
      items: ['pain', 'nausea'],
      range: [0, 20],
      missing: { allowed: 1, method: 'prorate', source },
      bands: [],
    },
    { ...scored, id: 'medicine', text: { en: 'Medicine' }, kind: 'item', items: ['medicine'], range: [0, 10], bands: [] },
  ],
};

export const alerts: Alerts = {
  questionnaire: URL,
  questionnaireVersions: ['1.0.0'],
  version: '2.0.0',
  interval: { days: 7, graceDays: 3, source },
  symptoms: [
    { key: 'pain', text: { en: 'Pain', nb: 'Smerte' }, category: 'clinical' },
    { key: 'nausea', text: { en: 'Nausea' }, category: 'clinical' },
    { key: 'fever', text: { en: 'Fever', nb: 'Feber' }, category: 'safety', advice: { en: 'Fever: call {emergency}.', nb: 'Feber: ring {emergency}.' } },
    { key: 'several', text: { en: 'Several symptoms' }, category: 'clinical' },
  ],
  rules: [
    { id: 'pain-moderate', symptom: 'pain', tier: 'moderate', source, kind: 'threshold', of: { item: 'pain' }, atLeast: 4, below: 7 },
    { id: 'pain-severe', symptom: 'pain', tier: 'severe', source, kind: 'threshold', of: { score: 'pain' }, atLeast: 7 },
    { id: 'pain-rise', symptom: 'pain', tier: 'moderate', source, kind: 'worsening', of: { item: 'pain' }, than: 'previous', rise: 2, reaching: 3 },
    { id: 'pain-baseline', symptom: 'pain', tier: 'moderate', source, kind: 'worsening', of: { item: 'pain' }, than: 'baseline', rise: 3, reaching: 3 },
    { id: 'pain-stays', symptom: 'pain', tier: 'severe', source, kind: 'persistence', of: { item: 'pain' }, atLeast: 4, reports: 3, days: 12 },
    { id: 'nausea-moderate', symptom: 'nausea', tier: 'moderate', source, kind: 'threshold', of: { item: 'nausea' }, atLeast: 4 },
    { id: 'fever', symptom: 'fever', tier: 'critical', source, kind: 'red-flag', item: 'fever', when: { boolean: true } },
    { id: 'several', symptom: 'several', tier: 'severe', source, kind: 'combination', symptoms: ['pain', 'nausea'], from: 'moderate', count: 2 },
  ],
};

const tier = (minutes: number, until: TierPolicy['deadline']['until'], rest: Omit<TierPolicy, 'deadline' | 'advice'> & { advice: string }): TierPolicy => ({
  ...rest,
  advice: { en: rest.advice, nb: `${rest.advice} (nb)` },
  deadline: { minutes, until, clock: minutes > 1440 ? 'working-hours' : 'wall', source },
});

export const policy: Policy = {
  version: '1.0.0',
  tiers: {
    personal: tier(10_080, 'documented', { flagPriority: 'PN', taskPriority: 'routine', severity: 'low', advice: 'personal' }),
    moderate: tier(4320, 'documented', { flagPriority: 'PL', taskPriority: 'routine', severity: 'moderate', advice: 'moderate' }),
    severe: tier(1440, 'assessed', { flagPriority: 'PM', taskPriority: 'urgent', severity: 'high', advice: 'Call today or {emergency}.' }),
    critical: tier(30, 'acknowledged', { flagPriority: 'PH', taskPriority: 'stat', severity: 'high', advice: 'Call {emergency} now.' }),
  },
  always: { en: 'Nobody may have read this. {crisis}', nb: 'Kanskje ingen har lest dette. {crisis}', 'zh-Hans': '可能还没有人看到。{crisis}' },
  nothingFound: { en: 'Thank you.', nb: 'Takk.' },
  lateAfter: { minutes: 1440, source },
  notifyAgain: { days: 7, source },
  workingHours: { days: [1, 2, 3, 4, 5], from: '08:00', to: '16:00', holidays: [], source },
};

export interface Said {
  readonly id: string;
  readonly pain?: number;
  readonly nausea?: number;
  readonly fever?: boolean;
  readonly status?: QuestionnaireResponse['status'];
  readonly authored?: string;
  readonly proxy?: boolean;
}

export function response({ id, pain, nausea, fever, status = 'completed', authored, proxy }: Said): QuestionnaireResponse {
  const integer = (linkId: string, valueInteger: number | undefined) => (valueInteger === undefined ? [] : [{ linkId, answer: [{ valueInteger }] }]);
  return {
    resourceType: 'QuestionnaireResponse',
    id,
    questionnaire: `${URL}|1.0.0`,
    status,
    subject: { reference: 'Patient/p' },
    source: { reference: proxy === true ? 'RelatedPerson/r' : 'Patient/p' },
    ...(authored !== undefined && { authored }),
    item: [...integer('pain', pain), ...integer('nausea', nausea), ...(fever === undefined ? [] : [{ linkId: 'fever', answer: [{ valueBoolean: fever }] }])],
  };
}

/** Noon of a day in March 2026. */
export const day = (number: number): string => `2026-03-${String(number).padStart(2, '0')}T12:00:00.000Z`;

/** Received when it was given, unless said otherwise. */
export const digested = (said: Said, received = said.authored ?? day(1)): Digest => digest(plan, scoring, response(said), { first: received });
