/** SQLite answers as the reference does, whatever the data and the question. `STORE_CASES=2000 npm test -- test/contract` asks more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Query } from '../../src/search/ast.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Page, Store } from '../../src/store/store.ts';
import { index, params, put, refs, remove, write } from './fixture.ts';
import { queries, type Step, steps } from './random.ts';

const QUERIES_EACH = 40;
const cases = Number(process.env.STORE_CASES ?? 600);
const folder = mkdtempSync(join(tmpdir(), 'agreement-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

const SECONDS_EACH = 0.05;
const TIMEOUT = Math.max(30, cases * SECONDS_EACH) * 1000;

let matched = 0;

test(
  'memory and SQLite give the same pages',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(queries, { minLength: QUERIES_EACH, maxLength: QUERIES_EACH }), async (history, asked) => {
        const memory = createMemoryStore({ index });
        const sqlite = await openSqliteStore({ file: join(folder, `${++files}.sqlite`), params, index });
        try {
          await fill([memory, sqlite], history);
          for (const query of asked) await agree(memory, sqlite, query);
        } finally {
          await sqlite.close();
        }
      }),
      { numRuns: Math.ceil(cases / QUERIES_EACH), endOnFailure: true },
    );
    // Questions that find nothing would agree about anything.
    expect(matched).toBeGreaterThan(cases / 2);
  },
  TIMEOUT,
);

async function fill(stores: readonly Store[], history: readonly Step[]): Promise<void> {
  const versions = new Map<string, number>();
  for (const [minute, { resource, gone }] of history.entries()) {
    const ref = `${resource.resourceType}/${resource.id}`;
    const version = (versions.get(ref) ?? 0) + 1;
    if (gone && version === 1) continue;
    versions.set(ref, version);
    for (const store of stores) await write(store, gone ? remove(resource.resourceType, resource.id, { version, minute }) : put(resource, { version, minute }));
  }
}

async function agree(memory: Store, sqlite: Store, query: Query): Promise<void> {
  const tokens: (string | undefined)[] = [undefined, undefined];
  for (let page = 0; page < 5; page++) {
    const [expected, actual] = await Promise.all(
      [memory, sqlite].map((store, i) => store.search({ ...query, ...(tokens[i] === undefined ? {} : { after: tokens[i] }) })),
    );
    matched += expected?.matches.length ?? 0;
    const difference = differ(expected as Page, actual as Page);
    if (difference)
      throw new Error(`page ${page}: ${difference}\n${JSON.stringify(query, (key, value) => (key === 'param' ? `${value.type}.${value.code}` : value), 1)}`);
    tokens.splice(0, 2, expected?.next, actual?.next);
    if (expected?.next === undefined) return;
  }
}

const seen = (page: Page): string =>
  JSON.stringify({ matches: refs(page.matches), included: refs(page.included), more: page.next !== undefined, total: page.total });

const differ = (expected: Page, actual: Page): string | undefined =>
  seen(expected) === seen(actual) ? undefined : `memory ${seen(expected)}, sqlite ${seen(actual)}`;
