import { expect, test } from '@jest/globals';
import { createEntryAnswers } from '../../src/http/entry-answers.ts';
import type { FhirRequest } from '../../src/http/message.ts';

const entry = (method: FhirRequest['method'], ...path: string[]) => ({
  index: 0,
  fullUrl: undefined,
  request: { method, path, query: new URLSearchParams(), headers: {}, body: '', base: '' },
});
const large = '{"resourceType":"Basic"}';
const answering = (room: number) => createEntryAnswers(async () => ({ status: 200, headers: { ETag: 'W/"1"' }, body: large }), room);

test('what is read after the answer is full is refused, what is written is carried out and answered in short', async () => {
  const answerTo = answering(large.length);
  expect(await answerTo(entry('GET', 'Basic', '1'))).toEqual({ status: '200 OK', etag: 'W/"1"', resource: large });
  for (const read of [entry('GET', 'Basic'), entry('POST', 'Basic', '_search'), entry('POST', '_search'), entry('GET', 'Patient', '1', '$everything')]) {
    expect(await answerTo(read)).toMatchObject({ status: '400 Bad Request', outcome: expect.stringContaining('too-costly') });
  }
  for (const write of [entry('POST', 'Basic'), entry('PUT', 'Basic', '1'), entry('DELETE', 'Basic', '1')]) {
    expect(await answerTo(write)).toEqual({ status: '200 OK', etag: 'W/"1"' });
  }
});

test('HEAD gets no body', async () => {
  expect(await answering(1000)(entry('HEAD', 'Basic', '1'))).toEqual({ status: '200 OK', etag: 'W/"1"' });
});
