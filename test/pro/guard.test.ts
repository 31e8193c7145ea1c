import { describe, expect, test } from '@jest/globals';
import type { DetectedIssue, Flag, Observation, Task } from 'fhir/r4';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { assess, closeAlert } from '../../src/pro/care.ts';
import { concept, withExtension } from '../../src/pro/forms.ts';
import { isGuarded, requireMayChange, type Work } from '../../src/pro/guard.ts';
import { day } from './fixture.ts';
import { final, open, taskOf, world } from './world.ts';

const here = world();
here.take({ id: 'a', pain: 8, authored: day(1) }, day(1));
const [flag] = open(here) as [Flag];
const task = taskOf(here, flag) as Task;
const [issue] = final(here) as [DetectedIssue];
const acting = { by: { display: 'Nurse' }, now: new Date(day(2)), ids: () => 'x' };
const [assessment, assessed] = assess({ flag, task, assessments: [] }, { contact: 'phone', withPatient: true, severity: 'mild' }, acting).puts as [
  Observation,
  Task,
];
const [closedFlag, closedTask] = closeAlert({ flag, task: assessed, assessments: [] }, { reason: 'better' }, acting).puts as [Flag, Task];

function refusal(before: object | undefined, after: object | undefined, work: Partial<Work> = {}): string | undefined {
  try {
    requireMayChange(before as Resource | undefined, after as Resource | undefined, { flag, task, assessments: [], followUp: undefined, ...work });
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

  const off = { ...flag, status: 'inactive' };
  const closed: Partial<Work> = { task: closedTask, assessments: [assessment] };
  test.each<[string, Partial<Work>, string | undefined]>([
    ['with an assessment and a reason', closed, undefined],
    ['with its Task left open', { ...closed, task: assessed }, 'Flag.status'],
    ['with a Task that is not known', { ...closed, task: undefined }, 'Flag.status'],
    ['with an assessment that is only claimed', { ...closed, assessments: [] }, 'Task.businessStatus'],
    ['without a reason', { ...closed, task: { ...closedTask, statusReason: {} } }, 'Task.businessStatus'],
    ['over a new answer that nobody has seen', { ...closed, task: withExtension(closedTask, 'notified', day(3)) }, 'Task.businessStatus'],
    ['by an ending', { task: { ...closedTask, statusReason: concept('ending', 'died') } }, undefined],
  ])('closed %s', (_, work, expected) => expect(refusal(flag, off, work)).toBe(expected));

  test('a critical one, closed without having spoken with the patient', () => {
    const critical = withExtension(flag, 'tier', 'critical');
    const about = withExtension(assessment, 'with-patient', false);
    const close = (assessments: Observation[]) => refusal(critical, { ...critical, status: 'inactive' }, { task: closedTask, assessments });
    expect([close([about]), close([assessment])]).toEqual(['Task.businessStatus', undefined]);
  });
});

describe('a Task of ours', () => {
  test.each<[string, object | undefined, object | undefined, string | undefined]>([
    ['deleted', task, undefined, 'Task'],
    ['cancelled', task, { ...task, status: 'cancelled' }, 'Task.status'],
    ['completed while the alert is open', task, { ...task, status: 'completed' }, 'Task.status'],
    ['assessed without an assessment', task, assessed, 'Task.output'],
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

test('a Task of ours, assessed and then completed with its alert', () => {
  expect(refusal(task, assessed, { assessments: [assessment] })).toBeUndefined();
  expect(refusal(assessed, closedTask, { flag: closedFlag, assessments: [assessment] })).toBeUndefined();
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
