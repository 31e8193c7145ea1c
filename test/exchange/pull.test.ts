import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FhirResource } from 'fhir/r4';
import { codeSystem, identifierSystem } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type Centre, consent, enrolled, KARI, openCentre } from './centre.ts';
import { type HospitalServer, startHospital } from './hospital-server.ts';

const coded = (text: string) => ({ text });
const KNOWN = [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }];
const about = { subject: { reference: 'Patient/h1' } };

const condition = (id: string, change: object = {}): Resource => ({
  resourceType: 'Condition',
  id,
  clinicalStatus: { coding: KNOWN },
  code: coded('Breast cancer'),
  ...about,
  ...change,
});
const infusion = (id: string, change: object = {}): Resource => ({
  resourceType: 'MedicationAdministration',
  id,
  status: 'completed',
  medicationCodeableConcept: coded('Paclitaxel'),
  effectiveDateTime: '2026-11-11T09:00:00+01:00',
  ...about,
  ...change,
});

let hospital: HospitalServer;
let centre: Centre;

beforeEach(async () => {
  hospital = await startHospital();
  centre = openCentre([{ name: 'North', url: hospital.url }], { totalMs: 500 });
  hospital.put({ resourceType: 'Patient', id: 'h1', ...KARI });
});

afterEach(async () => {
  await centre.close();
  await hospital.close();
});

