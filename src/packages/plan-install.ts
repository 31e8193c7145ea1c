/**
 * What has to be written so that packages are installed: every definition once, under an id of its own, tagged with the packages
 * that it came in. Several versions of a package, and packages that bring the same definition, stand side by side.
 */
import type { Issue } from '../fhir/outcome.ts';
import { isId } from '../fhir/reference.ts';
import { type Ref, type Resource, refOf } from '../fhir/resource.ts';
import { isSame } from '../fhir/same.ts';
import type { Operation } from '../record/record.ts';
import type { Reader } from '../store/store.ts';
import { type Content, type FileResource, inFile, refusal } from './content.ts';
import { idOf, type Manifest } from './manifest.ts';
import { relocated } from './relative.ts';
import { libraryOf, MANIFEST_TYPE, type Shelves, type Stored } from './stored.ts';
import { type PackageId, packagesOf, withPackages } from './tag.ts';

export interface Planned {
  readonly operations: readonly Operation[];
  /** The file that each operation comes from; '' for what the loader writes itself. */
  readonly files: readonly string[];
  /** What an earlier load of the same packages brought, and this one does not. */
  readonly left: readonly Stored[];
}

export interface PlanParts {
  readonly shelves: Shelves;
  readonly reader: Reader;
  /** What the server brings along: it is never touched. */
  readonly isOwn: (ref: Ref) => boolean;
}

/** Throws FhirError, an issue for each definition that contradicts what is stored or given. */
export async function planInstall(contents: readonly Content[], parts: PlanParts): Promise<Planned> {
  const placed = await placeAll(contents, parts);
  const decided = placed.slots.map((slot) => decide(slot, placed));
  const faults = decided.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  if (faults.length > 0) throw refusal(faults);
  const manifests = contents.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest]));
  const libraries = await Promise.all(manifests.map((manifest) => libraryWrite(manifest, placed, parts)));
  const written = decided.flatMap(({ operation }) => (operation === undefined ? [] : [operation]));
  const files = decided.flatMap(({ operation, file }) => (operation === undefined ? [] : [file]));
  return { operations: [...written, ...libraries], files: [...files, ...libraries.map(() => '')], left: await leftBehind(manifests, placed, parts) };
}

/** One definition that is given, and where it belongs. */
interface Slot {
  readonly given: FileResource;
  readonly content: Content;
  /** All that bring it. */
  readonly packages: PackageId[];
  /** The same definition once more, from another package of the same call. */
  readonly again: FileResource[];
  /** What defines its URL and version here already. */
  readonly stored: Stored | undefined;
  readonly isOwn: boolean;
  readonly ref: Ref;
}

interface Placed {
  readonly slots: readonly Slot[];
  readonly refs: ReadonlyMap<Content, ReadonlyMap<Ref, Ref>>;
  readonly taken: Set<Ref>;
}

async function placeAll(contents: readonly Content[], parts: PlanParts): Promise<Placed> {
  const slots = new Map<string, Slot>();
  const refs = new Map<Content, Map<Ref, Ref>>();
  const taken = new Set<Ref>();
  for (const content of contents) {
    const places = new Map<Ref, Ref>();
    for (const given of content.resources) {
      const key = keyOf(given.resource);
      const other = slots.get(key);
      const slot = other ?? (await slotFor(given, content, { ...parts, taken }));
      if (other === undefined) slots.set(key, slot);
      else other.again.push(given);
      if (content.manifest !== undefined) slot.packages.push(idOf(content.manifest));
      places.set(refOf(given.resource.resourceType, given.resource.id ?? ''), slot.ref);
    }
    refs.set(content, places);
  }
  return { slots: [...slots.values()], refs, taken };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A NamingSystem has none in R4. */
const urlOf = ({ resourceType, url }: Resource): string => (resourceType === 'NamingSystem' ? '' : textOf(url));

/** What has no URL is known by its id. */
function keyOf(resource: Resource): string {
  const { resourceType, version, id } = resource;
  return urlOf(resource) === '' ? `${resourceType}#${id ?? ''}` : `${resourceType}|${urlOf(resource)}|${textOf(version)}`;
}

type Placing = PlanParts & Pick<Placed, 'taken'>;

async function slotFor(given: FileResource, content: Content, placing: Placing): Promise<Slot> {
  const { resource } = given;
  const stored = await storedAs(resource, content, placing);
  const ref = stored === undefined ? await freeRef(resource, placing) : refOf(stored.version.type, stored.version.id);
  placing.taken.add(ref);
  return { given, content, packages: [], again: [], stored, isOwn: placing.isOwn(ref), ref };
}

async function storedAs(resource: Resource, { manifest }: Content, { shelves, reader }: Placing): Promise<Stored | undefined> {
  if (urlOf(resource) !== '') return shelves.definer(resource.resourceType, urlOf(resource), textOf(resource.version));
  const version = resource.id === undefined ? undefined : await reader.read(resource.resourceType, resource.id);
  if (version === undefined || version.method === 'delete') return undefined;
  const stored: Stored = { version, resource: JSON.parse(version.text) as Resource }; // it was validated when it was stored
  return manifest === undefined || packagesOf(stored.resource).includes(idOf(manifest)) ? stored : undefined;
}

/** Its own id where nobody has it; then one with its version; then one with a number. */
async function freeRef(resource: Resource, { reader, taken }: Placing): Promise<Ref> {
  for (const id of idsFor(resource)) {
    const ref = refOf(resource.resourceType, id);
    const version = taken.has(ref) ? undefined : await reader.read(resource.resourceType, id);
    if (!taken.has(ref) && (version === undefined || version.method === 'delete')) return ref;
  }
  throw new Error(`There is no free id for ${keyOf(resource)}.`);
}

/** https://hl7.org/fhir/R4/datatypes.html#id */
const MAX_ID = 64;

function* idsFor({ id, url, version, resourceType }: Resource): Generator<string> {
  const last = textOf(url).replace(/\/$/, '').split('/').at(-1) ?? '';
  const own = [id ?? '', idFrom(last)].find(isId) ?? resourceType;
  yield own;
  const suffix = idFrom(textOf(version));
  if (suffix !== '') yield `${own.slice(0, MAX_ID - suffix.length - 1)}-${suffix}`;
  for (let number = 2; ; number += 1) yield `${own.slice(0, MAX_ID - String(number).length - 1)}-${number}`;
}

const idFrom = (text: string): string => text.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, MAX_ID / 2);

