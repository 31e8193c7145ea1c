import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Flag, Task } from 'fhir/r4';
import { acknowledge, assess, type CareStep, closeAlert } from '../../src/pro/care.ts';
import { ownIdentifier, readExtension, reasonsOf, refTo, STATES, stateOf, symptomOf, tierOf } from '../../src/pro/forms.ts';
import { TIERS } from '../../src/pro/instrument.ts';
import { alerts, day, type Said } from './fixture.ts';
import { final, open, taskOf, type World, world } from './world.ts';

const symptoms = (here: World): (string | undefined)[] => open(here).map(symptomOf).toSorted();
const alertOn = (here: World, symptom: string): Flag => {
  const flag = open(here).find((one) => symptomOf(one) === symptom);
  if (flag === undefined) throw new Error(`no open alert on ${symptom}`);
  return flag;
};
const workOn = (here: World, symptom: string): Task => {
  const task = taskOf(here, alertOn(here, symptom));
  if (task === undefined) throw new Error(`no task on ${symptom}`);
  return task;
};
const due = (task: Task): string | undefined => task.restriction?.period?.end;

function doneBy(
  here: World,
  symptom: string,
  steps: (alert: Parameters<typeof acknowledge>[0], acting: Parameters<typeof acknowledge>[1]) => CareStep[],
  at: string,
): void {
  let counter = 0;
  const acting = { by: { display: 'Nurse' }, now: new Date(at), ids: () => `${symptom}-${at}-${++counter}` };
  const flag = alertOn(here, symptom);
  const alert = { flag, task: workOn(here, symptom), assessments: [] };
  for (const { puts, releases } of steps(alert, acting)) {
    for (const resource of puts) here.put(resource as Flag);
    for (const key of releases) here.keys.delete(key);
  }
}

const acknowledged = (here: World, symptom: string, at: string): void => doneBy(here, symptom, (alert, acting) => [acknowledge(alert, acting)], at);

function closed(here: World, symptom: string, at: string): void {
  doneBy(
    here,
    symptom,
    (alert, acting) => {
      const assessed = assess(alert, { contact: 'phone', withPatient: true, severity: 'mild' }, acting);
      const [observation, task] = assessed.puts as [never, Task];
      return [assessed, closeAlert({ ...alert, task, assessments: [observation] }, { reason: 'better' }, acting)];
    },
    at,
  );
}

