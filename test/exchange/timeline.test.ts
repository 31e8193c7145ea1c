import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, Composition, DetectedIssue, FhirResource, Flag, Observation, Procedure } from 'fhir/r4';
import { everythingAs } from '../../src/access/permit.ts';
import { restrict } from '../../src/access/restrict.ts';
import { loadRegistry } from '../../src/definitions/load.ts';
import { centrePatients } from '../../src/demo/centre-data.ts';
import { hospitalRecords } from '../../src/demo/hospital-data.ts';
import { CAST } from '../../src/demo/people.ts';
import { LIMITS, timelineBuilder } from '../../src/exchange/build-timeline.ts';
import type { BridgeStatus } from '../../src/exchange/status.ts';
import type { Timeline } from '../../src/exchange/timeline.ts';
import { timelineBundle } from '../../src/exchange/timeline-bundle.ts';
import { scoreSeries } from '../../src/exchange/timeline-scores.ts';
import { createSources } from '../../src/exchange/timeline-source.ts';
import { codeSystem, extensionUrl } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { ALL } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { type Centre, openCentre, params } from './centre.ts';
import { type HospitalServer, startHospital } from './hospital-server.ts';

const fever = new Date('2026-11-21T20:30:00.000Z');
const her = `Patient/${CAST.fever}`;
const build = timelineBuilder(params);

let hospital: HospitalServer;
let centre: Centre;

beforeAll(async () => {
  hospital = await startHospital();
  centre = openCentre([{ name: 'North', url: hospital.url }]);
  hospital.put(...hospitalRecords(fever).map((resource) => ({ ...resource }) as unknown as Resource));
  await centre.put(...centrePatients(fever));
  await centre.put(questionnaire, ...answers(CAST.fever));
  const { pulls } = await centre.bridge.pullAll();
  expect(pulls.filter(({ problem }) => problem !== undefined)).toEqual([]);
});

afterAll(async () => {
  await centre.close();
  await hospital.close();
});

const questionnaire: FhirResource = {
  resourceType: 'Questionnaire',
  id: 'weekly',
  url: 'https://pro-bridge.example/fhir/Questionnaire/weekly',
  version: '1.0.0',
  title: 'Weekly check',
  status: 'active',
  item: [
    {
      linkId: 'flags',
      type: 'group',
      text: 'Warning signs',
      item: [
        { linkId: 'fever', type: 'boolean', text: 'Fever of 38 °C or more?' },
        { linkId: 'mood', type: 'choice', text: 'Mood', answerOption: [{ valueCoding: { system: 'urn:m', code: 'low', display: 'Low' } }] },
      ],
    },
    { linkId: 'words', type: 'text', text: 'Anything else?' },
  ],
};

