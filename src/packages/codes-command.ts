/** `load:loinc` and `load:snomed`: keeps a code system that is too big to hold from the licensee's own release. */
import { parseArgs } from 'node:util';
import type { Store } from '../store/store.ts';
import { loadLoinc } from './loinc.ts';
import { INTERNATIONAL, loadSnomed } from './snomed.ts';

const HELP = `npm run load:loinc -- [--version=2.81] folder | Loinc.csv
npm run load:snomed -- [--edition=${INTERNATIONAL}] folder

Keeps the codes of a release that you are licensed to use in the database that the settings name, while no server uses it.
  folder     LOINC: as the release unpacks (LoincTable/Loinc.csv; answers from AccessoryFiles/AnswerFile/AnswerList.csv).
             SNOMED CT: an RF2 release, or its Snapshot folder (concepts, descriptions, is-a relationships, language reference sets).
  --version  of LOINC; without it, the newest that a row of the file names
  --edition  of SNOMED CT: the id of its module; without it, the International Edition
`;

interface Parts {
  readonly open: () => Promise<{ readonly store: Store; close(): Promise<void> }>;
  readonly print: (text: string) => void;
}

/** Throws where the files are not a release's, or a server uses the database. */
export async function runLoadCodes(command: string, args: readonly string[], { open, print }: Parts): Promise<void> {
  const { values, positionals } = readArgs(args);
  const [place, ...others] = positionals;
  if (values.help === true) return print(HELP);
  if (place === undefined || others.length > 0) throw new Error(`Name one folder or file.\n\n${HELP}`);
  const { store, close } = await open();
  try {
    const { version, count } = command === 'load:loinc' ? await loadLoinc(store, place, values.version) : await loadSnomed(store, place, values.edition);
    print(`${count} codes of ${version} are kept.\n`);
  } finally {
    await close();
  }
}

function readArgs(args: readonly string[]) {
  try {
    const options = { version: { type: 'string' }, edition: { type: 'string' }, help: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${HELP}`, { cause });
  }
}
