/**
 * The one door to pinyin-pro: how Chinese names are spelled in Latin letters, so that 王小明 is found by `wang xiao`,
 * `wangxiaoming` and `wxm`. Surnames are read as surnames are (单 as shan). Loaded only where the setting NAME_PINYIN is on.
 */
import { pinyin } from 'pinyin-pro';
import type { Around } from './kinds/kind.ts';

const HAN = /\p{Script=Han}/u;
/** No name is longer; the package's time grows with the text. */
const MAX_LENGTH = 40;

const SURNAMES = { family: 'all', text: 'head', given: 'off' } as const;

/** The syllables, those joined, and their initials; none where no character is Chinese. */
export const pinyinSpellings: Around['spell'] = (name, part) => {
  if (name.length > MAX_LENGTH || !HAN.test(name)) return [];
  const syllables = pinyin(name, { toneType: 'none', type: 'array', nonZh: 'removed', v: true, surname: SURNAMES[part] });
  return [...new Set([syllables.join(' '), syllables.join(''), syllables.map((syllable) => syllable.slice(0, 1)).join('')])];
};
