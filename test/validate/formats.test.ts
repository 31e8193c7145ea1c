import { describe, expect, test } from '@jest/globals';
import { FORMATS } from '../../src/validate/formats.ts';

/** type: values that are right, values that are wrong. https://hl7.org/fhir/R4/datatypes.html#primitive */
const VALUES: Readonly<Record<string, readonly [right: readonly unknown[], wrong: readonly unknown[]]>> = {
  base64Binary: [
    ['AAAA', 'AAA=', 'AA==', 'AA AA', 'AAAA\nBBBB'],
    ['A', 'AAA', 'A===', 'AA=A', 'AA*A', ' ', '====', 1],
  ],
  boolean: [
    [true, false],
    ['true', 0, 1],
  ],
  canonical: [
    ['http://x.example/a|1.0', '#a', 'urn:oid:1.2'],
    ['a b', ''],
  ],
  code: [
    ['a', 'a b', 'a-b|c', 'é'],
    [' a', 'a ', 'a  b', 'a\tb ', '', '\u0001', 1],
  ],
  date: [
    ['2024', '2024-02', '2024-02-29'],
    ['24', '2023-02-29', '2024-13', '2024-00', '2024-2-1', '2024-02-30', '2024-02-29Z', '0000', 2024],
  ],
  dateTime: [
    ['2024', '2024-02', '2024-02-29', '2024-02-29T23:59:59Z', '2024-02-29T00:00:00.123456+14:00', '2024-02-29T00:00:00-00:30'],
    [
      '2024-02-29T24:00:00Z',
      '2024-02-29T10:00:00',
      '2024-02-29T10:00Z',
      '2024-02-29T10:00:00+15:00',
      '2024-02-29 10:00:00Z',
      '2024-02-29T10:60:00Z',
      '2024-02-29T10:00:00.Z',
      '2024-02-29T10:00:00z',
    ],
  ],
  decimal: [
    [0, -1.5, 1e-10],
    ['1', Number.NaN, Number.POSITIVE_INFINITY, true],
  ],
  id: [
    ['a', 'A-1.b', 'a'.repeat(64)],
    ['', 'a_b', 'a/b', 'a'.repeat(65), 'é', 1],
  ],
  instant: [
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.1+01:00'],
    ['2024-02-29', '2024-02-29T23:59Z', '2024-02-29T23:59:59', '2024-02-30T23:59:59Z'],
  ],
  integer: [
    [0, -2_147_483_648, 2_147_483_647],
    [1.5, -2_147_483_649, 2_147_483_648, '1'],
  ],
  markdown: [['# a\n\tb\r\n'], ['', '\u0000', '\ud800']],
  oid: [
    ['urn:oid:1.2.3', 'urn:oid:2.16.840', 'urn:oid:0.0'],
    ['1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.02', 'urn:oid:1..2', 'urn:oid:1.2.', 'urn:oid:1.a'],
  ],
  positiveInt: [
    [1, 2_147_483_647],
    [0, -1, 1.5],
  ],
  string: [
    [' ', 'a\nb', '😀', 'a'.repeat(1024 * 1024)],
    ['', '\u0007', '\ud83d', 'a'.repeat(1024 * 1024 + 1), 1, {}, true],
  ],
  time: [
    ['00:00:00', '23:59:59', '23:59:60', '10:00:00.123'],
    ['24:00:00', '10:00', '10:00:00Z', '1:00:00', '10:00:61'],
  ],
  unsignedInt: [
    [0, 2_147_483_647],
    [-1, 0.5],
  ],
  uri: [
    ['a', 'http://x.example/é?a=b#c', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520'],
    ['a b', 'a\n', 'a\u00a0b', '', 'urn:uuid:x', 'urn:oid:x', '\u0000'],
  ],
  url: [
    ['https://x.example', 'Binary/7'],
    ['a b', ''],
  ],
  uuid: [
    ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
    [
      'c757873d-ec9a-4326-a141-556f43239520',
      'urn:uuid:C757873D-EC9A-4326-A141-556F43239520',
      'urn:uuid:c757873d-ec9a-4326-a141-556f4323952',
      'urn:uuid:c757873dxec9a-4326-a141-556f43239520',
    ],
  ],
  xhtml: [['<div/>'], ['', '\ud800', 1]],
};

describe.each(Object.entries(VALUES))('%s', (type, [right, wrong]) => {
  const format = FORMATS.get(type);
  test('takes what is right', () => {
    expect(right.filter((value) => format?.(value) !== undefined)).toEqual([]);
  });
  test('says of the rest what would be right', () => {
    expect(wrong.filter((value) => typeof format?.(value) !== 'string')).toEqual([]);
  });
});

test('every primitive has a format', () => {
  expect([...FORMATS.keys()].toSorted()).toEqual(Object.keys(VALUES).toSorted());
});
