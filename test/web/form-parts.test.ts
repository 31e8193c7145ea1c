/** The parts of a form that can be tried alone. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { numberFrom } from '../../src/web/form/controls/number.ts';
import { countsIn, idOf } from '../../src/web/form/keys.ts';
import { fromMarkdown, fromXhtml } from '../../src/web/form/rich-text.ts';
import { EN } from '../../src/web/form/words/en.ts';
import { NB } from '../../src/web/form/words/nb.ts';
import { ZH_HANS } from '../../src/web/form/words/zh-hans.ts';
import { asInZone, localTime } from '../../src/web/form/zone.ts';

describe('rich text', () => {
  test.each([
    ['<p>Read <b class="x" onclick="y()">this</b></p>', '<p>Read <b>this</b></p>'],
    ['a<script>alert(1)</script>b<style>p{}</style>', 'ab'],
    ['<img src="https://example.org/x.png" onerror="y()"/>after', 'after'],
    ['<a href="javascript:alert(1)">no</a> <a href="&#106;avascript:alert(1)">no</a>', 'no no'],
    ['<a href="https://example.org/?a=1&amp;b=2">yes</a>', '<a href="https://example.org/?a=1&amp;b=2" rel="noopener noreferrer">yes</a>'],
    ['<form action="/x"><input name="y"/>words</form>', 'words'],
    ['<ul><li>one<li>two</ul> 3 < 4 &amp; 5', '<ul><li>one<li>two</li></li></ul> 3 &lt; 4 &amp; 5'],
    ['<b>never closed', '<b>never closed</b>'],
    ['</b>never opened', 'never opened'],
    ['<!-- hidden -->seen', 'seen'],
  ])('XHTML %s is written as %s', (source, written) => {
    expect(fromXhtml(source).html).toBe(written);
  });

  test.each([
    ['Take **two** and *rest*', '<p>Take <strong>two</strong> and <em>rest</em></p>'],
    ['- one\n- two', '<ul><li>one</li><li>two</li></ul>'],
    ['1. one\n2. two', '<ol><li>one</li><li>two</li></ol>'],
    ['a_b_c 2*3*4', '<p>a_b_c 2<em>3</em>4</p>'],
    ['[help](https://example.org) [bad](javascript:x)', '<p><a href="https://example.org" rel="noopener noreferrer">help</a> bad</p>'],
    ['<script>x</script>', '<p>&lt;script&gt;x&lt;/script&gt;</p>'],
    ['one\n\ntwo', '<p>one</p><p>two</p>'],
  ])('Markdown %s is written as %s', (source, written) => {
    expect(fromMarkdown(source).html).toBe(written);
  });

  test('whatever is written, no element or attribute gets through that is not listed', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '<script',
      '<b ',
      'onload=',
      '"',
      "'",
      '<!--',
      '-->',
      '<a href="',
      'javascript:',
      'https://x',
      '&#60;',
      '&lt;',
      'x',
      ' ',
      '<svg>',
      '](',
      '[',
      '**',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const { html } of [fromXhtml(pieces.join('')), fromMarkdown(pieces.join(''))]) {
          const tags = html.match(/<[^>]*>?/g) ?? [];
          for (const tag of tags) expect(tag).toMatch(/^<\/?(?:b|p|br|em|strong|ul|ol|li|a(?: href="https:\/\/[^"<>]*" rel="noopener noreferrer")?)>$/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['38,5', 38.5],
  [' 1 000 ', 1000],
  ['７５', 75],
  ['٣٨٫٥', 38.5],
  ['−2', -2],
  ['1.2.3', undefined],
  ['1e9', undefined],
  ['ten', undefined],
  ['', undefined],
])('the number %j is read as %j', (text, value) => {
  expect(numberFrom(text)).toBe(value);
});

test.each([
  ['2026-01-15T09:30', 'Europe/Oslo', '2026-01-15T09:30:00+01:00'],
  ['2026-07-15T09:30', 'Europe/Oslo', '2026-07-15T09:30:00+02:00'],
  ['2026-07-15T09:30:15', 'America/St_Johns', '2026-07-15T09:30:15-02:30'],
  ['2026-03-29T03:30', 'Europe/Oslo', '2026-03-29T03:30:00+02:00'],
  ['2026-13-40T09:30', 'UTC', undefined],
])('%s at %s is %s, and back', (local, zone, value) => {
  expect(asInZone(local, zone)).toBe(value);
  if (value !== undefined) expect(localTime(value, zone)).toBe(local.slice(0, 16));
});

test('occurrences of groups are counted from the keys on a page, however many a stranger claims', () => {
  expect(countsIn(['falls:0/day', 'falls:2/helpers:1', 'a:x', '__proto__:3', 'b:-1'])).toEqual(
    new Map([
      ['falls', 3],
      ['falls:2/helpers', 2],
      ['__proto__', 4],
    ]),
  );
  expect(countsIn(['falls:999999999']).get('falls')).toBe(200);
});

test('ids say nothing of the question, and differ', () => {
  expect(idOf('pain')).not.toMatch(/pain/);
  const ids = Array.from({ length: 20_000 }, (_, n) => idOf(`group:${n}/question@${n % 7}`));
  expect(new Set(ids).size).toBe(ids.length);
});

test.each([
  ['nb', NB],
  ['zh-Hans', ZH_HANS],
])('%s has the same blanks to fill in as English', (_, words) => {
  const blanks = (text: string): readonly string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();
  for (const [key, text] of Object.entries(EN))
    expect([key, blanks(Object.entries(words).find(([name]) => name === key)?.[1] ?? '')]).toEqual([key, blanks(text)]);
});
