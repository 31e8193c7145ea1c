/** A hospital that is down, slow or talks nonsense: what is said of it, what stays, and that the next pull goes on. */

import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Store, Transaction } from '../../src/store/store.ts';
import { type Centre, enrolled, KARI, openCentre } from './centre.ts';
import { type Fault, FHIR_JSON, type HospitalServer, startHospital } from './hospital-server.ts';

const about = { subject: { reference: 'Patient/h1' } };
const condition = (id: string, change: object = {}): Resource => ({
  resourceType: 'Condition',
  id,
  clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
  code: { text: `Condition ${id}` },
  ...about,
  ...change,
});
const procedure: Resource = { resourceType: 'Procedure', id: 'p1', status: 'completed', code: { text: 'Surgery' }, ...about };
const careless = { totalMs: 150, connectMs: 150 };
const kari = 'Patient/kari';

let hospital: HospitalServer;
let centre: Centre;

beforeEach(async () => {
  hospital = await startHospital();
  centre = openCentre([{ name: 'North', url: hospital.url }], careless);
  await centre.put(...enrolled('kari'));
  hospital.put({ resourceType: 'Patient', id: 'h1', ...KARI }, condition('c1'), procedure);
});

afterEach(async () => {
  await centre.close();
  await hospital.close();
});

/** On searches of one type. */
const on =
  (type: string, answer: (response: ServerResponse) => void): Fault =>
  (request, response) => {
    if (!request.url?.includes(`/${type}?`)) return false;
    answer(response);
    return true;
  };
const send =
  (status: number, body: string, headers: object = FHIR_JSON) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { ...headers }).end(body);
const bundle = (...resources: unknown[]): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) });

const categories = async () => (await centre.bridge.status(kari)).hospitals[0]?.categories;
const sourcesOf = async (type: 'Condition' | 'Procedure'): Promise<unknown[]> => (await centre.all(type)).map(({ meta }) => meta?.source?.split('/').at(-1));

describe('a fault of one type', () => {
  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['HTML', send(200, '<html>', { 'content-type': 'text/html' }), /text\/html; application\/fhir\+json is expected/],
    ['broken JSON', send(200, '{"resourceType": "Bundle", "entry": ['), /JSON breaks at line 1/],
    ['JSON that is nested without end', send(200, '['.repeat(100_000)), /nesting is deeper/],
    ['null', send(200, 'null'), /a FHIR resource is a JSON object/],
    ['nothing', send(200, ''), /empty/],
    ['another resource', send(200, JSON.stringify({ resourceType: 'Patient' })), /answered with a Patient; a Bundle is expected/],
    ['an entry that is no list', send(200, JSON.stringify({ resourceType: 'Bundle', entry: 'x' })), /Bundle.entry is no list/],
    ['an error', send(500, 'oops', { 'content-type': 'text/plain' }), /status 500/],
    ['a refusal of its query', send(400, JSON.stringify({ resourceType: 'OperationOutcome', issue: [] })), /status 400/],
    ['a redirect', send(302, '', { location: 'http://169.254.169.254/' }), /redirects are not followed/],
    [
      'a next page elsewhere',
      send(200, JSON.stringify({ resourceType: 'Bundle', link: [{ relation: 'next', url: 'http://127.0.0.1:9/fhir' }] })),
      /leads to another server/,
    ],
    ['a next page in a file', send(200, JSON.stringify({ resourceType: 'Bundle', link: [{ relation: 'next', url: 'file:///etc/passwd' }] })), /another server/],
  ])('%s: is said, the others are read, and the next pull makes up for it', async (_what, answer, words) => {
    hospital.fault = on('Condition', answer);
    const [pull] = (await centre.bridge.pullAll()).pulls;
    expect(pull).toMatchObject({ outcome: 'partly', tally: { created: 1 } });
    expect(pull?.problem).toMatch(words);
    expect(await sourcesOf('Procedure')).toEqual(['p1']);
    const before = await categories();
    expect(before?.history).toMatchObject({ state: 'failed', since: '2026-11-22T10:00:00.000Z', count: 1 });
    expect(before?.history.state === 'failed' && before.history.what).toMatch(/^Condition: /);
    expect(before?.allergies).toMatchObject({ state: 'fetched', count: 0 });
    expect(centre.log.join()).toMatch(words);

    centre.now = new Date('2026-11-22T11:00:00.000Z');
    await centre.bridge.pullAll();
    expect((await categories())?.history).toMatchObject({ state: 'failed', since: '2026-11-22T10:00:00.000Z' });

    hospital.fault = undefined;
    expect((await centre.bridge.pullAll()).pulls[0]).toMatchObject({ outcome: 'pulled', tally: { created: 1 } });
    expect((await categories())?.history).toEqual({ state: 'fetched', fetched: '2026-11-22T11:00:00.000Z', count: 2, skipped: 0 });
  });

  test('one that the hospital does not let us read is not shared', async () => {
    hospital.fault = on('AllergyIntolerance', send(403, '{}'));
    await centre.bridge.pullAll();
    expect((await categories())?.allergies).toEqual({ state: 'not-shared', why: 'hospital-refused' });
    expect((await categories())?.history.state).toBe('fetched');
  });
});