describe('raising', () => {
  test('a finding becomes a DetectedIssue, a Flag with its key, and a Task with its deadline', () => {
    const here = world();
    here.take({ id: 'a', fever: true, authored: day(1) }, day(1));
    const flag = alertOn(here, 'fever');
    expect(flag).toMatchObject({
      status: 'active',
      subject: { reference: 'Patient/p' },
      author: { reference: 'Device/pro-bridge-rules' },
      period: { start: day(1) },
    });
    expect([tierOf(flag), ownIdentifier(flag, 'alert')]).toEqual(['critical', flag.id]);
    expect([...here.keys]).toEqual([['flag|Patient/p|fever', refTo(flag)]]);
    expect(workOn(here, 'fever')).toMatchObject({
      status: 'requested',
      priority: 'stat',
      for: { reference: 'Patient/p' },
      performerType: [{ coding: [{ code: 'phc-team' }] }],
    });
    expect(due(workOn(here, 'fever'))).toBe('2026-03-01T12:30:00.000Z');
    const [issue] = here.all('DetectedIssue');
    expect(issue).toMatchObject({ status: 'final', detail: 'Fever: yes', severity: 'high', identifier: [{ value: 'a|fever' }] });
    expect(reasonsOf(flag)).toEqual([`DetectedIssue/${issue?.id}`]);
  });

  test('each red flag is an alert of its own, beside others', () => {
    const here = world();
    here.take({ id: 'a', fever: true, pain: 8, authored: day(1) }, day(1));
    expect(symptoms(here)).toEqual(['fever', 'pain']);
  });

  test('a repeat adds its evidence to the open alert', () => {
    const here = world();
    here.take({ id: 'a', pain: 5, authored: day(1) }, day(1));
    const before = workOn(here, 'pain');
    here.take({ id: 'b', pain: 5, authored: day(5) }, day(5));
    expect(open(here)).toHaveLength(1);
    expect(reasonsOf(alertOn(here, 'pain'))).toHaveLength(2);
    expect(workOn(here, 'pain')).toEqual(before);
  });

  test('a higher tier raises it, and brings the deadline forward', () => {
    const here = world();
    here.take({ id: 'a', pain: 5, authored: day(2) }, day(2));
    expect(due(workOn(here, 'pain'))).toBe('2026-03-05T12:00:00.000Z');
    here.take({ id: 'b', pain: 8, authored: day(3) }, day(3));
    expect([tierOf(alertOn(here, 'pain')), workOn(here, 'pain').priority, due(workOn(here, 'pain'))]).toEqual(['severe', 'urgent', '2026-03-04T12:00:00.000Z']);
    expect(readExtension(workOn(here, 'pain'), 'notified')).toBe(day(3));
  });

  test('a lower one changes nothing', () => {
    const here = world();
    here.take({ id: 'a', pain: 8, authored: day(2) }, day(2));
    here.take({ id: 'b', pain: 5, authored: day(3) }, day(3));
    expect([tierOf(alertOn(here, 'pain')), due(workOn(here, 'pain'))]).toEqual(['severe', '2026-03-03T12:00:00.000Z']);
  });

  test('improvement closes nothing', () => {
    const here = world();
    here.take({ id: 'a', pain: 8, authored: day(2) }, day(2));
    here.take({ id: 'b', pain: 0, authored: day(9) }, day(9));
    expect(symptoms(here)).toEqual(['pain']);
  });

  test('every new red flag calls people again, also after they took note, and what they did stays', () => {
    const here = world();
    here.take({ id: 'a', fever: true, authored: day(2) }, day(2));
    acknowledged(here, 'fever', day(3));
    here.take({ id: 'b', fever: true, authored: day(4) }, day(4));
    const task = workOn(here, 'fever');
    expect([stateOf(task), task.status, task.owner]).toEqual(['acknowledged', 'in-progress', { display: 'Nurse' }]);
    expect([readExtension(task, 'notified'), due(task)]).toEqual([day(4), '2026-03-04T12:30:00.000Z']);
  });

  test('a repeat of another kind calls again only after some days', () => {
    const here = world();
    here.take({ id: 'a', pain: 5, authored: day(1) }, day(1));
    here.take({ id: 'b', pain: 5, authored: day(7) }, day(7));
    expect(readExtension(workOn(here, 'pain'), 'notified')).toBe(day(1));
    here.take({ id: 'c', pain: 5, authored: day(9) }, day(9));
    expect(readExtension(workOn(here, 'pain'), 'notified')).toBe(day(9));
  });

  test('after closing, what was found before raises nothing, and a new finding opens a new alert', () => {
    const here = world();
    here.take({ id: 'a', pain: 8, authored: day(1) }, day(1));
    closed(here, 'pain', day(2));
    here.take({ id: 'n', nausea: 1, authored: day(3) }, day(3));
    expect(symptoms(here)).toEqual([]);
    here.take({ id: 'b', pain: 8, authored: day(8) }, day(8));
    expect(here.all('Flag').map(({ status }) => status)).toEqual(['inactive', 'active']);
    expect(reasonsOf(alertOn(here, 'pain'))).toHaveLength(1);
  });
});

describe('late answers', () => {
  test('a red flag always alerts, labelled', () => {
    const here = world();
    here.take({ id: 'b', fever: false, authored: day(9) }, day(9));
    here.take({ id: 'a', fever: true, authored: day(2) }, day(11));
    expect(due(workOn(here, 'fever'))).toBe('2026-03-11T12:30:00.000Z');
    const [issue] = here.all('DetectedIssue');
    expect(issue && ['late', 'reported', 'received'].map((name) => readExtension(issue, name as 'late'))).toEqual([true, day(2), day(11)]);
  });

  test('another finding only while no newer answer is there; else it is kept aside', () => {
    const here = world();
    here.take({ id: 'b', pain: 1, authored: day(9) }, day(9));
    const { advice } = here.take({ id: 'a', pain: 8, authored: day(2) }, day(11));
    expect(symptoms(here)).toEqual([]);
    expect(final(here).map((issue) => readExtension(issue, 'superseded'))).toEqual([true]);
    expect(advice?.payload?.[0]?.contentString).toBe('Nobody may have read this. 116 123');
    const alone = world();
    alone.take({ id: 'a', pain: 8, authored: day(2) }, day(11));
    expect(symptoms(alone)).toEqual(['pain']);
  });

  test('what was kept aside is raised when the newer answer is taken back', () => {
    const here = world();
    here.take({ id: 'b', pain: 1, authored: day(9) }, day(9));
    here.take({ id: 'a', pain: 8, authored: day(2) }, day(11));
    here.drop('b', day(12));
    expect(symptoms(here)).toEqual(['pain']);
    expect(final(here).map((issue) => readExtension(issue, 'superseded'))).toEqual([undefined]);
  });

  test('makes later answers be judged again', () => {
    const here = world();
    here.take({ id: 'b', pain: 3, authored: day(9) }, day(9));
    expect(symptoms(here)).toEqual([]);
    here.take({ id: 'a', pain: 0, authored: day(5) }, day(11));
    expect(
      final(here)
        .map((issue) => ownIdentifier(issue, 'finding'))
        .toSorted(),
    ).toEqual(['b|pain-baseline', 'b|pain-rise']);
    expect(symptoms(here)).toEqual(['pain']);
  });
});

