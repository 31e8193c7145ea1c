/**
 * Installs FHIR packages, folders and single definitions while the server runs, and takes packages out again. Whatever is
 * given in one call is installed together or not at all, in one commit; every resource is validated as any write is.
 */
import type { Permit } from '../access/permit.ts';
import type { LiveRegistry } from '../definitions/registry.ts';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import { type Ref, refOf } from '../fhir/resource.ts';
import type { Done, Operation, RecordKeeper } from '../record/record.ts';
import type { Params } from '../search/params.ts';
import type { Reader } from '../store/store.ts';
import type { Validator } from '../validate/validator.ts';
import { readArchive } from './archive.ts';
import { type Content, type GivenFile, inFile, looseContent, MANIFEST_FILE, packageContent, refusal } from './content.ts';
import { type Dependency, idOf, isCarried, satisfies } from './manifest.ts';
import { type Planned, planInstall } from './plan-install.ts';
import { createShelves, type Installed, type Shelves, type Stored } from './stored.ts';
import { type PackageId, packagesOf, withPackages } from './tag.ts';
import { type Use, usesOf } from './uses.ts';

/** What is given to be installed. */
export type Given =
  /** A package as it is published: a .tgz. */
  | { readonly archive: Uint8Array; readonly name: string }
  /** Resources, each as JSON text; a package, where `package/package.json` is among them. */
  | { readonly files: readonly GivenFile[] };

export interface LoadOptions {
  /** What happens where a package builds on one that is neither given nor installed: it is refused, or installed with a warning. */
  readonly missing: 'refuse' | 'warn';
  /** What happens where a definition is not right FHIR: all is refused, or that file is left out, with a warning. Published packages have such slips. */
  readonly faulty: 'refuse' | 'leave-out';
}

export interface Packages {
  /** What was done and what is worth knowing, as issues. Throws FhirError, with an issue for each fault found; then nothing was installed. */
  load(given: readonly Given[], options: LoadOptions, permit: Permit): Promise<readonly Issue[]>;
  /** Throws FhirError where something still uses the package, naming it, or there is no such package. */
  unload(name: string, version: string, permit: Permit): Promise<readonly Issue[]>;
  list(): Promise<readonly PackageListed[]>;
}

export interface PackageListed extends Pick<Installed, 'name' | 'version' | 'canonical' | 'title' | 'dependencies'> {
  readonly resources: number;
}

export interface PackageParts {
  readonly reader: Reader;
  readonly keeper: RecordKeeper;
  readonly params: Params;
  readonly registry: LiveRegistry;
  readonly validator: Validator;
  /** What the server brings along. */
  readonly isOwn: (ref: Ref) => boolean;
}

export function createPackages(parts: PackageParts): Packages {
  const shelves = createShelves(parts.reader, parts.params);
  const house: House = { ...parts, shelves };
  return {
    load: (given, options, permit) => load(given, options, permit, house),
    unload: (name, version, permit) => unload(name, version, permit, house),
    list: async () => Promise.all((await shelves.installed()).map((installed) => listed(installed, shelves))),
  };
}

interface House extends PackageParts {
  readonly shelves: Shelves;
}

async function load(given: readonly Given[], options: LoadOptions, permit: Permit, house: House): Promise<readonly Issue[]> {
  const read = await Promise.all(given.map((one) => contentOf(one, house.registry)));
  const contents = options.faulty === 'refuse' ? read : read.map((content) => withoutFaulty(content, house.validator));
  const warnings = missingDependencies(contents, await house.shelves.installed());
  if (warnings.length > 0 && options.missing === 'refuse') throw refusal(warnings.map((issue) => ({ ...issue, severity: 'error' })));
  const plan = await planInstall(contents, house);
  const leaving = contents.flatMap(({ manifest }) => (manifest === undefined ? [] : [idOf(manifest)]));
  const removals = await removalsOf({ tagged: plan.left, leaving, rewritten: refsWritten(plan) }, house);
  const done = await commit(plan, removals, permit, house);
  return [...contents.map((content) => said(content, done)), ...warnings, ...contents.flatMap(({ notes }) => notes), ...toldOf(plan, done)];
}