describe('a fault of the whole hospital', () => {
  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['it is slow', () => undefined, /not complete within 0.15 s/],
    ['it hangs up', (response) => void response.destroy(), /cannot be reached/],
    [
      'it hangs up in the middle of a page',
      (response) => void response.writeHead(200, FHIR_JSON).write('{"resourceType":', () => response.destroy()),
      /broke off/,
    ],
    ['it is overloaded', send(503, ''), /status 503/],
  ])('%s: what was read stays, the rest follows', async (_what, answer, words) => {
    hospital.fault = on('Procedure', answer);
    const [pull] = (await centre.bridge.pullAll()).pulls;
    expect(pull).toMatchObject({ outcome: 'failed' });
    expect(pull?.problem).toMatch(words);
    expect(await sourcesOf('Condition')).toEqual(['c1']);
    expect(hospital.requests.some((request) => request.includes('/MedicationRequest?'))).toBe(false);
    expect((await categories())?.medicines).toMatchObject({ state: 'failed', since: '2026-11-22T10:00:00.000Z', count: 0 });

    hospital.fault = undefined;
    expect(await centre.bridge.pullPatient(kari)).toMatchObject([{ outcome: 'pulled', tally: { created: 1, unchanged: 1 } }]);
    expect((await categories())?.history).toMatchObject({ state: 'fetched', count: 2 });
  });

  test('it is not there: the others wait, it is asked again later, and a person may ask at once', async () => {
    await centre.put(...enrolled('ola', { ...KARI, identifier: [{ system: 'urn:x', value: '18' }] }));
    const { port } = new URL(hospital.url);
    await hospital.close();
    const { pulls } = await centre.bridge.pullAll();
    expect(pulls.map(({ outcome }) => outcome)).toEqual(['failed', 'waiting']);
    expect(pulls[0]?.problem).toMatch(/cannot be reached \(ECONNREFUSED\)/);
    for (const patient of [kari, 'Patient/ola']) {
      const [status] = (await centre.bridge.status(patient)).hospitals;
      expect(status?.categories.history).toMatchObject({ state: 'failed', since: '2026-11-22T10:00:00.000Z' });
    }
    expect((await centre.bridge.pullAll()).pulls.map(({ outcome }) => outcome)).toEqual(['waiting', 'waiting']);

    hospital = await startHospital(Number(port));
    hospital.put({ resourceType: 'Patient', id: 'h1', ...KARI }, condition('c1'));
    expect(await centre.bridge.pullPatient(kari)).toMatchObject([{ outcome: 'pulled' }]);
    expect((await centre.bridge.pullAll()).pulls.map(({ outcome }) => outcome)).toEqual(['pulled', 'not-linked']);
  });

  test('each failure doubles the wait', async () => {
    hospital.fault = (_request, response) => send(503, '')(response) === undefined;
    const asked = async (): Promise<number> => {
      hospital.requests.length = 0;
      await centre.bridge.pullAll();
      return hospital.requests.length;
    };
    const later = (seconds: number): void => {
      centre.now = new Date(centre.now.getTime() + seconds * 1000);
    };
    expect(await asked()).toBe(1);
    later(31);
    expect(await asked()).toBe(1);
    later(31);
    expect(await asked()).toBe(0);
    later(30);
    expect(await asked()).toBe(1);
  });

  test('it does not know us', async () => {
    hospital.fault = (_request, response) => send(401, '{}')(response) === undefined;
    expect((await centre.bridge.pullAll()).pulls).toMatchObject([{ outcome: 'failed' }]);
    expect((await categories())?.medicines).toEqual({ state: 'not-shared', why: 'hospital-refused' });
  });

  test('a last good time outlives a failure', async () => {
    await centre.bridge.pullAll();
    centre.now = new Date('2026-11-23T10:00:00.000Z');
    hospital.fault = (_request, response) => void response.destroy() === undefined;
    await centre.bridge.pullAll();
    expect((await categories())?.history).toMatchObject({
      state: 'failed',
      since: '2026-11-23T10:00:00.000Z',
      fetched: '2026-11-22T10:00:00.000Z',
      count: 2,
    });
  });
});

