import { describe, expect, test } from '@jest/globals';
import type { DetectedIssue, Flag, Task } from 'fhir/r4';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { assess, closeAlert } from '../../src/pro/care.ts';
import { withExtension } from '../../src/pro/forms.ts';
import { isGuarded, requireMayChange } from '../../src/pro/guard.ts';
import { day } from './fixture.ts';
import { final, open, taskOf, world } from './world.ts';

const here = world();
here.take({ id: 'a', pain: 8, authored: day(1) }, day(1));
const [flag] = open(here) as [Flag];
const task = taskOf(here, flag) as Task;
const [issue] = final(here) as [DetectedIssue];
const acting = { by: { display: 'Nurse' }, now: new Date(day(2)), ids: () => 'x' };
const [, assessed] = assess({ flag, task, assessments: [] }, { contact: 'phone', withPatient: true, severity: 'mild' }, acting).puts as [never, Task];
const [closedFlag, closedTask] = closeAlert({ flag, task: assessed, assessments: [] }, { reason: 'better' }, acting).puts as [Flag, Task];

function refusal(before: object | undefined, after: object | undefined, work: Task | undefined = task): string | undefined {
  try {
    requireMayChange(before as Resource | undefined, after as Resource | undefined, work);
  } catch (error) {
    return error instanceof FhirError && error.fault === 'business-rule' ? error.issues[0]?.expression?.[0] : String(error);
  }
  return undefined;
}

describe('a Flag of ours', () => {
  test.each<[string, object | undefined, object | undefined, string | undefined]>([
    ['made by a client', undefined, flag, 'Flag.identifier'],
    ['deleted', flag, undefined, 'Flag'],
    ['without its identifier', flag, { ...flag, identifier: [] }, 'Flag.identifier'],
    ['about another patient', flag, { ...flag, subject: { reference: 'Patient/q' } }, 'Flag.subject'],
    ['about another symptom', flag, { ...flag, code: { text: 'x' } }, 'Flag.code'],
    ['at another tier', flag, withExtension(flag, 'tier', 'moderate'), 'Flag.extension'],
    ['closed without an assessment', flag, { ...flag, status: 'inactive' }, 'Flag.status'],
    ['taken back', flag, { ...flag, status: 'entered-in-error' }, 'Flag.status'],
    ['opened again', closedFlag, flag, 'Flag.status'],
    ['with an encounter added', flag, { ...flag, encounter: { reference: 'Encounter/e' } }, undefined],
  ])('%s', (_, before, after, expected) => expect(refusal(before, after)).toBe(expected));

  test('closed after an assessment', () => expect(refusal(flag, { ...flag, status: 'inactive' }, assessed)).toBeUndefined());
  test('closed while its Task is not known', () => expect(refusal(flag, { ...flag, status: 'inactive' }, undefined)).toBe('Flag.status'));
});

describe('a Task of ours', () => {
  test.each<[string, object | undefined, object | undefined, string | undefined]>([
    ['deleted', task, undefined, 'Task'],
    ['cancelled', task, { ...task, status: 'cancelled' }, 'Task.status'],
    ['completed without an assessment', task, { ...task, status: 'completed' }, 'Task.output'],
    ['completed with one', assessed, { ...assessed, status: 'completed' }, undefined],
    ['set back', assessed, { ...assessed, businessStatus: task.businessStatus }, 'Task.businessStatus'],
    ['robbed of what was recorded', assessed, { ...assessed, output: [] }, 'Task.output'],
    ['put off', task, { ...task, restriction: { period: { end: day(20) } } }, 'Task.restriction.period.end'],
    ['put off for good', task, { ...task, restriction: undefined }, 'Task.restriction.period.end'],
    ['brought forward', task, { ...task, restriction: { period: { end: day(1) } } }, undefined],
    ['about another alert', task, { ...task, focus: { reference: 'Flag/other' } }, 'Task.focus'],
    ['given to somebody', task, { ...task, owner: { display: 'Nurse' } }, undefined],
    ['deleted when all is done', closedTask, undefined, undefined],
  ])('%s', (_, before, after, expected) => expect(refusal(before, after)).toBe(expected));
});

describe('a DetectedIssue of ours', () => {
  test('taken back', () => expect(refusal(issue, { ...issue, status: 'cancelled' })).toBe('DetectedIssue.status'));
  test('with what was done about it', () => expect(refusal(issue, { ...issue, mitigation: [{ action: { text: 'called' } }] })).toBeUndefined());
});

test('what is not ours is not asked about', () => {
  const theirs: Flag = { resourceType: 'Flag', status: 'active', code: { text: 'Allergy' }, subject: { reference: 'Patient/p' } };
  expect([isGuarded(theirs as unknown as Resource), isGuarded(flag as unknown as Resource), isGuarded({ resourceType: 'Patient' })]).toEqual([
    false,
    true,
    false,
  ]);
  expect(refusal(theirs, undefined)).toBeUndefined();
});
