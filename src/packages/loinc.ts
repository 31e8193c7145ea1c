/**
 * LOINC from the licensee's own release: Loinc.csv and, where it is beside it, AnswerList.csv. https://loinc.org/kb/users-guide/,
 * https://hl7.org/fhir/R4/loinc.html. LOINC is copyright Regenstrief Institute; nothing of it comes with this project.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeSystemConceptProperty } from 'fhir/r4';
import { compareVersions } from '../fhir/version-order.ts';
import type { Store } from '../store/store.ts';
import { LOINC } from '../terminology/implicit.ts';
import type { KeptSystem } from '../terminology/outside.ts';
import { type LoadedCode, loadCodes } from './load-codes.ts';
import { readCsv, type TableRow } from './text-table.ts';

/** Columns that are properties of the code. https://hl7.org/fhir/R4/loinc.html#props */
const PROPERTIES = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP', 'CLASS', 'STATUS', 'ORDER_OBS', 'CLASSTYPE'] as const;
const COLUMNS = ['LOINC_NUM', 'LONG_COMMON_NAME', ...PROPERTIES];
const ANSWER_COLUMNS = ['AnswerListId', 'AnswerListName', 'AnswerStringId', 'SequenceNumber', 'DisplayText'];

/** `place`: Loinc.csv, or the folder of the release. Without a version, the newest that a row of the file names. Gives version and number of codes. */
export async function loadLoinc(store: Store, place: string, version?: string): Promise<{ readonly version: string; readonly count: number }> {
  const files = filesIn(place);
  const release = version ?? (await newestVersion(files.codes));
  return { version: release, count: await loadCodes(store, headerOf(release), allCodes(files)) };
}

interface Files {
  readonly codes: string;
  readonly answers: string | undefined;
}

function filesIn(place: string): Files {
  if (statSync(place).isFile()) return { codes: place, answers: undefined };
  const codes = ['LoincTable/Loinc.csv', 'Loinc.csv'].map((file) => join(place, file)).find((file) => existsSync(file));
  if (codes === undefined) throw new Error(`There is no LoincTable/Loinc.csv in ${place}; name the folder of the LOINC release, or its Loinc.csv.`);
  return { codes, answers: ['AccessoryFiles/AnswerFile/AnswerList.csv', 'AnswerList.csv'].map((file) => join(place, file)).find((file) => existsSync(file)) };
}

async function newestVersion(file: string): Promise<string> {
  let newest = '';
  for await (const { VersionLastChanged = '' } of readCsv(file, COLUMNS)) if (compareVersions(VersionLastChanged, newest) > 0) newest = VersionLastChanged;
  if (newest === '') throw new Error(`${file} does not say which release it is of; name it with --version=2.81.`);
  return newest;
}

const headerOf = (version: string): KeptSystem => ({
  resourceType: 'CodeSystem',
  url: LOINC,
  version,
  name: 'LOINC',
  title: 'LOINC',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  language: 'en',
  property: [...PROPERTIES, 'LIST'].map((code) => ({ code, type: code === 'LIST' ? 'code' : 'string', uri: `${LOINC}/property/${code}` })),
});

async function* allCodes({ codes, answers }: Files): AsyncIterable<LoadedCode> {
  for await (const row of readCsv(codes, COLUMNS)) yield codeOf(row);
  if (answers !== undefined) yield* await answerCodes(answers);
}

function codeOf(row: TableRow): LoadedCode {
  const { LOINC_NUM: code = '', LONG_COMMON_NAME: display = '', SHORTNAME, DisplayName, STATUS } = row;
  const properties = PROPERTIES.filter((name) => (row[name] ?? '') !== '').map(
    (name): CodeSystemConceptProperty => ({ code: name, valueString: row[name] ?? '' }),
  );
  const names = [SHORTNAME, DisplayName].filter((name): name is string => name !== undefined && name !== '' && name !== display);
  return {
    row: {
      code,
      display,
      parents: [],
      ...(names.length === 0 ? {} : { designation: names.map((value) => ({ language: 'en', value })) }),
      property: [
        ...properties,
        ...(STATUS === 'DEPRECATED'
          ? [
              { code: 'inactive', valueBoolean: true },
              { code: 'status', valueCode: 'deprecated' },
            ]
          : []),
      ],
    },
  };
}

interface Answer {
  readonly display: string;
  /** Answer list → place in it. */
  readonly lists: Map<string, number>;
}

/** Each answer once, with the lists that it is in, and each list by its name. */
async function answerCodes(file: string): Promise<readonly LoadedCode[]> {
  const answers = new Map<string, Answer>();
  const lists = new Map<string, string>();
  for await (const { AnswerListId = '', AnswerListName = '', AnswerStringId = '', SequenceNumber = '', DisplayText = '' } of readCsv(file, ANSWER_COLUMNS)) {
    lists.set(AnswerListId, AnswerListName);
    if (AnswerStringId === '') continue;
    const answer = answers.get(AnswerStringId) ?? { display: DisplayText, lists: new Map() };
    answer.lists.set(AnswerListId, Number(SequenceNumber) || 0);
    answers.set(AnswerStringId, answer);
  }
  return [
    ...[...lists].map(([code, display]): LoadedCode => ({ row: { code, display, parents: [] } })),
    ...[...answers].map(
      ([code, { display, lists: order }]): LoadedCode => ({
        row: { code, display, parents: [], property: [...order.keys()].map((list) => ({ code: 'LIST', valueCode: list })) },
        order,
      }),
    ),
  ];
}
