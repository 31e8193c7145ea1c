/** Code systems too big to hold: made-up releases in the layout of LOINC's and SNOMED CT's own files, with invented codes and names. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import { createKeptCodes } from '../../src/packages/kept-codes.ts';
import { loadLoinc } from '../../src/packages/loinc.ts';
import { loadSnomed } from '../../src/packages/snomed.ts';
import { createTerminologyService, type TerminologyService } from '../../src/packages/terminology-service.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { expand } from '../../src/terminology/expansion.ts';
import { lookup, subsumes } from '../../src/terminology/lookup.ts';
import { createTerminology } from '../../src/terminology/terminology.ts';
import { validateCode } from '../../src/terminology/validate-code.ts';

const registry = loadRegistry();
const STAMP = { identifier: 'urn:uuid:0', timestamp: '2026-01-01T00:00:00Z' };
const store = (): Store => createMemoryStore({ index: () => [] } as unknown as Parameters<typeof createMemoryStore>[0]); // rows alone are used
const serviceOver = (over: Store): TerminologyService =>
  createTerminologyService({ pure: createTerminology(registry), codes: createKeptCodes(over), elsewhere: undefined });

const lines = (separator: string, ...rows: string[][]): string => rows.map((row) => row.join(separator)).join('\r\n');

function loincRelease(): string {
  const folder = mkdtempSync(join(tmpdir(), 'loinc-'));
  for (const name of ['LoincTable', 'AccessoryFiles/AnswerFile']) mkdirSync(join(folder, name), { recursive: true });
  const columns = [
    'LOINC_NUM',
    'COMPONENT',
    'PROPERTY',
    'TIME_ASPCT',
    'SYSTEM',
    'SCALE_TYP',
    'METHOD_TYP',
    'CLASS',
    'VersionLastChanged',
    'STATUS',
    'CLASSTYPE',
    'SHORTNAME',
    'ORDER_OBS',
    'LONG_COMMON_NAME',
    'DisplayName',
  ];
  const row = (code: string, name: string, more: Partial<Record<string, string>> = {}) =>
    columns.map(
      (column) =>
        `"${{ LOINC_NUM: code, LONG_COMMON_NAME: name, CLASS: 'MOOD', SCALE_TYP: 'Ord', STATUS: 'ACTIVE', VersionLastChanged: '1.9', ...more }[column] ?? ''}"`,
    );
  const table = [
    columns,
    row('10-1', 'Invented mood, asked', { SHORTNAME: 'Mood Inv' }),
    row('11-9', 'Invented ""quoted"", thing', { SCALE_TYP: 'Doc', VersionLastChanged: '1.10' }),
    row('12-7', 'Invented old thing', { STATUS: 'DEPRECATED' }),
  ];
  writeFileSync(join(folder, 'LoincTable/Loinc.csv'), lines(',', ...table));
  const answers = [
    ['AnswerListId', 'AnswerListName', 'AnswerStringId', 'SequenceNumber', 'DisplayText'],
    ['LL1-1', 'Invented scale', 'LA20-2', '1', 'Never'],
    ['LL1-1', 'Invented scale', 'LA3-3', '2', 'Now and then'],
    ['LL1-1', 'Invented scale', 'LA11-1', '3', 'Always'],
    ['LL2-2', 'Another scale', 'LA3-3', '1', 'Now and then'],
  ];
  writeFileSync(join(folder, 'AccessoryFiles/AnswerFile/AnswerList.csv'), lines(',', ...answers));
  return folder;
}

function snomedRelease(): string {
  const folder = mkdtempSync(join(tmpdir(), 'snomed-'));
  const terminology = join(folder, 'Snapshot/Terminology');
  const language = join(folder, 'Snapshot/Refset/Language');
  for (const path of [terminology, language]) mkdirSync(path, { recursive: true });
  const concept = (id: string, active = '1') => [id, '20260101', active, '1', '1'];
  const concepts = [
    ['id', 'effectiveTime', 'active', 'moduleId', 'definitionStatusId'],
    ...['100001001', '100002002', '100003003', '100004004'].map((id) => concept(id)),
    concept('100005005', '0'),
  ];
  writeFileSync(join(terminology, 'sct2_Concept_Snapshot_TEST_20260101.txt'), lines('\t', ...concepts));
  const isA = (from: string, to: string, active = '1') => ['1', '20260101', active, '1', from, to, '0', '116680003', '1', '1'];
  const relations = [
    ['id', 'effectiveTime', 'active', 'moduleId', 'sourceId', 'destinationId', 'relationshipGroup', 'typeId', 'characteristicTypeId', 'modifierId'],
    isA('100002002', '100001001'),
    isA('100003003', '100002002'),
    isA('100004004', '100002002'),
    isA('100004004', '100001001'),
    isA('100001001', '100004004', '0'),
  ];
  writeFileSync(join(terminology, 'sct2_Relationship_Snapshot_TEST_20260101.txt'), lines('\t', ...relations));
  const names = [
    ['id', 'effectiveTime', 'active', 'moduleId', 'conceptId', 'languageCode', 'typeId', 'term', 'caseSignificanceId'],
    ...[
      ['1', '100001001', 'Invented thing (thing)', '900000000000003001'],
      ['2', '100001001', 'Invented "thing"', '900000000000013009'],
      ['3', '100002002', 'Kind of thing (thing)', '900000000000003001'],
      ['4', '100003003', 'Small thing (thing)', '900000000000003001'],
      ['5', '100003003', 'Small thing', '900000000000013009'],
    ].map(([id = '', about = '', term = '', type = '']) => [id, '20260101', '1', '1', about, 'en', type, term, '1']),
  ];
  writeFileSync(join(terminology, 'sct2_Description_Snapshot-en_TEST_20260101.txt'), lines('\t', ...names));
  const preferred = [
    ['id', 'effectiveTime', 'active', 'moduleId', 'refsetId', 'referencedComponentId', 'acceptabilityId'],
    ...['2', '5'].map((id) => ['x', '20260101', '1', '1', '900000000000509007', id, '900000000000548007']),
  ];
  writeFileSync(join(language, 'der2_cRefset_LanguageSnapshot-en_TEST_20260101.txt'), lines('\t', ...preferred));
  return folder;
}

describe('LOINC', () => {
  const kept = store();
  const service = serviceOver(kept);
  const LOINC = 'http://loinc.org';
  beforeAll(async () => {
    expect(await loadLoinc(kept, loincRelease())).toEqual({ version: '1.10', count: 8 });
  });
  const confirm = (valueSet: string, code: string) => service.confirm({ valueSet, system: LOINC, version: undefined, code });

  test('what the pure service leaves open is confirmed', async () => {
    expect(service.pure.membership('http://loinc.org/vs').coding({ system: LOINC, code: '10-1' }).is).toBe('unknown');
    expect(await confirm('http://loinc.org/vs', '10-1')).toBe('in');
    expect(await confirm('http://loinc.org/vs', '99-9')).toBe('out');
    expect(await confirm('http://hl7.org/fhir/ValueSet/observation-codes', '10-1')).toBe('in');
    expect(await confirm('http://hl7.org/fhir/ValueSet/doc-typecodes', '11-9')).toBe('in');
    expect(await confirm('http://hl7.org/fhir/ValueSet/doc-typecodes', '10-1')).toBe('out');
    expect(await confirm('http://loinc.org/vs', 'LP1-1')).toBe('unknown');
  });

  test('an answer list is expanded in its order', async () => {
    const expanded = await service.settle(({ shelf }) => {
      const valueSet = shelf.valueSet('http://loinc.org/vs/LL1-1');
      if (valueSet === undefined) throw new Error('the set is implicit');
      return expand(shelf, valueSet, {}, STAMP);
    });
    expect(expanded.expansion?.contains?.map(({ code, display }) => [code, display])).toEqual([
      ['LA20-2', 'Never'],
      ['LA3-3', 'Now and then'],
      ['LA11-1', 'Always'],
    ]);
    expect(expanded.expansion?.parameter).toContainEqual({ name: 'used-codesystem', valueUri: 'http://loinc.org|1.10' });
  });

  test('names, properties and whether a code is out of use', async () => {
    const found = await service.settle(({ shelf }) =>
      lookup(shelf, { system: LOINC, version: undefined, code: '12-7' }, { properties: [], languages: undefined }),
    );
    expect(found.parameter).toContainEqual({ name: 'display', valueString: 'Invented old thing' });
    expect(found.parameter).toContainEqual({
      name: 'property',
      part: [
        { name: 'code', valueCode: 'inactive' },
        { name: 'value', valueBoolean: true },
      ],
    });
    const checked = await service.settle(({ shelf }) =>
      validateCode(shelf, { ...RULES, given: { form: 'code', coding: { system: LOINC, code: '11-9', display: 'Invented "quoted", thing' } } }),
    );
    expect(checked.parameter?.[0]).toEqual({ name: 'result', valueBoolean: true });
  });

  test('loaded anew, what was there before is gone', async () => {
    const again = store();
    const release = loincRelease();
    await loadLoinc(again, release, '2');
    writeFileSync(
      join(release, 'LoincTable/Loinc.csv'),
      'LOINC_NUM,LONG_COMMON_NAME,COMPONENT,PROPERTY,TIME_ASPCT,SYSTEM,SCALE_TYP,METHOD_TYP,CLASS,STATUS,ORDER_OBS,CLASSTYPE\r\n77-7,Only,,,,,,,,,,\r\n',
    );
    await loadLoinc(again, join(release, 'LoincTable/Loinc.csv'), '2');
    const other = serviceOver(again);
    expect(await other.confirm({ valueSet: 'http://loinc.org/vs', system: LOINC, version: undefined, code: '77-7' })).toBe('in');
    expect(await other.confirm({ valueSet: 'http://loinc.org/vs', system: LOINC, version: undefined, code: '10-1' })).toBe('out');
  });

  test('a file that is none of LOINC is refused, and a missing one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'none-'));
    writeFileSync(join(folder, 'Loinc.csv'), 'a,b\r\n1,2\r\n');
    await expect(loadLoinc(store(), folder, '1')).rejects.toThrow('has no column LOINC_NUM');
    await expect(loadLoinc(store(), join(folder, 'none.csv'))).rejects.toThrow();
  });
});

const RULES = { set: undefined, inferSystem: false, abstract: true, activeOnly: false, lenientDisplay: false, membershipOnly: false, languages: undefined };

describe('SNOMED CT', () => {
  const kept = store();
  const service = serviceOver(kept);
  const SNOMED = 'http://snomed.info/sct';
  beforeAll(async () => {
    expect(await loadSnomed(kept, snomedRelease())).toEqual({ version: 'http://snomed.info/sct/900000000000207008/version/20260101', count: 5 });
  });

  test.each([
    ['http://snomed.info/sct?fhir_vs', '100003003', 'in'],
    ['http://snomed.info/sct?fhir_vs', '999999999', 'out'],
    ['http://snomed.info/sct?fhir_vs', '100003003:363698007=100001001', 'unknown'],
    ['http://snomed.info/sct?fhir_vs=isa/100002002', '100003003', 'in'],
    ['http://snomed.info/sct?fhir_vs=isa/100002002', '100001001', 'out'],
    ['http://snomed.info/sct/900000000000207008?fhir_vs=isa/100001001', '100004004', 'in'],
    ['http://snomed.info/sct?fhir_vs=refset/100002002', '100003003', 'unknown'],
  ])('%s: %s is %s', async (valueSet, code, expected) => {
    expect(await service.confirm({ valueSet, system: SNOMED, version: undefined, code })).toBe(expected);
  });

  test('what is below a concept is listed, each once, by preferred names', async () => {
    const expanded = await service.settle(({ shelf }) => {
      const valueSet = shelf.valueSet('http://snomed.info/sct?fhir_vs=isa/100001001');
      if (valueSet === undefined) throw new Error('the set is implicit');
      return expand(shelf, valueSet, { excludeNested: true }, STAMP);
    });
    expect(expanded.expansion?.contains?.map(({ code, display }) => [code, display])).toEqual([
      ['100001001', 'Invented "thing"'],
      ['100002002', 'Kind of thing (thing)'],
      ['100004004', undefined],
      ['100003003', 'Small thing'],
    ]);
  });

  test('$subsumes follows the relationships', async () => {
    const outcome = (a: string, b: string) =>
      service.settle(({ shelf }) => subsumes(shelf, { system: SNOMED, version: undefined, code: a }, { system: SNOMED, version: undefined, code: b }));
    expect((await outcome('100001001', '100003003')).parameter?.[0]?.valueCode).toBe('subsumes');
    expect((await outcome('100004004', '100001001')).parameter?.[0]?.valueCode).toBe('subsumed-by');
    expect((await outcome('100004004', '100003003')).parameter?.[0]?.valueCode).toBe('not-subsumed');
    await expect(outcome('100001001', '123456789')).rejects.toThrow('has no code "123456789"');
  });
});
