import { describe, expect, test } from '@jest/globals';
import { metresBetween } from '../../src/search/distance.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { match, NOWHERE } from '../../src/search/match.ts';
import { soundOf } from '../../src/search/phonetic.ts';
import { pinyinSpellings } from '../../src/search/pinyin.ts';
import { MAX_WORD_STARTS, wordStarts, wordsOf } from '../../src/search/words.ts';
import { ask, BASE, finds, params } from './fixture.ts';

describe('words', () => {
  test.each([
    ['Severe PAIN, at night', ['severe', 'pain', 'at', 'night']],
    ['Übelkeit/Erbrechen', ['ubelkeit', 'erbrechen']],
    ['疼痛 3分', ['疼', '痛', '3', '分']],
    ["O'Brien-Smith", ['o', 'brien', 'smith']],
    ['がん', ['がん']],
    ['--- 😀', []],
  ])('of %s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test('a search may begin with any of the first words', () => {
    expect(wordStarts('maria del carmen')).toEqual(['del carmen', 'carmen']);
    expect(wordStarts('王小明')).toEqual(['小明', '明']);
    expect(wordStarts('word '.repeat(100).trim())).toHaveLength(MAX_WORD_STARTS);
    expect(wordStarts('one')).toEqual([]);
  });
});

describe('names are found by any of their words', () => {
  const patient = {
    resourceType: 'Patient',
    name: [
      { family: 'van der Berg-Müller', given: ['Mary Ann'] },
      { family: '王', given: ['小明'] },
    ],
  };
  test.each<[string, boolean]>([
    ['name=van', true],
    ['name=berg', true],
    ['family=MULLER', true],
    ['name=ann', true],
    ['name=nn', false],
    ['name:contains=nn', true],
    ['name=der b', true],
    ['name=王小', true],
    ['name=小明', true],
    ['name=明', true],
    ['name=wxm', false],
    ['name:exact=王小明', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(patient, query)).toBe(expected);
  });

  test.each(['wxm', 'WangXiaoMing', 'wang xiao', 'xiaoming', 'xm'])('by pinyin, where that is wanted: %s', (text) => {
    const where = ask('Patient', `name=${text}`).query.of[0]?.where ?? { op: 'none' };
    const indexed = createIndexer(params, BASE, pinyinSpellings)(patient);
    expect(match(where, { ref: 'Patient/1', indexed }, NOWHERE)).toBe(true);
  });

  test('a surname is read as one', () => {
    expect(pinyinSpellings('单田芳', 'text')).toEqual(['shan tian fang', 'shantianfang', 'stf']);
    expect(pinyinSpellings('Smith', 'family')).toEqual([]);
  });
});

describe('phonetic', () => {
  // The examples of the US National Archives.
  test.each([
    ['Washington', 'w252'],
    ['Lee', 'l000'],
    ['Gutierrez', 'g362'],
    ['Pfister', 'p236'],
    ['Jackson', 'j250'],
    ['Tymczak', 't522'],
    ['Ashcraft', 'a261'],
    ['Jón Smýth', 'j500 s530'],
    ['王', ''],
  ])('%s sounds as %s', (name, code) => {
    expect(soundOf(name)).toBe(code);
  });

  test.each<[string, boolean]>([
    ['phonetic=Smythe', true],
    ['phonetic=smit', true],
    ['phonetic=jon', true],
    ['phonetic=peter', false],
  ])('%s: %s', (query, expected) => {
    expect(finds({ resourceType: 'Patient', name: [{ family: 'Smith', given: ['John'] }] }, query)).toBe(expected);
  });

  test('what has no Latin letter is refused', () => {
    expect(() => ask('Patient', 'phonetic=王')).toThrow(/no Latin letter/);
  });
});

describe('near', () => {
  const hospital = { resourceType: 'Location', position: { latitude: 31.2304, longitude: 121.4737 } };
  test.each<[string, boolean]>([
    ['near=31.2304|121.4737|0|km', true],
    ['near=31.3|121.5|10|km', true],
    ['near=31.3|121.5|8', false],
    ['near=31.3|121.5|8.2', true],
    ['near=31.3|121.5|8200|m', true],
    ['near=31.3|121.5|5|[mi_i]', false],
    ['near=31.3|121.5|5.1|[mi_i]', true],
    ['near=31.3|121.5', true],
    ['near=32|121.5', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(hospital, query)).toBe(expected);
  });

  test('distances are those of the sphere, over the antimeridian and the poles too', () => {
    expect(metresBetween(48.8566, 2.3522, 40.7128, -74.006)).toBeCloseTo(5_837_000, -4);
    expect(metresBetween(0, 179.9, 0, -179.9)).toBeCloseTo(22_239, -1);
    expect(metresBetween(89.9, 0, 89.9, 180)).toBeCloseTo(22_239, -1);
  });

  test.each(['near=1', 'near=91|0', 'near=0|181', 'near=0|0|-1', 'near=0|0|1|furlong', 'near=a|b', 'near=0|0|1|km|x'])('%s is refused', (query) => {
    expect(() => ask('Location', query)).toThrow(/cannot be used/);
  });
});
