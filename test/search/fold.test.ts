import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeValue, splitUnescaped, unescapeValue } from '../../src/search/escape.ts';
import { fold } from '../../src/search/fold.ts';

describe('folding', () => {
  test.each([
    ['Ångström', 'angstrom'],
    ['  José   Ángel ', 'jose angel'],
    ['ﬁne', 'fine'],
    ['Ελένη', 'ελενη'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['İstanbul', 'istanbul'],
    ['Søren', 'søren'],
    ['王小明', '王小明'],
    ['한국', '한국'],
    ['ｶﾞ', 'ガ'],
    ['हिन्दी', 'हिन्दी'],
    ['', ''],
  ])('%j is %j', (text, folded) => {
    expect(fold(text)).toBe(folded.normalize('NFC'));
  });

  test('changes nothing the second time, and does not mind the Unicode form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
        expect(fold(text.normalize('NFD'))).toBe(fold(text.normalize('NFC')));
      }),
    );
  });
});

describe('escapes', () => {
  test('a value that was escaped is one value, and reads as it was', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a,$|\\]{0,12}$/), (text) => {
        for (const separator of [',', '$', '|']) expect(splitUnescaped(escapeValue(text), separator)).toEqual([escapeValue(text)]);
        expect(unescapeValue(escapeValue(text))).toBe(text);
      }),
    );
  });

  test('a backslash before anything else is itself', () => {
    expect(unescapeValue('a\\n\\,')).toBe('a\\n,');
  });
});
