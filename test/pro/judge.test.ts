import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireResponse } from 'fhir/r4';
import { digest } from '../../src/pro/digest.ts';
import type { Finding } from '../../src/pro/finding.ts';
import { judge } from '../../src/pro/judge.ts';
import { alerts, day, digested, plan, response, type Said, scoring } from './fixture.ts';

const options = { lateAfterMinutes: 1440 };
const found = (...said: Said[]): readonly Finding[] =>
  judge(
    alerts,
    said.map((one) => digested(one)),
    options,
  );
const rules = (findings: readonly Finding[], id: string): string[] => findings.filter(({ key }) => key.startsWith(`${id}|`)).map(({ rule }) => rule);
const detail = (findings: readonly Finding[], key: string): string | undefined => findings.find((finding) => finding.key === key)?.detail;

describe('threshold', () => {
  test.each([
    [3, []],
    [4, ['pain-moderate']],
    [6, ['pain-moderate']],
    [7, ['pain-severe']],
  ])('pain %i', (pain, expected) => expect(rules(found({ id: 'a', pain, authored: day(1) }), 'a')).toEqual(expected));
  test('in words', () => {
    const findings = found({ id: 'a', pain: 5, authored: day(1) }, { id: 'b', pain: 8, authored: day(8) });
    expect(detail(findings, 'b|pain-severe')).toBe('Pain: 8 of 10, was 5 a week before');
  });
});

describe('worsening', () => {
  test('since the previous answer', () =>
    expect(rules(found({ id: 'a', pain: 1, authored: day(1) }, { id: 'b', pain: 3, authored: day(8) }), 'b')).toEqual(['pain-rise']));
  test('not to a small value', () => expect(rules(found({ id: 'a', pain: 0, authored: day(1) }, { id: 'b', pain: 2, authored: day(8) }), 'b')).toEqual([]));
  test('an answer without the item is passed over', () => {
    const findings = found({ id: 'a', pain: 1, authored: day(1) }, { id: 'b', nausea: 1, authored: day(5) }, { id: 'c', pain: 3, authored: day(9) });
    expect(rules(findings, 'c')).toEqual(['pain-rise']);
  });
  test('not since one that is further back than the interval and its grace', () => {
    expect(rules(found({ id: 'a', pain: 1, authored: day(1) }, { id: 'b', pain: 3, authored: day(12) }), 'b')).toEqual([]);
  });
  test('not since what another person said', () => {
    expect(rules(found({ id: 'a', pain: 1, proxy: true, authored: day(1) }, { id: 'b', pain: 3, authored: day(8) }), 'b')).toEqual([]);
  });
  test('since the start, however long ago', () => {
    const findings = found({ id: 'a', pain: 0, authored: day(1) }, { id: 'b', pain: 2, authored: day(20) }, { id: 'c', pain: 3, authored: day(27) });
    expect(rules(findings, 'c')).toEqual(['pain-baseline']);
    expect(detail(findings, 'c|pain-baseline')).toBe('Pain: 3, up from 0 at the start, about four weeks before');
  });
  test('an answer that was broken off is no baseline', () => {
    const findings = found(
      { id: 'a', pain: 0, status: 'stopped', authored: day(1) },
      { id: 'b', pain: 2, authored: day(20) },
      { id: 'c', pain: 3, authored: day(27) },
    );
    expect(rules(findings, 'c')).toEqual([]);
  });
  test('a baseline may begin anew', () => {
    const said = [
      { id: 'a', pain: 0, authored: day(1) },
      { id: 'b', pain: 2, authored: day(20) },
      { id: 'c', pain: 3, authored: day(27) },
    ];
    const findings = judge(
      alerts,
      said.map((one) => digested(one)),
      { ...options, baselineSince: day(15) },
    );
    expect(rules(findings, 'c')).toEqual([]);
  });
  test('which changes nothing about the answers before it', () => {
    const said = [
      { id: 'a', pain: 0, authored: day(1) },
      { id: 'b', pain: 3, authored: day(20) },
      { id: 'c', pain: 5, authored: day(28) },
    ];
    const since = (...baselineSince: string[]) =>
      judge(
        alerts,
        said.map((one) => digested(one)),
        { ...options, baselineSince },
      );
    expect(rules(since(day(1), day(25)), 'b')).toEqual(['pain-baseline']);
    expect(rules(since(day(25)), 'b')).toEqual(['pain-baseline']);
    expect(rules(since(day(1), day(25)), 'c')).toEqual(['pain-moderate', 'pain-rise']);
  });
});

describe('persistence', () => {
  const four = (id: string, at: number): Said => ({ id, pain: 4, authored: day(at) });
  test('so many answers over so many days', () => expect(rules(found(four('a', 1), four('b', 8), four('c', 15)), 'c')).toContain('pain-stays'));
  test('a missing item neither continues nor ends it', () => {
    expect(rules(found(four('a', 1), four('b', 8), { id: 'x', authored: day(10) }, four('c', 15)), 'c')).toContain('pain-stays');
    expect(rules(found(four('a', 1), { id: 'x', authored: day(8) }, four('c', 15)), 'c')).not.toContain('pain-stays');
  });
  test('one lower answer ends it', () =>
    expect(rules(found(four('a', 1), { id: 'x', pain: 3, authored: day(7) }, four('b', 8), four('c', 15)), 'c')).not.toContain('pain-stays'));
  test('not in too few days', () => expect(rules(found(four('a', 1), four('b', 5), four('c', 9)), 'c')).not.toContain('pain-stays'));
});

