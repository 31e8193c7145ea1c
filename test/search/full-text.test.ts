import { describe, expect, test } from '@jest/globals';
import { ask, finds } from './fixture.ts';

const RESOURCE = {
  resourceType: 'Observation',
  id: 'secretid',
  meta: { tag: [{ display: 'taghidden' }] },
  status: 'final',
  text: {
    status: 'generated',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Liver &amp; bone</p>metastases, <b class="styled">not</b> healed &#x75BC;&#30171;</div>',
  },
  code: { coding: [{ system: 'http://systemhidden.example', code: 'codevisible', display: 'Pain severity' }] },
  note: [{ text: 'Follow-up in March; pain at night' }],
  subject: { reference: 'Patient/refhidden' },
  effectiveDateTime: '2026-01-02T03:04:05Z',
};

describe('_text looks into the narrative', () => {
  test.each<[string, boolean]>([
    ['liver', true],
    ['LIVER', true],
    ['liv', false],
    ['liv*', true],
    ['bone AND metastases', true],
    ['bone metastases', true],
    ['(bone OR kidney) AND metastases', true],
    ['kidney', false],
    ['kidney OR liver', true],
    ['liver NOT kidney', true],
    ['liver NOT bone', false],
    ['liver -bone', false],
    ['NOT kidney', true],
    ['"liver bone"', true],
    ['"bone liver"', false],
    ['疼痛', true],
    ['疼', true],
    ['pain', false],
    ['styled', false],
    ['kidney,liver', true],
  ])('%s: %s', (text, expected) => {
    expect(finds(RESOURCE, `_text=${text}`)).toBe(expected);
  });
});

describe('_content looks into every text', () => {
  test.each<[string, boolean]>([
    ['liver', true],
    ['severity', true],
    ['follow-up', true],
    ['"pain at night"', true],
    ['"severity follow"', false],
    ['pain AND liver', true],
    ['pain NOT liver', false],
    ['codevisible', true],
    ['secretid', false],
    ['taghidden', false],
    ['systemhidden', false],
    ['refhidden', false],
    ['xhtml', false],
  ])('%s: %s', (text, expected) => {
    expect(finds(RESOURCE, `_content=${text}`)).toBe(expected);
  });
});

describe('expressions that cannot be read are refused', () => {
  test.each([
    ['(a', /'\)' is missing/],
    ['a)', /closes nothing/],
    ['a OR', /a word is missing at the end/],
    ['OR a', /a word is missing before 'OR'/],
    ['"a', /quotation mark/],
    ['!!', /no letter or digit/],
    ['NOT', /a word is missing/],
    [`${'('.repeat(50)}a`, /nests more than 20/],
    [`${'NOT '.repeat(50)}a`, /nests more than 20/],
  ])('%s', (text, message) => {
    expect(() => ask('Observation', `_text=${text}`)).toThrow(message);
  });

  test('modifiers and sorting make no sense there', () => {
    expect(() => ask('Observation', '_content:exact=a')).toThrow(/has no modifier/);
    expect(finds(RESOURCE, '_text:missing=true')).toBe(false);
    expect(finds({ resourceType: 'Observation', id: 'x', status: 'final' }, '_text:missing=true')).toBe(true);
    expect(finds({ resourceType: 'Observation', id: 'x', note: [{ text: 'word' }] }, '_content:missing=false')).toBe(true);
    expect(() => ask('Observation', '_sort=_text')).toThrow(/no order/);
  });
});
