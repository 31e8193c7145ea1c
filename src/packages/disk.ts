/** Packages, folders and files of definitions on disk, read to be installed. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { GivenFile } from './content.ts';
import type { Given } from './packages.ts';

/** Thrown where a path leads to nothing that can be installed; the message is the sentence to print. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

const MANIFEST = 'package.json';

/**
 * Each .tgz is a package, and so is a folder in which one was unpacked. All other folders and files are single definitions,
 * which are installed together.
 */
export function readPaths(paths: readonly string[]): Given[] {
  const packages: Given[] = [];
  const files: GivenFile[] = [];
  for (const path of paths) {
    if (!existsSync(path)) throw new LoadError(`There is no ${path}.`);
    const unpacked = unpackedAt(path);
    if (unpacked !== undefined) packages.push({ files: packageFiles(unpacked) });
    else if (/[.](tgz|tar[.]gz)$/i.test(path)) packages.push({ archive: readFileSync(path), name: path });
    else files.push(...looseFiles(path));
  }
  return files.length === 0 ? packages : [...packages, { files }];
}

/** The folder with the manifest of a FHIR package: the path itself, or its `package`. */
function unpackedAt(path: string): string | undefined {
  const folders = lstatSync(path).isDirectory() ? [join(path, 'package'), path] : [];
  return folders.find((folder) => existsSync(join(folder, MANIFEST)) && isFhirManifest(readFileSync(join(folder, MANIFEST), 'utf8')));
}

/** Other projects of npm have a package.json too. */
const isFhirManifest = (text: string): boolean => /"(fhirVersions|fhir-version-list)"|"type"\s*:\s*"(IG|Conformance|Core|fhir[.]ig|fhir[.]core)"/.test(text);

const packageFiles = (folder: string): GivenFile[] =>
  jsonIn(folder).map((name) => ({ path: `package/${name}`, text: readFileSync(join(folder, name), 'utf8') }));

function looseFiles(path: string): GivenFile[] {
  if (lstatSync(path).isFile()) {
    if (!path.endsWith('.json')) throw new LoadError(`${path} is neither a package (.tgz), nor a folder, nor a definition as JSON (.json).`);
    return [{ path, text: readFileSync(path, 'utf8') }];
  }
  const found = filesBelow(path);
  if (found.length === 0) throw new LoadError(`${path} holds no .json file.`);
  return found.map((file) => ({ path: relative('', file), text: readFileSync(file, 'utf8') }));
}

const jsonIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json') && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted();

/** Links are not followed. */
function filesBelow(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => join(folder, name));
  const own = jsonIn(folder).filter((name) => basename(name) !== MANIFEST);
  return [...own.map((name) => join(folder, name)), ...below.toSorted().flatMap(filesBelow)];
}
