/** What the contract's cases are written with: resources, versions of them, and searches as query text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Query } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { createParams } from '../../src/search/params.ts';
import { parseSearch } from '../../src/search/parse.ts';
import type { HistoryPage, HistoryQuery, Page, Store, Transaction, TransactResult, Version, Write } from '../../src/store/store.ts';

const BASE = 'http://here.example/fhir';
const PROFILES = join(import.meta.dirname, '../../profiles');
const own = readdirSync(PROFILES).filter((file) => file.startsWith('SearchParameter-'));
/** Those of the base, and our own. */
export const params = createParams(loadRegistry(own.map((file) => JSON.parse(readFileSync(join(PROFILES, file), 'utf8')) as Resource)));
export const index = createIndexer(params, BASE);

/** A fresh, empty store. */
export type OpenStore = () => Promise<Store>;

export const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

/** Minutes after the start of 2026, as an instant. */
export const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString();

interface Written {
  readonly version?: number;
  readonly minute?: number;
}

export function versionOf(resource: Resource & { id: string }, { version = 1, minute = 0 }: Written = {}): { version: Version; resource: Resource } {
  const whole = { ...resource, meta: { ...resource.meta, versionId: String(version), lastUpdated: at(minute) } };
  const method = version === 1 ? 'create' : 'update';
  return { version: { type: resource.resourceType, id: resource.id, version, updated: at(minute), method, text: JSON.stringify(whole) }, resource: whole };
}

export const put = (resource: Resource & { id: string }, written: Written = {}): Write => ({ write: 'put', ...versionOf(resource, written) });

export function remove(type: string, id: string, { version = 2, minute = 0 }: Written = {}): Write {
  return { write: 'delete', version: { type, id, version, updated: at(minute), method: 'delete', text: '' } };
}

export const transact = (store: Store, writes: readonly Write[], expects: Transaction['expects'] = []): Promise<TransactResult> =>
  store.transact({ writes, expects });

/** Writes, and throws where a fact did not hold. */
export async function write(store: Store, ...writes: readonly Write[]): Promise<void> {
  const result = await transact(store, writes);
  if (!result.ok) throw new Error(JSON.stringify(result.conflict));
}

/** `Observation?code=x&_sort=-date` as a typed query. Without a type before the `?`: a search over all of `_type`. */
export function query(text: string, changes: Partial<Query> = {}): Query {
  const [type = '', rest = ''] = text.split('?', 2);
  const pairs = new URLSearchParams(rest);
  const types = type === '' ? params.registry.resourceTypes : [type];
  return { ...parseSearch({ types, query: pairs, base: BASE, params, now: START, strict: true }).query, ...changes };
}

export const search = (store: Store, text: string, changes: Partial<Query> = {}): Promise<Page> => store.search(query(text, changes));

export const refs = (versions: readonly Version[]): string[] => versions.map(({ type, id }) => `${type}/${id}`);

/** Ids of the matches, in the order given. */
export const found = async (store: Store, text: string): Promise<string[]> => (await search(store, text)).matches.map(({ id }) => id);

/** Every page, each of `count`. */
export async function pages(store: Store, text: string, count: number): Promise<string[][]> {
  const all: string[][] = [];
  for (let after: string | undefined, page: Page | undefined; page === undefined || after !== undefined; after = page.next) {
    page = await search(store, text, { count, ...(after === undefined ? {} : { after }) });
    all.push(page.matches.map(({ id }) => id));
  }
  return all;
}

export async function historyOf(store: Store, asked: Omit<HistoryQuery, 'count'> & { count?: number }): Promise<string[]> {
  const all: string[] = [];
  for (let after: string | undefined, page: HistoryPage | undefined; page === undefined || after !== undefined; after = page.next) {
    page = await store.history({ count: 100, ...asked, ...(after === undefined ? {} : { after }) });
    all.push(...page.versions.map(({ type, id, version }) => `${type}/${id}/${version}`));
  }
  return all;
}

// ---- resources ----

export const patient = (id: string, more: object = {}): Resource & { id: string } => ({ resourceType: 'Patient', id, ...more });

export const observation = (id: string, more: object = {}): Resource & { id: string } => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '72514-3' }] },
  ...more,
});

export const of = (id: string): object => ({ subject: { reference: `Patient/${id}` } });
export const on = (day: string): object => ({ effectiveDateTime: day });
export const coded = (code: string, system = 'urn:codes'): object => ({ code: { coding: [{ system, code }] } });
export const measured = (value: number, unit: object = { unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' }): object => ({
  valueQuantity: { value, ...unit },
});