describe('a certain match', () => {
  test('brings the record over, with its source, its references and who brought it', async () => {
    await centre.put(...enrolled('kari'));
    hospital.put(
      { resourceType: 'Practitioner', id: 'dr', name: [{ text: 'Dr Hansen' }] },
      condition('c1', {
        recorder: { reference: 'Practitioner/dr' },
        encounter: { reference: `${hospital.url}/Encounter/e1` },
        asserter: { reference: 'PractitionerRole/r9', display: 'Oncologist' },
        meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
      }),
      { resourceType: 'Encounter', id: 'e1', status: 'finished', class: { code: 'IMP' }, diagnosis: [{ condition: { reference: 'Condition/c1' } }], ...about },
      infusion('m1'),
    );

    const report = await centre.bridge.pullAll();
    expect(centre.log).toEqual([]);

    expect(report.pulls).toMatchObject([{ patient: 'Patient/kari', hospital: 'North', outcome: 'pulled', tally: { created: 4, skipped: 0 } }]);
    const [pulled] = await centre.all('Condition');
    const [encounter] = await centre.all('Encounter');
    const [practitioner] = await centre.all('Practitioner');
    expect(pulled).toMatchObject({
      subject: { reference: 'Patient/kari' },
      recorder: { reference: `Practitioner/${practitioner?.id}` },
      encounter: { reference: `Encounter/${encounter?.id}` },
      asserter: { identifier: { system: identifierSystem('hospital-id'), value: `${hospital.url}/PractitionerRole/r9` }, display: 'Oncologist' },
      identifier: [{ system: identifierSystem('hospital-id'), value: `${hospital.url}/Condition/c1` }],
      meta: {
        source: `${hospital.url}/Condition/c1`,
        security: [{ code: 'R' }],
        tag: [{ system: codeSystem('source'), code: 'North' }],
      },
    });
    expect(pulled?.asserter?.reference).toBeUndefined();
    expect(pulled?.id).not.toBe('c1');
    expect(encounter?.diagnosis?.[0]?.condition.reference).toBe(`Condition/${pulled?.id}`);
    const provenances = await centre.all('Provenance');
    expect(provenances.flatMap(({ target }) => target.map(({ reference }) => reference))).toEqual(
      expect.arrayContaining([`Condition/${pulled?.id}`, `Encounter/${encounter?.id}`, `Practitioner/${practitioner?.id}`]),
    );
    expect(provenances.flatMap(({ entity = [] }) => entity.map(({ what }) => what.reference))).toContain(`${hospital.url}/Condition/c1/_history/1`);
    expect((await centre.all('Patient'))[0]?.identifier).toContainEqual({ system: identifierSystem('hospital-id'), value: `${hospital.url}/Patient/h1` });
  });

  test('is not taken over twice, and only what changed makes a version', async () => {
    await centre.put(...enrolled('kari'));
    hospital.put(condition('c1'), condition('c2'), infusion('m1'));
    await centre.bridge.pullAll();
    const before = await centre.all('Provenance');

    centre.now = new Date('2026-11-22T11:00:00.000Z');
    expect((await centre.bridge.pullAll()).pulls[0]?.tally).toEqual({ created: 0, updated: 0, unchanged: 3, skipped: 0 });
    expect(await centre.all('Provenance')).toEqual(before);

    hospital.time = '2026-11-22T10:30:00.000Z';
    hospital.put(condition('c2', { code: coded('Breast cancer, stage II') }));
    expect((await centre.restarted().pullAll()).pulls[0]?.tally).toMatchObject({ created: 0, updated: 1 });
    const conditions = await centre.all('Condition');
    expect(conditions.map(({ code, meta }) => [code?.text, meta?.versionId])).toEqual(
      expect.arrayContaining([
        ['Breast cancer', '1'],
        ['Breast cancer, stage II', '2'],
      ]),
    );
    expect(conditions).toHaveLength(2);
  });

  test('is asked for by the last change seen, and a version that comes late is dropped', async () => {
    await centre.put(...enrolled('kari'));
    hospital.put(condition('c1', { code: coded('new'), meta: { lastUpdated: '2026-11-20T08:00:00.000Z' } }));
    await centre.bridge.pullAll();
    hospital.requests.length = 0;

    hospital.put(condition('c1', { code: coded('old'), meta: { lastUpdated: '2026-11-20T07:55:00.000Z' } }));
    await centre.bridge.pullAll();

    expect(hospital.requests.find((request) => request.includes('/Condition?'))).toContain('_lastUpdated=ge2026-11-20T07%3A50%3A00.000Z');
    expect((await centre.all('Condition'))[0]?.code?.text).toBe('new');
  });

  test('cannot enrol anybody, nor speak in the name of another hospital', async () => {
    const [patient, plan] = enrolled('kari');
    if (patient === undefined || plan === undefined) throw new Error('no patient');
    await centre.put(patient, plan, consent('kari'));
    hospital.put({
      ...plan,
      id: 'h-plan',
      ...about,
      meta: { tag: [{ system: codeSystem('source'), code: 'South' }, { code: 'kept' }] },
    } as unknown as Resource);
    await centre.bridge.pullAll();
    const pulled = (await centre.all('CarePlan')).find(({ id }) => id !== plan.id);
    expect(pulled?.meta?.tag).toEqual([{ code: 'kept' }, { system: codeSystem('source'), code: 'North' }]);
    await centre.put({ ...plan, status: 'revoked' } as FhirResource);
    expect((await centre.bridge.pullAll()).pulls).toEqual([]);
  });

  test('keeps decimals as the hospital wrote them', async () => {
    await centre.put(...enrolled('kari'));
    hospital.put({
      resourceType: 'Observation',
      id: 'o1',
      status: 'final',
      category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }],
      code: coded('Neutrophils'),
      valueQuantity: { value: 'NUMBER', unit: '10*9/L' },
      ...about,
    });
    hospital.fault = (request, response) => {
      if (!request.url?.includes('/Observation?')) return false;
      const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: [{ resource: hospital.get('Observation/o1') }] });
      response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(bundle.replace('"NUMBER"', '1.50'));
      return true;
    };
    await centre.bridge.pullAll();
    const [observation] = await centre.all('Observation');
    expect((await centre.store.read('Observation', observation?.id ?? ''))?.text).toContain('"value":1.50');
  });

  test('what a server gives beyond what it was asked for is left out', async () => {
    await centre.put(...enrolled('kari'));
    hospital.put(
      { resourceType: 'Observation', id: 'vital', status: 'final', code: coded('Weight'), category: [{ coding: [{ code: 'vital-signs' }] }], ...about },
      condition('mine'),
    );
    hospital.fault = (request) => {
      request.url = request.url?.replace(/patient=[^&]*/, '') ?? '';
      return false;
    };
    hospital.put(condition('other', { subject: { reference: 'Patient/h2' } }), condition('nobody', { subject: { display: 'Kari' } }));
    await centre.bridge.pullAll();
    expect((await centre.all('Condition')).map(({ meta }) => meta?.source)).toEqual([`${hospital.url}/Condition/mine`]);
    expect(await centre.all('Observation')).toEqual([]);
    const status = await centre.bridge.status('Patient/kari');
    expect(status.hospitals[0]?.skipped.map(({ url }) => url)).toEqual([`${hospital.url}/Condition/other`, `${hospital.url}/Condition/nobody`]);
  });
});

