/** What is wrong with an instrument is said at once, all of it, with file and place. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { InstrumentError, loadInstruments, loadPolicy } from '../../src/packages/instruments.ts';

type Json = Record<string, never>;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'instruments-'));
  for (const name of ['schema', 'phq-9', 'policy.json']) cpSync(join('questionnaires', name), join(folder, name), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function change(file: string, edit: (json: Json) => unknown): void {
  const path = join(folder, file);
  const json = JSON.parse(readFileSync(path, 'utf8'));
  edit(json);
  writeFileSync(path, JSON.stringify(json));
}

function faults(load: () => unknown = () => loadInstruments(folder)): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof InstrumentError) return error.faults.map(({ file, pointer, text }) => `${file.slice(folder.length + 1)}#${pointer}: ${text}`);
    throw error;
  }
  return [];
}

test('a right one loads', () => {
  expect(faults()).toEqual([]);
  expect(loadInstruments(folder)).toMatchObject([{ name: 'phq-9', questionnaire: { id: 'phq-9' }, scoring: {}, alerts: {} }]);
  expect(loadPolicy(join(folder, 'policy.json'), loadInstruments(folder)).tiers.critical.flagPriority).toBe('PH');
});

describe('said with file and place', () => {
  const scores = (json: Json): Json[] => json.scores as unknown as Json[];
  const bands = (score: Json | undefined): Json[] => (score?.bands ?? []) as unknown as Json[];
  const rules = (json: Json): Json[] => json.rules as unknown as Json[];
  const adviceIn = (json: Json): Json => (json.symptoms as unknown as Json[])[1]?.advice as unknown as Json;

  test.each<[string, string, (json: Json) => unknown, string]>([
    ['a property that nobody reads', 'scoring.json', (json) => Object.assign(json, { bands: 1 }), "#: 'bands' is not allowed here."],
    ['a rule of no kind', 'alerts.json', (json) => Object.assign(rules(json)[0] ?? {}, { kind: 'guess' }), '#/rules/0/kind: must be equal to one of'],
    [
      'an item that is not there',
      'scoring.json',
      (json) => Object.assign(scores(json)[0] ?? {}, { items: ['44250-9', 'x'] }),
      "#/scores/0/items/1: The questionnaire has no item 'x'.",
    ],
    ['a gap between bands', 'scoring.json', (json) => Object.assign(bands(scores(json)[0])[1] ?? {}, { low: 6 }), '#/scores/0/bands/0: After 0 to 4'],
    [
      'a rule about an unknown symptom',
      'alerts.json',
      (json) => Object.assign(rules(json)[0] ?? {}, { symptom: 'unheard-of' }),
      "#/rules/0: There is no symptom 'unheard-of'",
    ],
    [
      'rules for another questionnaire',
      'alerts.json',
      (json) => Object.assign(json, { questionnaire: 'http://example.org/q' }),
      '#/questionnaire: It is for http://example.org/q',
    ],
    ['rules for another version', 'alerts.json', (json) => Object.assign(json, { questionnaireVersions: ['0.1'] }), '#/questionnaireVersions: Version'],
    [
      'advice on a critical finding that is no call for help',
      'alerts.json',
      (json) => Object.assign(adviceIn(json), { nb: 'Hvil litt. Ring {crisis}.' }),
      '#/symptoms/1/advice: In nb the first sentence does not say whom to call',
    ],
    [
      'one advice for two tiers',
      'alerts.json',
      (json) => Object.assign(rules(json)[0] ?? {}, { symptom: 'suicidal-thoughts' }),
      "#/symptoms/1/advice: Rules of several tiers are about 'suicidal-thoughts' (moderate, critical)",
    ],
    ['two rules of one id', 'alerts.json', (json) => rules(json).push(rules(json)[0] as Json), `#/rules: '`],
  ])('%s', (_, file, edit, expected) => {
    change(join('phq-9', file), edit);
    expect(faults().some((fault) => fault.startsWith(`phq-9/${file}${expected}`))).toBe(true);
  });

  test('a warning sign hidden behind another answer', () => {
    change('phq-9/questionnaire.json', (json) => {
      const [group] = json.item as unknown as Json[];
      Object.assign(group ?? {}, { enableWhen: [{ question: '69722-7', operator: 'exists', answerBoolean: true }] });
    });
    expect(faults()).toEqual([expect.stringMatching(/^phq-9\/alerts\.json#\/rules\/\d+\/item: '44260-8' is a warning sign; it may not be hidden/)]);
  });

  test('an option that weighs nothing in a score', () => {
    change('phq-9/questionnaire.json', (json) => {
      const items = JSON.stringify(json.item).replaceAll('ordinalValue', 'other').replaceAll('itemWeight', 'other');
      Object.assign(json, { item: JSON.parse(items) });
    });
    expect(faults().filter((fault) => fault.includes('weight (ordinalValue)'))).not.toEqual([]);
  });

  test('a linkId used twice', () => {
    change('phq-9/questionnaire.json', (json) => (json.item as unknown as Json[]).push((json.item as unknown as Json[])[0] as Json));
    expect(faults()[0]).toMatch(/^phq-9\/questionnaire\.json#Questionnaire\.item\[\d+\]\.linkId: The linkId/);
  });

  test('broken JSON', () => {
    writeFileSync(join(folder, 'phq-9', 'alerts.json'), '{');
    expect(faults()).toEqual([expect.stringContaining('phq-9/alerts.json#: ')]);
  });

  test('faults of several files together', () => {
    change('phq-9/scoring.json', (json) => Object.assign(json, { x: 1 }));
    change('phq-9/alerts.json', (json) => Object.assign(json, { y: 1 }));
    expect(faults()).toHaveLength(2);
  });
});

test('a questionnaire about pain asks for side effects and function', () => {
  cpSync('questionnaires/pain-diary', join(folder, 'pain-diary'), { recursive: true });
  change('pain-diary/questionnaire.json', (json) =>
    Object.assign(json, { item: JSON.parse(JSON.stringify(json.item).replaceAll('"side-effect"', '"other"')) }),
  );
  expect(faults()).toEqual([expect.stringContaining("needs an item with the code 'side-effect'")]);
});

test('the policy says how far its words have been checked, language by language', () => {
  const policy = loadPolicy('questionnaires/policy.json', loadInstruments('questionnaires'));
  const spoken = [policy.always, policy.nothingFound, ...Object.values(policy.tiers).map(({ advice }) => advice)].flatMap((words) => Object.keys(words));
  expect(Object.keys(policy.translations ?? {}).toSorted()).toEqual([...new Set(spoken)].filter((language) => language !== 'en').toSorted());
  change('policy.json', (json) => Object.assign(json, { translations: { nb: 'perfect' } }));
  expect(faults(() => loadPolicy(join(folder, 'policy.json'), []))).toEqual([expect.stringContaining('policy.json#/translations/nb: ')]);
});

test('a policy speaks every language of the instruments', () => {
  cpSync('questionnaires/pain-diary', join(folder, 'pain-diary'), { recursive: true });
  change('policy.json', (json) => Reflect.deleteProperty(json.always as unknown as object, 'nb'));
  expect(faults(() => loadPolicy(join(folder, 'policy.json'), loadInstruments(folder)))).toEqual([
    'policy.json#/always: The words are missing in nb, in which the questionnaire is offered.',
  ]);
});
