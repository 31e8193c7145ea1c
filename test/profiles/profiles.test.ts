import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CodeSystem, Coding, Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { CANONICAL, codeSystem } from '../../src/fhir/names.ts';
import type { Alerts, Scoring, Words } from '../../src/pro/instrument.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = <T>(...path: string[]): T => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as T;
const files = readdirSync(join(ROOT, 'profiles')).filter((file) => file.endsWith('.json'));
const folders = readdirSync(join(ROOT, 'questionnaires'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['banks', 'schema'].includes(entry.name))
  .map((entry) => entry.name);

interface Definition {
  readonly resourceType: string;
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly version: string;
}

describe('every definition', () => {
  test.each(files)('%s is named, addressed and in force', (file) => {
    const { resourceType, id, url, status, version } = read<Definition>('profiles', file);
    expect({ file, url, status, version }).toEqual({
      file: `${resourceType}-${id}.json`,
      url: `${CANONICAL}/${resourceType}/${id}`,
      status: 'active',
      version: '1.0.0',
    });
  });

  test('is linked from the index', () => {
    const index = readFileSync(join(ROOT, 'profiles/README.md'), 'utf8');
    expect(files.filter((file) => !index.includes(`(${file})`))).toEqual([]);
  });
});

/** What a code is called in each language. */
function words(name: string): Map<string, Words> {
  const { concept = [], count } = read<CodeSystem>('profiles', `CodeSystem-${name}.json`);
  expect(count).toBe(concept.length);
  return new Map(
    concept.map(({ code, display = '', designation = [] }) => [
      code,
      { en: display, ...Object.fromEntries(designation.map(({ language, value }) => [language ?? '', value])) },
    ]),
  );
}

describe('the code systems name what the instruments use', () => {
  const symptoms = words('symptom');
  const scores = words('score');

  test.each(folders)('symptoms of %s, in the same words', (folder) => {
    for (const { key, text } of read<Alerts>('questionnaires', folder, 'alerts.json').symptoms) expect({ key, text: symptoms.get(key) }).toEqual({ key, text });
  });

  test.each(folders)('scores of %s', (folder) => {
    for (const { code } of read<Scoring>('questionnaires', folder, 'scoring.json').scores) {
      if (code.system === codeSystem('score'))
        expect({ code: code.code, display: scores.get(code.code ?? '')?.en }).toEqual({ code: code.code, display: code.display });
    }
  });

  test.each(folders)('answers of %s', (folder) => {
    for (const { system = '', code = '', display } of options(read<Questionnaire>('questionnaires', folder, 'questionnaire.json').item)) {
      if (!system.startsWith(CANONICAL)) continue;
      expect({ code, display: words(system.slice(codeSystem('').length)).get(code)?.en }).toEqual({ code, display });
    }
  });
});

function options(items: readonly QuestionnaireItem[] = []): Coding[] {
  return items.flatMap(({ answerOption = [], item }) => [...answerOption.flatMap(({ valueCoding }) => valueCoding ?? []), ...options(item)]);
}
