import { expect, test } from '@jest/globals';
import type { AllergyEntry, HistoryEntry, MedicineEntry, Timeline, TimelineAlert, TimelineFinding, TimelineResponse } from '../../src/exchange/timeline.ts';
import { codeSystem, extensionUrl } from '../../src/fhir/names.ts';
import type { PageDeps } from '../../src/web/deps.ts';
import { patientPage } from '../../src/web/patient.ts';
import { createWhen } from '../../src/web/when.ts';

const source = { hospital: 'City University Hospital', fetched: '2026-11-21T06:00:00Z' };
const subject = { reference: 'Patient/p' };

/** What the patient's page needs of the house. */
const deps = {
  clock: () => new Date('2026-11-21T12:00:00Z'),
  when: createWhen('Europe/Oslo'),
  ranges: new Map(),
  siteName: 'Centre',
  notices: [],
  outOfHours: undefined,
} as unknown as PageDeps; // the page of one timeline reads and writes nothing

const withdrawn: TimelineFinding = {
  ref: 'DetectedIssue/i',
  source,
  resource: { resourceType: 'DetectedIssue', id: 'i', status: 'entered-in-error' },
  detail: 'Chest pain: yes.',
  tier: 'critical',
  rule: 'chest-pain',
  reported: '2026-11-21T07:00:00Z',
  late: false,
  withdrawn: true,
  responses: ['QuestionnaireResponse/q'],
};

const response: TimelineResponse = {
  ref: 'QuestionnaireResponse/q',
  source,
  resource: { resourceType: 'QuestionnaireResponse', id: 'q', status: 'entered-in-error' },
  questionnaire: 'weekly',
  at: '2026-11-21',
  status: 'entered-in-error',
  by: 'patient',
  answers: [{ linkId: 'chest-pain', question: 'Chest pain', values: ['yes'], isFreeText: false }],
};

const alert: TimelineAlert = {
  ref: 'Flag/f',
  source,
  resource: { resourceType: 'Flag', id: 'f', status: 'active', code: {}, subject },
  symptom: 'chest-pain',
  title: 'Chest pain',
  tier: 'critical',
  since: '2026-11-21T07:00:00Z',
  corrected: true,
  findings: [],
  withdrawn: [withdrawn],
  task: {
    ref: 'Task/t',
    source,
    resource: {
      resourceType: 'Task',
      id: 't',
      status: 'in-progress',
      intent: 'order',
      extension: [
        { url: extensionUrl('acknowledged'), valueDateTime: '2026-11-21T08:00:00Z' },
        { url: extensionUrl('notified'), valueDateTime: '2026-11-21T09:00:00Z' },
      ],
      code: { coding: [{ system: codeSystem('task'), code: 'respond-to-alert' }] },
    },
    kind: 'respond-to-alert',
    status: 'in-progress',
    state: 'acknowledged',
  },
};

const treatment: HistoryEntry = {
  ref: 'Procedure/x',
  source,
  resource: { resourceType: 'Procedure', id: 'x', status: 'stopped', subject },
  kind: 'procedure',
  title: 'Infusion',
  start: '2026-11-20T22:00:00+01:00',
  status: 'stopped',
};

const diagnosis: HistoryEntry = { ...treatment, kind: 'diagnosis', title: 'Lymphoma', start: '2024-05', status: 'active' };

const medicine = (title: string, isActive: boolean): MedicineEntry => ({
  ref: 'MedicationRequest/m',
  source,
  resource: { resourceType: 'MedicationRequest', id: 'm', status: 'active', intent: 'order', subject },
  title,
  status: isActive ? 'active' : 'stopped',
  isActive,
});

const allergy = (title: string, status: string): AllergyEntry => ({
  ref: 'AllergyIntolerance/a',
  source,
  resource: { resourceType: 'AllergyIntolerance', id: 'a', patient: subject },
  title,
  reactions: [],
  status,
});

const timeline: Timeline = {
  patient: {
    ref: 'Patient/p',
    source,
    resource: { resourceType: 'Patient', id: 'p' },
    name: 'Margaret Ellis',
    languages: [],
    phones: [],
    deceased: false,
  },
  asOf: '2026-11-21T12:00:00Z',
  alerts: [alert],
  responses: [response],
  scores: [],
  unread: [],
  lastAnswer: response,
  history: [treatment, diagnosis],
  lastTreatment: treatment,
  medicines: [medicine('Old tablets', false), medicine('New tablets', true)],
  allergies: [allergy('Latex', 'resolved'), allergy('Nuts', 'active')],
  referrals: [],
  openTasks: [],
  hospitals: [],
  cut: [],
};

/** The page's words, without markup. */
const text = String(patientPage(deps, { timeline, actor: '' }).body)
  .replace(/<[^>]*>/g, ' ')
  .replace(/\s+/g, ' ');

test('an alert that lost its reasons says what was said at first, with the answers', () => {
  expect(text).toContain('An answer behind this alert was corrected or withdrawn.');
  expect(text).toMatch(/At first: Chest pain: yes\..*\(taken back\)/);
  expect(text).toMatch(/Answers of 21 Nov 2026, withdrawn Chest pain yes/);
});

test('an alert that called people again is not called seen', () => {
  expect(text).toContain('new answer, not seen yet');
  expect(text).not.toMatch(/Critical seen/);
});

test('days are calendar days, and dates are as precise as they were given', () => {
  expect(text).toContain('Infusion , stopped before its end, 20 Nov 2026, 1 day before this report');
  expect(text).toContain('Last answer 21 Nov 2026 , today.');
  expect(text).toMatch(/Lymphoma Diagnosis, active May 2024/);
});

test('medicines taken now come first, and an allergy that is no more is told apart', () => {
  expect(text).toMatch(/New tablets active.*Old tablets stopped/);
  expect(text).toContain('Latex (resolved)');
  expect(text).not.toContain('(active)');
});
