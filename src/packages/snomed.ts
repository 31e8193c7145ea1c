/**
 * SNOMED CT from the licensee's own release: concepts, descriptions and is-a relationships of an RF2 snapshot.
 * https://confluence.ihtsdotools.org/display/DOCRELFMT, https://hl7.org/fhir/R4/snomedct.html. SNOMED CT is copyright
 * International Health Terminology Standards Development Organisation; nothing of it comes with this project.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../store/store.ts';
import { SNOMED } from '../terminology/implicit.ts';
import type { KeptSystem } from '../terminology/outside.ts';
import { type LoadedCode, loadCodes } from './load-codes.ts';
import { readTabbed } from './text-table.ts';

const IS_A = '116680003';
const FULLY_SPECIFIED = '900000000000003001';
const SYNONYM = '900000000000013009';
const PREFERRED = '900000000000548007';
const US_ENGLISH = '900000000000509007';
export const INTERNATIONAL = '900000000000207008';

/** `folder`: the release, or its Snapshot folder. `edition`: the module that names it. Gives version and number of concepts. */
export async function loadSnomed(store: Store, folder: string, edition = INTERNATIONAL): Promise<{ readonly version: string; readonly count: number }> {
  const files = filesIn(folder);
  const concepts = await readConcepts(files.concepts);
  const newest = [...concepts.values()].reduce((latest, { effective }) => (effective > latest ? effective : latest), '');
  const version = `${SNOMED}/${edition}/version/${newest}`;
  await addParents(concepts, files.relationships);
  await addNames(concepts, files);
  return { version, count: await loadCodes(store, headerOf(version), codesOf(concepts)) };
}

interface Files {
  readonly concepts: string;
  readonly relationships: string;
  readonly descriptions: readonly string[];
  /** Which names are preferred; not all releases have them. */
  readonly languages: readonly string[];
}

const isFolder = (path: string): boolean => statSync(path).isDirectory();

function filesIn(folder: string): Files {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => !isFolder(path));
  const named = (pattern: RegExp): string[] => all.filter((path) => pattern.test(path.split(/[\\/]/).at(-1) ?? '')).toSorted();
  const one = (pattern: RegExp, what: string): string => {
    const [file] = named(pattern);
    if (file === undefined) throw new Error(`There is no ${what} in ${folder}; name the folder of an RF2 release, or its Snapshot folder.`);
    return file;
  };
  return {
    concepts: one(/^x?sct2_Concept_Snapshot_.*[.]txt$/, 'sct2_Concept_Snapshot_….txt'),
    relationships: one(/^x?sct2_Relationship_Snapshot_.*[.]txt$/, 'sct2_Relationship_Snapshot_….txt'),
    descriptions: named(/^x?sct2_Description_Snapshot.*[.]txt$/),
    languages: named(/^x?der2_cRefset_Language.*Snapshot.*[.]txt$/),
  };
}

interface Loading {
  readonly active: boolean;
  readonly effective: string;
  readonly parents: string[];
  readonly names: Name[];
}

interface Name {
  readonly term: string;
  readonly language: string;
  readonly type: string;
  readonly preferred: boolean;
}

async function readConcepts(file: string): Promise<Map<string, Loading>> {
  const concepts = new Map<string, Loading>();
  for await (const { id = '', effectiveTime = '', active } of readTabbed(file, ['id', 'effectiveTime', 'active']))
    concepts.set(id, { active: active === '1', effective: effectiveTime, parents: [], names: [] });
  return concepts;
}

async function addParents(concepts: ReadonlyMap<string, Loading>, file: string): Promise<void> {
  for await (const { active, typeId, sourceId = '', destinationId = '' } of readTabbed(file, ['active', 'typeId', 'sourceId', 'destinationId'])) {
    if (active !== '1' || typeId !== IS_A) continue;
    const parents = concepts.get(sourceId)?.parents;
    if (parents?.includes(destinationId) === false) parents.push(destinationId);
  }
}

async function addNames(concepts: ReadonlyMap<string, Loading>, files: Files): Promise<void> {
  const preferred = await preferredNames(files.languages);
  const columns = ['id', 'active', 'conceptId', 'languageCode', 'typeId', 'term'];
  for (const file of files.descriptions)
    for await (const { id = '', active, conceptId = '', languageCode = 'en', typeId = '', term = '' } of readTabbed(file, columns)) {
      if (active !== '1' || (typeId !== FULLY_SPECIFIED && typeId !== SYNONYM)) continue;
      concepts.get(conceptId)?.names.push({ term, language: languageCode, type: typeId, preferred: preferred.has(id) });
    }
}

/** Descriptions that are preferred: for English by the US reference set, for other languages by any. */
async function preferredNames(files: readonly string[]): Promise<ReadonlySet<string>> {
  const preferred = new Set<string>();
  for (const file of files) {
    const english = /-en[_-]/i.test(file);
    for await (const { active, refsetId, referencedComponentId = '', acceptabilityId } of readTabbed(file, [
      'active',
      'refsetId',
      'referencedComponentId',
      'acceptabilityId',
    ]))
      if (active === '1' && acceptabilityId === PREFERRED && (!english || refsetId === US_ENGLISH)) preferred.add(referencedComponentId);
  }
  return preferred;
}

const headerOf = (version: string): KeptSystem => ({
  resourceType: 'CodeSystem',
  url: SNOMED,
  version,
  name: 'SNOMED_CT',
  title: 'SNOMED CT',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  hierarchyMeaning: 'is-a',
  compositional: true,
  language: 'en',
  property: [{ code: 'inactive', type: 'boolean', uri: 'http://hl7.org/fhir/concept-properties#inactive' }],
});

function* codesOf(concepts: ReadonlyMap<string, Loading>): Iterable<LoadedCode> {
  for (const [code, { active, parents, names }] of concepts) {
    const display = displayOf(names);
    const others = names.filter(({ term }) => term !== display);
    yield {
      row: {
        code,
        ...(display === undefined ? {} : { display }),
        parents,
        ...(others.length === 0 ? {} : { designation: others.map(designationOf) }),
        ...(active ? {} : { property: [{ code: 'inactive', valueBoolean: true }] }),
      },
    };
  }
}

/** The preferred English synonym, else the fully specified name. */
function displayOf(names: readonly Name[]): string | undefined {
  const english = names.filter(({ language }) => language === 'en');
  const chosen = english.find(({ type, preferred }) => preferred && type === SYNONYM) ?? english.find(({ type }) => type === FULLY_SPECIFIED) ?? names[0];
  return chosen?.term;
}

const designationOf = ({ term, language, type }: Name) => ({ language, use: { system: SNOMED, code: type }, value: term });