describe('combination', () => {
  test('two that are new', () => {
    const findings = found({ id: 'a', pain: 4, nausea: 4, authored: day(1) });
    expect(rules(findings, 'a')).toContain('several');
    expect(detail(findings, 'a|several')).toBe('2 symptoms new or worse at once: pain 4, nausea 4');
  });
  test('what has long been so does not count', () => {
    const before: Said = { id: 'a', pain: 4, nausea: 4, authored: day(1) };
    expect(rules(found(before, { id: 'b', pain: 4, nausea: 4, authored: day(8) }), 'b')).not.toContain('several');
    expect(rules(found(before, { id: 'b', pain: 5, nausea: 4, authored: day(8) }), 'b')).not.toContain('several');
    expect(rules(found(before, { id: 'b', pain: 5, nausea: 5, authored: day(8) }), 'b')).toContain('several');
  });
  test('one symptom found by two rules is one symptom', () => {
    expect(rules(found({ id: 'a', pain: 1, authored: day(1) }, { id: 'b', pain: 4, authored: day(8) }), 'b')).toEqual([
      'pain-moderate',
      'pain-rise',
      'pain-baseline',
    ]);
  });
});

describe('red flag', () => {
  test.each(['completed', 'amended', 'stopped'] as const)('in a response that is %s', (status) => {
    const findings = found({ id: 'a', fever: true, status, authored: day(1) });
    expect(rules(findings, 'a')).toEqual(['fever']);
    expect(detail(findings, 'a|fever')).toBe('Fever: yes');
  });
  test.each(['in-progress', 'entered-in-error'] as const)('not in one that is %s', (status) =>
    expect(found({ id: 'a', fever: true, status, authored: day(1) })).toEqual([]),
  );
  test('unanswered is unknown', () => expect(found({ id: 'a', pain: 0, authored: day(1) })).toEqual([]));
});

describe('time', () => {
  const given = (said: Said, received: string): Finding | undefined => judge(alerts, [digested(said, received)], options)[0];

  test('late', () => {
    expect(given({ id: 'a', fever: true, authored: day(1) }, '2026-03-02T12:00:02.000Z')).toMatchObject({
      late: true,
      reported: day(1),
      received: '2026-03-02T12:00:02.000Z',
    });
    expect(given({ id: 'a', fever: true, authored: day(1) }, day(2))?.late).toBe(false);
  });
  test('missing: judged at receipt, and said so', () => {
    const finding = given({ id: 'a', fever: true }, day(3));
    expect(finding).toMatchObject({ judgedAt: Date.parse(day(3)), clock: 'missing', late: false });
    expect(finding?.detail).toBe('Fever: yes; when it was answered is not known, it was judged as of its receipt');
  });
  test('in the future: judged at receipt, and said so', () => {
    expect(given({ id: 'a', fever: true, authored: day(9) }, day(3))).toMatchObject({ judgedAt: Date.parse(day(3)), clock: 'future', late: false });
  });
  test('a clock that is a little ahead is not the future', () => {
    expect(given({ id: 'a', fever: true, authored: '2026-03-03T12:03:00Z' }, day(3))).toMatchObject({ judgedAt: Date.parse(day(3)), clock: 'given' });
  });
  test('a day alone is neither future nor late on that day, in whatever zone', () => {
    expect(given({ id: 'a', fever: true, authored: '2026-03-04' }, '2026-03-03T22:00:00Z')).toMatchObject({ clock: 'given', late: false });
    expect(given({ id: 'a', fever: true, authored: '2026-03-03' }, '2026-03-04T09:00:00Z')).toMatchObject({ clock: 'given', late: false });
    expect(given({ id: 'a', fever: true, authored: '2026-03-01' }, '2026-03-04T09:00:00Z')?.late).toBe(true);
  });
  test('nonsense is kept and judged at receipt', () => expect(given({ id: 'a', fever: true, authored: 'yesterday' }, day(3))?.clock).toBe('unreadable'));
  test('an amendment is not of the future for being later than the first receipt', () => {
    const amended = digest(plan, scoring, response({ id: 'a', fever: true, status: 'amended', authored: day(2) }), { first: day(1), current: day(2) });
    expect(judge(alerts, [amended], options)[0]).toMatchObject({ judgedAt: Date.parse(day(2)) - 0, clock: 'given', late: false });
  });
});

test('a newer answer to the same question supersedes a finding, another person’s does not', () => {
  const findings = found({ id: 'a', pain: 5, authored: day(1) }, { id: 'b', pain: 1, authored: day(8) });
  expect(findings.find(({ key }) => key === 'a|pain-moderate')?.superseded).toBe(true);
  const proxied = found({ id: 'a', pain: 5, authored: day(1) }, { id: 'b', pain: 1, proxy: true, authored: day(8) }, { id: 'c', nausea: 1, authored: day(9) });
  expect(proxied.find(({ key }) => key === 'a|pain-moderate')?.superseded).toBe(false);
});

test('only the patient speaks for the patient, however another source is named', () => {
  const by = (source: QuestionnaireResponse['source']) =>
    digest(plan, scoring, { ...response({ id: 'a', pain: 5 }), ...(source && { source }) }, { first: day(1) }).respondent;
  const sources = [undefined, { reference: 'Patient/p' }, { type: 'Patient', identifier: { value: '7' } }, { type: 'RelatedPerson', display: 'Daughter' }];
  expect(sources.map(by)).toEqual(['patient', 'patient', 'patient', 'proxy']);
});

test('answers to a version that the rules are not for are left alone', () => {
  expect(judge({ ...alerts, questionnaireVersions: ['9'] }, [digested({ id: 'a', fever: true, authored: day(1) })], options)).toEqual([]);
});
