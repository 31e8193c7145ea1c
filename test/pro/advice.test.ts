import { describe, expect, test } from '@jest/globals';
import type { Communication, Patient, QuestionnaireResponse } from 'fhir/r4';
import { advise, inLanguage } from '../../src/pro/advice.ts';
import type { Alerts } from '../../src/pro/instrument.ts';
import { judge } from '../../src/pro/judge.ts';
import { alerts, day, digested, policy, response, type Said } from './fixture.ts';

const speaking = (...codes: string[]): Pick<Patient, 'communication'> => ({
  communication: codes.map((code, index) => ({ language: { coding: [{ code }] }, preferred: index === codes.length - 1 })),
});

interface Telling {
  readonly patient?: Pick<Patient, 'communication'> | undefined;
  readonly language?: string | undefined;
  readonly rules?: Alerts;
}

function told(said: Said, { patient, language, rules = alerts }: Telling = {}): Communication | undefined {
  const findings = judge(rules, [digested(said)], { lateAfterMinutes: 1440 });
  const given: QuestionnaireResponse = { ...response(said), ...(language !== undefined && { language }) };
  return advise(
    findings,
    {
      patient: 'Patient/p',
      patientResource: patient,
      response: given,
      responseVersion: 2,
      policy,
      symptoms: rules.symptoms,
      numbers: { emergency: '112', crisis: '116 123' },
      flags: ['Flag/f'],
      now: new Date(day(1)),
    },
    { id: 'c', aside: false },
  );
}
const text = (communication: Communication | undefined): string | undefined => communication?.payload?.[0]?.contentString;

describe('advise', () => {
  test('the symptom’s own words in place of the tier’s, then what is always said', () => {
    const communication = told({ id: 'a', pain: 5, fever: true, authored: day(1) });
    expect(text(communication)).toBe('Fever: call 112.\n\nNobody may have read this. 116 123');
    expect(communication).toMatchObject({
      status: 'completed',
      subject: { reference: 'Patient/p' },
      about: [{ reference: 'QuestionnaireResponse/a' }, { reference: 'Flag/f' }],
      identifier: [{ value: 'a.2' }],
      sent: day(1),
      language: 'en',
    });
  });
  test('the worst tier’s words where a symptom of that tier has none of its own', () => {
    expect(text(told({ id: 'a', pain: 8, authored: day(1) }))).toBe('Call today or 112.\n\nNobody may have read this. 116 123');
    const critical = alerts.rules.map((rule) => (rule.id === 'pain-severe' ? { ...rule, tier: 'critical' as const } : rule));
    expect(text(told({ id: 'a', pain: 8, fever: true, authored: day(1) }, { rules: { ...alerts, rules: critical } }))).toBe(
      'Call 112 now.\n\nFever: call 112.\n\nNobody may have read this. 116 123',
    );
  });
  test('words of a lesser symptom beside those of the tier, but never beside a call for help', () => {
    const symptoms = alerts.symptoms.map((symptom) => (symptom.key === 'nausea' ? { ...symptom, advice: { en: 'Take small sips.' } } : symptom));
    const rules = { ...alerts, symptoms, rules: alerts.rules.filter(({ kind }) => kind !== 'combination') };
    const said = (more: Partial<Said>) => text(told({ id: 'a', nausea: 5, authored: day(1), ...more }, { rules }));
    expect(said({})).toBe('Take small sips.\n\nNobody may have read this. 116 123');
    expect(said({ pain: 8 })).toBe('Call today or 112.\n\nTake small sips.\n\nNobody may have read this. 116 123');
    expect(said({ fever: true })).toBe('Fever: call 112.\n\nNobody may have read this. 116 123');
  });
  test('thanks where nothing was found', () =>
    expect(text(told({ id: 'a', pain: 0, authored: day(1) }))).toBe('Thank you.\n\nNobody may have read this. 116 123'));
  test('nothing for an answer that was broken off, but for what was found in it', () => {
    expect(told({ id: 'a', pain: 0, status: 'stopped', authored: day(1) })).toBeUndefined();
    expect(text(told({ id: 'a', fever: true, status: 'stopped', authored: day(1) }))).toContain('Fever: call 112.');
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
  ])('%s', (_, patient, form, expected) => expect(told({ id: 'a', pain: 0, authored: day(1) }, { patient, language: form })?.language).toBe(expected));

  test('words that are not there are said in English', () => {
    expect(text(told({ id: 'a', pain: 0, authored: day(1) }, { patient: speaking('zh') }))).toBe('Thank you.\n\n可能还没有人看到。116 123');
    expect(inLanguage({ en: 'Hello' }, 'nb')).toBe('Hello');
  });
});