describe('without consent or enrolment', () => {
  test.each<[string, object]>([
    ['none', { category: [{ text: 'something else' }] }],
    ['one that is over', { status: 'inactive' }],
    ['one that denies', { provision: { type: 'deny' } }],
    ['one whose time has not come', { provision: { type: 'permit', period: { start: '2026-11-23' } } }],
    ['one whose time is past', { provision: { type: 'permit', period: { end: '2026-11-21' } } }],
    ['one for laboratory results only', { provision: { type: 'permit', class: [{ code: 'Observation' }] } }],
    ['one with an exception', { provision: { type: 'permit', provision: [{ type: 'deny' }] } }],
  ])('nothing is asked of the hospital: %s', async (_what, change) => {
    const [patient, plan] = enrolled('kari');
    if (patient === undefined || plan === undefined) throw new Error('no patient');
    await centre.put(patient, plan, consent('kari', change));
    hospital.put(condition('c1'));
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-shared' }]);
    expect(hospital.requests).toEqual([]);
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.categories.history).toEqual({ state: 'not-shared', why: 'no-consent' });
  });

  test('a permit counts on its last day, and a denial beside it outweighs it', async () => {
    await centre.put(...enrolled('kari'));
    await centre.put(consent('kari', { provision: { type: 'permit', period: { start: '2026-11-22', end: '2026-11-22' } } }));
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'pulled' }]);
    await centre.put(consent('kari', { id: 'no', provision: { type: 'deny' } }));
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-shared' }]);
  });

  test('one withdrawn while the record is fetched stops the writing, and the showing at once', async () => {
    await centre.put(...enrolled('kari'));
    hospital.put(condition('c1'), infusion('m1'));
    let withdrawal: Promise<void> | undefined;
    hospital.fault = (request, response) => {
      if (!request.url?.includes('/MedicationAdministration?') || withdrawal !== undefined) return false;
      withdrawal = centre.put(consent('kari', { status: 'inactive' })).then(() => {
        response.writeHead(200, { 'content-type': 'application/fhir+json' });
        response.end(JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: [{ resource: hospital.get('MedicationAdministration/m1') }] }));
      });
      return true;
    };
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-shared' }]);
    expect(await centre.all('Condition')).toHaveLength(1);
    expect(await centre.all('MedicationAdministration')).toEqual([]);
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]).toMatchObject({ shared: false, visible: false });
  });

  test('a patient who is not enrolled is passed over', async () => {
    const [patient] = enrolled('kari');
    if (patient === undefined) throw new Error('no patient');
    await centre.put(patient, consent('kari'));
    expect((await centre.bridge.pullAll()).pulls).toEqual([]);
    expect(await centre.bridge.pullPatient('Patient/kari')).toMatchObject([{ outcome: 'not-shared' }]);
  });
});