describe('a bad resource among good ones', () => {
  test.each<[string, unknown, string]>([
    ['invalid', condition('bad', { clinicalStatus: 'active' }), 'Condition/bad'],
    ['of another type', { ...procedure, id: 'bad' }, 'Procedure/bad'],
    ['without an id', { ...condition('bad'), id: undefined }, 'Condition without an id'],
    ['with an id that is none', condition('../../etc'), 'Condition without an id'],
    ['no resource at all', 'text', ': an entry without a resource'],
  ])('%s: is left out and named, and named no longer once it is well', async (_what, bad, name) => {
    hospital.fault = on('Condition', send(200, bundle(condition('c1'), bad, condition('c2'))));
    expect((await centre.bridge.pullAll()).pulls[0]).toMatchObject({ outcome: 'pulled', tally: { skipped: 1 } });
    expect(await sourcesOf('Condition')).toEqual(['c1', 'c2']);
    const [status] = (await centre.bridge.status(kari)).hospitals;
    expect(status?.skipped).toMatchObject([{ url: `${hospital.url}${name.startsWith(':') ? '' : '/'}${name}` }]);
    expect(status?.categories.history).toMatchObject({ state: 'fetched', skipped: 1 });
    expect((await centre.all('Provenance')).some(({ target }) => target.length === 0)).toBe(false);
  });

  test('is taken over once the hospital has mended it', async () => {
    hospital.put(condition('bad', { clinicalStatus: 'active' }));
    await centre.bridge.pullAll();
    hospital.time = '2026-11-22T09:59:00.000Z';
    hospital.put(condition('bad'));
    await centre.bridge.pullAll();
    expect(await sourcesOf('Condition')).toEqual(expect.arrayContaining(['c1', 'bad']));
    expect((await centre.bridge.status(kari)).hospitals[0]?.skipped).toEqual([]);
  });

  test('what refers to it does so by identifier', async () => {
    hospital.put(
      condition('bad', { clinicalStatus: 'active' }),
      condition('c2', { evidence: [{ detail: [{ reference: 'Condition/bad' }, { reference: 'Condition/c1' }] }] }),
    );
    await centre.bridge.pullAll();
    const [first] = (await centre.all('Condition')).filter(({ meta }) => meta?.source?.endsWith('/c1'));
    const [second] = (await centre.all('Condition')).filter(({ meta }) => meta?.source?.endsWith('/c2'));
    expect(second?.evidence?.[0]?.detail).toEqual([
      expect.objectContaining({ identifier: expect.objectContaining({ value: `${hospital.url}/Condition/bad` }) }),
      { reference: `Condition/${first?.id}` },
    ]);
  });
});

