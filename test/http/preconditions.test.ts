import { describe, expect, test } from '@jest/globals';
import type { FhirRequest } from '../../src/http/message.ts';
import { alreadyHas, ifMatch } from '../../src/http/preconditions.ts';

const request = (headers: Record<string, string>): FhirRequest => ({ method: 'GET', path: [], query: new URLSearchParams(), headers, body: '', base: '' });
const version = { type: 'Patient', id: '1', version: 3, updated: '2026-03-01T08:00:00.500Z', method: 'update', text: '{}' } as const;

test.each([
  ['W/"3"', [3]],
  ['"3"', [3]],
  ['W/"3", "4" ,W/"5"', [3, 4, 5]],
  ['W/"abc"', [0]],
  ['W/"03"', [0]],
  ['*', 'any'],
])('If-Match: %s names %j', (text, versions) => {
  expect(ifMatch(request({ 'if-match': text }))).toEqual(versions);
});

test.each(['3', '**', 'W/3', 'W/"3", 4', ''])('If-Match: %j is refused with what is right', (text) => {
  expect(() => ifMatch(request({ 'if-match': text }))).toThrow('such as W/"3"');
});

describe('a client that has this version already', () => {
  test.each([
    [{ 'if-none-match': 'W/"3"' }, true],
    [{ 'if-none-match': 'W/"1", W/"3"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': 'W/"2"' }, false],
    [{ 'if-none-match': 'W/"2"', 'if-modified-since': 'Sun, 01 Mar 2026 09:00:00 GMT' }, false],
    [{ 'if-modified-since': 'Sun, 01 Mar 2026 08:00:00 GMT' }, true],
    [{ 'if-modified-since': 'Sun, 01 Mar 2026 07:59:59 GMT' }, false],
    [{ 'if-modified-since': 'yesterday' }, false],
    [{}, false],
  ])('%j: %s', (headers, has) => {
    expect(alreadyHas(request(headers as Record<string, string>), version)).toBe(has);
  });
});
