import { describe, expect, test } from '@jest/globals';
import type { Observation, Task } from 'fhir/r4';
import { FhirError } from '../../src/fhir/outcome.ts';
import { type Action, type AlertCase, type Assessment, acknowledge, act, assess, type CareStep, closeAlert, monitor } from '../../src/pro/care.ts';
import { awaitsNotice, stateOf } from '../../src/pro/forms.ts';
import { isMet } from '../../src/pro/reconcile.ts';
import { day } from './fixture.ts';
import { open, taskOf, type World, world } from './world.ts';

let counter = 0;
const at = (when: string) => ({ by: { reference: 'Practitioner/n', display: 'Nurse' }, now: new Date(when), ids: () => `care-${++counter}` });
const CALL: Assessment = { contact: 'phone', withPatient: true, severity: 'moderate', note: 'Tired, no chills' };

function alertOf(here: World): AlertCase {
  const [flag] = open(here);
  const task = taskOf(here, flag);
  if (flag === undefined || task === undefined) throw new Error('no alert');
  const assessments = here.all('Observation').filter(({ code }) => code.coding?.[0]?.code === 'symptom-assessment');
  return { flag, task, assessments };
}

const raised = (symptom: 'pain' | 'fever'): World => {
  const here = world();
  here.take(symptom === 'pain' ? { id: 'a', pain: 8, authored: day(1) } : { id: 'a', fever: true, authored: day(1) }, day(1));
  return here;
};

function done(here: World, step: CareStep): void {
  for (const resource of step.puts) here.put(resource as Task);
  for (const key of step.releases) here.keys.delete(key);
}

const refusal = (step: () => unknown): string | undefined => {
  try {
    step();
  } catch (error) {
    return error instanceof FhirError && error.fault === 'business-rule' ? error.message : String(error);
  }
  return undefined;
};

describe('the way of an alert', () => {
  test('from raised to closed, with who and when', () => {
    const here = raised('fever');
    const states = [stateOf(alertOf(here).task)];
    const steps = [
      (alert: AlertCase) => acknowledge(alert, at(day(2))),
      (alert: AlertCase) => assess(alert, CALL, at(day(2))),
      (alert: AlertCase) => act(alert, { kind: 'referral', target: 'Oncology, City Hospital' }, at(day(2))),
      (alert: AlertCase) => monitor(alert, at(day(3))),
    ];
    for (const step of steps) {
      done(here, step(alertOf(here)));
      states.push(stateOf(alertOf(here).task));
    }
    expect(states).toEqual(['raised', 'acknowledged', 'assessed', 'intervened', 'monitoring']);
    const followUp: Observation = {
      resourceType: 'Observation',
      id: 'f',
      status: 'final',
      code: {},
      subject: { reference: 'Patient/p' },
      effectiveDateTime: day(9),
    };
    const { flag, task } = alertOf(here);
    const closing = closeAlert(alertOf(here), { followUp }, at(day(9)));
    done(here, closing);
    expect(here.resources.get(`Flag/${flag.id}`)).toMatchObject({ status: 'inactive', period: { end: day(9) } });
    expect(here.resources.get(`Task/${task.id}`)).toMatchObject({
      status: 'completed',
      businessStatus: { coding: [{ code: 'closed' }] },
      executionPeriod: { start: day(2), end: day(9) },
    });
    expect(closing.releases).toEqual(['flag|Patient/p|fever']);
    const by = here.all('Provenance').filter(({ agent }) => agent[0]?.who.reference === 'Practitioner/n');
    expect(by.map(({ recorded }) => recorded)).toEqual([day(2), day(2), day(2), day(3), day(9)]);
  });

  test('taking note meets the deadline, until people are called again', () => {
    const here = raised('fever');
    expect([isMet(alertOf(here).task), awaitsNotice(alertOf(here).task)]).toEqual([false, true]);
    done(here, acknowledge(alertOf(here), at(day(1))));
    expect(isMet(alertOf(here).task)).toBe(true);
    here.take({ id: 'b', fever: true, authored: day(3) }, day(3));
    expect([isMet(alertOf(here).task), awaitsNotice(alertOf(here).task)]).toEqual([false, true]);
  });

  test('an assessment is the clinician’s, beside the answers', () => {
    const here = raised('pain');
    const [observation, task] = assess(alertOf(here), CALL, at(day(2))).puts;
    expect(observation).toMatchObject({
      code: { coding: [{ code: 'symptom-assessment' }] },
      method: { coding: [{ code: 'phone' }] },
      valueCodeableConcept: { coding: [{ code: 'moderate' }] },
      focus: [{ reference: `Flag/${open(here)[0]?.id}` }],
      note: [{ text: 'Tired, no chills' }],
    });
    expect((task as Task).output).toEqual([
      { type: { coding: [expect.objectContaining({ code: 'symptom-assessment' })] }, valueReference: { reference: `Observation/${observation?.id}` } },
    ]);
  });

  test.each<[Action, string[]]>([
    [{ kind: 'education', note: 'Drink more' }, ['Communication', 'Task', 'Provenance']],
    [{ kind: 'medication-advice' }, ['Communication', 'Task', 'Provenance']],
    [{ kind: 'psychological-support' }, ['Procedure', 'Task', 'Provenance']],
    [{ kind: 'referral', target: 'City Hospital' }, ['ServiceRequest', 'Task', 'Task', 'Provenance']],
    [{ kind: 'none', reason: 'Known and stable' }, ['Task', 'Provenance']],
  ])('an action: %j', (action, types) => {
    const here = raised('pain');
    done(here, assess(alertOf(here), CALL, at(day(2))));
    const { puts } = act(alertOf(here), action, at(day(2)));
    expect(puts.map(({ resourceType }) => resourceType)).toEqual(types);
    const own = puts.filter((resource): resource is Task => resource.resourceType === 'Task').find(({ id }) => id === alertOf(here).task.id);
    expect([own && stateOf(own), own?.output?.at(-1)?.type.coding?.[0]?.code]).toEqual(['intervened', action.kind]);
  });
});