async function contentOf(given: Given, registry: LiveRegistry): Promise<Content> {
  if ('files' in given)
    return given.files.some(({ path }) => path === MANIFEST_FILE) ? packageContent(given.files, registry) : looseContent(given.files, registry);
  try {
    return packageContent(await readArchive(given.archive), registry);
  } catch (error) {
    throw error instanceof FhirError && given.name !== ''
      ? new FhirError(error.fault, `${given.name}: ${error.message}`, { issues: error.issues.map((issue) => inFile(given.name, issue)) })
      : error;
  }
}

function withoutFaulty(content: Content, validator: Validator): Content {
  const judged = content.resources.map((given) => ({ given, faults: validator.validate(given.resource).issues.filter(isError) }));
  const warnings = judged.flatMap(({ given, faults }) => faults.map((issue) => inFile(`${given.file} is left out`, { ...issue, severity: 'warning' })));
  return { ...content, resources: judged.filter(({ faults }) => faults.length === 0).map(({ given }) => given), notes: [...content.notes, ...warnings] };
}

const isError = ({ severity }: Issue): boolean => severity === 'error' || severity === 'fatal';

function missingDependencies(contents: readonly Content[], installed: readonly Installed[]): Issue[] {
  const manifests = contents.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest]));
  const there = [...manifests, ...installed];
  return manifests.flatMap((manifest) =>
    manifest.dependencies
      .filter((dependency) => !isCarried(dependency) && !there.some((one) => meets(one, dependency)))
      .map((dependency) => missing(idOf(manifest), dependency, there)),
  );
}

const meets = (one: Pick<Installed, 'name' | 'version'>, { name, version }: Dependency): boolean => one.name === name && satisfies(one.version, version);

function missing(id: PackageId, { name, version }: Dependency, there: readonly Pick<Installed, 'name' | 'version'>[]): Issue {
  const others = there.filter((one) => one.name === name).map((one) => one.version);
  const instead = others.length === 0 ? '' : ` (there is ${others.join(', ')})`;
  return {
    severity: 'warning',
    code: 'not-found',
    text: `${id} builds on ${name}#${version}, which is not installed${instead}. Give it in the same call, load it first, or say that missing packages shall only be warned of.`,
  };
}

async function commit(plan: Planned, removals: readonly Operation[], permit: Permit, { keeper, validator }: House): Promise<readonly Done[]> {
  try {
    return await keeper.commit({ operations: [...plan.operations, ...removals] }, permit);
  } catch (error) {
    throw error instanceof FhirError ? named(error, plan, validator) : error;
  }
}

/** The record stops at the first fault: whoever made the package wants to hear of all, each with its file. */
function named(error: FhirError, { operations, files }: Planned, validator: Validator): FhirError {
  const faults = operations.flatMap((operation, at) => {
    const issues = operation.op === 'update' ? validator.validate(operation.resource).issues : [];
    return issues.filter(isError).map((issue) => inFile(files[at] ?? '', issue));
  });
  if (faults.length > 0) return refusal(faults);
  const issues = error.issues.map((issue) => inFile(fileOf(issue, files), issue));
  return new FhirError(error.fault, issues[0]?.text ?? error.message, { issues, cause: error });
}

/** The record names an operation by its place, where there is more than one. */
function fileOf({ expression }: Issue, files: readonly string[]): string {
  const place = /^Bundle[.]entry\[(\d+)\]/.exec(expression?.[0] ?? '')?.[1] ?? '0';
  return files[Number(place)] || 'The package';
}

function said({ manifest, resources }: Content, done: readonly Done[]): Issue {
  const what = manifest === undefined ? 'What was given' : idOf(manifest);
  const written = done.filter(({ outcome }) => outcome === 'created' || outcome === 'updated').length;
  return { severity: 'information', code: 'informational', text: `${what} is installed: ${resources.length} definitions; ${written} resources were written.` };
}

/** Warnings told of one file, and of all: a person reads the first, and validates the file by itself to see the rest. */
const TOLD_OF_ONE = 3;
const TOLD = 100;

