/**
 * Takes over one page of a hospital's resources. Local ids are chosen and kept before anything is written, resources
 * are written next, and what was written is noted last: interrupted anywhere, the same page taken over again ends in
 * the same place. A resource that is refused is left out and named; the others do not suffer.
 */
import { FhirError } from '../fhir/outcome.ts';
import { isId, referencesIn } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Done, Operation } from '../record/record.ts';
import type { Write } from '../store/store.ts';
import { asResource } from './find.ts';
import { HospitalFault, isWholeFault, ownReference, remoteUrl } from './hospital.ts';
import { contentHash, localise } from './incoming.ts';
import { provenanceOf } from './provenance.ts';
import { KEPT, type PulledType, REFERENCED } from './pulled.ts';
import { type RemoteRow, readRow, rowWrite, type Skipped } from './rows.ts';
import { instantOf, type Page, sift, urlOf } from './sift.ts';
import { BRIDGE_PERMIT, nowOf, requireSharing, type Visit } from './visit.ts';

export interface PageResult {
  readonly skipped: readonly Skipped[];
  /** URLs of everything on the page that was understood, skipped or not. */
  readonly seen: ReadonlySet<string>;
  /** The latest meta.lastUpdated of these, in ms since the epoch; -Infinity where none has one. */
  readonly highest: number;
  /** URLs of written resources that refer to some which are not here yet. */
  readonly open: readonly string[];
  /** Note what was written: to be carried out together with whatever else is noted of the page. */
  readonly notes: readonly Write[];
}

/** Of the hospital, and about to be written. */
interface Item {
  readonly url: string;
  readonly remote: Resource;
  readonly row: RemoteRow;
}

/** More than a page of clinical resources names. */
const MOST_LOOKUPS = 200;

export async function storePage(visit: Visit, pulled: PulledType, page: Page): Promise<PageResult> {
  const { fit, unfit } = sift(visit, pulled, page);
  const changed = await changedAmong(visit, fit);
  const named = changed.length === 0 ? [] : await changedAmong(visit, await lookUp(visit, changed));
  const items = await reserve(visit, [...named, ...changed]);
  const { stored, refused, open } = await write(visit, items, page.remotePatient);
  visit.tally.unchanged += fit.length - changed.length;
  visit.tally.skipped += unfit.length + refused.length;
  const seen = new Set(fit.map((resource) => urlOf(visit, resource)));
  const highest = fit.reduce((latest, resource) => Math.max(latest, instantOf(resource) ?? Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
  return { skipped: [...unfit, ...refused], seen, highest, open, notes: stored.map((item) => noteOf(visit, item)) };
}

/** Leaves out what we hold as it is, and versions older than what we hold. */
async function changedAmong(visit: Visit, resources: readonly Resource[]): Promise<readonly Resource[]> {
  const changed: Resource[] = [];
  for (const resource of resources) {
    const row = await readRow(visit.parts.store, 'remote', urlOf(visit, resource));
    if (row?.hash === undefined || isAnothers(visit, row) || (row.hash !== contentHash(resource) && !isOlder(resource, row))) changed.push(resource);
  }
  return changed;
}

/** Taken over for a patient of ours with whom it is no longer linked. */
const isAnothers = ({ patient }: Visit, { about }: RemoteRow): boolean => about !== undefined && about !== patient;

function isOlder(resource: Resource, row: RemoteRow): boolean {
  const [held, given] = [Date.parse(row.updated ?? ''), instantOf(resource)];
  if (given !== undefined && given !== held && !Number.isNaN(held)) return given < held;
  const [heldVersion, givenVersion] = [Number(row.version ?? 'none'), Number(resource.meta?.versionId ?? 'none')];
  return givenVersion < heldVersion;
}

/** Organizations, Practitioners and Medications that the resources name, each read once a visit. */
async function lookUp(visit: Visit, resources: readonly Resource[]): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const { type, id, url } of targetsOf(visit, resources)) {
    if (!REFERENCED.has(type) || visit.looked.has(url) || visit.looked.size >= MOST_LOOKUPS) continue;
    visit.looked.add(url);
    const resource = await visit.client.read(type, id).catch(unlessWhole);
    if (resource !== undefined) found.push(resource);
  }
  return found;
}

/** One that cannot be read is named by identifier, as everything that is not pulled. */
function unlessWhole(fault: unknown): undefined {
  if (!(fault instanceof HospitalFault) || isWholeFault(fault)) throw fault;
}

function targetsOf({ hospital }: Visit, resources: readonly Resource[]): readonly { type: string; id: string; url: string }[] {
  const targets = new Map<string, { type: string; id: string; url: string }>();
  for (const { text } of resources.flatMap(referencesIn)) {
    const own = ownReference(hospital, text);
    if (own === undefined) continue;
    const url = remoteUrl(hospital, own.type, own.id);
    targets.set(url, { type: own.type, id: own.id, url });
  }
  return [...targets.values()];
}

/** A local id for each, kept before it is used. Another pull that reserves one at the same moment is given way to. */
async function reserve(visit: Visit, resources: readonly Resource[]): Promise<readonly Item[]> {
  const { store, ids } = visit.parts;
  const items: Item[] = [];
  const writes: Write[] = [];
  for (const remote of resources) {
    const url = urlOf(visit, remote);
    const known = await readRow(store, 'remote', url);
    const row = known ?? { local: refOf(remote.resourceType, ids()) };
    if (known === undefined) writes.push(rowWrite('remote', url, row, 0));
    items.push({ url, remote, row });
  }
  const result = writes.length === 0 ? { ok: true } : await store.transact({ writes, expects: [] });
  return result.ok ? items : reserve(visit, resources);
}