describe('refused', () => {
  const assessed = (symptom: 'pain' | 'fever', how: Assessment = CALL): World => {
    const here = raised(symptom);
    done(here, assess(alertOf(here), how, at(day(2))));
    return here;
  };

  test('an action before an assessment', () =>
    expect(refusal(() => act(alertOf(raised('pain')), { kind: 'education' }, at(day(2))))).toContain('assessment first'));
  test('no action without a reason', () =>
    expect(refusal(() => act(alertOf(assessed('pain')), { kind: 'none', reason: ' ' }, at(day(2))))).toContain('reason'));
  test('a referral to nobody', () => expect(refusal(() => act(alertOf(assessed('pain')), { kind: 'referral', target: '' }, at(day(2))))).toContain('to whom'));
  test('watching before an action', () => expect(refusal(() => monitor(alertOf(assessed('pain')), at(day(2))))).toContain('after an action'));

  test('closing without an assessment', () =>
    expect(refusal(() => closeAlert(alertOf(raised('pain')), { reason: 'better' }, at(day(2))))).toContain('without an assessment'));
  test('closing without a follow-up score or a reason', () =>
    expect(refusal(() => closeAlert(alertOf(assessed('pain')), {}, at(day(2))))).toContain('follow-up score'));
  test('a follow-up score from before the alert, or of another', () => {
    const score: Observation = { resourceType: 'Observation', status: 'final', code: {}, subject: { reference: 'Patient/p' }, effectiveDateTime: day(1) };
    expect(refusal(() => closeAlert(alertOf(assessed('pain')), { followUp: score }, at(day(2))))).toContain('before the alert');
    const other = { ...score, subject: { reference: 'Patient/q' }, effectiveDateTime: day(3) };
    expect(refusal(() => closeAlert(alertOf(assessed('pain')), { followUp: other }, at(day(4))))).toContain('another patient');
  });
  test('the score of the answer that raised the alert, by a telephone whose clock is ahead', () => {
    const score: Observation = { resourceType: 'Observation', status: 'final', code: {}, subject: { reference: 'Patient/p' }, effectiveDateTime: day(3) };
    expect(refusal(() => closeAlert(alertOf(assessed('pain')), { followUp: { ...score, issued: day(1) } }, at(day(4))))).toContain('before the alert');
    expect(refusal(() => closeAlert(alertOf(assessed('pain')), { followUp: { ...score, issued: day(3) } }, at(day(4))))).toBeUndefined();
  });
  test('closing a critical alert without having spoken with the patient', () => {
    const here = assessed('fever', { ...CALL, withPatient: false });
    expect(refusal(() => closeAlert(alertOf(here), { reason: 'better' }, at(day(2))))).toContain('spoke with the patient');
    expect(refusal(() => closeAlert(alertOf(assessed('fever')), { reason: 'better' }, at(day(2))))).toBeUndefined();
  });
  test('closing over a new answer that nobody has seen', () => {
    const here = assessed('fever');
    here.take({ id: 'b', fever: true, authored: day(3) }, day(3));
    expect(refusal(() => closeAlert(alertOf(here), { reason: 'better' }, at(day(4))))).toContain('new answer');
  });
  test('anything after closing', () => {
    const alert = alertOf(assessed('pain'));
    const [flag, task] = closeAlert(alert, { reason: 'better' }, at(day(2))).puts as [AlertCase['flag'], Task];
    expect(refusal(() => acknowledge({ ...alert, flag, task }, at(day(3))))).toContain('closed');
  });
});

test.each(['died', 'admitted'] as const)('an alert ends without an assessment: %s', (ending) => {
  const { puts } = closeAlert(alertOf(raised('fever')), { ending }, at(day(2)));
  expect(puts[1]).toMatchObject({ status: 'completed', statusReason: { coding: [{ code: ending }] } });
});

test('a patient who cannot be reached is an ending that says what was tried', () => {
  expect(refusal(() => closeAlert(alertOf(raised('fever')), { ending: 'unreachable' }, at(day(2))))).toContain('tried');
  expect(refusal(() => closeAlert(alertOf(raised('fever')), { ending: 'unreachable', reason: 'Three calls, a visit' }, at(day(2))))).toBeUndefined();
});