/** The fever as the rule engine writes it down, with an older and a newer answer around it. */
function answers(id: string): FhirResource[] {
  const subject = { reference: `Patient/${id}` };
  const response = (name: string, authored: string, item: object[]): FhirResource => ({
    resourceType: 'QuestionnaireResponse',
    id: name,
    status: 'completed',
    questionnaire: 'https://pro-bridge.example/fhir/Questionnaire/weekly|1.0.0',
    subject,
    source: subject,
    authored,
    item: item as never,
  });
  const score = (name: string, at: string, result: Partial<Observation>): FhirResource => ({
    resourceType: 'Observation',
    id: name,
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey' }] }],
    code: { coding: [{ system: codeSystem('score'), code: 'fatigue' }], text: 'Fatigue' },
    subject,
    effectiveDateTime: at,
    derivedFrom: [{ reference: 'QuestionnaireResponse/qr-fever' }],
    ...result,
  });
  return [
    response('qr-old', '2026-11-07T09:00:00Z', [{ linkId: 'words', answer: [{ valueString: 'All well.' }] }]),
    response('qr-fever', '2026-11-21T20:30:00Z', [
      {
        linkId: 'flags',
        item: [
          { linkId: 'fever', answer: [{ valueBoolean: true }] },
          { linkId: 'mood', answer: [{ valueCoding: { system: 'urn:m', code: 'low', display: '低落' } }] },
        ],
      },
      { linkId: 'words', answer: [{ valueString: 'Shivering <since> noon.' }] },
    ]),
    score('score-2', '2026-11-21T20:30:00Z', { valueQuantity: { value: 6, unit: '{score}' }, interpretation: [{ coding: [{ code: 'H' }], text: 'moderate' }] }),
    score('score-1', '2026-11-07T09:00:00Z', { dataAbsentReason: { text: 'not answered' } }),
    score('score-0', '2026-11-01T09:00:00Z', { status: 'entered-in-error', valueQuantity: { value: 9 } }),
    {
      resourceType: 'DetectedIssue',
      id: 'finding',
      status: 'final',
      code: { coding: [{ system: codeSystem('alert-rule'), code: 'fever', version: '1.0.0' }] },
      patient: subject,
      detail: 'Fever reported.',
      implicated: [{ reference: 'QuestionnaireResponse/qr-fever' }],
      extension: [
        { url: extensionUrl('tier'), valueCode: 'critical' },
        { url: extensionUrl('reported'), valueDateTime: '2026-11-21T20:30:00Z' },
      ],
    },
    {
      resourceType: 'Flag',
      id: 'alert',
      status: 'active',
      code: { coding: [{ system: codeSystem('symptom'), code: 'fever' }], text: 'Fever' },
      subject,
      period: { start: '2026-11-21T20:30:00Z' },
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/flag-detail', valueReference: { reference: 'DetectedIssue/finding' } },
        { url: extensionUrl('tier'), valueCode: 'critical' },
      ],
    },
    { resourceType: 'Flag', id: 'closed', status: 'inactive', code: { text: 'Pain' }, subject },
    {
      resourceType: 'Task',
      id: 'work',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: codeSystem('task'), code: 'respond-to-alert' }] },
      businessStatus: { coding: [{ system: codeSystem('alert-state'), code: 'raised' }] },
      focus: { reference: 'Flag/alert' },
      for: subject,
      restriction: { period: { end: '2026-11-21T21:00:00Z' } },
    },
    {
      resourceType: 'ServiceRequest',
      id: 'referral',
      status: 'active',
      intent: 'order',
      code: { text: 'Referral to oncology' },
      subject,
      performer: [{ display: 'Oncology' }],
    },
  ];
}

async function timelineOf(patient: string, change: Partial<{ reader: Centre['store']; status: BridgeStatus }> = {}): Promise<Timeline> {
  const timeline = await build(change.reader ?? centre.store, change.status ?? (await centre.bridge.status(patient)), patient, fever);
  if (timeline === undefined) throw new Error(`no timeline of ${patient}`);
  return timeline;
}

