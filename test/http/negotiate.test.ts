import { describe, expect, test } from '@jest/globals';
import type { FhirRequest } from '../../src/http/message.ts';
import { preferOf, requireJsonAccepted, requireJsonBody } from '../../src/http/negotiate.ts';

const request = (headers: Record<string, string>, query = ''): FhirRequest => ({
  method: 'GET',
  path: ['Patient', '1'],
  query: new URLSearchParams(query),
  headers,
  body: '{}',
  base: 'http://x.example/fhir',
});

describe('what the client reads', () => {
  test.each([
    [undefined, ''],
    ['*/*', ''],
    ['application/fhir+json', ''],
    ['application/json', ''],
    ['application/fhir+json; fhirVersion=4.0', ''],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', ''],
    ['application/fhir+xml;q=0.9, application/fhir+json;q=0.8', ''],
    ['application/fhir+xml', '_format=json'],
    ['application/fhir+xml', '_format=application/fhir%2Bjson'],
    ['application/fhir+xml', '_format=application/fhir+json'],
  ])('%s %s is JSON', (accept, query) => {
    expect(() => requireJsonAccepted(request(accept === undefined ? {} : { accept }, query))).not.toThrow();
  });

  test.each([
    ['application/fhir+xml', ''],
    ['text/turtle', ''],
    ['application/fhir+json;q=0', ''],
    ['application/fhir+json; fhirVersion=5.0', ''],
    ['*/*', '_format=xml'],
    ['*/*', '_format=ttl'],
    ['*/*', '_format='],
  ])('%s %s is refused with what is offered', (accept, query) => {
    expect(() => requireJsonAccepted(request({ accept }, query))).toThrow('Ask for application/fhir+json');
  });
});

describe('what the client sends', () => {
  test.each(['application/fhir+json', 'application/json', 'application/fhir+json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])('%s', (type) => {
    expect(() => requireJsonBody(request({ 'content-type': type }))).not.toThrow();
  });

  test.each(['', 'text/plain', 'application/fhir+xml', 'application/x-www-form-urlencoded', 'application/json-patch+json'])('%j is refused', (type) => {
    expect(() => requireJsonBody(request({ 'content-type': type }))).toThrow('send application/fhir+json');
  });

  test('another charset is refused', () => {
    expect(() => requireJsonBody(request({ 'content-type': 'application/json; charset=latin1' }))).toThrow('UTF-8');
  });
});

test.each([
  ['', 'representation', 'strict'],
  ['return=minimal', 'minimal', 'strict'],
  ['return=OperationOutcome; handling=lenient', 'OperationOutcome', 'lenient'],
  ['handling=lenient, return=representation', 'representation', 'lenient'],
  ['return=something, respond-async', 'representation', 'strict'],
])('Prefer: %s', (prefer, returns, handling) => {
  expect(preferOf(request({ prefer }))).toEqual({ returns, handling });
});