interface Decided {
  readonly file: string;
  readonly operation?: Operation;
  readonly fault?: Issue;
}

function decide(slot: Slot, { refs }: Placed): Decided {
  const { given, content, stored } = slot;
  const { file } = given;
  const places = { refs: refs.get(content) ?? new Map(), canonical: content.manifest?.canonical ?? '' };
  const resource = relocated(given.resource, places);
  const other = slot.again.find((again) => !saysTheSame(again.resource, given.resource));
  if (other !== undefined)
    return { file, fault: faultIn(other.file, given.resource, `${file} defines it otherwise; one of the two must have another version`) };
  if (stored === undefined) return { file, operation: write(slot, resource, slot.packages) };
  const same = saysTheSame(resource, stored.resource);
  const tags = packagesOf(stored.resource);
  if (same && (slot.isOwn || (tags.length === 0 && slot.packages.length > 0))) return { file };
  const mayChange = !slot.isOwn && tags.every((tag) => slot.packages.includes(tag)) && (tags.length > 0 || slot.packages.length === 0);
  if (same || mayChange) return { file, operation: write(slot, resource, [...new Set([...tags, ...slot.packages])]) };
  return {
    file,
    fault: faultIn(file, given.resource, `${slot.ref} (${originOf(slot, tags)}) defines it otherwise; it must have another version, or that one must go first`),
  };
}

const originOf = ({ isOwn }: Slot, tags: readonly PackageId[]): string =>
  isOwn ? 'which the server brings along' : tags.length === 0 ? 'posted here' : `from ${tags.join(' and ')}`;

/** Whatever it is called here, and however it is told to people. */
function saysTheSame(one: Resource, other: Resource): boolean {
  const { id: _a, meta: _b, text: _c, ...left } = one;
  const { id: _d, meta: _e, text: _f, ...right } = other;
  return isSame(left, right);
}

function faultIn(file: string, resource: Resource, text: string): Issue {
  const { resourceType: type, url, version } = resource;
  const canonical = textOf(version) === '' ? textOf(url) : `${textOf(url)}|${textOf(version)}`;
  return inFile(file, { severity: 'error', code: 'duplicate', text: `${canonical}: ${text}.`, expression: [`${type}.url`] });
}

function write({ ref, stored }: Pick<Slot, 'ref' | 'stored'>, resource: Resource, packages: readonly PackageId[]): Operation {
  const id = ref.slice(ref.indexOf('/') + 1);
  const tagged = withPackages({ ...resource, id }, packages);
  return { op: 'update', id, resource: tagged, ...(stored === undefined ? { ifNoneMatch: 'any' } : { ifMatch: stored.version.version }) };
}

async function libraryWrite(manifest: Manifest, { taken }: Placed, parts: PlanParts): Promise<Operation> {
  const known = (await parts.shelves.installed()).find(({ id }) => id === idOf(manifest));
  const wanted = `package-${idFrom(manifest.name)}-${idFrom(manifest.version)}`.slice(0, MAX_ID);
  const ref =
    known === undefined ? await freeRef({ resourceType: MANIFEST_TYPE, id: wanted }, { ...parts, taken }) : refOf(MANIFEST_TYPE, known.library.version.id);
  taken.add(ref);
  const library = libraryOf(manifest, ref.slice(ref.indexOf('/') + 1)) as unknown as Resource; // a FHIR resource, of a type of its own
  return write({ ref, stored: known?.library }, library, []);
}

async function leftBehind(manifests: readonly Manifest[], { slots }: Placed, { shelves }: PlanParts): Promise<Stored[]> {
  const kept = new Set(slots.map(({ ref }) => ref));
  const tagged = (await Promise.all(manifests.map((manifest) => shelves.taggedWith(idOf(manifest))))).flat();
  return tagged.filter(
    ({ version, resource }) =>
      !kept.has(refOf(version.type, version.id)) && packagesOf(resource).every((tag) => manifests.some((manifest) => idOf(manifest) === tag)),
  );
}