describe('the timeline of the patient with a fever', () => {
  test('has the alert with its finding, its work and the answers behind it', async () => {
    const { alerts, responses, lastAnswer } = await timelineOf(her);
    expect(alerts).toMatchObject([
      {
        ref: 'Flag/alert',
        symptom: 'fever',
        title: 'Fever',
        tier: 'critical',
        findings: [{ detail: 'Fever reported.', rule: 'fever', ruleVersion: '1.0.0', responses: ['QuestionnaireResponse/qr-fever'] }],
        task: { state: 'raised', deadline: '2026-11-21T21:00:00Z' },
      },
    ]);
    expect(responses.find(({ ref }) => ref === 'QuestionnaireResponse/qr-fever')).toMatchObject({
      questionnaire: 'Weekly check',
      by: 'patient',
      answers: [
        { question: 'Fever of 38 °C or more?', values: ['yes'], isFreeText: false },
        { question: 'Mood', values: ['Low'] },
        { question: 'Anything else?', values: ['Shivering <since> noon.'], isFreeText: true },
      ],
    });
    expect(lastAnswer?.at).toBe('2026-11-21T20:30:00Z');
  });

  test('has the scores in the order of time, and none that was withdrawn', async () => {
    const { scores } = await timelineOf(her);
    expect(scores).toMatchObject([
      {
        title: 'Fatigue',
        unit: '',
        points: [
          { ref: 'Observation/score-1', absent: 'not answered' },
          { ref: 'Observation/score-2', value: 6, band: 'moderate', response: 'QuestionnaireResponse/qr-fever' },
        ],
      },
    ]);
    expect(scores[0]?.points).toHaveLength(2);
  });

  test('has no score from after it was worked out', () => {
    const ahead: Observation = { resourceType: 'Observation', status: 'final', code: { text: 'Pain' }, effectiveDateTime: '2026-11-21T20:33:00Z' };
    const sources = createSources({ hospitals: [] } as unknown as BridgeStatus); // of a status only the hospitals are read
    expect(scoreSeries([{ ...ahead, issued: '2026-11-21T20:30:00Z' }], sources)[0]?.points[0]?.at).toBe('2026-11-21T20:30:00Z');
  });

  test('has the hospital’s last treatment nine days before, with its source and its age', async () => {
    const { lastTreatment, history, medicines, allergies } = await timelineOf(her);
    expect(lastTreatment).toMatchObject({
      kind: 'treatment',
      title: 'Carboplatin',
      detail: '560 mg, Intravenous infusion',
      status: 'completed',
      source: { hospital: 'North', fetched: centre.now.toISOString() },
    });
    expect(lastTreatment?.source.url).toContain(`${hospital.url}/MedicationAdministration/`);
    expect(history.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['diagnosis', 'procedure', 'treatment', 'visit', 'report', 'result', 'plan']));
    expect(history.find(({ kind }) => kind === 'diagnosis')).toMatchObject({ title: 'Ovarian cancer', detail: 'FIGO stage IIIC' });
    expect(history.find(({ kind, title }) => kind === 'result' && title === 'Haemoglobin')?.detail).toMatch(/ g\/dL \(L\)$/);
    expect(history.some(({ title }) => title === 'Symptom follow-up')).toBe(false);
    expect(medicines.map(({ title }) => title)).toContain('Paracetamol 1 g');
    expect(allergies).toMatchObject([{ title: 'No known allergy' }]);
  });

  test('tells what the centre did itself from what the hospital did', async () => {
    const here: Procedure = {
      resourceType: 'Procedure',
      id: 'here',
      status: 'completed',
      code: { text: 'Psychological support' },
      subject: { reference: her },
    };
    await centre.put({ ...here, performedDateTime: '2026-11-21T20:45:00Z' });
    const { lastTreatment, history } = await timelineOf(her);
    expect(history.some(({ title }) => title === 'Psychological support')).toBe(true);
    expect(lastTreatment?.title).toBe('Carboplatin');
    await centre.put({ ...here, status: 'entered-in-error' });
  });

  test('has free text until somebody marks it as read', async () => {
    expect((await timelineOf(her)).unread.map(({ text }) => text)).toEqual(['Shivering <since> noon.', 'All well.']);
    await centre.put({
      resourceType: 'Observation',
      id: 'mark',
      status: 'final',
      code: { coding: [{ system: codeSystem('care'), code: 'free-text-read' }] },
      subject: { reference: her },
      focus: [{ reference: 'QuestionnaireResponse/qr-old' }],
      valueBoolean: true,
    });
    expect((await timelineOf(her)).unread).toMatchObject([{ text: 'Shivering <since> noon.', question: 'Anything else?', by: 'patient' }]);
  });

  test('has the patient’s telephone and age, and the referral', async () => {
    const { patient, referrals, openTasks } = await timelineOf(her);
    expect(patient).toMatchObject({
      name: 'Margaret Ellis',
      age: 67,
      languages: ['en'],
      phones: [{ number: '+44 1632 960101', whose: 'patient, mobile' }],
      deceased: false,
    });
    expect(referrals).toMatchObject([{ title: 'Referral to oncology', to: 'Oncology', status: 'active' }]);
    expect(openTasks).toEqual([]);
  });
});

