import { expect, test } from '@jest/globals';
import type { Task } from 'fhir/r4';
import { concept, withExtension } from '../../src/pro/forms.ts';
import { dueOf } from '../../src/web/deadline.ts';

const END = '2026-11-21T21:10:00Z';
const AT = Date.parse(END);
const raised: Task = { resourceType: 'Task', status: 'requested', intent: 'order', restriction: { period: { end: END } } };
const critical = withExtension(withExtension(raised, 'due-step', 'acknowledged'), 'notified', '2026-11-21T20:40:00Z');
const acknowledged = withExtension({ ...critical, businessStatus: concept('alert-state', 'acknowledged') }, 'acknowledged', '2026-11-21T20:50:00Z');

test('a deadline names the step that is due', () => {
  expect(dueOf(critical)).toEqual({ at: AT, step: 'To be acknowledged' });
  expect(dueOf(withExtension(critical, 'due-step', 'assessed'))).toEqual({ at: AT, step: 'To be assessed' });
});

test('once its step is taken nothing is due, until people are called again', () => {
  expect(dueOf(acknowledged)).toBeUndefined();
  expect(dueOf(withExtension(acknowledged, 'due-step', 'assessed'))).toEqual({ at: AT, step: 'To be assessed' });
  expect(dueOf(withExtension(acknowledged, 'notified', '2026-11-21T20:55:00Z'))).toEqual({ at: AT, step: 'To be acknowledged' });
});

test('work that is no alert keeps its deadline', () => {
  expect(dueOf(raised)).toEqual({ at: AT, step: 'Due' });
});

test('without a deadline nothing is due', () => {
  expect(dueOf({ ...raised, restriction: {} })).toBeUndefined();
});
