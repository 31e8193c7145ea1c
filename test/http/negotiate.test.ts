import { describe, expect, test } from '@jest/globals';
import type { FhirRequest } from '../../src/http/message.ts';
import { formatOf, preferOf, requireJsonBody } from '../../src/http/negotiate.ts';

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
    [undefined, '', 'json'],
    ['', '', 'json'],
    ['*/*', '', 'json'],
    ['application/*', '', 'json'],
    ['application/fhir+json', '', 'json'],
    ['application/json', '', 'json'],
    ['application/fhir+json; fhirVersion=4.0', '', 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', '', 'json'],
    ['application/fhir+xml;q=0.8, application/fhir+json;q=0.9', '', 'json'],
    ['application/fhir+xml, application/fhir+json', '', 'json'],
    ['application/fhir+xml;q=0, */*', '', 'json'],
    ['application/fhir+xml', '', 'xml'],
    ['application/xml', '', 'xml'],
    ['text/xml', '', 'xml'],
    ['application/fhir+xml;q=0.9, application/fhir+json;q=0.8', '', 'xml'],
    ['application/fhir+xml, */*', '', 'xml'],
    ['application/fhir+json;q=0, application/*', '', 'xml'],
    ['application/fhir+json; fhirVersion=5.0, application/fhir+xml', '', 'xml'],
    ['application/fhir+xml', '_format=json', 'json'],
    ['application/fhir+xml', '_format=application/fhir%2Bjson', 'json'],
    ['application/fhir+xml', '_format=application/fhir+json', 'json'],
    ['application/fhir+json', '_format=xml', 'xml'],
    ['application/fhir+json', '_format=text/xml', 'xml'],
    ['application/fhir+json', '_format=application/xml', 'xml'],
    ['application/fhir+json', '_format=application/fhir%2Bxml', 'xml'],
    ['application/fhir+json', '_format=application/fhir%2Bxml;fhirVersion=4.0', 'xml'],
  ])('%s %s is %s', (accept, query, format) => {
    expect(formatOf(request(accept === undefined ? {} : { accept }, query))).toBe(format);
  });

  test.each([
    ['text/turtle', ''],
    ['application/fhir+json;q=0', ''],
    ['application/fhir+json;q=0, application/fhir+xml;q=0.0, */*', ''],
    ['application/fhir+json; fhirVersion=5.0', ''],
    ['*/*', '_format=ttl'],
    ['*/*', '_format='],
    ['*/*', '_format=application/fhir%2Bjson;fhirVersion=3.0'],
  ])('%s %s is refused with what is offered', (accept, query) => {
    expect(() => formatOf(request({ accept }, query))).toThrow('Ask for application/fhir+json');
  });

  test('the form of a search by POST may say it', () => {
    const form = { ...request({ 'content-type': 'application/x-www-form-urlencoded' }), body: 'name=x&_format=xml' };
    expect(formatOf(form)).toBe('xml');
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

  test('another version of FHIR is refused', () => {
    expect(() => requireJsonBody(request({ 'content-type': 'application/fhir+json; fhirVersion=3.0' }))).toThrow('4.0');
    expect(() => requireJsonBody(request({ 'content-type': 'application/fhir+json; fhirVersion=4.0' }))).not.toThrow();
  });
});

test.each([
  ['', 'representation', 'strict'],
  ['return=minimal', 'minimal', 'strict'],
  ['return=OperationOutcome; handling=lenient', 'OperationOutcome', 'lenient'],
  ['handling=lenient, return=representation', 'representation', 'lenient'],
  ['return="minimal" , handling = lenient', 'minimal', 'lenient'],
  ['return=something, respond-async', 'representation', 'strict'],
])('Prefer: %s', (prefer, returns, handling) => {
  expect(preferOf(request({ prefer }))).toEqual({ returns, handling });
});
