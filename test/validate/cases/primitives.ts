/** How each primitive type is written. https://hl7.org/fhir/R4/datatypes.html#primitive */
import type { Case } from './case.ts';

type Row = readonly [fault: string, right: unknown, wrong: unknown];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  boolean: [
    ['in quotes', true, 'true'],
    ['as a number', false, 0],
    ['an object', true, {}],
  ],
  integer: [
    ['a fraction', 1, 1.5],
    ['too large', 2_147_483_647, 2_147_483_648],
    ['too small', -2_147_483_648, -2_147_483_649],
    ['in quotes', 7, '7'],
  ],
  decimal: [
    ['in quotes', 1.5, '1.5'],
    ['a boolean', 0, false],
  ],
  positiveInt: [
    ['zero', 1, 0],
    ['negative', 1, -1],
    ['a fraction', 2, 2.5],
  ],
  unsignedInt: [
    ['negative', 0, -1],
    ['in quotes', 0, '0'],
  ],
  string: [
    ['empty', 'a', ''],
    ['a number', '1', 1],
    ['a control character', 'a\tb', 'a\u0001b'],
    ['a null character', 'a', 'a\u0000'],
    ['half a surrogate pair', '😀', '\ud83d'],
  ],
  markdown: [
    ['empty', '*a*', ''],
    ['a list', 'a', ['a']],
  ],
  code: [
    ['a blank before', 'a', ' a'],
    ['a blank behind', 'a', 'a '],
    ['two blanks within', 'a b', 'a  b'],
    ['empty', 'a', ''],
    ['only a blank', 'a', ' '],
  ],
  id: [
    ['a blank', 'a-b', 'a b'],
    ['an underscore', 'a.b', 'a_b'],
    ['65 characters', 'a'.repeat(64), 'a'.repeat(65)],
    ['a letter beyond ASCII', 'a', 'å'],
  ],
  uri: [
    ['a blank', 'http://a/b', 'http://a b'],
    ['a line break', 'urn:a:b', 'urn:a:\nb'],
    ['a UUID that is none', 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:c757873d'],
    ['an OID that is none', 'urn:oid:1.2.3', 'urn:oid:1.2.'],
  ],
  url: [['a blank', 'https://a.example/b', 'https://a.example/b c']],
  canonical: [['a blank', 'http://a.example/b|1', 'http://a.example/b |1']],
  oid: [
    ['a leading zero', 'urn:oid:1.2.0', 'urn:oid:1.02'],
    ['an arc above 2', 'urn:oid:2.1', 'urn:oid:3.1'],
    ['without urn:oid:', 'urn:oid:1.2', '1.2'],
  ],
  uuid: [
    ['upper case', 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-ec9a-4326-a141-556f43239520'],
    ['a dash too few', 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:c757873dec9a-4326-a141-556f43239520'],
  ],
  base64Binary: [
    ['a length of three', 'c2FtcGxl', 'abc'],
    ['padding within', 'YQ==', 'YQ==YQ=='],
    ['another character', 'YQ==', 'YQ=*'],
  ],
  date: [
    ['a day that never was', '2021-02-28', '2021-02-30'],
    ['a leap day of no leap year', '2000-02-29', '1900-02-29'],
    ['a month of 13', '2021-12', '2021-13'],
    ['a month of 0', '2021-01', '2021-00'],
    ['two digits of a year', '2021', '21'],
    ['a time', '2021-02-03', '2021-02-03T10:00:00Z'],
    ['slashes', '2021-02-03', '2021/02/03'],
    ['a number', '2021', 2021],
  ],
  dateTime: [
    ['no zone', '2021-02-03T10:00:00Z', '2021-02-03T10:00:00'],
    ['no seconds', '2021-02-03T10:00:00+01:00', '2021-02-03T10:00+01:00'],
    ['hour 25', '2021-02-03T23:00:00Z', '2021-02-03T25:00:00Z'],
    ['a zone of 15 hours', '2021-02-03T10:00:00+14:00', '2021-02-03T10:00:00+15:00'],
    ['a day that never was', '2021-04-30', '2021-04-31'],
    ['a blank for T', '2021-02-03T10:00:00Z', '2021-02-03 10:00:00Z'],
    ['a time alone', '2021', '10:00:00Z'],
  ],
  instant: [
    ['a date alone', '2021-02-03T10:00:00Z', '2021-02-03'],
    ['no zone', '2021-02-03T10:00:00.123Z', '2021-02-03T10:00:00.123'],
    ['minute 60', '2021-02-03T10:59:00Z', '2021-02-03T10:60:00Z'],
  ],
  time: [
    ['a zone', '10:00:00', '10:00:00Z'],
    ['no seconds', '10:00:00', '10:00'],
    ['24 hours', '23:59:59', '24:00:00'],
  ],
};

const capitalised = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);
const parameter = (type: string, value: unknown): object => ({ resourceType: 'Parameters', parameter: [{ name: 'a', [`value${capitalised(type)}`]: value }] });

export const PRIMITIVES: readonly Case[] = Object.entries(ROWS).flatMap(([type, rows]) =>
  rows.map(([fault, right, wrong]) => ({
    name: `${type}: ${fault}`,
    wrong: parameter(type, wrong),
    at: `Parameters.parameter[0].value.ofType(${type})`,
    says: Array.isArray(wrong) ? 'single value' : `not a valid ${type}`,
    right: parameter(type, right),
  })),
);
