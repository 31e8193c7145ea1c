import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { match, NOWHERE } from '../../src/search/match.ts';
import { createParams } from '../../src/search/params.ts';
import { parseSearch } from '../../src/search/parse.ts';
import { BASE, NOW } from './fixture.ts';

const PROFILES = join(import.meta.dirname, '../../profiles');
const own = readdirSync(PROFILES)
  .filter((file) => file.startsWith('SearchParameter-'))
  .map((file) => JSON.parse(readFileSync(join(PROFILES, file), 'utf8')) as Resource);
const params = createParams(loadRegistry(own));
const index = createIndexer(params, BASE);

const response: Resource = {
  resourceType: 'QuestionnaireResponse',
  id: '1',
  status: 'completed',
  questionnaire: 'http://q.example/phq|1.2.0',
  item: [
    { linkId: 'pain', answer: [{ valueCoding: { system: 'urn:grade', code: '2' } }, { valueCoding: { system: 'urn:grade', code: '3' } }] },
    { linkId: 'nrs', answer: [{ valueInteger: 7 }] },
    {
      linkId: 'group',
      item: [
        { linkId: 'fever', answer: [{ valueBoolean: true, item: [{ linkId: 'since', answer: [{ valueDate: '2026-03-01' }] }] }] },
        { linkId: 'weight', answer: [{ valueQuantity: { value: 61500, system: 'http://unitsofmeasure.org', code: 'g' } }] },
        { linkId: 'who', answer: [{ valueString: 'my daughter' }] },
      ],
    },
    { linkId: 'skipped' },
  ],
};

function finds(query: string): boolean {
  const pairs = [query.split(/=(.*)/s).slice(0, 2) as [string, string]];
  const { query: asked } = parseSearch({ types: ['QuestionnaireResponse'], query: pairs, base: BASE, params, now: NOW, strict: true });
  return match(asked.of[0]?.where ?? { op: 'none' }, { ref: 'QuestionnaireResponse/1', indexed: index(response) }, NOWHERE);
}

describe('answers are found by the linkId of their item and their value', () => {
  test.each<[string, boolean]>([
    ['answer=pain$2', true],
    ['answer=pain$urn:grade|3', true],
    ['answer=pain$urn:other|3', false],
    ['answer=pain$1,nrs$7,fever$true', true],
    ['answer=nrs$2', false],
    ['answer=fever$true', true],
    ['answer=fever$false', false],
    ['answer=who$my daughter', true],
    ['answer-number=nrs$7', true],
    ['answer-number=nrs$ge7', true],
    ['answer-number=nrs$gt7', false],
    ['answer-number=pain$2', false],
    ['answer-date=since$2026-03', true],
    ['answer-date=since$ge2026-04', false],
    ['answer-quantity=weight$61.5|http://unitsofmeasure.org|kg', true],
    ['answer-quantity=weight$lt60|http://unitsofmeasure.org|kg', false],
    ['answer:missing=false', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(query)).toBe(expected);
  });

  test('their parts are not searched by themselves', () => {
    expect(() => finds('answer-link-id=pain')).toThrow(/no search parameter 'answer-link-id'/);
  });
});

describe('responses are found by their questionnaire', () => {
  test.each<[string, boolean]>([
    ['questionnaire=http://q.example/phq', true],
    ['questionnaire=http://q.example/phq|1.2.0', true],
    ['questionnaire=http://q.example/phq|1.2', false],
    ['questionnaire:below=http://q.example/phq|1.2', true],
    ['questionnaire:below=http://q.example/phq|1', true],
    ['questionnaire:below=http://q.example/phq|1.20', false],
    ['questionnaire:below=http://q.example', true],
    ['questionnaire=http://q.example/ph', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(query)).toBe(expected);
  });
});
