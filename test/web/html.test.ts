import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html } from '../../src/web/html.ts';

test('text is escaped, Html and lists of it go in as they are, what is absent vanishes', () => {
  const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
  expect(html`<ul title="${'"x"'}">${items}${undefined}${false}${0}</ul>`.html).toBe('<ul title="&quot;x&quot;"><li>a</li><li>&lt;b&gt;</li>0</ul>');
});

test('no text can leave the place it is put in', () => {
  fc.assert(fc.property(fc.string(), (text) => !/[<>"']/.test(html`${text}`.html)));
});