describe('a match that is not certain', () => {
  const nearly = { ...KARI, birthDate: '1958-04-03' };

  beforeEach(async () => {
    await centre.put(...enrolled('kari'));
    hospital.put({ resourceType: 'Patient', id: 'h1', ...nearly }, condition('c1'));
  });

  test('links nothing, shows nothing, and asks a person once', async () => {
    await centre.bridge.pullAll();
    expect((await centre.restarted().pullAll()).pulls).toMatchObject([{ outcome: 'not-linked' }]);
    expect(await centre.all('Condition')).toEqual([]);
    const tasks = await centre.all('Task');
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({
      status: 'requested',
      for: { reference: 'Patient/kari' },
      code: { coding: [{ system: codeSystem('task'), code: 'confirm-patient-match' }] },
      input: [{ valueUrl: `${hospital.url}/Patient/h1` }, { valueString: '1958-03-04' }, { valueString: '1958-04-03' }],
    });
    expect(hospital.requests.filter((request) => !request.includes('/Patient?'))).toEqual([]);
    const [status] = (await centre.bridge.status('Patient/kari')).hospitals;
    expect(status).toMatchObject({ visible: false, match: { state: 'to-confirm', task: `Task/${tasks[0]?.id}` } });
    expect(status?.categories.allergies).toEqual({ state: 'never-fetched', why: 'to-confirm' });
  });

  async function answer(change: object): Promise<void> {
    const [task] = await centre.all('Task');
    if (task === undefined) throw new Error('no task');
    await centre.put({ ...task, ...change });
  }

  test.each([{ valueBoolean: true }, { valueCode: 'confirm' }, { valueCodeableConcept: { coding: [{ code: 'confirm' }] } }])(
    'is linked by the next pull once a person says %j',
    async (value) => {
      await centre.bridge.pullAll();
      await answer({ status: 'completed', output: [{ type: { text: 'same person' }, ...value }] });
      expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'pulled' }]);
      expect(await centre.all('Condition')).toHaveLength(1);
      expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.link).toMatchObject({ remote: 'h1', by: 'person' });
      expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'pulled' }]);
      expect(await centre.all('Task')).toHaveLength(1);
    },
  );

  test.each([
    { status: 'completed' },
    { status: 'completed', output: [{ type: { text: 'same person' }, valueBoolean: false }] },
    { status: 'rejected', output: [{ type: { text: 'same person' }, valueBoolean: true }] },
  ])('stays apart, unasked, after %j', async (change) => {
    await centre.bridge.pullAll();
    await answer(change);
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-linked' }]);
    expect(await centre.all('Task')).toHaveLength(1);
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.categories.history).toEqual({ state: 'never-fetched', why: 'declined' });
  });

  test('an answer that is taken back ends the link, and other differences are another question', async () => {
    await centre.bridge.pullAll();
    await answer({ status: 'completed', output: [{ type: { text: 'same person' }, valueBoolean: true }] });
    await centre.bridge.pullAll();
    await answer({ status: 'entered-in-error', output: [{ type: { text: 'same person' }, valueBoolean: true }] });
    await centre.bridge.pullAll();
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]).toMatchObject({ visible: false, match: { state: 'declined' } });
    expect((await centre.all('Patient'))[0]?.identifier).toEqual(KARI.identifier);
    hospital.put({ resourceType: 'Patient', id: 'h1', ...KARI, birthDate: '1960-01-01' });
    await centre.bridge.pullAll();
    expect(await centre.all('Task')).toHaveLength(2);
  });

  test('a link that was certain ends when the hospital changes the birth date', async () => {
    hospital.put({ resourceType: 'Patient', id: 'h1', ...KARI });
    await centre.bridge.pullAll();
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]).toMatchObject({ visible: true, link: { by: 'match' } });
    hospital.put({ resourceType: 'Patient', id: 'h1', ...nearly });
    await centre.bridge.pullAll();
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]).toMatchObject({ visible: false, match: { state: 'to-confirm' } });
  });

  test('of several records the person names one', async () => {
    hospital.put({ resourceType: 'Patient', id: 'h0', ...KARI });
    await centre.bridge.pullAll();
    await answer({ status: 'completed', output: [{ type: { text: 'same person' }, valueBoolean: true }] });
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-linked' }]);
    await answer({ status: 'completed', output: [{ type: { text: 'record' }, valueUrl: `${hospital.url}/Patient/h1` }] });
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'pulled' }]);
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.link?.remote).toBe('h1');
  });
});

describe('one person registered twice', () => {
  const twin = 'Patient/twin';

  beforeEach(async () => {
    await centre.put(...enrolled('kari'), ...enrolled('twin'));
    hospital.put(condition('c1'));
  });

  test('has the record under one of them, and the other says why it has none', async () => {
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'pulled' }, { patient: twin, outcome: 'failed' }]);
    const [status] = (await centre.bridge.status(twin)).hospitals;
    expect(status).toMatchObject({ visible: false, categories: { allergies: { state: 'failed', what: expect.stringContaining('Patient/kari') } } });
  });

  test('has it under the other once the first is no longer followed', async () => {
    await centre.bridge.pullAll();
    await centre.put(consent('kari', { status: 'inactive' }));
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-shared' }, { patient: twin, outcome: 'pulled' }]);
    expect((await centre.all('Condition')).map(({ subject }) => subject.reference)).toEqual([twin]);
    await centre.put(consent('kari'));
    expect((await centre.bridge.pullPatient('Patient/kari'))[0]).toMatchObject({ outcome: 'failed' });
    expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.visible).toBe(false);
  });
});

test('a patient whom the hospital does not know has no record there', async () => {
  await centre.put(...enrolled('ola', { ...KARI, identifier: [{ system: 'urn:x', value: 'a|b,c$' }] }));
  expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'not-linked' }]);
  expect(decodeURIComponent(hospital.requests[0] ?? '')).toContain('identifier=urn:x|a\\|b\\,c\\$&');
  expect((await centre.bridge.status('Patient/ola')).hospitals[0]?.categories.medicines).toEqual({ state: 'never-fetched', why: 'not-found' });
});

test('what is read to its end says when and how many, none included', async () => {
  await centre.put(...enrolled('kari'));
  expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.categories.history).toEqual({ state: 'never-fetched', why: 'not-asked-yet' });
  hospital.put(condition('c1'), infusion('m1'));
  await centre.bridge.pullAll();
  const fetched = { state: 'fetched', fetched: '2026-11-22T10:00:00.000Z', skipped: 0 };
  expect((await centre.bridge.status('Patient/kari')).hospitals[0]?.categories).toEqual({
    history: { ...fetched, count: 2 },
    medicines: { ...fetched, count: 0 },
    allergies: { ...fetched, count: 0 },
  });
});
