/** Which words of a questionnaire somebody reads, and in which languages it is whole. */
import { describe, expect, test } from '@jest/globals';
import type { Extension, Questionnaire } from 'fhir/r4';
import { acceptedLanguages, chooseLanguage, directionOf, fallbacks, languagesOf, say, sayCoding } from '../../src/questionnaire/translate.ts';

const translation = (lang: string, content: string): Extension => ({
  url: 'http://hl7.org/fhir/StructureDefinition/translation',
  extension: [
    { url: 'lang', valueCode: lang },
    { url: 'content', valueString: content },
  ],
});
const translated = (...pairs: [string, string][]) => ({ extension: pairs.map(([lang, content]) => translation(lang, content)) });

test.each([
  ['zh-Hant-TW', ['zh-hant-tw', 'zh-hant', 'zh', 'zh-hans']],
  ['nn-NO', ['nn-no', 'nn', 'nb']],
  ['en-GB', ['en-gb', 'en']],
])('%s falls back along %j', (tag, chain) => {
  expect(fallbacks(tag)).toEqual(chain);
});

test.each([
  [['no', 'en'], ['en', 'zh-Hans', 'nb'], 'nb'],
  [['zh-TW'], ['en', 'zh-Hans'], 'zh-Hans'],
  [['fr', 'de-AT'], ['en', 'de'], 'de'],
  [['en'], ['en-GB', 'nb'], 'en-GB'],
  [['fr'], ['en'], undefined],
])('of %j, where %j are offered, %j is chosen', (asked, offered, chosen) => {
  expect(chooseLanguage(asked, offered)).toBe(chosen);
});

test.each([
  ['nb, en;q=0.5, zh;q=0.8', ['nb', 'zh', 'en']],
  ['*, en;q=0', []],
  ['../x, <b>, en', ['en']],
  [undefined, []],
])('Accept-Language %j asks for %j', (header, tags) => {
  expect(acceptedLanguages(header)).toEqual(tags);
});

test.each([
  ['ar', 'rtl'],
  ['he-IL', 'rtl'],
  ['az-Arab', 'rtl'],
  ['pa-Guru', 'ltr'],
  ['ug-Latn', 'ltr'],
  ['en', 'ltr'],
] as const)('%s runs %s', (tag, direction) => {
  expect(directionOf(tag)).toBe(direction);
});

describe('words', () => {
  const element = translated(['nb', 'Smerte'], ['zh-Hans', '疼痛']);
  test.each([
    ['no', { text: 'Smerte', language: 'nb' }],
    ['zh-CN', { text: '疼痛', language: 'zh-Hans' }],
    ['en-GB', { text: 'Pain', language: 'en' }],
    ['ar', { text: 'Pain', language: 'en' }],
  ])('for %s are %j', (wanted, said) => {
    expect(say('Pain', element, { wanted, base: 'en' })).toEqual(said);
  });

  test('of a concept come from its designations where its display is not translated', () => {
    const concept = { code: 'NO', display: 'Norway', designation: [{ language: 'nb', value: 'Norge' }] };
    expect(sayCoding(concept, { wanted: 'nb', base: 'en' })).toEqual({ text: 'Norge', language: 'nb' });
    expect(sayCoding(concept, { wanted: 'fr', base: 'en' })).toEqual({ text: 'Norway', language: 'en' });
  });

  test('broken translations are passed over', () => {
    const broken = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/translation' }, translation('nb', 'Smerte'), null as never] };
    expect(say('Pain', broken, { wanted: 'nb', base: 'en' })).toEqual({ text: 'Smerte', language: 'nb' });
  });
});

describe('a questionnaire is complete', () => {
  const both: [string, string][] = [
    ['nb', 'x'],
    ['fr', 'y'],
  ];
  const questionnaire = (optionTranslations: [string, string][]): Questionnaire => ({
    resourceType: 'Questionnaire',
    status: 'active',
    language: 'en',
    title: 'Check',
    _title: translated(...both),
    item: [
      {
        linkId: 'g',
        type: 'group',
        prefix: '1.',
        item: [
          {
            linkId: 'a',
            type: 'choice',
            text: 'Pain',
            _text: translated(...both),
            answerOption: [{ valueCoding: { code: 'y', display: 'Yes', _display: translated(...optionTranslations) } }, { valueInteger: 3 }],
          },
        ],
      },
    ],
  });

  test('in its own language and in those that have every word; numbers need none', () => {
    expect(languagesOf(questionnaire(both))).toEqual({ base: 'en', complete: ['en', 'nb', 'fr'], partial: [] });
  });

  test('not in one that lacks a word, of which it says how many', () => {
    expect(languagesOf(questionnaire([['nb', 'x']]))).toEqual({ base: 'en', complete: ['en', 'nb'], partial: [{ language: 'fr', missing: 1, of: 3 }] });
  });
});