test('what a correction took away is kept apart, and a time of the future never leads', async () => {
  const subject = { reference: `Patient/${CAST.denosumab}` };
  const url = (name: string) => extensionUrl(name);
  const issue = (id: string, more: Partial<DetectedIssue>, reported: string, received: string): FhirResource => ({
    resourceType: 'DetectedIssue',
    id,
    status: 'final',
    patient: subject,
    detail: id,
    extension: [
      { url: url('tier'), valueCode: id === 'worst' ? 'severe' : 'moderate' },
      { url: url('reported'), valueDateTime: reported },
      { url: url('received'), valueDateTime: received },
    ],
    ...more,
  });
  const reasons = ['future', 'mild', 'worst', 'gone'];
  const flag: Flag = { resourceType: 'Flag', id: 'several', status: 'active', code: { text: 'Pain' }, subject };
  for (const resource of [
    { resourceType: 'QuestionnaireResponse', id: 'qr-future', status: 'amended', subject, authored: '2031-01-01T09:00:00Z' },
    issue('future', {}, '2031-01-01T09:00:00Z', '2026-11-10T09:00:00Z'),
    issue('mild', {}, '2026-11-20T09:00:00Z', '2026-11-20T09:00:01Z'),
    issue('worst', {}, '2026-11-20T09:00:00Z', '2026-11-20T09:00:01Z'),
    issue(
      'gone',
      { status: 'entered-in-error', implicated: [{ reference: 'QuestionnaireResponse/qr-future' }] },
      '2026-11-21T09:00:00Z',
      '2026-11-21T09:00:01Z',
    ),
    {
      ...flag,
      extension: reasons.map((id) => ({ url: 'http://hl7.org/fhir/StructureDefinition/flag-detail', valueReference: { reference: `DetectedIssue/${id}` } })),
    },
  ] as FhirResource[])
    await centre.put(resource);
  const { alerts, lastAnswer } = await timelineOf(subject.reference);
  expect(alerts[0]?.findings.map(({ detail, reported }) => [detail, reported?.slice(0, 4)])).toEqual([
    ['worst', '2026'],
    ['mild', '2026'],
    ['future', '2026'],
  ]);
  expect(alerts[0]?.withdrawn).toMatchObject([{ detail: 'gone', responses: ['QuestionnaireResponse/qr-future'] }]);
  expect(lastAnswer?.at).toBe(lastAnswer?.resource.meta?.lastUpdated);
});

test('a medicine that is a resource of its own is named', async () => {
  const { medicines } = await timelineOf(`Patient/${CAST.opioid}`);
  expect(medicines).toMatchObject(expect.arrayContaining([expect.objectContaining({ title: 'Macrogol, sachet', isActive: true })]));
});

test('a match that waits for a person shows the task and nothing of the hospital', async () => {
  const { history, medicines, openTasks, hospitals } = await timelineOf(`Patient/${CAST.nearMatch}`);
  expect([...history, ...medicines]).toEqual([]);
  expect(openTasks).toMatchObject([{ kind: 'confirm-patient-match' }]);
  expect(hospitals[0]?.categories.history).toEqual({ state: 'never-fetched', why: 'to-confirm' });
});

test('what was pulled is hidden as soon as it may no longer be shown', async () => {
  const patient = `Patient/${CAST.penicillinAllergy}`;
  expect((await timelineOf(patient)).allergies).toHaveLength(1);
  const [consent] = (await centre.all('Consent')).filter((one) => one.patient?.reference === patient);
  if (consent === undefined) throw new Error('no consent');
  await centre.put({ ...consent, status: 'inactive' });
  const { allergies, history, hospitals } = await timelineOf(patient);
  expect([...allergies, ...history]).toEqual([]);
  expect(hospitals[0]?.categories.allergies).toEqual({ state: 'not-shared', why: 'no-consent' });
  expect((await timelineOf(her, { status: { hospitals: [] } })).history).toEqual([]);
});