describe('many pages', () => {
  test('are followed, and a pull that breaks off goes on at the page where it stopped', async () => {
    hospital.pageSize = 2;
    hospital.put(...Array.from({ length: 6 }, (_, index) => condition(`n${index}`)));
    hospital.fault = (request, response) =>
      request.url?.includes('/Condition?') === true && request.url.includes('at=4') && void response.destroy() === undefined;
    await centre.bridge.pullAll();
    expect(await sourcesOf('Condition')).toHaveLength(4);
    hospital.fault = undefined;
    hospital.requests.length = 0;
    await centre.restarted().pullAll();
    expect(await sourcesOf('Condition')).toHaveLength(7);
    expect(hospital.requests.filter((request) => request.includes('/Condition?')).map((request) => /at=(\d+)/.exec(request)?.[1])).toEqual(['4', '6']);
  });

  test('start anew where the hospital has forgotten the page', async () => {
    hospital.pageSize = 1;
    hospital.put(condition('c2'));
    hospital.fault = (request, response) => request.url?.includes('at=1') === true && void response.destroy() === undefined;
    await centre.bridge.pullAll();
    hospital.fault = (request, response) => request.url?.includes('at=1') === true && send(410, '{}')(response) === undefined;
    hospital.pageSize = 100;
    expect((await centre.bridge.pullPatient(kari))[0]).toMatchObject({ outcome: 'pulled' });
    expect(await sourcesOf('Condition')).toEqual(expect.arrayContaining(['c1', 'c2']));
  });

  test('without end are given up, and so are pages in a circle', async () => {
    let page = 0;
    const linked = (url: string): string => JSON.stringify({ resourceType: 'Bundle', link: [{ relation: 'next', url }] });
    hospital.fault = (request, response) => {
      page += 1;
      return request.url?.includes('/Condition?') === true && send(200, linked(`${hospital.url}/Condition?page=${page}`))(response) === undefined;
    };
    expect((await centre.bridge.pullAll()).pulls[0]?.problem).toMatch(/did not end after 50/);
    hospital.fault = on('Condition', send(200, linked(`${hospital.url}/Condition?page=same`)));
    expect((await centre.bridge.pullAll()).pulls[0]?.problem).toMatch(/lead back/);
  });
});

describe('interrupted on our side', () => {
  /** A store that fails at the n-th transaction from now on. */
  function failing(at: number): Store {
    let left = at;
    return {
      ...centre.store,
      transact: (transaction: Transaction) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('the disk is full')) : centre.store.transact(transaction);
      },
    };
  }

  test('at any step, the next pull ends where an undisturbed one would have', async () => {
    hospital.put(condition('c2', { evidence: [{ detail: [{ reference: 'Procedure/p1' }] }] }));
    for (const step of [0, 1, 2, 3, 4, 5, 5, 5, 6, 6, 7, 8, 9, 10]) {
      const [pull] = await centre.restarted({ store: failing(step) }).pullPatient(kari);
      expect(pull).toMatchObject({ outcome: 'failed', problem: 'It could not be stored here.' });
    }
    expect(await centre.bridge.pullPatient(kari)).toMatchObject([{ outcome: 'pulled' }]);
    expect((await sourcesOf('Condition')).toSorted()).toEqual(['c1', 'c2']);
    const [surgery, ...others] = await centre.all('Procedure');
    expect(others).toEqual([]);
    const [, second] = (await centre.all('Condition')).toSorted((left, right) => (String(left.meta?.source) < String(right.meta?.source) ? -1 : 1));
    expect(second?.evidence?.[0]?.detail?.[0]?.reference).toBe(`Procedure/${surgery?.id}`);
    expect((await categories())?.history).toMatchObject({ state: 'fetched', count: 3 });
  });

  test('two pulls at once make no doubles', async () => {
    await Promise.all([centre.bridge.pullAll(), centre.bridge.pullPatient(kari), centre.restarted().pullAll(), centre.restarted().pullAll()]);
    expect(await sourcesOf('Condition')).toEqual(['c1']);
    expect(await sourcesOf('Procedure')).toEqual(['p1']);
    expect(await centre.all('Task')).toEqual([]);
  });

  test('stop ends a pull that waits for the hospital', async () => {
    hospital.fault = on('Procedure', () => undefined);
    const patient = openCentre([{ name: 'North', url: hospital.url }]);
    await patient.put(...enrolled('kari'));
    const pull = patient.bridge.pullAll();
    while (!hospital.requests.some((request) => request.includes('/Procedure?'))) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = Date.now();
    await patient.bridge.stop();
    expect((await pull).pulls).toMatchObject([{ outcome: 'failed', problem: 'The pull was stopped.' }]);
    expect(Date.now() - before).toBeLessThan(2000);
    expect((await patient.bridge.status(kari)).hospitals[0]?.categories.allergies).toMatchObject({ state: 'fetched' });
    await patient.close();
  });

  test('start pulls at once and again after a while', async () => {
    centre.bridge.start(1 / 60 / 50);
    while (hospital.requests.filter((request) => request.includes('/Patient?')).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await centre.bridge.stop();
    await new Promise((resolve) => setTimeout(resolve, 40));
    const asked = hospital.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(hospital.requests).toHaveLength(asked);
  });
});