describe('corrections', () => {
  test('an alert that nobody has seen, and that is not critical, goes with its last reason', () => {
    const here = world();
    here.take({ id: 'a', pain: 8, authored: day(2) }, day(2));
    here.take({ id: 'a', pain: 1, status: 'amended', authored: day(2) }, day(3));
    expect(here.all('Flag').map(({ status }) => status)).toEqual(['entered-in-error']);
    expect(here.all('Task')).toMatchObject([{ status: 'cancelled', statusReason: { text: expect.stringContaining('corrected') } }]);
    expect([here.keys.size, final(here)]).toEqual([0, []]);
  });

  test('one that somebody has seen stays, marked', () => {
    const here = world();
    here.take({ id: 'a', pain: 8, authored: day(2) }, day(2));
    acknowledged(here, 'pain', day(2));
    here.take({ id: 'a', pain: 1, status: 'amended', authored: day(2) }, day(3));
    expect([tierOf(alertOn(here, 'pain')), readExtension(alertOn(here, 'pain'), 'answer-corrected')]).toEqual(['severe', true]);
    expect(readExtension(workOn(here, 'pain'), 'answer-corrected')).toBe(true);
  });

  test.each(['amended', 'entered-in-error', 'deleted'])('a critical one stays, marked: %s', (how) => {
    const here = world();
    here.take({ id: 'a', fever: true, authored: day(2) }, day(2));
    if (how === 'deleted') here.drop('a', day(3));
    else here.take({ id: 'a', fever: how !== 'amended', status: how as Said['status'] & string, authored: day(2) }, day(3));
    expect(readExtension(alertOn(here, 'fever'), 'answer-corrected')).toBe(true);
    expect(final(here)).toEqual([]);
  });

  test('one that stands on another answer too stays, at its tier', () => {
    const here = world();
    here.take({ id: 'a', pain: 5, authored: day(1) }, day(1));
    here.take({ id: 'b', pain: 8, authored: day(8) }, day(8));
    here.take({ id: 'b', pain: 8, status: 'entered-in-error', authored: day(8) }, day(9));
    expect([tierOf(alertOn(here, 'pain')), readExtension(alertOn(here, 'pain'), 'answer-corrected')]).toEqual(['severe', true]);
  });

  test('a correction may raise, and its deadline runs from the correction', () => {
    const here = world();
    here.take({ id: 'a', fever: false, authored: day(2) }, day(2));
    here.take({ id: 'a', fever: true, status: 'amended', authored: day(2) }, day(3));
    expect(due(workOn(here, 'fever'))).toBe('2026-03-03T12:30:00.000Z');
  });

  test('a warning sign that a correction says in other words calls people again, also after closing', () => {
    const here = world();
    const thoughts = { id: 'thoughts', symptom: 'fever', tier: 'critical', source: { citation: 'x', status: 'safety-default' } } as const;
    const rules = { ...alerts, rules: [{ ...thoughts, kind: 'red-flag', item: 'nausea', when: { atLeast: 1 } } as const] };
    here.take({ id: 'a', nausea: 1, authored: day(2) }, day(2), rules);
    here.take({ id: 'a', nausea: 1, pain: 1, status: 'amended', authored: day(2) }, day(3), rules);
    expect(readExtension(workOn(here, 'fever'), 'notified')).toBe(day(2));
    here.take({ id: 'a', nausea: 3, status: 'amended', authored: day(2) }, day(4), rules);
    expect(readExtension(workOn(here, 'fever'), 'notified')).toBe(day(4));
    closed(here, 'fever', day(4));
    here.take({ id: 'a', nausea: 2, status: 'amended', authored: day(2) }, day(5), rules);
    expect(symptoms(here)).toEqual(['fever']);
  });

  test('taken back and said again: one alert, no mark, people called again', () => {
    const here = world();
    here.take({ id: 'a', fever: true, authored: day(2) }, day(2));
    acknowledged(here, 'fever', day(2));
    here.take({ id: 'a', fever: false, status: 'amended', authored: day(2) }, day(3));
    here.take({ id: 'a', fever: true, status: 'amended', authored: day(2) }, day(4));
    expect(open(here)).toHaveLength(1);
    expect([readExtension(alertOn(here, 'fever'), 'answer-corrected'), readExtension(workOn(here, 'fever'), 'notified')]).toEqual([undefined, day(4)]);
  });

  test('rules that were changed do not change what they found before', () => {
    const here = world();
    here.take({ id: 'a', pain: 5, authored: day(1) }, day(1));
    const stricter = { ...alerts, version: '3.0.0', rules: alerts.rules.filter(({ symptom }) => symptom !== 'pain') };
    here.take({ id: 'b', nausea: 1, authored: day(8) }, day(8), stricter);
    expect(final(here).map((issue) => issue.code?.coding?.[0]?.version)).toEqual(['2.0.0']);
    expect(symptoms(here)).toEqual(['pain']);
  });
});

