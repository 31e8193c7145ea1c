/** A code that nobody here can check: with and without another terminology server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OperationOutcome, Parameters } from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

/** Says yes to the code AAA, no to every other. */
const elsewhere: Server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    const { parameter = [] } = JSON.parse(text) as Parameters;
    const isIn = parameter.some(({ name, valueCode }) => name === 'code' && valueCode === 'AAA');
    response.writeHead(200, { 'content-type': FHIR }).end(JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'result', valueBoolean: isIn }] }));
  });
});
const servers = new Map<string, Started>();

function api(name: string) {
  const server = servers.get(name);
  if (server === undefined) throw new Error(`there is no server ${name}`);
  return server.api();
}

beforeAll(async () => {
  await new Promise<void>((resolve) => void elsewhere.listen(0, '127.0.0.1', resolve));
  servers.set('alone', await start({ DATABASE_URL: 'memory:' }));
  servers.set('helped', await start({ DATABASE_URL: 'memory:', TERMINOLOGY_SERVER: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/fhir` }));
});
afterAll(async () => {
  for (const { app } of servers.values()) await app.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
});

const invoice = (currency: string) => ({ resourceType: 'Invoice', status: 'issued', totalNet: { value: 1, currency } });

describe.each([
  ['alone', 'AAA', 201, 'warning'],
  ['alone', 'ZZQ', 201, 'warning'],
  ['helped', 'AAA', 201, undefined],
  ['helped', 'ZZQ', 422, 'error'],
])('%s, a currency %s', (name, currency, status, severity) => {
  const code = async () => {
    const answer = await api(name)
      .post('/Invoice/$validate')
      .set('Content-Type', FHIR)
      .send(JSON.stringify(invoice(currency)));
    return (answer.body as OperationOutcome).issue.find((issue) => issue.expression?.some((path) => path.includes('currency')));
  };

  test('is stored or refused, and said to be unconfirmed where nobody knows', async () => {
    const stored = await api(name)
      .post('/Invoice')
      .set('Content-Type', FHIR)
      .send(JSON.stringify(invoice(currency)));
    expect(stored.status).toBe(status);
    expect((await code())?.severity).toBe(severity);
  });
});

test.each([
  ['helped', 'AAA', true],
  ['helped', 'BBB', false],
  ['alone', 'AAA', false],
])('$validate-code %s, of a code system that is not here: %s', async (name, code, result) => {
  const query = new URLSearchParams({ url: 'http://hl7.org/fhir/ValueSet/observation-codes', system: 'http://loinc.org', code });
  const { parameter = [] } = (await api(name).get(`/ValueSet/$validate-code?${query}`)).body as Parameters;
  expect(parameter[0]).toEqual({ name: 'result', valueBoolean: result });
  expect(parameter.some((row) => row.name === 'x-caused-by-unknown-system')).toBe(name === 'alone');
});
