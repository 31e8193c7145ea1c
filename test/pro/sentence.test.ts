import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireItem } from 'fhir/r4';
import { digest } from '../../src/pro/digest.ts';
import type { Earlier, Evidence } from '../../src/pro/finding.ts';
import type { AlertRule, Alerts } from '../../src/pro/instrument.ts';
import { judge } from '../../src/pro/judge.ts';
import { sentence } from '../../src/pro/sentence.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';

const pain: Evidence = { symptom: { en: 'Pain' }, value: 6, max: 10 };
const earlier = (value: number, days: number, words?: string): Earlier => ({
  value,
  days,
  response: 'QuestionnaireResponse/a',
  ...(words !== undefined && { words }),
});
const say = (kind: AlertRule['kind'], evidence: Evidence): string => sentence(kind, evidence, { clock: 'given', respondent: 'patient' });

describe('what was found, what it was before, and when', () => {
  test.each<[string, AlertRule['kind'], Partial<Evidence>, string]>([
    ['for the first time', 'threshold', {}, 'Pain: 6 of 10'],
    ['without a highest value', 'threshold', { symptom: { en: 'Extra doses' }, max: undefined as never }, 'Extra doses: 6'],
    ['more than before', 'threshold', { previous: earlier(5, 7) }, 'Pain: 6 of 10, was 5 a week before'],
    ['the same as before', 'threshold', { previous: earlier(6, 1) }, 'Pain: 6 of 10, the same a day before'],
    ['no two numbers side by side', 'threshold', { previous: earlier(7, 13) }, 'Pain: 6 of 10, was 7 thirteen days before'],
    ['twice in a day', 'worsening', { previous: earlier(2, 0) }, 'Pain: 6 of 10, up from 2 earlier that day'],
    ['a rise', 'worsening', { previous: earlier(3, 14) }, 'Pain: 6 of 10, up from 3 two weeks before'],
    ['a rise since the start', 'worsening', { baseline: earlier(1, 150) }, 'Pain: 6 of 10, up from 1 at the start, about 21 weeks before'],
    ['for long', 'persistence', { atLeast: 4, reports: 3, days: 14 }, 'Pain: 6 of 10, 4 or more in 3 answers in a row over two weeks'],
    ['for some days', 'persistence', { atLeast: 4, reports: 3, days: 6 }, 'Pain: 6 of 10, 4 or more in 3 answers in a row over six days'],
    ['which of several numbers', 'threshold', { about: { en: 'Pain on average' } }, 'Pain on average: 6 of 10'],
    ['worked out', 'threshold', { prorated: [8, 9] }, 'Pain: 6 of 10 (worked out from 8 of 9 answers)'],
  ])('%s', (_, kind, evidence, expected) => expect(say(kind, { ...pain, ...evidence })).toBe(expected));

  test('several at once, each with its number', () => {
    const symptoms = [
      { ...pain, previous: earlier(3, 7) },
      { symptom: { en: 'Nausea' }, value: 4, max: 10 },
      { symptom: { en: 'A fall' }, words: 'Yes' },
    ];
    expect(say('combination', { symptom: { en: 'Several symptoms' }, symptoms })).toBe(
      '3 symptoms new or worse at once: pain 6 of 10 (was 3 a week before), nausea 4 of 10, a fall',
    );
  });

  test('by whom, and a clock that is not to be trusted', () =>
    expect(sentence('threshold', pain, { clock: 'future', respondent: 'proxy' })).toBe(
      'Pain: 6 of 10 (answered by another person); the time of the answer lies in the future, it was judged as of its receipt',
    ));
});

describe('the words of the option chosen', () => {
  test.each([
    ['Yes, but I was not hurt', 'A fall: yes, but I was not hurt'],
    ['I do not know', 'A fall: I do not know'],
    ['MRI done', 'A fall: MRI done'],
    ['有', 'A fall: 有'],
  ])('%s', (words, expected) => {
    const fall: Evidence = { symptom: { en: 'A fall' }, value: 1, max: 2, words };
    expect(say('threshold', fall)).toBe(expected);
    expect(say('red-flag', fall)).toBe(expected);
  });
  test('then and now', () => {
    const nausea: Evidence = { symptom: { en: 'Nausea' }, value: 2, max: 4, words: 'Moderate' };
    expect(say('worsening', { ...nausea, previous: earlier(0, 7, 'None') })).toBe('Nausea: moderate, up from none a week before');
    expect(say('persistence', { ...nausea, atLeast: 2, reports: 3, days: 14 })).toBe(
      'Nausea: moderate, at the limit or above in 3 answers in a row over two weeks',
    );
  });
});

describe('are those of the questionnaire, whatever the response calls it', () => {
  const option = (code: string, weight: number, display: string) => ({
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: weight }],
    valueCoding: { system: 'http://example.org/fall', code, display },
  });
  const fall: QuestionnaireItem = {
    linkId: 'fall',
    type: 'choice',
    answerOption: [option('no', 0, 'No'), option('unhurt', 1, 'Yes, but I was not hurt'), option('hurt', 2, 'Yes, and I was hurt')],
  };
  const url = 'http://example.org/Questionnaire/falls';
  const plan = compilePlan({ resourceType: 'Questionnaire', status: 'active', url, version: '1', item: [fall] });
  const source = { citation: 'test', status: 'safety-default' } as const;
  const alerts: Alerts = {
    questionnaire: url,
    questionnaireVersions: ['1'],
    version: '1.0.0',
    interval: { days: 14, graceDays: 7, source },
    symptoms: [{ key: 'fall', text: { en: 'A fall' }, category: 'safety' }],
    rules: [
      { id: 'fall', symptom: 'fall', tier: 'moderate', source, kind: 'threshold', of: { item: 'fall' }, atLeast: 1, below: 2 },
      { id: 'hurt', symptom: 'fall', tier: 'critical', source, kind: 'red-flag', item: 'fall', when: { atLeast: 2 } },
    ],
  };

  test.each([
    ['unhurt', 'Ja, men jeg skadet meg ikke', 'A fall: yes, but I was not hurt'],
    ['unhurt', undefined, 'A fall: yes, but I was not hurt'],
    ['hurt', 'No', 'A fall: yes, and I was hurt'],
  ])('%s called %s', (code, display, expected) => {
    const valueCoding = { system: 'http://example.org/fall', code, ...(display !== undefined && { display }) };
    const digested = digest(
      plan,
      undefined,
      { resourceType: 'QuestionnaireResponse', id: 'a', questionnaire: `${url}|1`, status: 'completed', item: [{ linkId: 'fall', answer: [{ valueCoding }] }] },
      { first: '2026-03-01T12:00:00Z' },
    );
    const [finding] = judge(alerts, [digested], { lateAfterMinutes: 1440 });
    expect(finding?.detail.split(';')[0]).toBe(expected);
  });
});