interface Written {
  readonly stored: readonly Item[];
  readonly refused: readonly Skipped[];
  readonly open: readonly string[];
}

/** Writes all that are accepted, in one transaction; each try leaves out those that were found at fault. */
async function write(visit: Visit, items: readonly Item[], remotePatient: string): Promise<Written> {
  const held = await heldTargets(visit, items);
  const refused: Skipped[] = [];
  let rest = items;
  while (rest.length > 0) {
    await requireSharing(visit);
    const resolve = resolver(visit, held, { items: rest, remotePatient });
    try {
      const done = await visit.parts.record.commit({ operations: operationsFor(visit, rest, resolve) }, BRIDGE_PERMIT);
      count(visit, done.slice(0, rest.length));
      return { stored: rest, refused, open: rest.filter(({ remote }) => hasOpen(visit, remote, resolve)).map(({ url }) => url) };
    } catch (error) {
      const faults = faultsByEntry(error, rest.length);
      refused.push(...[...faults].map(([at, why]) => ({ url: rest[at]?.url ?? '', why, at: nowOf(visit) })));
      rest = rest.filter((_, at) => !faults.has(at));
    }
  }
  return { stored: [], refused, open: [] };
}

function operationsFor(visit: Visit, items: readonly Item[], resolve: (type: string, id: string) => Ref | undefined): Operation[] {
  const updates = items.map(({ remote, row }): Operation => {
    const resource = localise(visit.hospital, remote, row.local, resolve);
    return { op: 'update', id: resource.id ?? '', resource };
  });
  const brought = items.map(({ url, remote, row }) => ({ local: row.local, from: versionUrl(url, remote.meta?.versionId) }));
  return [...updates, { op: 'create', resource: asResource(provenanceOf(visit.hospital, brought, nowOf(visit))) }];
}

const versionUrl = (url: string, version: unknown): string => (typeof version === 'string' && isId(version) ? `${url}/_history/${version}` : url);

/** What of the items' targets is here already: URL to local reference. */
async function heldTargets(visit: Visit, items: readonly Item[]): Promise<ReadonlyMap<string, Ref>> {
  const held = new Map<string, Ref>();
  for (const { url } of targetsOf(
    visit,
    items.map(({ remote }) => remote),
  )) {
    const local = await heldAs(visit, url);
    if (local !== undefined) held.set(url, local);
  }
  return held;
}

/** Our copy of a hospital's resource, where it has been written and not been deleted since. */
export async function heldAs({ parts }: Visit, url: string): Promise<Ref | undefined> {
  const row = await readRow(parts.store, 'remote', url);
  if (row?.hash === undefined) return undefined;
  const slash = row.local.indexOf('/');
  const version = await parts.store.read(row.local.slice(0, slash), row.local.slice(slash + 1));
  return version === undefined || version.method === 'delete' ? undefined : row.local;
}

function resolver(visit: Visit, held: ReadonlyMap<string, Ref>, { items, remotePatient }: { items: readonly Item[]; remotePatient: string }) {
  const together = new Map(items.map(({ url, row }) => [url, row.local]));
  together.set(remoteUrl(visit.hospital, 'Patient', remotePatient), visit.patient);
  return (type: string, id: string): Ref | undefined => {
    const url = remoteUrl(visit.hospital, type, id);
    return together.get(url) ?? held.get(url);
  };
}

const hasOpen = (visit: Visit, remote: Resource, resolve: (type: string, id: string) => Ref | undefined): boolean =>
  targetsOf(visit, [remote]).some(({ type, id }) => KEPT.has(type) && resolve(type, id) === undefined);

function count({ tally }: Visit, done: readonly Done[]): void {
  for (const { outcome } of done) {
    if (outcome === 'created' || outcome === 'updated' || outcome === 'unchanged') tally[outcome] += 1;
  }
}

/** Which entries are at fault, and why. Throws on where none of the hospital's resources is to blame. */
function faultsByEntry(error: unknown, entries: number): ReadonlyMap<number, string> {
  const faults = new Map<number, string>();
  if (!(error instanceof FhirError) || error.status >= 500) throw error;
  for (const { text, severity, expression = [] } of error.issues) {
    const at = Number(/^Bundle\.entry\[(\d+)\]/.exec(expression[0] ?? '')?.[1] ?? -1);
    if (severity !== 'error' && severity !== 'fatal') continue;
    if (at >= 0 && at < entries && !faults.has(at)) faults.set(at, text);
  }
  if (faults.size === 0) throw error;
  return faults;
}

function noteOf({ patient }: Visit, { url, remote, row }: Item): Write {
  const { lastUpdated, versionId } = remote.meta ?? {};
  return rowWrite('remote', url, {
    local: row.local,
    hash: contentHash(remote),
    ...(REFERENCED.has(remote.resourceType) ? {} : { about: patient }),
    ...(lastUpdated === undefined ? {} : { updated: lastUpdated }),
    ...(versionId === undefined ? {} : { version: versionId }),
  });
}