/** What the validation had to say of what was stored all the same. */
function toldOf({ files }: Planned, done: readonly Done[]): readonly Issue[] {
  const byFile = done.map(({ issues }, at) => issues.filter(({ severity }) => severity === 'warning').map((issue) => inFile(files[at] ?? '', issue)));
  const told = byFile.flatMap((issues) => issues.slice(0, TOLD_OF_ONE)).slice(0, TOLD);
  const more = byFile.flat().length - told.length;
  return more === 0
    ? told
    : [...told, { severity: 'warning', code: 'informational', text: `There are ${more} more warnings; $validate a file by itself to see all of its own.` }];
}

async function unload(name: string, version: string, permit: Permit, house: House): Promise<readonly Issue[]> {
  const all = await house.shelves.installed();
  const installed = all.find((one) => one.name === name && one.version === version);
  if (installed === undefined) throw new FhirError('not-found', `${name}#${version} is not installed${othersOf(name, all)}.`);
  const others = all.filter((one) => one !== installed);
  const dependents = others.filter((one) =>
    one.dependencies.some((dependency) => meets(installed, dependency) && !others.some((other) => meets(other, dependency))),
  );
  if (dependents.length > 0)
    throw inUse(
      installed.id,
      dependents.map(({ id }) => `the package ${id} builds on it`),
    );
  const tagged = await house.shelves.taggedWith(installed.id);
  const removals = await removalsOf({ tagged, leaving: [installed.id], rewritten: new Set() }, house);
  const library: Operation = { op: 'delete', type: installed.library.version.type, id: installed.library.version.id };
  await house.keeper.commit({ operations: [...removals, library] }, permit);
  return [
    { severity: 'information', code: 'informational', text: `${installed.id} is no longer installed: ${removals.length} resources were removed or given up.` },
  ];
}

function othersOf(name: string, all: readonly Installed[]): string {
  const versions = all.filter((one) => one.name === name).map(({ version }) => version);
  return versions.length === 0 ? '' : `; there is ${versions.join(', ')}`;
}

interface Leaving {
  readonly tagged: readonly Stored[];
  /** The packages that no longer bring them. */
  readonly leaving: readonly PackageId[];
  /** What the same commit writes anew. */
  readonly rewritten: ReadonlySet<Ref>;
}

const refsWritten = ({ operations }: Planned): ReadonlySet<Ref> =>
  new Set(operations.flatMap((operation) => (operation.op === 'update' ? [refOf(operation.resource.resourceType, operation.id)] : [])));

/** Deletes what no other package brings, once nothing uses it; the rest only loses its tag. */
async function removalsOf({ tagged, leaving, rewritten }: Leaving, house: House): Promise<Operation[]> {
  const staysFor = ({ resource }: Stored): PackageId[] => packagesOf(resource).filter((id) => !leaving.includes(id));
  const removed = tagged.filter((stored) => staysFor(stored).length === 0);
  const uses = removed.length === 0 ? [] : await usesOf(removed, rewritten, house);
  if (uses.length > 0) throw inUse(leaving.join(', '), uses.map(describe));
  return tagged.map((stored): Operation => {
    const { type, id, version: ifMatch } = stored.version;
    const stays = staysFor(stored);
    return stays.length === 0 ? { op: 'delete', type, id, ifMatch } : { op: 'update', id, resource: withPackages(stored.resource, stays), ifMatch };
  });
}

const describe = ({ by, canonical }: Use): string => `${by} names ${canonical}`;

function inUse(id: string, reasons: readonly string[]): FhirError {
  const issues = reasons.map((reason): Issue => ({ severity: 'error', code: 'business-rule', text: `${id} is in use: ${reason}.` }));
  return new FhirError('conflict', issues[0]?.text ?? '', { issues });
}

async function listed({ id, name, version, canonical, title, dependencies }: Installed, shelves: Shelves): Promise<PackageListed> {
  const { length: resources } = await shelves.taggedWith(id);
  return { name, version, canonical, title, dependencies, resources };
}
