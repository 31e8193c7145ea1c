import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireResponse, Task } from 'fhir/r4';
import { codeSystem, extensionUrl } from '../../src/fhir/names.ts';
import { latestAnswer, stateOf, urgencyOf } from '../../src/web/worklist.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

const answer = (authored: string | undefined, lastUpdated: string): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  meta: { lastUpdated },
  ...(authored === undefined ? {} : { authored }),
});

describe('the last answer', () => {
  const atOf = (...answers: QuestionnaireResponse[]): string => new Date(latestAnswer(answers, NOW)?.at ?? Number.NaN).toISOString();

  test('dated in the future was given no later than it was stored', () => {
    expect(atOf(answer('2031-01-01T00:00:00Z', '2026-09-01T08:00:00Z'), answer('2026-09-08T08:00:00Z', '2026-09-08T08:00:05Z'))).toBe(
      '2026-09-08T08:00:00.000Z',
    );
  });

  test('is never later than now, and counts from when it was stored where it bears no date', () => {
    expect(atOf(answer('2031-01-01', '2030-01-01T00:00:00Z'))).toBe('2026-11-22T10:00:00.000Z');
    expect(atOf(answer(undefined, '2026-11-01T00:00:00Z'))).toBe('2026-11-01T00:00:00.000Z');
    expect(latestAnswer([], NOW)).toBeUndefined();
  });
});

function task(kind: string, more: Partial<Task> = {}): Task {
  return { resourceType: 'Task', status: 'requested', intent: 'order', code: { coding: [{ system: codeSystem('task'), code: kind }] }, ...more };
}

test.each([
  ['unreadable-red-flag', 'stat', 'critical'],
  ['unscorable-response', 'routine', 'severe'],
  ['answer-corrected', 'asap', 'severe'],
  ['answer-corrected', 'routine', 'routine'],
  ['confirm-patient-match', 'urgent', 'routine'],
  ['referral', 'urgent', 'routine'],
] as const)('work of the kind %s with the priority %s is %s', (kind, priority, urgency) => {
  expect(urgencyOf(task(kind, { priority }))).toBe(urgency);
});

test('an alert is as urgent as its tier, whatever its priority', () => {
  expect(urgencyOf(task('respond-to-alert', { priority: 'stat', extension: [{ url: extensionUrl('tier'), valueCode: 'moderate' }] }))).toBe('moderate');
});

describe('the state of an alert', () => {
  const seen = (state: string, notified: string): Task =>
    task('respond-to-alert', {
      status: 'in-progress',
      businessStatus: { coding: [{ system: codeSystem('alert-state'), code: state }] },
      extension: [
        { url: extensionUrl('acknowledged'), valueDateTime: '2026-11-22T09:00:00+01:00' },
        { url: extensionUrl('notified'), valueDateTime: notified },
      ],
    });

  test('is not "seen" after a new answer called people again', () => {
    expect(stateOf(seen('acknowledged', '2026-11-22T07:59:00Z'))).toBe('seen');
    expect(stateOf(seen('acknowledged', '2026-11-22T08:01:00Z'))).toBe('new answer, not seen yet');
    expect(stateOf(seen('monitoring', '2026-11-22T08:01:00Z'))).toBe('new answer, not seen yet');
  });

  test('is new before anybody took note', () => {
    expect(stateOf(task('respond-to-alert', { businessStatus: { coding: [{ code: 'raised' }] } }))).toBe('new');
  });
});
