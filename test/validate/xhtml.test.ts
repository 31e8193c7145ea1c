import { expect, test } from '@jest/globals';
import { xhtmlFault } from '../../src/validate/xhtml.ts';

const NS = 'xmlns="http://www.w3.org/1999/xhtml"';
const within = (content: string): string | undefined => xhtmlFault(`<div ${NS}>${content}</div>`);

const RIGHT = [
  'text',
  '<p>a<br/>b<br />c</p>',
  "<p class='a' id='b' title='c'>a</p>",
  '<!-- only -- a comment --><b>a</b>',
  '<img src="data:image/png;base64,AAAA" alt="x"/>',
  '<img src="#x"/>',
  '<a href="mailto:a@x.example">a</a><a href="tel:+47">b</a><a href="#c">c</a><a href="/d:e">d</a><a name="e">e</a>',
  '&amp;&lt;&#160;&#xA0;&nbsp;&eacute;',
  '<p style="font-weight: bold; color: #fff">a</p>',
];

test.each(RIGHT)('allows %s', (content) => {
  expect(within(content)).toBeUndefined();
});

const WRONG = [
  '<script>x</script>',
  '<SCRIPT>x</SCRIPT>',
  '<svg/>',
  '<iframe src="https://x.example"/>',
  '<form/>',
  '<style>a</style>',
  '<object/>',
  '<p onclick="x">a</p>',
  '<p ONCLICK="x">a</p>',
  '<img src="x" onerror="x"/>',
  '<a href="javascript:x">a</a>',
  '<a href=" JaVaScRiPt:x">a</a>',
  '<a href="java&#10;script:x">a</a>',
  '<a href="java&Tab;script&colon;x">a</a>',
  '<a href="&#106;avascript:x">a</a>',
  '<a href="data:text/html,x">a</a>',
  '<img src="data:image/svg+xml,x"/>',
  '<a href="vbscript:x">a</a>',
  '<p style="background: url(javascript:x)">a</p>',
  '<p style="width: \\65xpression(x)">a</p>',
  '<p style="@import x">a</p>',
  '<p class=a>b</p>',
  '<p class>b</p>',
  '<p class="a" class="b">b</p>',
  '<p class="<">b</p>',
  '<p',
  '<p class="a',
  '<p></b>',
  '</p>',
  '<b>a',
  'a & b',
  '<!-- a',
  '<![CDATA[a]]>',
  '<?php x ?>',
  '<!DOCTYPE html>',
  '<p / class="a">b</p>',
  '',
  '   <br/> ',
];

test.each(WRONG)('refuses %s', (content) => {
  expect(within(content)).toEqual(expect.any(String));
});

test.each([
  '',
  'text',
  `<p ${NS}>a</p>`,
  '<div>a</div>',
  `<div xmlns="x">a</div>`,
  `<div ${NS}>a</div><div ${NS}>b</div>`,
  `<div ${NS}/><div ${NS}>b</div>`,
  `<div ${NS}>a`,
])('takes one div and nothing else, not %s', (text) => {
  expect(xhtmlFault(text)).toEqual(expect.any(String));
});

test('takes time in proportion to the length', () => {
  const started = performance.now();
  for (const piece of ['<p>', '&', '<!--', '<p class="a" ', '<', '"', '&#1;', '<b>a</b>']) xhtmlFault(`<div ${NS}>${piece.repeat(100_000)}`);
  expect(performance.now() - started).toBeLessThan(5000);
});
