/** A patient's answer over HTTP: stored, scored, judged, and the advice announced with the 201. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome } from 'fhir/r4';
import { everythingAs } from '../../src/access/permit.ts';
import { FHIR, type Started, start } from '../http/start.ts';

const PATIENT = { resourceType: 'Patient', id: 'example', name: [{ family: 'Test' }] };

/** The answers of an example of PHQ-9, given just now by our patient. */
function answers(example: string): Record<string, unknown> {
  const file = JSON.parse(readFileSync(new URL(`../../questionnaires/phq-9/examples/${example}.json`, import.meta.url), 'utf8'));
  const { id: _, ...resource } = file.responses[0].resource;
  return { ...resource, subject: { reference: 'Patient/example' }, authored: new Date().toISOString() };
}

const asJson = (resource: object) => ({ body: JSON.stringify(resource), headers: { 'Content-Type': FHIR } });

async function count(server: Started, query: string): Promise<number | undefined> {
  return ((await (await fetch(`${server.app.base}/${query}&_summary=count`)).json()) as Bundle).total;
}

describe('with AUTH=off, where example numbers stand in', () => {
  let server: Started;
  const send = (resource: object, prefer = '') =>
    fetch(`${server.app.base}/QuestionnaireResponse`, { method: 'POST', body: JSON.stringify(resource), headers: { 'Content-Type': FHIR, Prefer: prefer } });

  beforeAll(async () => {
    server = await start();
    await fetch(`${server.app.base}/Patient/example`, { method: 'PUT', ...asJson(PATIENT) });
  });
  afterAll(() => server.app.close());

  test('a red flag raises an alert and tells the patient whom to call', async () => {
    const answer = await send(answers('item-9-with-low-total'), 'return=OperationOutcome');
    expect(answer.status).toBe(201);
    const link = /^<([^>]+)>; rel="https:\/\/pro-bridge.example\/fhir\/rel\/patient-advice"/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
    const communication = (await (await fetch(link)).json()) as { resourceType: string; payload: { contentString: string }[] };
    expect(communication.resourceType).toBe('Communication');
    const outcome = (await answer.json()) as OperationOutcome;
    expect(outcome.issue.map(({ severity, details }) => [severity, details?.text])).toContainEqual([
      'information',
      communication.payload.map(({ contentString }) => contentString).join('\n'),
    ]);
    expect(JSON.stringify(communication)).toContain('(example)');
    expect(await count(server, 'Flag?patient=example&status=active')).toBe(1);
    expect(await count(server, 'Task?subject=example')).toBeGreaterThan(0);
    expect(await count(server, 'Observation?patient=example&category=survey')).toBeGreaterThan(0);
  });

  test('the timeline holds the alert, the score and the answer, and the page shows them', async () => {
    const bundle = (await (await fetch(`${server.app.base}/Patient/example/$timeline`)).json()) as Bundle;
    expect(bundle.type).toBe('collection');
    expect(bundle.entry?.map(({ resource }) => resource?.resourceType)).toEqual(
      expect.arrayContaining(['Composition', 'Patient', 'Flag', 'DetectedIssue', 'Task', 'Observation']),
    );
    const page = await fetch(`${server.app.origin}/patients/example`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Trial without sign-in')]);
    expect((await fetch(`${server.app.base}/Patient/nobody/$timeline`)).status).toBe(404);
    const checked = await fetch(`${server.app.base}/Bundle/$validate`, { method: 'POST', ...asJson(bundle) });
    const { issue } = (await checked.json()) as OperationOutcome;
    expect(issue.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('in a transaction the advice stands with its entry', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: answers('item-9-with-low-total'), request: { method: 'POST', url: 'QuestionnaireResponse' } }],
    };
    const answer = (await (await fetch(server.app.base, { method: 'POST', ...asJson(bundle) })).json()) as Bundle;
    expect(JSON.stringify(answer.entry?.[0]?.response?.outcome)).toContain('(example)');
  });

  test('in a batch too', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ resource: answers('item-9-with-low-total'), request: { method: 'POST', url: 'QuestionnaireResponse' } }],
    };
    const answer = (await (await fetch(server.app.base, { method: 'POST', ...asJson(bundle) })).json()) as Bundle;
    expect(answer.entry?.[0]?.response?.status).toBe('201 Created');
    expect(JSON.stringify(answer.entry?.[0]?.response?.outcome)).toContain('(example)');
  });

  test.each([
    ['an unknown questionnaire', { questionnaire: 'https://nowhere.example/Questionnaire/x' }, 'No Questionnaire'],
    ['an unknown version', { questionnaire: 'https://pro-bridge.example/fhir/Questionnaire/phq-9|9.9' }, 'version 9.9'],
    ['an answer to a question that is not asked', { item: [{ linkId: 'nothing', answer: [{ valueInteger: 1 }] }] }, 'nothing'],
    ['an unknown patient', { subject: { reference: 'Patient/nobody' } }, 'Patient/nobody'],
  ])('%s is refused, and $validate says the same', async (_, change, words) => {
    const resource = { ...answers('nothing-found'), ...change };
    const refused = await send(resource);
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining(words)]);
    const validated = await fetch(`${server.app.base}/QuestionnaireResponse/$validate`, { method: 'POST', ...asJson(resource) });
    expect([validated.status, await validated.text()]).toEqual([200, expect.stringContaining(words)]);
  });

  test('the Questionnaires, the rules and the definitions can be read', async () => {
    expect(await count(server, 'Questionnaire?status=active')).toBe(6);
    expect((await fetch(`${server.app.base}/Device/pro-bridge-rules`)).status).toBe(200);
    expect(await count(server, 'SearchParameter?base=Flag')).toBe(4);
  });
});

test('a second start over the same store writes no new versions', async () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'pro-bridge-'));
  const first = await start({ DATA_DIR });
  const before = await count(first, 'Questionnaire?_lastUpdated=gt2000-01-01');
  await first.app.close();
  const second = await start({ DATA_DIR });
  expect(await count(second, 'Questionnaire?_lastUpdated=gt2000-01-01')).toBe(before);
  const history = (await (await fetch(`${second.app.base}/Questionnaire/phq-9/_history`)).json()) as Bundle;
  expect(history.entry).toHaveLength(1);
  await second.app.close();
});

describe('with AUTH=smart and no emergency numbers', () => {
  let server: Started;
  beforeAll(async () => {
    server = await start({ AUTH: 'smart', CRISIS_NUMBER: '116 123', DATABASE_URL: 'memory:' });
  });
  afterAll(() => server.app.close());

  test('an instrument with red flags is a draft, and the log says why', async () => {
    const status = async (id: string) => JSON.parse((await server.app.store.read('Questionnaire', id))?.text ?? '{}').status;
    expect(await status('phq-9')).toBe('draft');
    expect(await status('gad-7')).toBe('active');
    const line = server
      .log()
      .split('\n')
      .find((text) => text.includes('"phq-9"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 40, instrument: 'phq-9', missing: ['EMERGENCY_NUMBER'] });
  });

  test('answers to it are refused with the reason; a red flag among them still reaches staff', async () => {
    const anyone = everythingAs('test');
    await server.app.record.commit({ operations: [{ op: 'update', id: 'example', resource: PATIENT }] }, anyone);
    const resource = answers('item-9-with-low-total') as { resourceType: string };
    await expect(server.app.record.commit({ operations: [{ op: 'create', resource }] }, anyone)).rejects.toThrow('not set EMERGENCY_NUMBER');
    const { versions } = await server.app.store.history({ type: 'Task', count: 10 });
    expect(versions).toHaveLength(1);
  });
});
