import { describe, expect, test } from '@jest/globals';
import type { Communication, Patient, QuestionnaireResponse } from 'fhir/r4';
import { advise, inLanguage } from '../../src/pro/advice.ts';
import { judge } from '../../src/pro/judge.ts';
import { alerts, day, digested, policy, response, type Said } from './fixture.ts';

const speaking = (...codes: string[]): Pick<Patient, 'communication'> => ({
  communication: codes.map((code, index) => ({ language: { coding: [{ code }] }, preferred: index === codes.length - 1 })),
});

function told(said: Said, patient?: Pick<Patient, 'communication'>, language?: string): Communication | undefined {
  const findings = judge(alerts, [digested(said)], { lateAfterMinutes: 1440 });
  const given: QuestionnaireResponse = { ...response(said), ...(language !== undefined && { language }) };
  return advise(
    findings,
    {
      patient: 'Patient/p',
      patientResource: patient,
      response: given,
      responseVersion: 2,
      policy,
      symptoms: alerts.symptoms,
      numbers: { emergency: '112', crisis: '116 123' },
      flags: ['Flag/f'],
      now: new Date(day(1)),
    },
    { id: 'c', aside: false },
  );
}
const text = (communication: Communication | undefined): string | undefined => communication?.payload?.[0]?.contentString;

describe('advise', () => {
  test('the worst tier, then the symptom’s own words, then what is always said', () => {
    const communication = told({ id: 'a', pain: 5, fever: true, authored: day(1) });
    expect(text(communication)).toBe('Call 112 now.\n\nFever: call 112.\n\nNobody may have read this. 116 123');
    expect(communication).toMatchObject({
      status: 'completed',
      subject: { reference: 'Patient/p' },
      about: [{ reference: 'QuestionnaireResponse/a' }, { reference: 'Flag/f' }],
      identifier: [{ value: 'a.2' }],
      sent: day(1),
      language: 'en',
    });
  });
  test('thanks where nothing was found', () =>
    expect(text(told({ id: 'a', pain: 0, authored: day(1) }))).toBe('Thank you.\n\nNobody may have read this. 116 123'));
  test('nothing for an answer that was broken off, but for what was found in it', () => {
    expect(told({ id: 'a', pain: 0, status: 'stopped', authored: day(1) })).toBeUndefined();
    expect(text(told({ id: 'a', fever: true, status: 'stopped', authored: day(1) }))).toContain('Call 112 now.');
  });
});

describe('language', () => {
  test.each([
    ['preferred first', speaking('en', 'nb'), 'en', 'nb'],
    ['Norwegian of any form', speaking('no'), undefined, 'nb'],
    ['nynorsk', speaking('nn-NO'), undefined, 'nb'],
    ['Chinese', speaking('zh-CN'), undefined, 'zh-Hans'],
    ['another language, then the form’s', speaking('de'), 'nb', 'nb'],
    ['none known', undefined, 'xx', 'en'],
    ['a name of a prototype', speaking('constructor'), undefined, 'en'],
  ])('%s', (_, patient, form, expected) => expect(told({ id: 'a', pain: 0, authored: day(1) }, patient, form)?.language).toBe(expected));

  test('words that are not there are said in English', () => {
    expect(text(told({ id: 'a', pain: 0, authored: day(1) }, speaking('zh')))).toBe('Thank you.\n\n可能还没有人看到。116 123');
    expect(inLanguage({ en: 'Hello' }, 'nb')).toBe('Hello');
  });
});
