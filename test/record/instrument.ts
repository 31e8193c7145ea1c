/** A tiny instrument: pain 0 to 10 and a question about fever; and a policy with the tiers' deadlines in round numbers. */
import type { Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import type { Alerts, Instrument, Policy, Scoring, Source, TierPolicy } from '../../src/pro/instrument.ts';

const source: Source = { citation: 'made up for tests', status: 'safety-default' };

export const URL = 'https://pro-bridge.example/fhir/Questionnaire/tiny';

export const questionnaire = (version = '1.0.0', more: Partial<Questionnaire> = {}): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: URL,
  version,
  status: 'active',
  subjectType: ['Patient'],
  item: [
    {
      linkId: 'pain',
      text: 'Pain',
      type: 'integer',
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/minValue', valueInteger: 0 },
        { url: 'http://hl7.org/fhir/StructureDefinition/maxValue', valueInteger: 10 },
      ],
    },
    { linkId: 'fever', text: 'Fever', type: 'boolean' },
  ],
  ...more,
});

const versions = ['1.0.0', '1.1.0'];

const scoring: Scoring = {
  questionnaire: URL,
  questionnaireVersions: versions,
  version: '1.0.0',
  scores: [
    {
      id: 'tiny-pain',
      code: { system: 'urn:test', code: 'pain' },
      text: { en: 'Pain' },
      kind: 'item',
      items: ['pain'],
      range: [0, 10],
      unit: '{score}',
      bands: [{ low: 0, high: 10, text: { en: 'any' }, interpretation: 'N', source }],
      source,
    },
  ],
};

const alerts: Alerts = {
  questionnaire: URL,
  questionnaireVersions: versions,
  version: '1.0.0',
  interval: { days: 7, graceDays: 7, source },
  symptoms: [
    { key: 'pain', text: { en: 'Pain' }, category: 'clinical' },
    { key: 'fever', text: { en: 'Fever' }, category: 'clinical', advice: { en: 'Take your temperature.', nb: 'Mål temperaturen.' } },
  ],
  rules: [
    { id: 'pain-moderate', kind: 'threshold', symptom: 'pain', tier: 'moderate', of: { item: 'pain' }, atLeast: 4, below: 7, source },
    { id: 'pain-severe', kind: 'threshold', symptom: 'pain', tier: 'severe', of: { item: 'pain' }, atLeast: 7, source },
    { id: 'pain-worse', kind: 'worsening', symptom: 'pain', tier: 'moderate', of: { item: 'pain' }, than: 'previous', rise: 2, reaching: 3, source },
    { id: 'fever', kind: 'red-flag', symptom: 'fever', tier: 'critical', item: 'fever', when: { boolean: true }, source },
  ],
};

export const instrument: Instrument = { name: 'tiny', questionnaire: questionnaire(), scoring, alerts };

const tier = (name: string, minutes: number, until: TierPolicy['deadline']['until'], severity: TierPolicy['severity']): TierPolicy => ({
  deadline: { minutes, until, clock: 'wall', source },
  flagPriority: severity === 'high' ? 'PH' : 'PM',
  taskPriority: severity === 'high' ? 'stat' : 'routine',
  severity,
  advice: { en: `${name} advice, call {emergency}`, nb: `råd ${name}, ring {emergency}` },
});

export const policy: Policy = {
  version: '1.0.0',
  tiers: {
    personal: tier('personal', 10_080, 'documented', 'low'),
    moderate: tier('moderate', 4320, 'documented', 'moderate'),
    severe: tier('severe', 1440, 'assessed', 'high'),
    critical: tier('critical', 30, 'acknowledged', 'high'),
  },
  always: { en: 'Nobody may have read this yet.', nb: 'Kanskje har ingen lest dette ennå.' },
  nothingFound: { en: 'Thank you.', nb: 'Takk.' },
  lateAfter: { minutes: 1440, source },
  notifyAgain: { days: 7, source },
  workingHours: { days: [1, 2, 3, 4, 5], from: '08:00', to: '16:00', holidays: [], source },
};

export interface Given {
  readonly pain?: number;
  readonly fever?: boolean;
}

/** An answer of a patient's own. */
export function answer(patient: string, { pain, fever }: Given, more: Partial<QuestionnaireResponse> = {}): QuestionnaireResponse {
  const item = [
    ...(pain === undefined ? [] : [{ linkId: 'pain', answer: [{ valueInteger: pain }] }]),
    ...(fever === undefined ? [] : [{ linkId: 'fever', answer: [{ valueBoolean: fever }] }]),
  ];
  const subject = { reference: patient };
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${URL}|1.0.0`,
    status: 'completed',
    subject,
    source: subject,
    ...(item.length > 0 ? { item } : {}),
    ...more,
  };
}