test('that nothing was found is said only by rules for that version of the questionnaire', () => {
  expect(world().take({ id: 'a', pain: 1, authored: day(1) }, day(1)).advice?.payload?.[0]?.contentString).toContain('Thank you');
  expect(world().take({ id: 'a', pain: 1, authored: day(1) }, day(1), { ...alerts, questionnaireVersions: ['9.0.0'] }).advice).toBeUndefined();
});

describe('scores', () => {
  test('lie where the answer was given, and at its receipt where its clock is wrong', () => {
    const lies = (authored: string) =>
      world()
        .take({ id: 'a', pain: 5, authored }, day(3))
        .puts.flatMap((one) => (one.resourceType === 'Observation' ? [one.effectiveDateTime] : []))[0];
    expect([lies(day(2)), lies('2031-01-01T10:00:00Z')]).toEqual([day(2), day(3)]);
  });

  test('are made once, amended with the answer, and withdrawn with it', () => {
    const here = world();
    const statuses = (): unknown => here.all('Observation').map(({ status, valueQuantity }) => [status, valueQuantity?.value]);
    here.take({ id: 'a', pain: 1, nausea: 1, authored: day(1) }, day(1));
    expect(statuses()).toEqual([
      ['final', 1],
      ['final', 2],
      ['final', undefined],
    ]);
    here.take({ id: 'a', pain: 1, nausea: 2, status: 'amended', authored: day(1) }, day(2));
    expect(statuses()).toEqual([
      ['final', 1],
      ['amended', 3],
      ['final', undefined],
    ]);
    here.take({ id: 'a', status: 'entered-in-error', authored: day(1) }, day(3));
    expect(here.all('Observation').map(({ status }) => status)).toEqual(['entered-in-error', 'entered-in-error', 'entered-in-error']);
  });

  test('that cannot be worked out are said so, and are work for people where the answer is at fault', () => {
    const here = world();
    here.take({ id: 'a', pain: 11, status: 'stopped', authored: day(1) }, day(1));
    expect(here.all('Task').flatMap(({ code }) => code?.coding?.[0]?.code)).toContain('unscorable-response');
    expect(here.all('Observation')[0]).toMatchObject({ dataAbsentReason: { coding: [{ code: 'error' }] }, component: [{ valueInteger: 1 }] });
  });

  test('name their answer, their method and their maker', () => {
    const here = world();
    here.take({ id: 'a', pain: 5, authored: day(1) }, day(1));
    expect(here.all('Observation')[0]).toMatchObject({
      identifier: [{ value: 'a.pain' }],
      category: [{ coding: [{ code: 'survey' }] }],
      effectiveDateTime: day(1),
      valueQuantity: { value: 5, system: 'http://unitsofmeasure.org', code: '{score}' },
      interpretation: [{ coding: [{ code: 'H' }] }],
      method: { coding: [{ code: 'check', version: '1.2.0' }] },
      derivedFrom: [{ reference: 'QuestionnaireResponse/a' }],
      device: { reference: 'Device/pro-bridge-rules' },
      performer: [{ reference: 'Patient/p' }],
    });
    expect(here.all('Observation')[1]?.note?.[0]?.text).toBe('Worked out from 1 answers of 2.');
  });
});

