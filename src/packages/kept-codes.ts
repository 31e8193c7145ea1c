/**
 * Code systems too big to hold, as plain rows of the store: a row a code, and for what is asked by value (what is below a code, what is in
 * an answer list) a row a value and code. Memory holds nothing but the headers and what was read lately.
 */
import { createLastUsed } from '../fhir/last-used.ts';
import type { Store } from '../store/store.ts';
import { conceptTest } from '../terminology/filter.ts';
import type { KeptConcept, KeptSystem, OutsideQuestion } from '../terminology/outside.ts';
import type { Concept, FilterText, System } from '../terminology/system.ts';
import type { KeptCodes } from './terminology-service.ts';

type Rows = Pick<Store, 'row' | 'rows'>;

/** Kinds of rows. The header is written last, so that a system that was not loaded to its end is not there. */
export const HEADERS = 'code-system';
export const codeKind = (canonical: string): string => `code:${canonical}`;
export const indexKind = (canonical: string): string => `code-index:${canonical}`;
/** Ends with a blank, which no code begins with. */
export const indexPrefix = (property: string, value: string): string => `${property}=${value} `;

/** A code as a row holds it; `above` is worked out. */
export type KeptRow = Omit<KeptConcept, 'above'>;

/** Properties that have rows of their own to be found by. */
export const INDEXED: ReadonlySet<string> = new Set(['parent', 'LIST', 'CLASS', 'SCALE_TYP']);

const MAX_SYSTEMS = 100;
/** Codes of one answer; more are too many to be listed. */
const MAX_SELECTED = 10_000;
const MAX_ABOVE = 5000;
const MAX_KEPT = 5000;

export function createKeptCodes(rows: Rows): KeptCodes {
  let headers: Promise<readonly KeptSystem[]> | undefined;
  const lately = createLastUsed<KeptRow>(MAX_KEPT);
  const read = async (canonical: string, code: string): Promise<KeptRow | undefined> => {
    const key = `${canonical} ${code}`;
    const known = lately.get(key);
    if (known !== undefined) return known;
    const row = await rows.row(codeKind(canonical), code);
    const found = row === undefined ? undefined : (JSON.parse(row.value) as KeptRow); // our own loader's
    if (found !== undefined) lately.set(key, found);
    return found;
  };
  const concept = async (canonical: string, code: string): Promise<KeptConcept | undefined> => {
    const row = await read(canonical, code);
    return row === undefined ? undefined : { ...row, above: await allAbove(row, (parent) => read(canonical, parent)) };
  };
  return {
    systems: () => {
      headers ??= readHeaders(rows).catch((error: unknown) => {
        headers = undefined;
        throw error;
      });
      return headers;
    },
    concept: ({ system, version, code }) => concept(`${system}|${version}`, code),
    select: (question) => select({ rows, concept, header: async () => headerOf(await (headers ?? readHeaders(rows)), question) }, question),
  };
}

async function readHeaders(rows: Rows): Promise<readonly KeptSystem[]> {
  const found = await rows.rows({ kind: HEADERS, limit: MAX_SYSTEMS });
  return found.map(({ value }) => JSON.parse(value) as KeptSystem).toSorted((a, b) => (a.version < b.version ? 1 : -1)); // our own loader's
}

const headerOf = (headers: readonly KeptSystem[], { system, version }: OutsideQuestion): KeptSystem | undefined =>
  headers.find((header) => header.url === system && header.version === version);

async function allAbove({ parents }: KeptRow, read: (code: string) => Promise<KeptRow | undefined>): Promise<readonly string[]> {
  const above = new Set(parents);
  for (const code of above) {
    if (above.size > MAX_ABOVE) break;
    for (const parent of (await read(code))?.parents ?? []) above.add(parent);
  }
  return [...above];
}

interface Selecting {
  readonly rows: Rows;
  readonly concept: (canonical: string, code: string) => Promise<KeptConcept | undefined>;
  readonly header: () => Promise<KeptSystem | undefined>;
}

type Select = OutsideQuestion & { readonly ask: 'select' };

/** The filter that leaves fewest is followed along its rows; the others are tried on what it gives. */
async function select({ rows, concept, header }: Selecting, question: Select): Promise<readonly KeptConcept[] | undefined> {
  const { system, version, filters } = question;
  const about = await header();
  if (about === undefined) return undefined;
  const tests = filters.map((filter) => conceptTest(filter as Parameters<typeof conceptTest>[0], bareSystem(about))); // its operator may be any text: one that is none is refused
  if (tests.some((test) => typeof test === 'string')) return undefined;
  const canonical = `${system}|${version}`;
  const leading = filters.find(isLeading);
  const codes = leading === undefined ? await allCodes(rows, canonical) : await codesBy(rows, canonical, leading);
  if (codes === undefined) return undefined;
  const found: KeptConcept[] = [];
  for (const code of codes) {
    const kept = await concept(canonical, code);
    if (kept !== undefined && tests.every((test) => typeof test !== 'string' && test(asConcept(kept)))) found.push(kept);
    if (found.length > MAX_SELECTED) return undefined;
  }
  return found;
}

/** Enough of a system for its filters: which properties there are. */
const bareSystem = (about: KeptSystem): System => ({
  url: about.url,
  version: about.version,
  about,
  supplements: [],
  find: () => undefined,
  lacks: () => false,
  list: () => undefined,
});

const asConcept = ({ parents, above, ...raw }: KeptConcept): Concept => ({
  code: raw.code,
  raw,
  parents: parents.map((code) => ({ code, raw: { code }, parents: [], children: [] })),
  children: [],
  above: new Set(above),
});

const DOWN: ReadonlySet<string> = new Set(['is-a', 'descendent-of', 'child-of']);

const isLeading = ({ property, op }: FilterText): boolean =>
  (DOWN.has(op) && (property === 'concept' || property === 'code')) || (op === '=' && (INDEXED.has(property) || property === 'code' || property === 'concept'));

async function codesBy(rows: Rows, canonical: string, { property, op, value }: FilterText): Promise<readonly string[] | undefined> {
  if (op === '=' && (property === 'code' || property === 'concept')) return [value];
  if (op === '=') return indexed(rows, canonical, indexPrefix(property, value));
  if (op === 'child-of') return indexed(rows, canonical, indexPrefix('parent', value));
  return below(rows, canonical, value);
}

/** The code and everything below it. */
async function below(rows: Rows, canonical: string, code: string): Promise<readonly string[] | undefined> {
  const found = new Set([code]);
  for (const next of found) {
    const children = await indexed(rows, canonical, indexPrefix('parent', next));
    if (children === undefined) return undefined;
    for (const child of children) found.add(child);
    if (found.size > MAX_SELECTED) return undefined;
  }
  return [...found];
}

async function indexed(rows: Rows, canonical: string, prefix: string): Promise<readonly string[] | undefined> {
  const found = await rows.rows({ kind: indexKind(canonical), prefix, limit: MAX_SELECTED + 1 });
  if (found.length > MAX_SELECTED) return undefined;
  // A row's value is the code's place where the list has an order.
  return found.toSorted((a, b) => Number(a.value) - Number(b.value)).map(({ key }) => key.slice(prefix.length));
}

/** Only of a system that is small after all. */
async function allCodes(rows: Rows, canonical: string): Promise<readonly string[] | undefined> {
  const found = await rows.rows({ kind: codeKind(canonical), limit: MAX_SELECTED + 1 });
  return found.length > MAX_SELECTED ? undefined : found.map(({ key }) => key);
}