test('a reader that sees little makes a timeline of little, and none of a patient it may not see', async () => {
  const index = createIndexer(params);
  const only = (type: string) => ({ ...everythingAs('somebody'), everything: false, grants: [{ type, actions: ['read', 'search'] as const, where: ALL }] });
  const status = await centre.bridge.status(her);
  expect(await build(restrict(centre.store, only('Flag'), index), status, her, fever)).toBeUndefined();
  expect(await build(restrict(centre.store, only('Patient'), index), status, her, fever)).toMatchObject({ alerts: [], scores: [], history: [], responses: [] });
});

describe('as a Bundle', () => {
  const folder = join(import.meta.dirname, '../../profiles');
  const definitions = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Resource);
  const compositionIn = (bundle: Bundle): Composition => bundle.entry?.[0]?.resource as Composition; // by design the first entry

  test.each([CAST.fever, CAST.noAllergiesRecorded, CAST.noConsent, CAST.nearMatch])('is valid for %s', async (id) => {
    const bundle = timelineBundle(await timelineOf(`Patient/${id}`), 'http://127.0.0.1:8080/fhir');
    const { issues } = createValidator(loadRegistry(definitions)).validate(bundle as unknown as Resource, { profiles: [extensionUrl('timeline')] });
    expect(issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')).toEqual([]);
  });

  test('every entry says where it comes from and when that was fetched', async () => {
    const bundle = timelineBundle(await timelineOf(her), 'http://127.0.0.1:8080/fhir');
    const infusion = bundle.entry?.find(({ resource }) => resource?.resourceType === 'MedicationAdministration');
    expect(infusion?.extension).toEqual([
      {
        url: extensionUrl('timeline-source'),
        extension: [
          { url: 'hospital', valueString: 'North' },
          { url: 'source', valueUri: infusion?.resource?.meta?.source },
          { url: 'fetched', valueInstant: centre.now.toISOString() },
        ],
      },
    ]);
    expect(bundle.entry?.slice(1).every(({ extension }) => extension?.length === 1)).toBe(true);
    const urls = bundle.entry?.flatMap(({ fullUrl }) => fullUrl ?? []) ?? [];
    expect(new Set(urls).size).toBe(urls.length);
    expect(compositionIn(bundle).section?.[0]?.entry).toMatchObject([
      { reference: 'Flag/alert' },
      { reference: 'DetectedIssue/finding' },
      { reference: 'Task/work' },
      { reference: 'QuestionnaireResponse/qr-fever' },
    ]);
  });

  test.each([
    [CAST.noAllergiesRecorded, 'none-recorded', /none recorded, fetched 2026-11-22/],
    [CAST.noConsent, 'withheld', /not shared/],
    [CAST.nearMatch, 'notstarted', /never fetched/],
  ])('an empty section of %s says why: %s', async (id, code, words) => {
    const composition = compositionIn(timelineBundle(await timelineOf(`Patient/${id}`), 'http://x/fhir'));
    const section = composition.section?.find(({ title }) => title === 'Allergies');
    expect(section?.emptyReason?.coding?.[0]?.code).toBe(code);
    expect(section?.text?.div).toMatch(words);
  });
});

test('beyond the limit the newest are there, and the timeline says that there are more', async () => {
  const subject = { reference: `Patient/${CAST.noConsent}` };
  const day = (index: number): string => new Date(Date.UTC(2020, 0, 1 + index)).toISOString();
  const visits = Array.from(
    { length: LIMITS.allergies + 1 },
    (_, index): FhirResource => ({
      resourceType: 'AllergyIntolerance',
      id: `many-${index}`,
      clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }] },
      code: { text: `Substance ${index}` },
      patient: subject,
      recordedDate: day(index),
    }),
  );
  await centre.put(...visits);
  const { allergies, cut } = await timelineOf(`Patient/${CAST.noConsent}`);
  expect(allergies).toHaveLength(LIMITS.allergies);
  expect(allergies[0]?.title).toBe(`Substance ${LIMITS.allergies}`);
  expect(cut).toEqual(['allergies']);
});