test('what was derived is named in Provenance', () => {
  const here = world();
  const { puts } = here.take({ id: 'a', pain: 8, authored: day(1) }, day(1));
  const [provenance] = here.all('Provenance');
  expect(provenance).toMatchObject({
    activity: { coding: [{ code: 'CREATE' }] },
    entity: [{ role: 'source', what: { reference: 'QuestionnaireResponse/a/_history/1' } }],
  });
  expect(provenance?.target).toHaveLength(puts.length - 1);
});

const answer = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  pain: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  nausea: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  fever: fc.option(fc.boolean(), { nil: undefined }),
  authored: fc.integer({ min: 1, max: 9 }).map(day),
  proxy: fc.boolean(),
}) as fc.Arbitrary<Said & { authored: string }>;
const story = fc.uniqueArray(answer, { selector: ({ id }) => id, maxLength: 5 });

describe('whatever is answered', () => {
  test('the order of arrival does not change what is found', () => {
    fc.assert(
      fc.property(
        story.chain((said) => fc.tuple(fc.constant(said), fc.shuffledSubarray(said, { minLength: said.length }))),
        ([one, other]) => {
          const [here, there] = [world(), world()];
          for (const [index, said] of one.entries()) here.take(said, day(10 + index));
          for (const [index, said] of other.entries()) there.take(said, day(10 + index));
          const facts = (place: World): unknown =>
            final(place)
              .map((issue) => [ownIdentifier(issue, 'finding'), tierOf(issue), issue.detail])
              .toSorted();
          expect(facts(here)).toEqual(facts(there));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('taking the same answer in twice changes no alert', () => {
    fc.assert(
      fc.property(story, (said) => {
        const here = world();
        for (const [index, one] of said.entries()) here.take(one, day(10 + index));
        const last = said.at(-1);
        const again = last === undefined ? [] : here.take(last, day(20)).puts.map(({ resourceType }) => resourceType);
        expect(again.filter((type) => type !== 'Communication' && type !== 'Provenance' && type !== 'Task')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('nothing is lowered, put off or lost but by a correction of what nobody has seen', () => {
    const event = fc.tuple(answer, fc.constantFrom('take', 'acknowledge', 'drop', 'withdraw'));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), (events) => {
        const here = world();
        for (const [index, [said, what]] of events.entries()) {
          const before = open(here).map((flag) => ({ flag, task: taskOf(here, flag) }));
          HAPPENINGS[what](here, said, `2026-03-${10 + index}T12:00:00.000Z`);
          for (const { flag, task } of before) expectKept(here, flag, task);
        }
      }),
      { numRuns: 150 },
    );
  });
});

const HAPPENINGS: Record<'take' | 'acknowledge' | 'drop' | 'withdraw', (here: World, said: Said, at: string) => void> = {
  take: (here, said, at) => void here.take(said, at),
  drop: (here, { id }, at) => void here.drop(id, at),
  withdraw: (here, said, at) => void here.take({ ...said, status: 'entered-in-error' }, at),
  acknowledge: (here, _, at) => symptoms(here).forEach((symptom) => void acknowledged(here, symptom ?? '', at)),
};

function expectKept(here: World, flag: Flag, task: Task | undefined): void {
  const now = here.resources.get(refTo(flag)) as Flag;
  const work = here.all('Task').find(({ id }) => id === task?.id);
  if (now.status !== 'active') {
    expect([now.status, tierOf(flag) === 'critical', task && stateOf(task)]).toEqual(['entered-in-error', false, 'raised']);
    return;
  }
  expect(TIERS.indexOf(tierOf(now))).toBeGreaterThanOrEqual(TIERS.indexOf(tierOf(flag)));
  expect(reasonsOf(now)).toEqual(expect.arrayContaining([...reasonsOf(flag)]));
  if (task === undefined || work === undefined) throw new Error('an open alert has no task');
  expect(STATES.indexOf(stateOf(work))).toBeGreaterThanOrEqual(STATES.indexOf(stateOf(task)));
  if (task.owner !== undefined) expect(work.owner).toEqual(task.owner);
  const isCalledAgain = readExtension(work, 'notified') !== readExtension(task, 'notified');
  if (!isCalledAgain) expect(due(work)).toBe(due(task));
  else if (stateOf(task) === 'raised') expect(Date.parse(due(work) ?? '')).toBeLessThanOrEqual(Date.parse(due(task) ?? ''));
}
