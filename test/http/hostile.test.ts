/** Clients that mean harm, and clients that are clumsy: what they get over real HTTP, and what they must not get. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome, QuestionnaireResponse, Task } from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

let server: Started;
const send = (path: string, body: object | string, headers: Record<string, string> = {}) =>
  server
    .api()
    .post(path)
    .set({ 'Content-Type': FHIR, ...headers })
    .send(typeof body === 'string' ? body : JSON.stringify(body));
const textOf = ({ issue }: OperationOutcome): string => issue.map(({ details }) => details?.text).join(' ');

beforeAll(async () => {
  server = await start({ DATABASE_URL: 'memory:', LOG_LEVEL: 'silent' });
});
afterAll(() => server.app.close());

const urgent = (words: object = {}): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'https://pro-bridge.example/fhir/Questionnaire/cancer-weekly|1.0.0',
  item: [{ linkId: 'safety', item: [{ linkId: 'chest-pain', answer: [{ valueBoolean: true }] }] }],
  ...words,
});
const keptAside = async (): Promise<number> => {
  const { body } = await server.api().get('/Task?_count=1000').expect(200);
  return ((body as Bundle<Task>).entry ?? []).filter(({ resource }) => JSON.stringify(resource?.code).includes('unreadable-red-flag')).length;
};

describe('an answer with a warning sign', () => {
  test.each(['subject', 'item', 'identifier'])('is kept aside where %s holds what cannot become text', async (element) => {
    const before = await keptAside();
    const odd = { toString: 1, valueOf: 1 };
    const given = { subject: { reference: odd }, item: [...(urgent().item ?? []), { linkId: odd }], identifier: { system: odd } }[element];
    const { body } = await send('/QuestionnaireResponse', urgent({ [element]: given })).expect(422);
    expect(textOf(body)).toContain('kept aside');
    expect(await keptAside()).toBe(before + 1);
  });
});
